//! Cases that are taken out and checked where they are, and what reviews look like in figures.

use serde_json::{Value, json};

use super::{Case, act, verified};
use crate::api::{Api, encoded};
use crate::cli::Dg;
use crate::events::finished;

/// A finished trace: rejected, opened again, approved.
async fn decided_twice(case: &Case) -> String {
    let id = case.asked("a").await;
    case.agent.post("/api/v1/events", &finished("a", 2)).await.expect(201);
    let reopen = json!({"action": "reopen", "reason": "new facts", "confirm_text": "REOPEN A:EXCEPTION:EX"});
    act(&case.reviewer, &id, &json!({"action": "reject", "reason": "not this time"})).await.expect(200);
    act(&case.chief, &id, &reopen).await.expect(200);
    act(&case.second, &id, &json!({"action": "approve", "reason": "all is well"})).await.expect(200);
    verified(case).await;
    id
}

async fn export(by: &Api, id: &str, query: &str) -> String {
    let answer = by.get(&format!("/api/v1/admin/workflows/{}/export?{query}", encoded(id))).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.text
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_is_exported_and_checked_without_the_service() {
    let case = Case::new().await;
    let id = decided_twice(&case).await;
    let dg = Dg::beside(&case.suite);
    let folder = tempfile::tempdir().unwrap();
    for (profile, folded) in [("full", 1), ("internal", 0), ("external", 0)] {
        for format in ["ndjson", "json"] {
            for events in ["item", "trace"] {
                let text =
                    export(&case.chief, &id, &format!("format={format}&profile={profile}&events={events}")).await;
                let path = folder.path().join(format!("{profile}-{events}.{format}"));
                std::fs::write(&path, &text).unwrap();
                let verdict = dg.json(&["verify", "bundle", path.to_str().unwrap()]);
                assert_eq!(
                    (&verdict["items_folded"], &verdict["cases"]),
                    (&json!(folded), &json!(1)),
                    "{profile} {format}"
                );
                assert_eq!(text.contains("t-second"), profile == "full", "{profile} {format}");
                assert_eq!(text.contains("not this time"), profile != "external", "{profile} {format}");
            }
        }
    }
    let lines = export(&case.chief, &id, "format=ndjson&profile=full").await;
    let digests = lines.lines().find(|line| line.starts_with("{\"part\":\"digests\"")).unwrap();
    let digests: Value = serde_json::from_str(digests).unwrap();
    assert_eq!(digests["row"]["workflow_digest"], verified(&case).await["workflow_digest"]);
    // Damage, anywhere: the part and the reason are said.
    let path = folder.path().join("damaged.ndjson");
    for at in (0..lines.len()).step_by(lines.len() / 25) {
        let mut bytes = lines.clone().into_bytes();
        bytes[at] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        let ran = dg.run(&["verify", "bundle", path.to_str().unwrap(), "--json"]);
        assert_eq!(ran.0.status.code(), Some(65), "byte {at}: {ran:?}");
    }
    let page = export(&case.chief, &id, "format=html&profile=full").await;
    assert!(page.starts_with("<!doctype html>") && !page.contains("<script"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_take_cases_out_and_what_is_noted() {
    let case = Case::new().await;
    let id = decided_twice(&case).await;
    let path = format!("/api/v1/admin/workflows/{}/export", encoded(&id));
    case.reviewer.get(&path).await.refused(403, "forbidden");
    case.chief.get("/api/v1/admin/workflows/none/export").await.refused(404, "not_found");
    // Another tenant has no such case, and none in its set.
    let other = case.admin.new_tenant("u", "precise").await;
    other.get(&path).await.refused(404, "not_found");
    let set = other.get("/api/v1/admin/workflows:export?only_open=false").await;
    assert_eq!((set.status, set.text.lines().count()), (200, 2), "{}", set.text);
    let set = case.chief.get("/api/v1/admin/workflows:export?only_open=false&profile=full").await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("set.ndjson");
    std::fs::write(&file, &set.text).unwrap();
    let verdict = Dg::beside(&case.suite).json(&["verify", "bundle", file.to_str().unwrap()]);
    assert_eq!((&verdict["cases"], &verdict["items_folded"]), (&json!(1), &json!(1)));
    export(&case.chief, &id, "profile=external").await;
    let audit = Api::admin(&case.suite).get("/api/v1/admin/audit?kind=export&about_tenant=t").await;
    let rows = audit.expect(200)["entries"].as_array().unwrap().clone();
    assert_eq!((&rows[0]["action"], &rows[0]["subject"]), (&json!("workflow.export"), &json!(id)));
    assert_eq!(rows[0]["details"]["profile"], "external");
    assert_eq!(rows[1]["action"], "workflow.export_many");
    let figures = case.reviewer.get("/api/v1/workflows/figures").await;
    let figures = figures.expect(200).clone();
    let policy = &figures["policies"][0];
    assert_eq!((&policy["policy_id"], &policy["exception_count"]), (&json!("refunds"), &json!(1)));
    let counts = ["decision_count", "approved_count", "rejected_count", "reviewed_again_count", "overturned_count"];
    assert_eq!(counts.map(|count| policy["figures"][count].as_i64().unwrap()), [2, 1, 1, 1, 1]);
    assert_eq!(policy["figures"]["overturn_rate"], json!(1.0));
    assert!(policy["figures"]["median_decision_seconds"].as_f64().is_some_and(|time| time > 0.0 && time < 60.0));
    assert_eq!(figures["reviewers"].as_array().unwrap().len(), 2);
    assert!(other.get("/api/v1/workflows/figures").await.expect(200)["policies"].as_array().unwrap().is_empty());
}
