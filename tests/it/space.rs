//! A rebuild as an operator sees it on the disk: twice the rows for a while, and then no more than before.

use std::time::Duration;

use dg_testkit::history::{Shape, generate};
use dg_testkit::{Suite, SuiteOptions, wait_for};
use serde_json::json;
use tokio_postgres::NoTls;

use crate::api::Api;

/// Bytes of the partitions of each slot, indexes included, and the slots that still wait for something.
const SIZES: &str = "SELECT sum(pg_total_relation_size(class.oid)) FILTER (WHERE class.relname LIKE '%\\_slot0')::bigint,
                            sum(pg_total_relation_size(class.oid)) FILTER (WHERE class.relname LIKE '%\\_slot1')::bigint,
                            (SELECT count(*) FROM dg_projection_builds)
                     FROM pg_class class
                     WHERE class.relkind = 'r' AND class.relname LIKE 'dg\\_%\\_slot_'";

#[tokio::test(flavor = "multi_thread")]
async fn the_size_on_disk_returns_after_a_rebuild() {
    let env = vec![("DG__STORE__SPACE_EVERY_MS".to_owned(), "200".to_owned())];
    let suite = Suite::start_with(SuiteOptions { env, ..SuiteOptions::default() }).unwrap();
    let api = Api::admin(&suite).new_tenant("large", "precise").await;
    let events = generate(13, Shape { traces: 300, ..Shape::default() });
    api.append_all(&events, 500).await;
    let digests = api.digests_at(events.len()).await;
    let (client, connection) = tokio_postgres::connect(&suite.database_url, NoTls).await.unwrap();
    tokio::spawn(connection);
    let sizes = async || {
        let row = client.query_one(SIZES, &[]).await.unwrap();
        (row.get::<_, i64>(0), row.get::<_, i64>(1), row.get::<_, i64>(2))
    };
    let (full, empty, _) = sizes().await;
    assert!(full > 4 * empty, "{full} bytes of rows, {empty} of nothing");

    // There and back: each slot is filled and emptied once.
    for round in 0..2 {
        let asked = json!({"projection": "all", "mode": "rebuild", "reason": "to see its size"});
        let run = api.post("/api/v1/admin/replays", &asked).await;
        let path = format!("/api/v1/admin/replays/{}", run.expect(202)["run"]["job_id"].as_str().unwrap());
        let ended = wait_for(Duration::from_secs(90), "the rebuild to end", async || {
            // What is read meanwhile is there all the time.
            assert_eq!(api.get("/api/v1/traces").await.status, 200);
            let run = api.get(&path).await.expect(200)["run"].clone();
            run["finished_at"].is_string().then_some(run)
        });
        let ended = ended.await.unwrap();
        assert_eq!((&ended["status"], &ended["result"]["equal"]), (&json!("completed"), &json!(true)), "{ended}");
        let small = wait_for(Duration::from_secs(60), "the space of the old generation", async || {
            let (zero, one, waiting) = sizes().await;
            (waiting == 0).then_some(if round == 0 { (one, zero) } else { (zero, one) })
        });
        let (live, old) = small.await.unwrap();
        assert!(old <= empty + (512 << 10), "{empty} bytes of nothing, and {old} of an old generation");
        assert!(live < 2 * full, "{full} bytes before, {live} now");
        assert_eq!(api.digests_at(events.len()).await, digests);
    }
}
