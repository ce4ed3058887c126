//! A migrated database for one test.

use std::time::Duration;

use dg_domain::{GuardMode, Micros, TenantId};
use dg_storage::{
    DatabaseConfig, Store,
    audit::By,
    bootstrap,
    log::{AppendStage, StageConfig},
    migrate,
    notifier::Notifier,
    tenants::NewTenant,
};
use dg_testkit::Postgres;
use tokio_postgres::{Client, NoTls};
use tokio_util::sync::CancellationToken;

pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// Every batch is recorded at the same moment.
pub(crate) const CLOCK: fn() -> Micros = || Micros::new(1_767_225_600_000_000);

#[derive(Clone)]
pub(crate) struct Scratch {
    pub(crate) name: String,
    pub(crate) server: &'static Postgres,
}

impl Scratch {
    /// On the server that all tests of this process share.
    pub(crate) async fn new() -> Self {
        Self::on(Postgres::shared()).await
    }

    /// On a server that the test may stop and kill.
    pub(crate) async fn on(server: &'static Postgres) -> Self {
        server
            .template(async |url| {
                let name = database(&url);
                bootstrap::prepare(&url, &name).await.unwrap();
                migrate::run(&DatabaseConfig::new(server.url(&name, "dg_owner"))).await.unwrap();
                Ok::<_, dg_testkit::KitError>(())
            })
            .await
            .unwrap();
        let url = server.database("storage").await.unwrap();
        Self { name: database(&url), server }
    }

    pub(crate) fn config(&self, role: &str) -> DatabaseConfig {
        DatabaseConfig::new(self.server.url(&self.name, role))
    }

    pub(crate) fn store(&self, role: &str) -> Store {
        Store::open(&self.config(role)).unwrap()
    }

    pub(crate) async fn tenant(&self, name: &str) -> TenantId {
        let tenant_id = TenantId::new(name).unwrap();
        let new = NewTenant { tenant_id: tenant_id.clone(), secret_guard: GuardMode::Precise, is_demo: false };
        self.store("dg_apid").create_tenant(&new, &By::of("test")).await.unwrap();
        tenant_id
    }

    pub(crate) fn stage(&self) -> (AppendStage, CancellationToken) {
        self.stage_with(|_| ())
    }

    pub(crate) fn stage_with(&self, change: impl FnOnce(&mut StageConfig)) -> (AppendStage, CancellationToken) {
        let stop = CancellationToken::new();
        let notifier = Notifier::start(self.config("dg_apid"), stop.child_token());
        let mut config = StageConfig::new(self.config("dg_apid"), CLOCK);
        change(&mut config);
        (AppendStage::start(config, notifier, stop.child_token()), stop)
    }

    /// A plain connection, for what no role of ours does.
    pub(crate) async fn raw(&self, user: &str) -> Client {
        let (client, connection) = tokio_postgres::connect(&self.server.url(&self.name, user), NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    }

    /// The same, with one tenant named for as long as the session lasts.
    pub(crate) async fn raw_of(&self, user: &str, tenant: &str) -> Client {
        let client = self.raw(user).await;
        client.execute("SELECT set_config('dg.tenant', $1, false)", &[&tenant]).await.unwrap();
        client
    }

    /// Ends every connection of an application name.
    pub(crate) async fn terminate(&self, application: &str) -> u64 {
        let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                   WHERE application_name = $1 AND datname = current_database() AND pid <> pg_backend_pid()";
        self.raw("dg_admin").await.execute(sql, &[&application]).await.unwrap()
    }
}

fn database(url: &str) -> String {
    url.strip_prefix("postgresql:///").unwrap().split('?').next().unwrap().to_owned()
}
