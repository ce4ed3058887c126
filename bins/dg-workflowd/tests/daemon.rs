//! The real dg-workflowd against a real server.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

use dg_domain::{GuardMode, TenantId};
use dg_storage::audit::By;
use dg_storage::tenants::NewTenant;
use dg_storage::{DatabaseConfig, Store, bootstrap, migrate};
use dg_testkit::{Postgres, RunningDaemon};

const DATABASE: &str = "decisiongraph";

fn config(server: &Postgres, role: &str) -> DatabaseConfig {
    DatabaseConfig::new(server.url(DATABASE, role))
}

#[tokio::test]
async fn it_refuses_the_rights_of_another_role() {
    let server = Postgres::start().unwrap();
    bootstrap::prepare(&server.admin_url(), DATABASE).await.unwrap();
    migrate::run(&config(&server, "dg_owner")).await.unwrap();
    let url = server.url(DATABASE, "dg_apid");
    let mut daemon =
        RunningDaemon::start(env!("CARGO_BIN_EXE_dg-workflowd"), &[("DG__DATABASE__URL", url.as_str())]).unwrap();
    assert_eq!(daemon.wait_end().unwrap().code(), Some(78), "{}", daemon.log());
    assert!(daemon.log().contains("has the rights of dg_apid"), "{}", daemon.log());
}

#[tokio::test]
async fn it_waits_for_the_schema_follows_the_heads_and_outlives_the_database() {
    let server = Postgres::durable().unwrap();
    bootstrap::prepare(&server.admin_url(), DATABASE).await.unwrap();
    let url = server.url(DATABASE, "dg_workflowd");
    let settings = [("DG__DATABASE__URL", url.as_str()), ("DG__WORKFLOW__POLL_EVERY_MS", "100")];
    let mut daemon = RunningDaemon::start(env!("CARGO_BIN_EXE_dg-workflowd"), &settings).unwrap();
    daemon.wait_admin("/readyz", 503, "schema_older").unwrap();

    migrate::run(&config(&server, "dg_owner")).await.unwrap();
    daemon.wait_admin("/readyz", 200, "ready").unwrap();
    let tenant =
        NewTenant { tenant_id: TenantId::new("acme").unwrap(), secret_guard: GuardMode::Precise, is_demo: false };
    Store::open(&config(&server, "dg_apid")).unwrap().create_tenant(&tenant, &By::of("test")).await.unwrap();
    daemon.wait_admin("/metrics", 200, "dg_workflow_head_log_seq{tenant=\"acme\"} 0").unwrap();

    server.kill9();
    daemon.wait_admin("/readyz", 503, "storage").unwrap();
    daemon.wait_admin("/metrics", 200, "dg_workflow_database_up 0").unwrap();
    server.start_again().unwrap();
    daemon.wait_admin("/readyz", 200, "ready").unwrap();
    daemon.wait_admin("/metrics", 200, "dg_workflow_database_up 1").unwrap();
    assert_eq!(daemon.stop().unwrap().code(), Some(0), "{}", daemon.log());
}
