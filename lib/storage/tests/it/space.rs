//! The space of removed generations goes back to the system, and nobody notices.

use dg_storage::projections::{Sweep, sweep};
use dg_testkit::wait_for;
use tokio_postgres::Client;
use tokio_util::sync::CancellationToken;

use crate::scratch::{DEADLINE, Scratch};

/// Enough for a hundred pages and for indexes that are worth a lock.
const ROWS: i64 = 6_000;

/// Plays the projector: a generation in a slot of the context graph, and its end.
struct Generation {
    projector: Client,
}

impl Generation {
    async fn build(scratch: &Scratch, tenant: &str, slot: i16, rows: i64) -> Self {
        let projector = scratch.raw_of("dg_projectord", tenant).await;
        let nodes = "INSERT INTO dg_cg_nodes (tenant_id, slot, node_key, log_seq, node_id, trace_id, created_at)
                     SELECT $1, $2, gen_random_uuid(), n, 'node:' || n, 'trace', 'now' FROM generate_series(1, $3::bigint) n";
        projector.execute(nodes, &[&tenant, &slot, &rows]).await.unwrap();
        let edges = "INSERT INTO dg_cg_edges (tenant_id, slot, edge_key, from_key, to_key, log_seq, edge_type, event_id,
                                              trace_id, created_at)
                     SELECT $1, $2, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), n, 'uses', 'event:' || n, 'trace',
                            'now'
                     FROM generate_series(1, $3::bigint) n";
        projector.execute(edges, &[&tenant, &slot, &rows]).await.unwrap();
        Self { projector }
    }

    /// Deletes the rows in one transaction and says so in the next.
    async fn remove(&self, tenant: &str, slot: i16) {
        for table in ["dg_cg_nodes", "dg_cg_edges"] {
            let delete = format!("DELETE FROM {table} WHERE tenant_id = $1 AND slot = $2");
            self.projector.execute(&delete, &[&tenant, &slot]).await.unwrap();
        }
        let emptied = "INSERT INTO dg_projection_builds (tenant_id, projection_name, slot, state, job_id)
                       VALUES ($1, 'context_graph', $2, 'emptied', gen_random_uuid())";
        self.projector.execute(emptied, &[&tenant, &slot]).await.unwrap();
    }
}

async fn sweep_now(scratch: &Scratch) -> Sweep {
    sweep(&scratch.config("dg_owner"), &CancellationToken::new()).await.unwrap().unwrap()
}

async fn emptied(scratch: &Scratch) -> i64 {
    scratch.store("dg_store").removed_generations().await.unwrap().emptied
}

/// Bytes of both partitions of a slot, indexes included.
async fn size(client: &Client, slot: i16) -> i64 {
    let sql = "SELECT sum(pg_total_relation_size(format('%s_slot%s', name, $1::smallint)::regclass))::bigint
               FROM unnest(ARRAY['dg_cg_nodes', 'dg_cg_edges']) name";
    client.query_one(sql, &[&slot]).await.unwrap().get(0)
}

async fn count(client: &Client, table: &str, tenant: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table} WHERE tenant_id = $1");
    client.query_one(&sql, &[&tenant]).await.unwrap().get(0)
}

#[tokio::test]
async fn a_lone_tenants_space_returns_whole() {
    let scratch = Scratch::new().await;
    let reader = scratch.raw_of("dg_apid", "acme").await;
    let empty = size(&reader, 1).await;
    let generation = Generation::build(&scratch, "acme", 1, ROWS).await;
    let full = size(&reader, 1).await;
    assert!(full > 2 << 20, "{full}");
    assert_eq!(emptied(&scratch).await, 0);
    assert_eq!(sweep_now(&scratch).await, Sweep::default(), "a slot in use is nobody's business");
    generation.remove("acme", 1).await;
    assert_eq!(emptied(&scratch).await, 1);
    let swept = wait_for(DEADLINE, "the sweep to finish", async || {
        let swept = sweep_now(&scratch).await;
        (swept.settled == 1).then_some(swept)
    })
    .await
    .unwrap();
    assert_eq!(swept.waiting, 0);
    assert!(swept.bytes_returned > 0);
    let left = size(&reader, 1).await;
    assert!(left <= empty + (128 << 10), "{empty} bytes, then {full}, then {left}");
    assert_eq!(emptied(&scratch).await, 0);
    // The slot is as good as new.
    Generation::build(&scratch, "acme", 1, 10).await;
    assert_eq!(count(&reader, "dg_cg_nodes", "acme").await, 10);
}

#[tokio::test]
async fn the_rows_of_others_stay_and_their_indexes_become_small() {
    let scratch = Scratch::new().await;
    let reader = scratch.raw("dg_owner").await;
    // The neighbour comes first, so that the pages behind it can be cut off.
    let neighbour = Generation::build(&scratch, "neighbour", 0, 50).await;
    let large = Generation::build(&scratch, "large", 0, 60_000).await;
    let other = Generation::build(&scratch, "neighbour", 1, 70).await;
    let full = size(&reader, 0).await;
    large.remove("large", 0).await;
    wait_for(DEADLINE, "the sweep to finish", async || (sweep_now(&scratch).await.settled == 1).then_some(()))
        .await
        .unwrap();
    let left = size(&reader, 0).await;
    assert!(left < full / 5, "{full} bytes, then {left}");
    for table in ["dg_cg_nodes", "dg_cg_edges"] {
        assert_eq!(count(&reader, table, "neighbour").await, 120);
        assert_eq!(count(&reader, table, "large").await, 0);
    }
    let invalid = "SELECT count(*) FROM pg_index WHERE NOT indisvalid";
    assert_eq!(reader.query_one(invalid, &[]).await.unwrap().get::<_, i64>(0), 0);
    drop((neighbour, other));
}

#[tokio::test]
async fn an_old_snapshot_sees_its_rows_and_the_sweep_waits() {
    let scratch = Scratch::new().await;
    let generation = Generation::build(&scratch, "acme", 0, ROWS).await;
    let reader = scratch.raw_of("dg_apid", "acme").await;
    reader.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY").await.unwrap();
    // The snapshot is taken by the first statement, which touches none of the tables that are to be swept.
    reader.query_one("SELECT count(*) FROM dg_tenants", &[]).await.unwrap();
    generation.remove("acme", 0).await;
    for _ in 0..2 {
        let swept = sweep_now(&scratch).await;
        assert_eq!((swept.settled, swept.waiting), (0, 1));
    }
    assert_eq!(emptied(&scratch).await, 1);
    for table in ["dg_cg_nodes", "dg_cg_edges"] {
        assert_eq!(count(&reader, table, "acme").await, ROWS, "{table}");
    }
    reader.batch_execute("COMMIT").await.unwrap();
    wait_for(DEADLINE, "the sweep to finish", async || (sweep_now(&scratch).await.settled == 1).then_some(()))
        .await
        .unwrap();
    assert_eq!(count(&reader, "dg_cg_nodes", "acme").await, 0);
    assert!(size(&reader, 0).await < 256 << 10);
}

/// What stands in the pages when the lock is finally there decides, not what the vacuum found.
#[tokio::test]
async fn a_generation_that_is_built_meanwhile_is_not_cut_off() {
    let scratch = Scratch::new().await;
    let generation = Generation::build(&scratch, "acme", 1, ROWS).await;
    generation.remove("acme", 1).await;
    // Another tenant's rebuild holds the slot open while the first sweeps pass.
    let next = scratch.raw_of("dg_projectord", "beta").await;
    next.batch_execute("BEGIN").await.unwrap();
    let insert = "INSERT INTO dg_cg_nodes (tenant_id, slot, node_key, log_seq, node_id, trace_id, created_at)
                  VALUES ('beta', 1, gen_random_uuid(), 1, 'node', 'trace', 'now')";
    next.execute(insert, &[]).await.unwrap();
    sweep_now(&scratch).await;
    next.batch_execute("COMMIT").await.unwrap();
    wait_for(DEADLINE, "the sweep to finish", async || (sweep_now(&scratch).await.settled == 1).then_some(()))
        .await
        .unwrap();
    assert_eq!(count(&scratch.raw_of("dg_apid", "beta").await, "dg_cg_nodes", "beta").await, 1);
}

#[tokio::test]
async fn one_sweeper_at_a_time_and_a_stop_is_heard() {
    let scratch = Scratch::new().await;
    Generation::build(&scratch, "acme", 1, ROWS).await.remove("acme", 1).await;
    let config = scratch.config("dg_owner");
    // A lock that the vacuum has to wait for.
    let holder = scratch.raw("dg_owner").await;
    holder.batch_execute("BEGIN; LOCK TABLE dg_cg_nodes_slot1 IN SHARE UPDATE EXCLUSIVE MODE").await.unwrap();
    let stop = CancellationToken::new();
    let first = tokio::spawn({
        let (config, stop) = (config.clone(), stop.clone());
        async move { sweep(&config, &stop).await }
    });
    wait_for(DEADLINE, "the first to wait", async || {
        let waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'dg_cg_nodes_slot1'::regclass";
        (holder.query_one(waiting, &[]).await.unwrap().get::<_, i64>(0) == 1).then_some(())
    })
    .await
    .unwrap();
    assert_eq!(sweep(&config, &CancellationToken::new()).await.unwrap(), None, "somebody else is at it");
    stop.cancel();
    assert_eq!(tokio::time::timeout(DEADLINE, first).await.unwrap().unwrap().unwrap(), None);
    holder.batch_execute("ROLLBACK").await.unwrap();
    wait_for(DEADLINE, "the next to finish", async || {
        let swept = sweep(&config, &CancellationToken::new()).await.unwrap();
        swept.filter(|swept| swept.settled == 1)
    })
    .await
    .unwrap();
}
