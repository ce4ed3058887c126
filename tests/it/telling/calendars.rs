//! Business calendars by version.

use serde_json::json;

use super::words;
use crate::workflows::Case;

const CALENDARS: &str = "/api/v1/admin/workflow-calendars";

#[tokio::test(flavor = "multi_thread")]
async fn a_calendar_is_kept_by_version_and_says_when_something_is_due() {
    let case = Case::new().await;
    let one = format!("{CALENDARS}/berlin");
    let day = json!([["09:00", "17:00"]]);
    let definition = |holidays: serde_json::Value| {
        json!({"time_zone": "Europe/Berlin", "holidays": holidays,
               "weekly": {"monday": day, "tuesday": day, "wednesday": day, "thursday": day, "friday": day}})
    };
    case.chief.get(&one).await.refused(404, "not_found");
    let first =
        case.chief.put(&one, &json!({"definition": definition(json!([])), "reason": "hours", "version": 0})).await;
    assert_eq!(first.expect(200)["calendar"]["version"], 1);
    let due = async |from: &str, minutes: i64| {
        let answer = case.chief.get(&format!("{one}/deadline?minutes={minutes}&from={from}")).await;
        answer.expect(200)["due_at"].as_str().unwrap().to_owned()
    };
    // Friday afternoon before the clocks go forward: an hour is left, the other is on Monday, an hour earlier by UTC.
    assert_eq!(due("2026-03-27T15:00:00Z", 120).await, "2026-03-30T08:00:00.000000Z");
    assert_eq!(due("2026-12-24T15:00:00Z", 120).await, "2026-12-25T09:00:00.000000Z");
    let stale = json!({"definition": definition(json!(["12-25"])), "reason": "christmas", "version": 0});
    case.chief.put(&one, &stale).await.refused(412, "precondition_failed");
    let second = case
        .chief
        .put(&one, &json!({"definition": definition(json!(["12-25"])), "reason": "christmas", "version": 1}))
        .await;
    assert_eq!(second.expect(200)["calendar"]["version"], 2);
    assert_eq!(due("2026-12-24T15:00:00Z", 120).await, "2026-12-28T09:00:00.000000Z");
    let old = case.chief.get(&format!("{one}?version=1")).await;
    assert_eq!(old.expect(200)["calendar"]["definition"]["holidays"], json!([]));
    let listed = case.chief.get(CALENDARS).await;
    let listed = listed.expect(200)["calendars"].as_array().unwrap().clone();
    assert_eq!((listed.len(), &listed[0]["version"], &listed[0]["reason"]), (1, &json!(2), &json!("christmas")));

    let wrong = json!({"definition": {"time_zone": "Mars", "weekly": {"someday": []}}, "reason": "x"});
    let refused = case.chief.put(&one, &wrong).await;
    let errors = refused.refused(400, "invalid_argument")["errors"].as_array().unwrap().clone();
    assert_eq!(words(&errors, "pointer"), ["/definition/time_zone", "/definition/weekly/someday"]);
    case.chief.put(&one, &json!({"definition": definition(json!([]))})).await.refused(400, "invalid_argument");
    case.reviewer.put(&one, &wrong).await.refused(403, "forbidden");
    case.admin.post("/api/v1/admin/tenants", &json!({"tenant_id": "other"})).await.expect(201);
    case.admin.tenant("other").get(&one).await.refused(404, "not_found");
}
