//! A migrated database whose logs are appended to through the real stage, and the checks of what projectors made of them.

use std::time::{Duration, Instant};

use dg_domain::{GuardMode, NewEvent, TenantId, append::Outcome};
use dg_projections::Model;
use dg_storage::{
    DatabaseConfig, Store,
    audit::By,
    bootstrap,
    log::{AppendError, AppendMode, AppendRequest, AppendStage, StageConfig},
    migrate,
    notifier::Notifier,
    tenants::NewTenant,
};
use dg_testkit::{Durability, KitError, Postgres, wait_for};
use serde_json::Value;
use tokio_postgres::{Client, NoTls};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{
    histories::{History, clock, parse},
    rows::{kept_digests, model_digests, model_index, stored_index},
};

/// How long projectors may take for what takes them a second or two.
pub(super) const DEADLINE: Duration = Duration::from_secs(60);

/// Projections of any tenant that are not where its log ends.
const BEHIND: &str = "
    SELECT count(*)
    FROM dg_tenant_heads head
    CROSS JOIN unnest(ARRAY['context_graph', 'trace_summary', 'precedent_index', 'trace_index']) AS projection (name)
    LEFT JOIN dg_projection_cursors cursor
        ON cursor.tenant_id = head.tenant_id AND cursor.projection_name = projection.name
    WHERE coalesce(cursor.last_log_seq, 0) < head.last_log_seq AND head.tenant_id <> $1";

/// Events that are in the slowest projection of their tenant, of all tenants.
const APPLIED: &str = "
    SELECT coalesce(sum(slowest), 0)::bigint
    FROM (SELECT min(last_log_seq) AS slowest FROM dg_projection_cursors GROUP BY tenant_id) AS tenants";

/// The database, its log, and a way to look into it.
pub(super) struct Ground {
    pub(super) server: &'static Postgres,
    /// The administrator's connection to the database.
    pub(super) url: String,
    pub(super) store: Store,
    stage: AppendStage,
    _stop: DropGuard,
}

impl Ground {
    /// On the server that all tests of this process share.
    pub(super) async fn new() -> Self {
        Self::on(Postgres::shared()).await
    }

    /// On a server of its own, which the test may stop and kill.
    pub(super) async fn apart(durability: Durability) -> Self {
        let server = match durability {
            Durability::Fast => Postgres::start(),
            Durability::Durable => Postgres::durable(),
        };
        Self::on(Box::leak(Box::new(server.unwrap()))).await
    }

    async fn on(server: &'static Postgres) -> Self {
        server
            .template(async |url| {
                bootstrap::prepare(&url, database(&url)).await.unwrap();
                migrate::run(&DatabaseConfig::new(server.url(database(&url), "dg_owner"))).await.unwrap();
                Ok::<_, KitError>(())
            })
            .await
            .unwrap();
        let url = server.database("runtime").await.unwrap();
        let stop = CancellationToken::new();
        let api = DatabaseConfig::new(&url).with_role("dg_apid");
        let notifier = Notifier::start(api.clone(), stop.clone());
        let stage = AppendStage::start(StageConfig::new(api.clone(), clock), notifier, stop.clone());
        Self { server, store: Store::open(&api).unwrap(), url, stage, _stop: stop.drop_guard() }
    }

    /// Registers a tenant.
    pub(super) async fn register(&self, tenant: &TenantId) {
        let tenant_id = tenant.clone();
        let new = NewTenant { tenant_id, secret_guard: GuardMode::Precise, is_demo: false };
        self.store.create_tenant(&new, &By::of("test")).await.unwrap();
    }

    /// Appends events, again and again while the database is away, until each is acknowledged.
    pub(super) async fn append(&self, tenant: &TenantId, events: &[Value]) {
        let parsed: Vec<NewEvent> = events.iter().map(parse).collect();
        let began = Instant::now();
        let outcomes = loop {
            let (principal, events) = ("test".to_owned(), parsed.clone());
            let request = AppendRequest { tenant: tenant.clone(), principal, events, mode: AppendMode::Atomic };
            match self.stage.append(request).await {
                Ok(outcomes) => break outcomes,
                Err(AppendError::Unavailable(_) | AppendError::Full { .. }) if began.elapsed() < DEADLINE * 3 => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                Err(error) => unreachable!("{error}"),
            }
        };
        for outcome in outcomes {
            assert!(!matches!(outcome, Outcome::Rejected(_)), "{outcome:?}");
        }
    }

    /// A plain connection as a superuser.
    pub(super) async fn admin(&self) -> Client {
        connect(&self.url).await
    }

    /// A plain connection as one of our roles.
    pub(super) async fn role(&self, role: &str) -> Client {
        connect(&self.server.url(database(&self.url), role)).await
    }

    /// The same with one tenant named for as long as the session lasts.
    pub(super) async fn role_of(&self, role: &str, tenant: &str) -> Client {
        let client = self.role(role).await;
        client.execute("SELECT set_config('dg.tenant', $1, false)", &[&tenant]).await.unwrap();
        client
    }

    /// Waits until every projection of every tenant is where its log ends.
    pub(super) async fn caught_up(&self, deadline: Duration) {
        self.caught_up_but("", deadline).await;
    }

    /// The same, whatever becomes of one tenant.
    pub(super) async fn caught_up_but(&self, tenant: &str, deadline: Duration) {
        let admin = self.admin().await;
        let mut behind = -1_i64;
        let waited = wait_for(deadline, "every projection to reach its head", async || {
            behind = admin.query_one(BEHIND, &[&tenant]).await.unwrap().get(0);
            (behind == 0).then_some(())
        });
        assert!(waited.await.is_ok(), "{behind} projections are behind after {deadline:?}");
    }

    /// What every tenant's projections hold is what the model holds.
    pub(super) async fn check(&self, histories: &[History]) {
        let admin = self.admin().await;
        for history in histories {
            self.check_one(&admin, history, &history.model()).await;
        }
    }

    /// What a tenant's projections hold is what this model holds.
    pub(super) async fn check_against(&self, history: &History, model: &Model) {
        self.check_one(&self.admin().await, history, model).await;
    }

    /// Waits until nothing is left of generations that are not live.
    pub(super) async fn tidied_up(&self, deadline: Duration) {
        let admin = self.admin().await;
        let mut left = -1_i64;
        let waited = wait_for(deadline, "old generations to be removed", async || {
            left = admin.query_one(LEFT_OVER, &[]).await.unwrap().get(0);
            (left == 0).then_some(())
        });
        assert!(waited.await.is_ok(), "{left} rows of old generations are left after {deadline:?}");
    }

    /// Every generation that some projection is at.
    pub(super) async fn generations(&self) -> Vec<i64> {
        let sql = "SELECT DISTINCT generation FROM dg_projection_cursors ORDER BY generation";
        self.admin().await.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
    }

    async fn check_one(&self, admin: &Client, history: &History, model: &Model) {
        let tenant = &history.tenant;
        let snapshot = self.store.snapshot(tenant).await.unwrap();
        for cursor in &snapshot.cursors().cursors {
            assert_eq!(cursor.applied.get(), i64::try_from(history.events.len()).unwrap(), "{tenant} {cursor:?}");
        }
        let digests = snapshot.digests().await.unwrap();
        snapshot.close().await.unwrap();
        assert_eq!(digests, model.digests(), "digests of {tenant}");
        let (stored, expected) = (stored_index(admin, tenant).await, model_index(model));
        let differing = stored.0.iter().zip(&expected.0).find(|(stored, expected)| stored != expected);
        assert_eq!(differing, None, "trace index of {tenant}");
        assert_eq!((stored.0.len(), stored.1), (expected.0.len(), expected.1), "trace index of {tenant}");
        assert_eq!(kept_digests(admin, tenant).await, model_digests(model), "row digests of {tenant}");
    }
}

/// Generations that are being built or removed, and rows outside the live slot of their tenant. Giving the emptied space back is
/// not the projector's work.
const LEFT_OVER: &str = "
    SELECT (SELECT count(*) FROM dg_projection_builds WHERE state <> 'emptied')
         + (SELECT count(*) FROM dg_cg_nodes row JOIN dg_projection_cursors cursor USING (tenant_id)
            WHERE cursor.projection_name = 'context_graph' AND row.slot <> cursor.slot)
         + (SELECT count(*) FROM dg_trace_terms row JOIN dg_projection_cursors cursor USING (tenant_id)
            WHERE cursor.projection_name = 'trace_index' AND row.slot <> cursor.slot)";

/// Events in the slowest projections of their tenants.
pub(super) async fn applied(client: &Client) -> i64 {
    client.query_one(APPLIED, &[]).await.unwrap().get(0)
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// The name in a URL of a test server.
fn database(url: &str) -> &str {
    url.strip_prefix("postgresql:///").and_then(|rest| rest.split('?').next()).unwrap()
}
