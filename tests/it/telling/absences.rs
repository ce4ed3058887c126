//! Who stands in for whom.

use futures_util::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{inbox, words};
use crate::api::{Answer, Api};
use crate::workflows::{Case, act, item};

/// An absence at a time that is now, unless the days are others.
async fn away(by: &Api, id: Uuid, account: &str, substitute: Option<&str>, days: (&str, &str)) -> Answer {
    let body =
        json!({"account_id": account, "substitute_id": substitute, "from": days.0, "until": days.1, "reason": "sea"});
    by.put(&format!("/api/v1/absences/{id}"), &body).await
}

const NOW: (&str, &str) = ("2020-01-01T00:00:00Z", "2090-01-01T00:00:00Z");
const ONCE: (&str, &str) = ("2019-01-01T00:00:00Z", "2019-02-01T00:00:00Z");

#[tokio::test(flavor = "multi_thread")]
async fn nobody_stands_in_for_themselves_however_long_the_way() {
    let case = Case::new().await;
    let ids: [Uuid; 4] = [1, 2, 3, 4].map(Uuid::from_u128);
    away(&case.reviewer, ids[0], "t-reviewer", Some("t-second"), NOW).await.expect(200);
    away(&case.second, ids[1], "t-second", Some("t-chief"), NOW).await.expect(200);
    let refused = away(&case.chief, ids[2], "t-chief", Some("t-reviewer"), NOW).await;
    let details = refused.refused(409, "conflict").clone();
    assert_eq!(details["chain"], json!(["t-chief", "t-reviewer", "t-second", "t-chief"]));
    assert_eq!(details["reason"], "cycle");
    // At another time it is no ring.
    away(&case.chief, ids[2], "t-chief", Some("t-reviewer"), ONCE).await.expect(200);
    away(&case.chief, ids[2], "t-chief", Some("t-reviewer"), NOW).await.refused(409, "conflict");
    let twice = away(&case.second, ids[3], "t-second", None, ("2030-01-01T00:00:00Z", "2031-01-01T00:00:00Z")).await;
    assert_eq!(twice.refused(409, "conflict")["absence_id"], ids[1].to_string());
    // Sent twice it is one; and it can be changed.
    away(&case.second, ids[1], "t-second", None, NOW).await.expect(200);
    away(&case.chief, ids[2], "t-chief", Some("t-reviewer"), NOW).await.expect(200);
    let own = case.second.get("/api/v1/absences").await;
    let own = own.expect(200)["absences"].as_array().unwrap().clone();
    assert_eq!(
        (own.len(), &own[0]["substitute_id"], &own[0]["absence_id"]),
        (1, &Value::Null, &json!(ids[1].to_string()))
    );

    for (substitute, days) in
        [(Some("nobody-here"), NOW), (Some("t-second"), NOW), (None, ("2021-01-01T00:00:00Z", "2020-01-01T00:00:00Z"))]
    {
        away(&case.second, ids[1], "t-second", substitute, days).await.refused(400, "invalid_argument");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn absences_of_others_are_for_those_who_may_configure() {
    let case = Case::new().await;
    let (id, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
    away(&case.reviewer, id, "t-reviewer", None, NOW).await.expect(200);
    away(&case.second, other, "t-reviewer", None, NOW).await.refused(403, "forbidden");
    away(&case.second, id, "t-second", None, NOW).await.refused(404, "not_found");
    let path = format!("/api/v1/absences/{id}");
    case.second.delete(&path).await.refused(404, "not_found");
    case.second.get("/api/v1/absences?account_id=t-reviewer").await.refused(403, "forbidden");
    case.second.get("/api/v1/absences?everybody=true").await.refused(403, "forbidden");
    let all = case.chief.get("/api/v1/absences?everybody=true").await;
    assert_eq!(words(all.expect(200)["absences"].as_array().unwrap(), "account_id"), ["t-reviewer"]);
    case.admin.post("/api/v1/admin/tenants", &json!({"tenant_id": "other"})).await.expect(201);
    let elsewhere = case.admin.tenant("other");
    elsewhere.delete(&path).await.refused(404, "not_found");
    assert_eq!(elsewhere.get("/api/v1/absences?everybody=true").await.expect(200)["absences"], json!([]));
    case.chief.delete(&path).await.expect(200);
    case.reviewer.delete(&path).await.refused(404, "not_found");
}

/// Each closes the ring that the others leave open, and all come at once.
#[tokio::test(flavor = "multi_thread")]
async fn of_those_who_come_at_once_one_is_left_out() {
    let case = Case::new().await;
    let ring = [("t-reviewer", "t-second"), ("t-second", "t-chief"), ("t-chief", "t-agent"), ("t-agent", "t-reviewer")];
    for round in 0..5_u128 {
        let asked = ring.iter().zip(1_u128..).map(|((account, substitute), number)| {
            away(&case.chief, Uuid::from_u128(round * 10 + number), account, Some(substitute), NOW)
        });
        let answers = join_all(asked).await;
        let refused: Vec<&Answer> = answers.iter().filter(|answer| answer.status != 200).collect();
        assert_eq!(refused.len(), 1, "round {round}");
        assert_eq!(refused[0].refused(409, "conflict")["chain"].as_array().unwrap().len(), 5);
        let all = case.chief.get("/api/v1/absences?everybody=true").await;
        for absence in all.expect(200)["absences"].as_array().unwrap() {
            case.chief
                .delete(&format!("/api/v1/absences/{}", absence["absence_id"].as_str().unwrap()))
                .await
                .expect(200);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_stands_in_is_told_as_well() {
    let case = Case::new().await;
    away(&case.second, Uuid::from_u128(1), "t-second", Some("t-reviewer"), NOW).await.expect(200);
    let id = case.asked("t1").await;
    item(&case.chief, &id).await;
    act(&case.chief, &id, &json!({"action": "reassign", "assigned_account_id": "t-second"})).await.expect(200);
    let told = inbox(&case.reviewer, "category=assignment", |all| all.len() == 1).await;
    assert_eq!(told[0]["instead_of"], "t-second");
    let own = inbox(&case.second, "category=assignment", |all| all.len() == 1).await;
    assert_eq!((&own[0]["instead_of"], &own[0]["notification_id"]), (&Value::Null, &told[0]["notification_id"]));
}
