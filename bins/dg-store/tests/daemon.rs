//! The real dg-store against a real server.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

use dg_storage::{SCHEMA_VERSION, bootstrap};
use dg_testkit::{Postgres, RunningDaemon};
use nix::sys::signal::Signal;
use tokio_postgres::NoTls;

const DATABASE: &str = "decisiongraph";

/// Roles and an empty database on a server of the test's own.
async fn prepared() -> Postgres {
    prepare(Postgres::start().unwrap()).await
}

async fn prepare(server: Postgres) -> Postgres {
    bootstrap::prepare(&server.admin_url(), DATABASE).await.unwrap();
    server
}

fn start(server: &Postgres) -> RunningDaemon {
    let own = server.url(DATABASE, "dg_store");
    let owner = server.url(DATABASE, "dg_owner");
    let settings = [
        ("DG__DATABASE__URL", own.as_str()),
        ("DG__STORE__MIGRATE_URL", &owner),
        ("DG__STORE__LOOK_EVERY_MS", "100"),
        ("DG__STORE__SPACE_EVERY_MS", "100"),
    ];
    RunningDaemon::start(env!("CARGO_BIN_EXE_dg-store"), &settings).unwrap()
}

/// Plays another release, or an operator with a console.
async fn execute(server: &Postgres, statements: &str) {
    let (client, connection) = tokio_postgres::connect(&server.url(DATABASE, "dg_admin"), NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute(statements).await.unwrap();
}

#[tokio::test]
async fn it_migrates_becomes_ready_and_stops() {
    let server = prepared().await;
    let mut daemon = start(&server);
    daemon.wait_admin("/readyz", 200, "ready").unwrap();
    daemon.wait_admin("/metrics", 200, &format!("dg_schema_version {SCHEMA_VERSION}")).unwrap();
    daemon.wait_admin("/metrics", 200, "dg_tenants_active 0").unwrap();
    assert_eq!(daemon.stop().unwrap().code(), Some(0), "{}", daemon.log());
}

#[tokio::test]
async fn the_first_start_makes_a_signing_key_and_keeps_its_seed_to_itself() {
    let server = prepared().await;
    let daemons = [start(&server), start(&server)];
    for daemon in &daemons {
        daemon.wait_admin("/readyz", 200, "ready").unwrap();
        daemon.wait_admin("/metrics", 200, "dg_store_database_up 1").unwrap();
    }
    let (client, connection) = tokio_postgres::connect(&server.url(DATABASE, "dg_admin"), NoTls).await.unwrap();
    tokio::spawn(connection);
    let keys = client.query("SELECT key_id, encode(seed, 'hex') FROM dg_signing_keys", &[]).await.unwrap();
    assert_eq!(keys.len(), 1);
    let (key_id, seed): (String, String) = (keys[0].get(0), keys[0].get(1));
    let logs = daemons.each_ref().map(RunningDaemon::log).concat();
    assert_eq!(logs.matches(&format!("made the signing key {key_id}")).count(), 1, "{logs}");
    assert!(!logs.contains(&seed));
}

#[tokio::test]
async fn it_refuses_more_rights_than_its_role_has() {
    let server = prepared().await;
    let owner = server.url(DATABASE, "dg_owner");
    for user in ["dg_owner", "dg_admin"] {
        let url = server.url(DATABASE, user);
        let settings = [("DG__DATABASE__URL", url.as_str()), ("DG__STORE__MIGRATE_URL", &owner)];
        let mut daemon = RunningDaemon::start(env!("CARGO_BIN_EXE_dg-store"), &settings).unwrap();
        assert_eq!(daemon.wait_end().unwrap().code(), Some(78), "{}", daemon.log());
        assert!(daemon.log().contains("database.role = \"dg_store\""), "{}", daemon.log());
    }
    // A login that could do everything is held to the role it takes.
    let url = server.url(DATABASE, "dg_admin");
    let settings =
        [("DG__DATABASE__URL", url.as_str()), ("DG__DATABASE__ROLE", "dg_store"), ("DG__STORE__MIGRATE_URL", &owner)];
    let daemon = RunningDaemon::start(env!("CARGO_BIN_EXE_dg-store"), &settings).unwrap();
    daemon.wait_admin("/readyz", 200, "ready").unwrap();
    assert!(daemon.log().contains("could leave the role dg_store again"), "{}", daemon.log());
}

#[tokio::test]
async fn it_waits_for_the_database_and_outlives_it() {
    let server = prepare(Postgres::durable().unwrap()).await;
    server.stop();
    let mut daemon = start(&server);
    daemon.wait_admin("/readyz", 503, "storage").unwrap();
    server.start_again().unwrap();
    daemon.wait_admin("/readyz", 200, "ready").unwrap();
    server.kill9();
    daemon.wait_admin("/readyz", 503, "storage").unwrap();
    daemon.wait_admin("/metrics", 200, "dg_store_database_up 0").unwrap();
    server.start_again().unwrap();
    daemon.wait_admin("/readyz", 200, "ready").unwrap();
    daemon.wait_admin("/metrics", 200, "dg_store_database_up 1").unwrap();
    assert_eq!(daemon.stop().unwrap().code(), Some(0), "{}", daemon.log());
}

#[tokio::test]
async fn a_newer_schema_ends_it_with_advice() {
    let server = prepared().await;
    let mut first = start(&server);
    first.wait_admin("/readyz", 200, "ready").unwrap();
    let newer = format!("INSERT INTO dg_schema_history (version, name) VALUES ({}, 'later')", SCHEMA_VERSION + 1);
    execute(&server, &newer).await;
    // The one that runs notices, and the next one does not start.
    assert_eq!(first.wait_end().unwrap().code(), Some(78), "{}", first.log());
    let mut second = start(&server);
    assert_eq!(second.wait_end().unwrap().code(), Some(78));
    assert!(second.log().contains("install the newer release"), "{}", second.log());
}

#[tokio::test]
async fn an_older_schema_under_a_running_daemon_is_migrated() {
    let server = prepared().await;
    let daemon = start(&server);
    daemon.wait_admin("/readyz", 200, "ready").unwrap();
    // As after a restore from before the first start.
    execute(&server, "DROP SCHEMA public CASCADE; CREATE SCHEMA public").await;
    bootstrap::prepare(&server.admin_url(), DATABASE).await.unwrap();
    daemon.wait_admin("/metrics", 200, "dg_store_database_up 1").unwrap();
    daemon.wait_admin("/readyz", 200, "ready").unwrap();
}

#[tokio::test]
async fn a_missing_head_row_is_made_again() {
    let server = prepared().await;
    let daemon = start(&server);
    daemon.wait_admin("/readyz", 200, "ready").unwrap();
    execute(&server, "INSERT INTO dg_tenants (tenant_id, created_by) VALUES ('acme', 'restore')").await;
    let store = dg_storage::Store::open(&dg_storage::DatabaseConfig::new(server.url(DATABASE, "dg_store"))).unwrap();
    let heads = dg_testkit::wait_for(std::time::Duration::from_secs(20), "the head row", async || {
        store.heads().await.ok().filter(|heads| !heads.is_empty())
    })
    .await
    .unwrap();
    assert_eq!(heads.iter().map(|(tenant, last)| (tenant.as_str(), last.get())).collect::<Vec<_>>(), [("acme", 0)]);
    daemon.wait_admin("/metrics", 200, "dg_tenants_active 1").unwrap();
    dg_testkit::wait_until(std::time::Duration::from_secs(10), "the warning", || {
        daemon.log().contains("made the missing head row of tenant acme").then_some(())
    })
    .unwrap();
}

#[tokio::test]
async fn the_space_of_a_removed_generation_is_given_back() {
    let server = prepared().await;
    let daemon = start(&server);
    daemon.wait_admin("/readyz", 200, "ready").unwrap();
    daemon.wait_admin("/metrics", 200, "dg_store_space_sweeps_total 0").unwrap();
    execute(
        &server,
        "INSERT INTO dg_cg_nodes (tenant_id, slot, node_key, log_seq, node_id, trace_id, created_at)
         SELECT 'acme', 1, gen_random_uuid(), n, 'node:' || n, 'trace', 'now' FROM generate_series(1, 5000) n",
    )
    .await;
    execute(&server, "DELETE FROM dg_cg_nodes").await;
    execute(
        &server,
        "INSERT INTO dg_projection_builds (tenant_id, projection_name, slot, state, job_id)
         VALUES ('acme', 'context_graph', 1, 'emptied', gen_random_uuid())",
    )
    .await;
    let store = dg_storage::Store::open(&dg_storage::DatabaseConfig::new(server.url(DATABASE, "dg_store"))).unwrap();
    dg_testkit::wait_for(std::time::Duration::from_secs(20), "the sweep", async || {
        (store.removed_generations().await.unwrap().emptied == 0).then_some(())
    })
    .await
    .unwrap();
    dg_testkit::wait_until(std::time::Duration::from_secs(10), "the count", || {
        let (_, metrics) = daemon.admin("/metrics").ok()?;
        let returned = metrics.lines().find_map(|line| line.strip_prefix("dg_store_space_bytes_returned_total "))?;
        (returned.parse::<u64>().unwrap() > 100_000).then_some(())
    })
    .unwrap();
    daemon.wait_admin("/metrics", 200, "dg_store_removed_generations 0").unwrap();
}

#[tokio::test]
async fn a_bad_configuration_is_refused_whole() {
    let settings = [("DG__STORE__LOOK_EVERY_MS", "soon"), ("DG__STORE__COLOUR", "red"), ("DG__STOER__X", "1")];
    let mut daemon = RunningDaemon::start(env!("CARGO_BIN_EXE_dg-store"), &settings).unwrap();
    assert_eq!(daemon.wait_end().unwrap().code(), Some(78));
    for key in ["store.look_every_ms", "store.colour", "stoer"] {
        assert!(daemon.log().contains(key), "{key} not in {}", daemon.log());
    }
}

#[tokio::test]
async fn hang_up_reloads_and_nothing_else() {
    let server = prepared().await;
    let mut daemon = start(&server);
    daemon.wait_admin("/readyz", 200, "ready").unwrap();
    daemon.signal(Signal::SIGHUP);
    dg_testkit::wait_until(std::time::Duration::from_secs(10), "the reload", || {
        daemon.log().contains("log level is now").then_some(())
    })
    .unwrap();
    daemon.wait_admin("/readyz", 200, "ready").unwrap();
    assert_eq!(daemon.stop().unwrap().code(), Some(0));
}
