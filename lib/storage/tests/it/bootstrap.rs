//! Preparing a server, as a superuser, as a hosted customer, and as nobody.

use std::time::{Duration, Instant};

use dg_storage::{DatabaseConfig, Store, StoreError, bootstrap, migrate};
use dg_testkit::Postgres;
use tokio_postgres::NoTls;

async fn admin(server: &Postgres, statements: [&str; 2]) {
    let (client, connection) = tokio_postgres::connect(&server.admin_url(), NoTls).await.unwrap();
    tokio::spawn(connection);
    for statement in statements {
        client.batch_execute(statement).await.unwrap();
    }
}

#[tokio::test]
async fn a_fresh_server_gets_roles_and_a_database_of_its_own() {
    let server = Postgres::start().unwrap();
    let done = bootstrap::prepare(&server.admin_url(), "decisiongraph").await.unwrap();
    assert!(done.created_database);
    let again = bootstrap::prepare(&server.admin_url(), "decisiongraph").await.unwrap();
    assert_eq!(again, bootstrap::Prepared::default());
    let owner = DatabaseConfig::new(server.url("decisiongraph", "dg_owner"));
    migrate::run(&owner).await.unwrap();
    for role in bootstrap::ROLES {
        let store = Store::open(&DatabaseConfig::new(server.url("decisiongraph", role))).unwrap();
        store.check_schema().await.unwrap();
    }
}

#[tokio::test]
async fn many_may_prepare_at_once() {
    let server = Postgres::start().unwrap();
    let url = server.admin_url();
    let all = (0..4).map(|_| bootstrap::prepare(&url, "dg")).collect::<Vec<_>>();
    for done in futures_util::future::join_all(all).await {
        done.unwrap();
    }
}

#[tokio::test]
async fn a_hosted_user_becomes_every_role_by_set_role() {
    let server = Postgres::start().unwrap();
    admin(&server, ["CREATE ROLE customer LOGIN CREATEROLE CREATEDB", "CREATE DATABASE hosted OWNER customer"]).await;
    let url = server.url("hosted", "customer");
    bootstrap::prepare(&url, "hosted").await.unwrap();
    assert_eq!(bootstrap::prepare(&url, "hosted").await.unwrap(), bootstrap::Prepared::default());
    migrate::run(&DatabaseConfig::new(&url).with_role("dg_owner")).await.unwrap();
    let store = Store::open(&DatabaseConfig::new(&url).with_role("dg_projectord")).unwrap();
    store.check_schema().await.unwrap();
    assert!(store.accounts(None).await.is_err(), "the role counts, not the user");

    let done = bootstrap::prepare(&url, "of-its-own").await.unwrap();
    assert!(done.created_database);
    let url = server.url("of-its-own", "customer");
    assert_eq!(bootstrap::prepare(&url, "of-its-own").await.unwrap(), bootstrap::Prepared::default());
    migrate::run(&DatabaseConfig::new(&url).with_role("dg_owner")).await.unwrap();
}

#[tokio::test]
async fn a_user_without_rights_is_told_what_an_administrator_has_to_run() {
    let server = Postgres::start().unwrap();
    admin(&server, ["CREATE ROLE customer LOGIN", "CREATE DATABASE hosted OWNER customer"]).await;
    let url = server.url("hosted", "customer");
    let error = bootstrap::prepare(&url, "hosted").await.unwrap_err();
    let StoreError::NeedsAdministrator { sql, .. } = &error else { unreachable!("{error:?}") };
    assert!(sql.starts_with("CREATE ROLE dg_owner LOGIN;\n"), "{sql}");
    assert_eq!(error.code(), "needs_administrator");
    let (client, connection) = tokio_postgres::connect(&server.url("hosted", "dg_admin"), NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute(sql).await.unwrap();
    assert_eq!(bootstrap::prepare(&url, "hosted").await.unwrap(), bootstrap::Prepared::default());
    migrate::run(&DatabaseConfig::new(&url).with_role("dg_owner")).await.unwrap();
}

#[tokio::test]
async fn waiting_for_a_server_ends_when_it_is_up_or_the_deadline_passes() {
    let server = Postgres::start().unwrap();
    let soon = || Instant::now() + Duration::from_millis(200);
    bootstrap::wait_until_up(&server.admin_url(), soon()).await.unwrap();
    let refused = bootstrap::wait_until_up(&server.url("postgres", "nobody_known"), soon()).await.unwrap_err();
    assert!(!refused.is_transient(), "{refused:?}");
    server.stop();
    let error = bootstrap::wait_until_up(&server.admin_url(), soon()).await.unwrap_err();
    assert!(error.is_transient(), "{error:?}");
    let url = server.admin_url();
    let waiting =
        tokio::spawn(async move { bootstrap::wait_until_up(&url, Instant::now() + Duration::from_secs(30)).await });
    server.start_again().unwrap();
    waiting.await.unwrap().unwrap();
}
