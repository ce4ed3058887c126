//! Migrations: one works, the others wait; older and newer schemas are told apart.

use dg_storage::{DatabaseConfig, SCHEMA_VERSION, Store, StoreError, bootstrap, migrate};
use dg_testkit::Postgres;

use crate::scratch::Scratch;

#[tokio::test]
async fn four_migrators_at_once_apply_everything_once() {
    let server = Postgres::start().unwrap();
    bootstrap::prepare(&server.admin_url(), "dg").await.unwrap();
    let owner = DatabaseConfig::new(server.url("dg", "dg_owner"));
    let store = Store::open(&owner).unwrap();
    assert_eq!(store.schema_version().await.unwrap(), None);
    let older = store.check_schema().await.unwrap_err();
    assert!(matches!(older, StoreError::SchemaOlder { found: None, needed: SCHEMA_VERSION }));
    assert!(older.is_transient());
    let runs = futures_util::future::join_all((0..4).map(|_| migrate::run(&owner))).await;
    let applied: Vec<usize> = runs.into_iter().map(|run| run.unwrap().migrations.len()).collect();
    assert_eq!(applied.iter().sum::<usize>(), usize::try_from(SCHEMA_VERSION).unwrap(), "{applied:?}");
    assert_eq!(applied.iter().filter(|count| **count > 0).count(), 1, "{applied:?}");
    assert_eq!(store.schema_version().await.unwrap(), Some(SCHEMA_VERSION));
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_a_changed_migration_too() {
    let scratch = Scratch::new().await;
    let owner = scratch.raw("dg_owner").await;
    owner.batch_execute("INSERT INTO dg_schema_history (version, name) VALUES (999, 'later')").await.unwrap();
    let newer = scratch.store("dg_apid").check_schema().await.unwrap_err();
    assert!(matches!(newer, StoreError::SchemaNewer { found: 999, known: SCHEMA_VERSION }), "{newer:?}");
    let newer = migrate::run(&scratch.config("dg_owner")).await.unwrap_err();
    assert_eq!(newer.code(), "schema_newer");
    owner
        .batch_execute(
            "DELETE FROM dg_schema_history WHERE version = 999;
             UPDATE dg_schema_history SET checksum = '1' WHERE version = 1",
        )
        .await
        .unwrap();
    assert_eq!(migrate::run(&scratch.config("dg_owner")).await.unwrap_err().code(), "migration_failed");
}

/// Every key, unique constraint and index of tenant data is led by `tenant_id`.
#[tokio::test]
async fn every_index_of_tenant_data_starts_with_the_tenant() {
    let scratch = Scratch::new().await;
    let sql = "SELECT index.indexrelid::regclass::text
               FROM pg_index AS index
               JOIN pg_attribute AS tenant ON tenant.attrelid = index.indrelid AND tenant.attname = 'tenant_id'
               WHERE index.indkey[0] <> tenant.attnum AND index.indrelid::regclass::text LIKE 'dg\\_%'";
    let rows = scratch.raw("dg_admin").await.query(sql, &[]).await.unwrap();
    let found: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(found, Vec::<String>::new());
}
