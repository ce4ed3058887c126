//! Files of evidence: kept once per tenant, and removed by dg-store where nobody names them.

use dg_domain::Hash32;
use dg_storage::{StoreError, workflow::NewFile};
use dg_testkit::wait_for;

use crate::scratch::{DEADLINE, Scratch};

const OLD: &str = "UPDATE dg_workflow_files SET put_at = now() - interval '25 hours'";

fn new(content: &'static [u8]) -> NewFile<'static> {
    NewFile { sha256: Hash32::of(content), media_type: "text/plain", content, put_by: "x" }
}

#[tokio::test]
async fn the_same_bytes_are_one_file_of_one_tenant() {
    let scratch = Scratch::new().await;
    let (a, b) = (scratch.tenant("a").await, scratch.tenant("b").await);
    let store = scratch.store("dg_apid");
    for (is_new, media_type) in [(true, "text/plain"), (false, "text/csv")] {
        let put = store.put_workflow_file(&a, &NewFile { media_type, ..new(b"x") }).await.unwrap();
        assert_eq!((put.is_new, put.file.media_type.as_str(), put.file.size_bytes), (is_new, "text/plain", 1));
    }
    let found = store.workflow_file(&a, Hash32::of(b"x")).await.unwrap().unwrap();
    assert_eq!((found.media_type.as_str(), found.content.as_slice()), ("text/plain", &b"x"[..]));
    assert_eq!(store.workflow_file(&b, Hash32::of(b"x")).await.unwrap(), None);
    assert!(store.put_workflow_file(&b, &new(b"x")).await.unwrap().is_new);
    let empty = store.put_workflow_file(&b, &new(b"")).await.unwrap_err();
    assert!(matches!(empty, StoreError::Query { .. }), "{empty:?}");
}

#[tokio::test]
async fn what_nobody_names_for_a_day_is_removed_for_every_tenant() {
    let scratch = Scratch::new().await;
    let (api, keeper, admin) = (scratch.store("dg_apid"), scratch.store("dg_store"), scratch.raw("dg_admin").await);
    let tenants = [scratch.tenant("a").await, scratch.tenant("b").await];
    for tenant in &tenants {
        for content in [&b"old"[..], b"named", b"young"] {
            api.put_workflow_file(tenant, &new(content)).await.unwrap();
        }
    }
    admin
        .batch_execute(
            "UPDATE dg_workflow_files SET put_at = now() - interval '25 hours' WHERE content <> 'young';
             UPDATE dg_workflow_files SET named_at = now() WHERE content = 'named';
             INSERT INTO dg_workflow_files (tenant_id, sha256, media_type, size_bytes, content, put_by, put_at)
             SELECT 'a', sha256(n::text::bytea), 'text/plain', length(n::text), n::text::bytea, 'x', now() - interval '2 days'
             FROM generate_series(1, 50) AS n",
        )
        .await
        .unwrap();
    assert_eq!(keeper.remove_unnamed_files().await.unwrap(), 52);
    assert_eq!(keeper.remove_unnamed_files().await.unwrap(), 0);
    for tenant in &tenants {
        for (content, stays) in [(&b"old"[..], false), (b"named", true), (b"young", true)] {
            let found = api.workflow_file(tenant, Hash32::of(content)).await.unwrap();
            assert_eq!(found.is_some(), stays, "{tenant} {content:?}");
        }
    }
    // dg-store finds what to remove, and reads none of it.
    let session = scratch.raw_of("dg_store", "a").await;
    let refused = session.query("SELECT content FROM dg_workflow_files", &[]).await.unwrap_err();
    assert_eq!(refused.code().unwrap().code(), "42501");
}

/// Whoever names a file and whoever removes it may come at once: it stays.
#[tokio::test]
async fn a_file_that_is_being_named_is_not_removed() {
    let scratch = Scratch::new().await;
    let (tenant, admin) = (scratch.tenant("a").await, scratch.raw("dg_admin").await);
    let api = scratch.store("dg_apid");
    api.put_workflow_file(&tenant, &new(b"x")).await.unwrap();
    admin.batch_execute(OLD).await.unwrap();
    let names = scratch.raw_of("dg_apid", "a").await;
    names.batch_execute("BEGIN; UPDATE dg_workflow_files SET named_at = now()").await.unwrap();
    let keeper = scratch.store("dg_store");
    let removes = tokio::spawn(async move { keeper.remove_unnamed_files().await });
    wait_for(DEADLINE, "the one who removes to wait", async || {
        let waits = "SELECT count(*) FROM pg_stat_activity
                     WHERE datname = current_database() AND usename = 'dg_store' AND wait_event_type = 'Lock'";
        let waits: i64 = admin.query_one(waits, &[]).await.unwrap().get(0);
        (waits > 0).then_some(())
    })
    .await
    .unwrap();
    names.batch_execute("COMMIT").await.unwrap();
    assert_eq!(removes.await.unwrap().unwrap(), 0);
    assert!(api.workflow_file(&tenant, Hash32::of(b"x")).await.unwrap().is_some());
}

/// Among many that are named, the few that are not are found by their index.
#[tokio::test]
async fn what_nobody_names_is_found_without_looking_through_the_rest() {
    let scratch = Scratch::new().await;
    scratch.tenant("a").await;
    let admin = scratch.raw("dg_admin").await;
    admin
        .batch_execute(
            "INSERT INTO dg_workflow_files (tenant_id, sha256, media_type, size_bytes, content, put_by, named_at)
             SELECT 'a', sha256(n::text::bytea), 'text/plain', length(n::text), n::text::bytea, 'x',
                 CASE WHEN n % 1000 > 0 THEN now() END
             FROM generate_series(1, 20000) AS n",
        )
        .await
        .unwrap();
    admin.batch_execute(OLD).await.unwrap();
    admin.batch_execute("VACUUM ANALYZE dg_workflow_files").await.unwrap();
    let session = scratch.raw_of("dg_store", "a").await;
    let remove = include_str!("../../../../sql/queries/workflow/remove_files.sql");
    let remove = remove.replace("$1", "'a'").replace("$2", "20");
    for sql in [include_str!("../../../../sql/queries/workflow/files_left.sql"), &remove] {
        let rows = session.query(&format!("EXPLAIN {sql}"), &[]).await.unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        let plan = plan.join("\n");
        assert!(plan.contains("using dg_workflow_files_unnamed_idx"), "{sql}\n{plan}");
        assert!(!plan.contains("Seq Scan on dg_workflow_files"), "{sql}\n{plan}");
    }
    assert_eq!(scratch.store("dg_store").remove_unnamed_files().await.unwrap(), 20);
}
