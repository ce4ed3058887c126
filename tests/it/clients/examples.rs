//! The examples of the Rust client do what they say.

use std::process::{Command, Output};

use dg_client::{Client, FollowQuery};
use dg_testkit::{Suite, daemon};

use crate::api::Api;

const TENANT: &str = "examples";

#[tokio::test(flavor = "multi_thread")]
async fn the_examples_of_the_rust_client_run() {
    let suite = Suite::start().unwrap();
    Api::admin(&suite).new_tenant(TENANT, "precise").await;
    let run = |name: &str| -> Output {
        let program = daemon(&format!("examples/{name}")).expect("built by `cargo build --workspace --examples`");
        let spool = suite.dir().join("example-spool");
        let env = [("DG_API_URL", suite.api_url.as_str()), ("DG_TOKEN", &suite.admin_token), ("DG_TENANT", TENANT)];
        Command::new(program).envs(env).env("DG_SPOOL", spool).env("DG_COUNT", "1").output().unwrap()
    };
    let client = Client::new(&suite.api_url, suite.admin_token.as_str()).unwrap().tenant(TENANT);
    for _ in 0..2 {
        let output = run("agent");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let paid = client.trace("refund-rs-17").await.unwrap().data;
        assert_eq!(paid.events.len(), 6, "the second run records nothing twice");
        assert_eq!(paid.summary.unwrap().outcome.as_deref(), Some("success"));
        assert_eq!(client.trace("refund-rs-18").await.unwrap().data.events.len(), 4);
    }
    let event = serde_json::json!({
        "event_id": "ok", "trace_id": "other", "event_type": "TraceStarted", "occurred_at": "2026-05-04T09:00:00Z",
        "source": {"producer_id": "p", "system": "s"}, "actor": {"actor_type": "agent", "actor_id": "a"}, "idempotency_key": "k",
        "payload": {"workflow": "w", "title": "t", "primary_entity": {"entity_type": "e", "entity_id": "1"}},
    });
    client.append(&event).await.unwrap();
    let approver = dg_client::Actor::new("person", "ana");
    let recorder = client.recorder(approver.clone(), dg_client::Source::new("desk", "tests"));
    let subject = dg_client::Subject::action("refund");
    let approval = dg_client::ApprovalRecorded::new("ok-1", subject, approver, dg_client::ApprovalDecision::Approved);
    recorder.record_approval("other", approval).await.unwrap();
    let output = run("follow");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && said.ends_with(" other: \"approved\" \"refund\"\n"), "{output:?}");
    let after = FollowQuery { after: Some(10), ..FollowQuery::default() };
    assert_eq!(client.follow_events(after).next().await.unwrap().unwrap().log_seq, 11);
}
