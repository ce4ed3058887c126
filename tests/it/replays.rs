//! Runs, failures and health as the API offers them, without what a runner does: the projector is frozen where a run has to
//! stay queued.

use dg_testkit::Suite;
use nix::sys::signal::Signal;
use serde_json::{Value, json};
use tokio_postgres::NoTls;

use crate::api::Api;
use crate::events::{observed, started};

const REPLAYS: &str = "/api/v1/admin/replays";
const FAILURES: &str = "/api/v1/admin/failures";
const NO_ID: &str = "0199c0de-0000-7000-8000-000000000000";

/// A projector that does nothing until this is dropped.
struct Frozen<'a>(&'a Suite);

impl<'a> Frozen<'a> {
    fn new(suite: &'a Suite) -> Self {
        suite.signal("dg-projectord", Signal::SIGSTOP).unwrap();
        Self(suite)
    }
}

impl Drop for Frozen<'_> {
    fn drop(&mut self) {
        let _ = self.0.signal("dg-projectord", Signal::SIGCONT);
    }
}

/// An administrator of some tenants with some permissions.
async fn operator(admin: &Api, name: &str, permissions: &[&str], tenants: &[&str]) -> String {
    let body = json!({"account_id": name, "roles": ["admin"], "permissions": permissions, "tenant_ids": tenants});
    let answer = admin.post("/api/v1/admin/accounts", &body).await;
    answer.expect(201)["token"]["token"].as_str().unwrap().to_owned()
}

async fn queue(api: &Api, projection: &str, mode: &str) -> Value {
    let answer = api.post(REPLAYS, &json!({"projection": projection, "mode": mode, "reason": "a test"})).await;
    answer.expect(202)["run"].clone()
}

fn path(run: &Value, step: &str) -> String {
    format!("{REPLAYS}/{}{step}", run["job_id"].as_str().unwrap())
}

/// Puts an event aside as the projector would.
async fn set_aside(suite: &Suite, tenant: &str, projection: &str, log_seq: i64) -> String {
    let sql = format!(
        "INSERT INTO dg_projection_failures (tenant_id, projection_name, log_seq, trace_id, event_id, category, error_code, \
         error_message) VALUES ('{tenant}', '{projection}', {log_seq}, 't', 't/1', 'schema_violation', 'schema_violation', \
         'no policy_id') RETURNING failure_id::text"
    );
    let (client, connection) = tokio_postgres::connect(&suite.database_url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client.query_one(&sql, &[]).await.unwrap().get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_asked_for_listed_and_cancelled() {
    let suite = Suite::start().unwrap();
    let admin = Api::admin(&suite);
    let (ours, theirs) = (admin.new_tenant("ours", "precise").await, admin.new_tenant("theirs", "precise").await);
    let _frozen = Frozen::new(&suite);
    let asked = json!({
        "projection": "trace_index", "mode": "catch_up", "reason": " after a repair ", "until_log_seq": 7, "since_log_seq": 0,
        "metadata": {"ticket": "T-1", "requested_by_account_id": "boss", "requested_by_roles": ["*"], "request_id": "forged",
                     "reason": "forged"},
    });
    let answer = ours.post(REPLAYS, &asked).await;
    let run = answer.expect(202)["run"].clone();
    assert_eq!(
        (&run["status"], &run["mode"], &run["until_log_seq"]),
        (&json!("queued"), &json!("catch_up"), &json!(7))
    );
    assert_eq!((&run["reason"], &run["tenant_id"]), (&json!("after a repair"), &json!("ours")));
    let metadata = &run["metadata"];
    assert_eq!((&metadata["ticket"], &metadata["reason"]), (&json!("T-1"), &json!("after a repair")));
    assert_eq!(metadata["requested_by_account_id"], run["requested_by"], "{metadata}");
    assert_eq!(metadata["requested_by_roles"], json!(["admin"]), "{metadata}");
    assert_eq!(metadata["request_id"], answer.body["request_id"], "{metadata}");
    assert_eq!(serde_json::from_str::<Value>(run["metadata_json"].as_str().unwrap()).unwrap(), *metadata);

    assert_eq!(ours.get(&path(&run, "")).await.expect(200)["run"], run);
    theirs.get(&path(&run, "")).await.refused(404, "not_found");
    theirs.post(&path(&run, "/cancel"), &json!({})).await.refused(404, "not_found");
    ours.get(&format!("{REPLAYS}/{NO_ID}")).await.refused(404, "not_found");
    ours.get(&format!("{REPLAYS}/17")).await.refused(404, "not_found");

    let health = ours.get("/api/v1/projections/health").await;
    assert_eq!(health.expect(200)["open_runs"][0]["job_id"], run["job_id"]);

    for mode in ["catch_up", "verify", "rebuild"] {
        for projection in ["trace_index", "all"] {
            let second = json!({"projection": projection, "mode": mode, "reason": "me too"});
            let details = ours.post(REPLAYS, &second).await;
            assert_eq!(details.refused(409, "conflict")["job_id"], run["job_id"]);
        }
    }
    let paused = ours.post(&path(&run, "/pause"), &json!({})).await;
    assert_eq!(paused.expect(200)["run"]["status"], "paused");
    assert_eq!(ours.post(&path(&run, "/pause"), &json!({})).await.refused(409, "conflict")["status"], "paused");
    assert_eq!(ours.post(&path(&run, "/resume"), &json!({})).await.expect(200)["run"]["status"], "queued");
    let cancelled = ours.post(&path(&run, "/cancel"), &json!({})).await;
    assert_eq!(cancelled.expect(200)["run"]["status"], "cancelled");
    assert!(cancelled.data()["run"]["finished_at"].is_string());
    for step in ["/cancel", "/pause", "/resume"] {
        ours.post(&path(&run, step), &json!({})).await.refused(409, "conflict");
    }

    let mut made = vec![run["job_id"].clone()];
    for _ in 0..4 {
        let run = queue(&ours, "all", "verify").await;
        ours.post(&path(&run, "/cancel"), &json!({})).await.expect(200);
        made.push(run["job_id"].clone());
    }
    made.reverse();
    let (mut seen, mut next) = (Vec::new(), String::new());
    loop {
        let page = ours.get(&format!("{REPLAYS}?limit=2{next}")).await;
        let data = page.expect(200);
        seen.extend(data["runs"].as_array().unwrap().iter().map(|run| run["job_id"].clone()));
        let Some(cursor) = data["next_cursor"].as_str() else { break };
        // A cursor leads nowhere else.
        ours.get(&format!("{FAILURES}?cursor={cursor}")).await.refused(400, "invalid_argument");
        next = format!("&cursor={cursor}");
    }
    assert_eq!(seen, made);
    let verified = ours.get(&format!("{REPLAYS}?mode=verify&status=cancelled")).await;
    assert_eq!(verified.expect(200)["runs"].as_array().unwrap().len(), 4);
    assert_eq!(theirs.get(REPLAYS).await.expect(200)["runs"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_mode_needs_its_permission() {
    let suite = Suite::start().unwrap();
    let admin = Api::admin(&suite);
    let tenant = admin.new_tenant("acme", "precise").await;
    let replay = tenant.token(Some(&operator(&admin, "replayer", &["projection_replay"], &["acme"]).await));
    let rebuild = tenant.token(Some(&operator(&admin, "rebuilder", &["projection_rebuild"], &["acme"]).await));
    let accept = tenant.token(Some(&operator(&admin, "accepter", &["projection_quarantine"], &["acme"]).await));
    let writer = tenant.token(Some(&admin.new_account("writer", &["writer"], &["acme"]).await));
    let reader = tenant.token(Some(&admin.new_account("reader", &["reader"], &["acme"]).await));
    let _frozen = Frozen::new(&suite);
    let asked = |mode: &str| json!({"projection": "all", "mode": mode, "reason": "a test"});

    for outsider in [&writer, &reader] {
        outsider.post(REPLAYS, &asked("verify")).await.refused(403, "forbidden");
        outsider.get(REPLAYS).await.refused(403, "forbidden");
        outsider.get(FAILURES).await.refused(403, "forbidden");
        outsider.get("/api/v1/projections/health").await.expect(200);
        outsider.get("/api/v1/digests/history").await.expect(200);
    }
    let needs = |answer: crate::api::Answer, permission: &str| {
        assert_eq!(answer.refused(403, "forbidden")["permission"], permission, "{}", answer.text);
        assert!(answer.text.contains(permission), "{}", answer.text);
    };
    needs(rebuild.post(REPLAYS, &asked("catch_up")).await, "projection_replay");
    needs(rebuild.post(REPLAYS, &asked("verify")).await, "projection_replay");
    needs(replay.post(REPLAYS, &asked("rebuild")).await, "projection_rebuild");
    let everywhere = json!({"tenant_ids": ["*"], "projection": "all", "mode": "rebuild", "reason": "a test"});
    needs(replay.post(&format!("{REPLAYS}:batch"), &everywhere).await, "projection_rebuild");

    let run = queue(&rebuild, "all", "rebuild").await;
    assert_eq!(replay.get(&path(&run, "")).await.expect(200)["run"]["mode"], "rebuild");
    needs(replay.post(&path(&run, "/cancel"), &json!({})).await, "projection_rebuild");
    rebuild.post(&path(&run, "/cancel"), &json!({})).await.expect(200);

    let reason = json!({"reason": "known"});
    let failure = format!("{FAILURES}/{}", set_aside(&suite, "acme", "trace_index", 1).await);
    needs(replay.post(&format!("{failure}/quarantine"), &reason).await, "projection_quarantine");
    needs(accept.post(&format!("{failure}/retry"), &json!({})).await, "projection_replay");
    accept.post(&format!("{failure}/quarantine"), &reason).await.expect(200);
    needs(replay.post(&format!("{failure}/resolve"), &reason).await, "projection_quarantine");
}

#[tokio::test(flavor = "multi_thread")]
async fn rebuilds_can_be_switched_off() {
    let options = dg_testkit::SuiteOptions {
        env: vec![("DG__API__ALLOW_REBUILD".to_owned(), "false".to_owned())],
        ..dg_testkit::SuiteOptions::default()
    };
    let suite = Suite::start_with(options).unwrap();
    let tenant = Api::admin(&suite).new_tenant("acme", "precise").await;
    let _frozen = Frozen::new(&suite);
    let asked = json!({"projection": "all", "mode": "rebuild", "reason": "a test"});
    let refused = tenant.post(REPLAYS, &asked).await;
    refused.refused(403, "forbidden");
    assert!(refused.text.contains("api.allow_rebuild"), "{}", refused.text);
    queue(&tenant, "all", "verify").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_request_asks_for_many_tenants() {
    let suite = Suite::start().unwrap();
    let admin = Api::admin(&suite);
    for name in ["a", "b", "c"] {
        admin.new_tenant(name, "precise").await;
    }
    let some = Api::admin(&suite).token(Some(&operator(&admin, "some", &["*"], &["a", "b", "gone"]).await));
    let _frozen = Frozen::new(&suite);
    let busy = queue(&admin.tenant("b"), "trace_summary", "verify").await;
    let batch = format!("{REPLAYS}:batch");
    let asked = json!({"tenant_ids": ["*"], "projection": "all", "mode": "verify", "reason": "monthly"});
    let answer = some.post(&batch, &asked).await;
    let data = answer.expect(202);
    let [run] = data["runs"].as_array().unwrap().as_slice() else { panic!("{data}") };
    assert_eq!((&run["tenant_id"], &run["batch_id"]), (&json!("a"), &data["batch_id"]));
    let [refused] = data["refused"].as_array().unwrap().as_slice() else { panic!("{data}") };
    assert_eq!((&refused["tenant_id"], &refused["error"]["code"]), (&json!("b"), &json!("conflict")));
    assert_eq!(refused["error"]["details"]["job_id"], busy["job_id"]);

    let named = json!({"tenant_ids": ["c", "gone", "a", "c"], "projection": "all", "reason": "again"});
    let answer = some.post(&batch, &named).await;
    let data = answer.expect(202);
    assert_eq!(data["runs"], json!([]));
    let why: Vec<(&Value, &Value)> = data["refused"]
        .as_array()
        .unwrap()
        .iter()
        .map(|refused| (&refused["tenant_id"], &refused["error"]["code"]))
        .collect();
    let (a, c, gone) = (json!("a"), json!("c"), json!("gone"));
    let (conflict, forbidden, unknown) = (json!("conflict"), json!("forbidden"), json!("not_found"));
    assert_eq!(why, [(&a, &conflict), (&c, &forbidden), (&gone, &unknown)]);
    for bad in [
        json!({"tenant_ids": [], "projection": "all", "reason": "r"}),
        json!({"tenant_ids": ["a"], "projection": "all", "reason": "r", "until_log_seq": 3}),
        json!({"projection": "all", "reason": "r"}),
    ] {
        some.post(&batch, &bad).await.refused(400, "invalid_argument");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_requests_are_refused_and_change_nothing() {
    let suite = Suite::start().unwrap();
    let tenant = Api::admin(&suite).new_tenant("acme", "precise").await;
    for (bad, pointer) in [
        (json!({"projection": "everything", "reason": "r"}), "/projection"),
        (json!({"projection": "all", "reason": "r", "mode": "reproject"}), "/mode"),
        (json!({"projection": "all"}), "/reason"),
        (json!({"projection": "all", "reason": "   "}), "/reason"),
        (json!({"projection": "all", "reason": "x".repeat(2001)}), "/reason"),
        (json!({"projection": "all", "reason": "r", "since_log_seq": 3}), "/since_log_seq"),
        (json!({"projection": "all", "reason": "r", "mode": "verify", "until_log_seq": 3}), "/until_log_seq"),
        (json!({"projection": "all", "reason": "r", "metadata": {"x": "y".repeat(9000)}}), "/metadata"),
    ] {
        let answer = tenant.post(REPLAYS, &bad).await;
        assert_eq!(answer.refused(400, "invalid_argument")["pointer"], pointer, "{bad}");
    }
    for bad in [json!([]), json!({"reason": "r"}), json!({"projection": "all", "reason": "r", "surprise": 1})] {
        tenant.post(REPLAYS, &bad).await.refused(400, "invalid_argument");
    }
    for query in ["status=done", "mode=all", "limit=0", "limit=201", "cursor=17", "cursor=", "page=2"] {
        tenant.get(&format!("{REPLAYS}?{query}")).await.refused(400, "invalid_argument");
    }
    for query in ["status=closed", "projection=all", "cursor=AAAA", "limit=x"] {
        tenant.get(&format!("{FAILURES}?{query}")).await.refused(400, "invalid_argument");
    }
    for query in ["projection=all", "cursor=%00", "limit=201"] {
        tenant.get(&format!("/api/v1/digests/history?{query}")).await.refused(400, "invalid_argument");
    }
    tenant.get("/api/v1/projections/health?verbose=1").await.refused(400, "invalid_argument");
    assert_eq!(tenant.get(REPLAYS).await.expect(200)["runs"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_was_set_aside_shows_and_is_decided_about() {
    let suite = Suite::start().unwrap();
    let admin = Api::admin(&suite);
    let (ours, theirs) = (admin.new_tenant("ours", "precise").await, admin.new_tenant("theirs", "precise").await);
    ours.append_all(&[started("t"), observed("t", 1)], 10).await;
    ours.digests_at(2).await;
    let _frozen = Frozen::new(&suite);
    let whole = ours.get("/api/v1/digests").await;
    assert_eq!((&whole.expect(200)["skipped_events"], &whole.data()["complete"]), (&json!(0), &json!(true)));
    let id = set_aside(&suite, "ours", "context_graph", 2).await;
    let failure = format!("{FAILURES}/{id}");

    let health = ours.get("/api/v1/projections/health").await;
    let data = health.expect(200);
    assert_eq!(data["status"], "failed", "{data}");
    let named = &data["open_failures"][0];
    assert_eq!(
        (&named["failure_id"], &named["event_id"], &named["trace_id"]),
        (&json!(id), &json!("t/1"), &json!("t"))
    );
    assert_eq!((&named["log_seq"], &named["message"]), (&json!(2), &json!("no policy_id")));
    let graph = &data["projections"][0];
    assert_eq!((&graph["status"], &graph["open_failures"]), (&json!("failed"), &json!(1)), "{graph}");
    assert_eq!(data["projections"][1]["status"], "ok", "{data}");
    let digests = ours.get("/api/v1/digests").await;
    assert_eq!((&digests.expect(200)["skipped_events"], &digests.data()["complete"]), (&json!(1), &json!(false)));
    let missing = json!([{"projection_name": "context_graph", "log_seq": 2, "event_id": "t/1", "status": "open"}]);
    assert_eq!(ours.get("/api/v1/traces/t").await.expect(200)["missing_events"], missing);

    let listed = ours.get(&format!("{FAILURES}?status=open&projection=context_graph&trace_id=t")).await;
    assert_eq!(listed.expect(200)["failures"][0]["failure_id"], json!(id));
    assert_eq!(ours.get(&failure).await.expect(200)["failure"]["status"], "open");
    theirs.get(&failure).await.refused(404, "not_found");
    assert_eq!(theirs.get(FAILURES).await.expect(200)["failures"], json!([]));
    ours.get(&format!("{FAILURES}/{NO_ID}")).await.refused(404, "not_found");

    let reason = json!({"reason": "known"});
    for step in ["retry", "quarantine", "resolve"] {
        theirs.post(&format!("{failure}/{step}"), &reason).await.refused(404, "not_found");
        ours.post(&format!("{failure}/{step}"), &json!({"reason": " "})).await.refused(400, "invalid_argument");
        ours.post(&format!("{failure}/{step}"), &json!({"why": "r"})).await.refused(400, "invalid_argument");
    }
    ours.post(&format!("{failure}/resolve"), &reason).await.refused(409, "conflict");
    let retried = ours.try_request("POST", &format!("{failure}/retry"), &[], Vec::new()).await.unwrap();
    let data = retried.expect(202);
    assert_eq!((&data["run"]["mode"], &data["run"]["failure_id"]), (&json!("reproject"), &json!(id)));
    assert_eq!(
        (&data["run"]["projection_name"], &data["failure"]["status"]),
        (&json!("context_graph"), &json!("open"))
    );
    let again = ours.post(&format!("{failure}/retry"), &json!({})).await;
    assert_eq!(again.refused(409, "conflict")["job_id"], data["run"]["job_id"]);
    ours.post(&path(&data["run"], "/cancel"), &json!({})).await.expect(200);

    let accepted = ours.post(&format!("{failure}/quarantine"), &reason).await;
    let accepted = &accepted.expect(200)["failure"];
    assert_eq!((&accepted["status"], &accepted["quarantine_reason"]), (&json!("quarantined"), &json!("known")));
    assert!(accepted["quarantined_by"].is_string() && accepted["quarantined_at"].is_string(), "{accepted}");
    for step in ["quarantine", "retry"] {
        let answer = ours.post(&format!("{failure}/{step}"), &reason).await;
        assert_eq!(answer.refused(409, "conflict")["status"], "quarantined");
    }
    let health = ours.get("/api/v1/projections/health").await;
    assert_eq!((&health.expect(200)["status"], &health.data()["open_failures"]), (&json!("ok"), &json!([])));
    assert_eq!(health.data()["projections"][0]["quarantined"], 1);
    assert_eq!(ours.get("/api/v1/digests").await.expect(200)["complete"], false, "a skip cannot hide");
    assert_eq!(ours.get("/api/v1/traces/t").await.expect(200)["missing_events"][0]["status"], "quarantined");
    let resolved = ours.post(&format!("{failure}/resolve"), &reason).await;
    assert_eq!(resolved.expect(202)["run"]["mode"], "reproject");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_projector_that_stands_still_shows() {
    let env = [("DG__HEALTH__LAGGING_AFTER_MS", "200"), ("DG__HEALTH__STALLED_AFTER_MS", "1500")];
    let options = dg_testkit::SuiteOptions {
        env: env.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
        ..dg_testkit::SuiteOptions::default()
    };
    let suite = Suite::start_with(options).unwrap();
    let tenant = Api::admin(&suite).new_tenant("acme", "precise").await;
    tenant.append_all(&[started("t")], 1).await;
    tenant.digests_at(1).await;
    let health = async || tenant.get("/api/v1/projections/health").await.expect(200).clone();
    let well = health().await;
    assert_eq!((&well["status"], &well["projections"][3]["state"]), (&json!("ok"), &json!("idle")), "{well}");
    let _frozen = Frozen::new(&suite);
    tenant.append_all(&[observed("t", 1)], 1).await;
    for status in ["lagging", "stalled"] {
        let found = dg_testkit::wait_for(std::time::Duration::from_secs(30), status, async || {
            Some(health().await).filter(|health| health["status"] == status)
        });
        let found = found.await.unwrap();
        let projection = &found["projections"][0];
        assert_eq!(
            (&projection["state"], &projection["pending_events"]),
            (&json!("catching_up"), &json!(1)),
            "{found}"
        );
        assert!(projection["lag_seconds"].as_f64().unwrap() >= 0.2, "{found}");
    }
}
