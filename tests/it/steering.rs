//! Projections looked after with `dg`: rebuilt, compared, repaired, and events that were set aside decided about.

use dg_testkit::Suite;
use serde_json::{Value, json};
use tokio_postgres::NoTls;

use crate::cli::{Dg, file_of};

const TENANT: [&str; 2] = ["-t", "acme"];

/// `dg` in the tenant: its exit code and the document that it wrote.
fn asked(dg: &Dg, words: &[&str]) -> (Option<i32>, Value) {
    let words: Vec<&str> = words.iter().copied().chain(TENANT).chain(["--json"]).collect();
    let output = dg.run(&words).0;
    (output.status.code(), serde_json::from_slice(&output.stdout).unwrap_or_default())
}

/// Does to the tables what no daemon may do.
pub(crate) async fn tamper(suite: &Suite, sql: &str) {
    let (client, connection) = tokio_postgres::connect(&suite.database_url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute(sql).await.unwrap();
}

fn filled(suite: &Suite) -> Dg {
    let dg = Dg::beside(suite);
    let file = file_of("refund-approved");
    dg.json(&["import", file.to_str().unwrap(), "-t", "acme", "--create-tenant"]);
    dg.json(&["digest", "-t", "acme"]);
    dg
}

#[tokio::test(flavor = "multi_thread")]
async fn projections_are_rebuilt_compared_and_repaired() {
    let suite = Suite::start().unwrap();
    let dg = filled(&suite);
    let before = dg.json(&["digest", "-t", "acme"]);
    let (code, answer) = asked(&dg, &["replay", "--mode", "rebuild", "--reason", "a test", "--wait"]);
    let run = &answer["run"];
    assert_eq!(
        (code, &run["status"], &run["result"]["equal"]),
        (Some(0), &json!("completed"), &json!(true)),
        "{answer}"
    );
    let after = dg.json(&["digest", "-t", "acme"]);
    assert_eq!(after["full_projection"], before["full_projection"]);
    assert_eq!((&after["generation"], &after["complete"]), (&json!(2), &json!(true)), "{after}");
    assert_eq!(asked(&dg, &["verify"]).0, Some(0));

    tamper(&suite, "UPDATE dg_trace_summary SET title = 'another' WHERE tenant_id = 'acme'").await;
    let (code, answer) = asked(&dg, &["verify"]);
    let difference = &answer["run"]["result"]["first_difference"];
    assert_eq!((code, &difference["table"]), (Some(1), &json!("dg_trace_summary")), "{answer}");
    assert_eq!(difference["actual"]["title"], "another", "{answer}");
    let words = [&["verify", "trace_summary"][..], &TENANT].concat();
    let shown = dg.run(&words).0;
    let text = String::from_utf8(shown.stdout).unwrap();
    assert_eq!(shown.status.code(), Some(1));
    assert!(text.contains("first difference: trace_summary") && text.contains("<-"), "{text}");
    let repair = ["replay", "trace_summary", "--mode", "rebuild", "--reason", "repair", "--wait"];
    assert_eq!(asked(&dg, &repair).0, Some(0));
    assert_eq!(asked(&dg, &["verify"]).0, Some(0));

    let (_, runs) = asked(&dg, &["replay", "list", "--mode", "rebuild"]);
    assert_eq!(runs["runs"].as_array().unwrap().len(), 2, "{runs}");
    let (code, everywhere) = asked_everywhere(&dg);
    assert_eq!((code, &everywhere["refused"]), (Some(0), &json!([])), "{everywhere}");
    let (_, status) = asked(&dg, &["status"]);
    assert_eq!(status["projections"]["status"], "ok", "{status}");
    for (words, code) in [
        (&["replay", "--mode", "rebuild"][..], 64),
        (&["replay", "nothing", "--reason", "r"], 64),
        (&["replay", "show", "nothing"], 65),
        (&["replay", "cancel", runs["runs"][0]["job_id"].as_str().unwrap()], 65),
        (&["quarantine"], 64),
        (&["failures", "show", "nothing"], 65),
    ] {
        assert_eq!(asked(&dg, words).0, Some(code), "{words:?}");
    }
}

fn asked_everywhere(dg: &Dg) -> (Option<i32>, Value) {
    let words = ["replay", "--all-tenants", "--mode", "verify", "--reason", "monthly", "--wait", "--json"];
    let output = dg.run(&words).0;
    (output.status.code(), serde_json::from_slice(&output.stdout).unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_cannot_be_folded_is_decided_about() {
    let suite = Suite::start().unwrap();
    let dg = filled(&suite);
    let log = |change: &str| {
        format!(
            "ALTER TABLE dg_event_log DISABLE TRIGGER USER; {change} WHERE tenant_id = 'acme' AND log_seq = 3;
             ALTER TABLE dg_event_log ENABLE TRIGGER USER"
        )
    };
    tamper(&suite, &log("UPDATE dg_event_log SET payload_json = ' ' || payload_json")).await;
    let (code, answer) = asked(&dg, &["replay", "--mode", "rebuild", "--reason", "poison", "--wait"]);
    assert_eq!(code, Some(0), "{answer}");
    let (_, open) = asked(&dg, &["failures", "list", "--status", "open"]);
    let open = open["failures"].as_array().unwrap().clone();
    assert!(!open.is_empty() && open.iter().all(|failure| failure["log_seq"] == 3), "{open:?}");
    let (_, status) = asked(&dg, &["status"]);
    assert_eq!(status["projections"]["status"], "failed", "{status}");
    let named = &status["projections"]["open_failures"][0];
    assert_eq!((&named["log_seq"], &named["event_id"]), (&json!(3), &open[0]["event_id"]), "{status}");
    assert_eq!(asked(&dg, &["digest"]).1["complete"], false);
    let (code, doctor) = asked(&dg, &["doctor"]);
    assert_eq!(code, Some(1), "{doctor}");

    assert_eq!(asked(&dg, &["failures", "retry", "--all"]).0, Some(1));
    let id = open[0]["failure_id"].as_str().unwrap();
    let (code, accepted) = asked(&dg, &["quarantine", id, "--reason", "known"]);
    assert_eq!((code, &accepted["failure"]["status"]), (Some(0), &json!("quarantined")), "{accepted}");
    assert_eq!(asked(&dg, &["quarantine", "list"]).1["failures"].as_array().unwrap().len(), 1);
    assert_eq!(asked(&dg, &["failures", "retry", id]).0, Some(65));

    tamper(&suite, &log("UPDATE dg_event_log SET payload_json = substr(payload_json, 2)")).await;
    let (code, released) = asked(&dg, &["quarantine", "release", id, "--reason", "repaired"]);
    assert_eq!((code, &released["run"]["status"]), (Some(0), &json!("completed")), "{released}");
    let (code, rest) = asked(&dg, &["failures", "retry", "--all"]);
    assert_eq!((code, rest["runs"].as_array().unwrap().len()), (Some(0), open.len() - 1), "{rest}");
    assert_eq!(asked(&dg, &["failures", "show", id]).1["failure"]["status"], "resolved");
    assert_eq!(asked(&dg, &["status"]).1["projections"]["status"], "ok");
    assert_eq!(asked(&dg, &["verify"]).0, Some(0));
    assert_eq!(asked(&dg, &["digest"]).1["complete"], true);
}
