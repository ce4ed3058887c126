//! How the server carries out the statements on the log: by the index meant for each, with and without statistics.

use dg_domain::{Micros, TenantId};
use dg_storage::bench::{CopyLoad, copy_ceiling};
use tokio_postgres::Client;

use crate::scratch::Scratch;

macro_rules! model {
    ($name:literal) => {
        include_str!(concat!("../../../../sql/queries/projections/", $name, ".sql"))
    };
}

macro_rules! sql {
    ($name:literal) => {
        include_str!(concat!("../../../../sql/queries/log/", $name, ".sql"))
    };
}

/// The lane's settings; the pool has none of them.
const LANE: &str = "SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_hashjoin = off;
    SET enable_mergejoin = off; SET enable_sort = off; SET enable_material = off; SET plan_cache_mode = force_generic_plan";

/// The writer's settings.
const WRITER: &str = "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off;
    SET plan_cache_mode = force_generic_plan";

/// In a statement whose table has a row or two: all of them are read, and rightly so.
const FEW: &str = "-- few";

async fn check(client: &Client, sql: &str, types: &str, arguments: &str, indexes: &[&str]) {
    client.batch_execute(&format!("DEALLOCATE ALL; PREPARE probe ({types}) AS {sql}")).await.unwrap();
    let rows = client.query(&format!("EXPLAIN EXECUTE probe ({arguments})"), &[]).await.unwrap();
    let plan: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    let plan = plan.join("\n");
    assert!(!plan.contains("Seq Scan on dg_"), "{sql}\n{plan}");
    assert!(!plan.contains("Bitmap"), "{sql}\n{plan}");
    // A policy is a filter beside the condition that the index is for, and never in its place.
    if !sql.contains(FEW) {
        let (scans, bounded) = (plan.matches("Index Scan").count(), plan.matches("Index Cond: ").count());
        assert!(scans > 0 && scans == bounded && plan.contains("tenant_id ="), "{sql}\n{plan}");
    }
    for index in indexes {
        assert!(plan.contains(&format!("using {index} ")), "{sql}\nneeds {index}\n{plan}");
    }
}

#[tokio::test]
async fn every_statement_on_the_log_uses_the_index_meant_for_it() {
    let scratch = Scratch::new().await;
    scratch.tenant("t").await;
    let lane = scratch.raw("dg_apid").await;
    lane.batch_execute(LANE).await.unwrap();
    let pool = scratch.raw("dg_apid").await;
    pool.batch_execute("SET plan_cache_mode = force_custom_plan; SET enable_bitmapscan = off").await.unwrap();
    for round in 0..3 {
        if round == 1 {
            for tenant in ["big", "small"] {
                let tenant_id = TenantId::new(tenant).unwrap();
                let rows = if tenant == "big" { 20_000 } else { 500 };
                let load = CopyLoad { tenant: tenant_id, rows, payload_bytes: 200, at: Micros::new(0) };
                copy_ceiling(&scratch.config("dg_admin"), &load).await.unwrap();
            }
        }
        if round == 2 {
            let heads =
                "INSERT INTO dg_tenant_heads (tenant_id) SELECT 'other-' || n FROM generate_series(1, 100) AS n";
            scratch.raw("dg_owner").await.batch_execute(heads).await.unwrap();
            scratch.raw("dg_owner").await.batch_execute("ANALYZE").await.unwrap();
        }
        let key = "'00000000-0000-0000-0000-000000000000'";
        check(
            &lane,
            sql!("lookup"),
            "text[], uuid[], text[], uuid[], uuid[]",
            "'{}', '{}', '{}', '{}', '{}'",
            &["dg_event_log_trace_seq_unique", "dg_event_log_idempotency_unique", "dg_event_log_event_id_unique"],
        )
        .await;
        check(&lane, sql!("lock_heads"), "text[]", "'{t}'", &["dg_tenant_heads_pk"]).await;
        let move_heads =
            if round < 2 { format!("{} {FEW}", sql!("move_heads").trim_end()) } else { sql!("move_heads").to_owned() };
        check(&lane, &move_heads, "text[], bigint[]", "'{t}', '{1}'", &["dg_tenant_heads_pk"]).await;
        check(&lane, sql!("at_positions"), "text[], bigint[]", "'{t}', '{1}'", &["dg_event_log_pk"]).await;
        if round == 0 {
            // An empty table is read whole, and rightly so.
            continue;
        }
        check(
            &pool,
            sql!("events"),
            "text, bigint, bigint, text, bigint",
            "'big', 5, NULL, NULL, 100",
            &["dg_event_log_pk"],
        )
        .await;
        check(
            &pool,
            sql!("events_of_trace"),
            "text, bigint, bigint, text, bigint, uuid, text",
            &format!("'big', 5, NULL, NULL, 100, {key}, 'x'"),
            &["dg_event_log_trace_seq_unique"],
        )
        .await;
        check(
            &pool,
            sql!("trace_events"),
            "text, uuid, text, bigint, bigint",
            &format!("'big', {key}, 'x', -1, 100"),
            &["dg_event_log_trace_seq_unique"],
        )
        .await;
        check(
            &pool,
            sql!("event"),
            "text, uuid, text",
            &format!("'big', {key}, 'x'"),
            &["dg_event_log_event_id_unique"],
        )
        .await;
    }
}

/// Plans of the writer, and of reads by key, are made once, while the tables are empty, and are kept.
#[tokio::test]
async fn traces_are_found_by_their_key_from_the_first_batch_on() {
    let scratch = Scratch::new().await;
    scratch.tenant("t").await;
    let writer = scratch.raw("dg_projectord").await;
    writer.batch_execute(WRITER).await.unwrap();
    for _ in 0..2 {
        check(
            &writer,
            model!("trace_rows"),
            "text, int2, text[]",
            "'t', 0::int2, '{a}'",
            &["dg_trace_index_slot0_pkey"],
        )
        .await;
        check(
            &writer,
            model!("finish_summaries"),
            "text, int2, text[], text[], text[], bigint[]",
            "'t', 0::int2, '{a}', '{b}', '{c}', '{1}'",
            &["dg_trace_summary_slot0_pkey"],
        )
        .await;
        check(&writer, model!("summary"), "text, int2, text", "'t', 0::int2, 'a'", &["dg_trace_summary_slot0_pkey"])
            .await;
        check(&writer, model!("trace"), "text, int2, text", "'t', 0::int2, 'a'", &["dg_trace_index_slot0_pkey"]).await;
        scratch.raw("dg_owner").await.batch_execute("ANALYZE").await.unwrap();
    }
}
