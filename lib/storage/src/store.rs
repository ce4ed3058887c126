//! The pool of connections for short statements.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime};
use dg_domain::TenantId;
use tokio_postgres::{NoTls, Row, types::ToSql};

use crate::{
    channel::Channel,
    config::DatabaseConfig,
    connection::{bounded, postgres_config, session_settings},
    error::StoreError,
    migrate::SCHEMA_VERSION,
    tenancy::Tenancy,
};

/// The statements of this crate over a pool of connections. Clones share the pool.
#[derive(Clone, Debug)]
pub struct Store {
    pool: Pool,
    config: Arc<DatabaseConfig>,
    /// Whether the session was found to have a daemon's rights and no more.
    restricted: Arc<AtomicBool>,
}

impl Store {
    /// Makes the pool. Nothing is connected yet, so this works while the server is down.
    ///
    /// # Errors
    /// [`StoreError::BadConfig`].
    pub fn open(config: &DatabaseConfig) -> Result<Self, StoreError> {
        let manager = Manager::from_config(
            postgres_config(config)?,
            NoTls,
            ManagerConfig { recycling_method: RecyclingMethod::Fast },
        );
        let settings: Arc<str> = session_settings(config).into();
        let limit = config.connect_timeout();
        let pool = Pool::builder(manager)
            .max_size(config.pool_size.max(1))
            .wait_timeout(Some(limit))
            .create_timeout(Some(limit))
            .recycle_timeout(Some(limit))
            .runtime(Runtime::Tokio1)
            .post_create(Hook::async_fn(move |client, _| {
                let settings = Arc::clone(&settings);
                Box::pin(async move { client.batch_execute(&settings).await.map_err(HookError::Backend) })
            }))
            .build()
            .map_err(|error| StoreError::BadConfig { reason: error.to_string() })?;
        Ok(Self { pool, config: Arc::new(config.clone()), restricted: Arc::default() })
    }

    /// The settings it was opened with, for connections beside the pool.
    #[must_use]
    pub fn config(&self) -> &DatabaseConfig {
        &self.config
    }

    /// Runs a real query.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when no answer came, [`StoreError::Query`] when the server refuses us.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.query("ping", "SELECT 1", &[]).await.map(drop)
    }

    /// Nudges whoever listens on the channel, now: when this returns, the server has passed it on. For changes whose caller is
    /// told that they count; what is merely new goes through a [`Notifier`](crate::notifier::Notifier).
    ///
    /// # Errors
    /// As [`Self::ping`].
    pub async fn nudge(&self, channel: Channel) -> Result<(), StoreError> {
        self.query("nudge", "SELECT pg_notify($1, '')", &[&channel.name()]).await.map(drop)
    }

    /// The version of the schema, `None` in an empty database.
    ///
    /// # Errors
    /// As [`Self::ping`].
    pub async fn schema_version(&self) -> Result<Option<i32>, StoreError> {
        // The table is missing before the first migration, and closed to us until that is committed.
        match self.query_opt("schema_version", "SELECT max(version) FROM dg_schema_history", &[]).await {
            Ok(row) => row.map_or(Ok(None), |row| row.try_get(0).map_err(StoreError::of("schema_version"))),
            Err(StoreError::Query { source, .. })
                if source.code().is_some_and(|code| matches!(code.code(), "42P01" | "42501")) =>
            {
                Ok(None)
            }
            Err(other) => Err(other),
        }
    }

    /// Whether the schema is the one this program was built for.
    ///
    /// # Errors
    /// [`StoreError::SchemaOlder`] (wait for dg-store), [`StoreError::SchemaNewer`] (give up), or as [`Self::ping`].
    pub async fn check_schema(&self) -> Result<(), StoreError> {
        match self.schema_version().await? {
            Some(found) if found > SCHEMA_VERSION => Err(StoreError::SchemaNewer { found, known: SCHEMA_VERSION }),
            Some(SCHEMA_VERSION) => Ok(()),
            found => Err(StoreError::SchemaOlder { found, needed: SCHEMA_VERSION }),
        }
    }

    /// Connections in use and open, for the metrics.
    #[must_use]
    pub fn pool_status(&self) -> PoolStatus {
        let status = self.pool.status();
        PoolStatus {
            size: status.size,
            in_use: status.size.saturating_sub(status.available),
            waiting: status.waiting,
            max: status.max_size,
        }
    }

    pub(crate) fn is_restricted(&self) -> bool {
        self.restricted.load(Ordering::Relaxed)
    }

    pub(crate) fn set_restricted(&self) {
        self.restricted.store(true, Ordering::Relaxed);
    }

    /// Takes a connection from the pool.
    pub(crate) async fn client(&self) -> Result<Object, StoreError> {
        self.pool.get().await.map_err(|error| match error {
            PoolError::Backend(source) | PoolError::PostCreateHook(HookError::Backend(source)) => {
                StoreError::of("connect")(source)
            }
            other => StoreError::unavailable("connect", other),
        })
    }

    /// Runs one statement on a pooled connection, prepared once per connection.
    pub(crate) async fn query(
        &self,
        name: &'static str,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, StoreError> {
        let client = self.client().await?;
        let answer = async {
            let statement = client.prepare_cached(sql).await.map_err(StoreError::of(name))?;
            client.query(&statement, params).await.map_err(StoreError::of(name))
        };
        let answer = bounded(name, self.config.answer_timeout(), answer).await;
        if matches!(answer, Err(StoreError::Unavailable { .. })) {
            // It may still be waiting for that answer: not for the next caller.
            drop(Object::take(client));
        }
        answer
    }

    /// The first row of [`Self::query`], if any.
    pub(crate) async fn query_opt(
        &self,
        name: &'static str,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.query(name, sql, params).await?.into_iter().next())
    }

    /// The same pool for the rows of one tenant.
    pub(crate) fn of<'s>(&'s self, tenant: &'s TenantId) -> TenantStore<'s> {
        TenantStore { store: self, tenancy: Tenancy::One(tenant.as_str()) }
    }

    /// The same for statements that serve several tenants at once.
    pub(crate) const fn of_all<'s>(&'s self, tenants: &'s [&'s str]) -> TenantStore<'s> {
        TenantStore { store: self, tenancy: Tenancy::Many(tenants) }
    }
}

/// Statements about the rows of some tenants: each runs in a transaction of its own that says so, in one round trip.
#[derive(Clone, Copy)]
pub(crate) struct TenantStore<'s> {
    store: &'s Store,
    tenancy: Tenancy<'s>,
}

impl TenantStore<'_> {
    /// Runs one statement on a pooled connection, prepared once per connection.
    pub(crate) async fn query(
        self,
        name: &'static str,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, StoreError> {
        let client = self.store.client().await?;
        let answer = async {
            let statement = client.prepare_cached(sql).await.map_err(StoreError::of(name))?;
            self.tenancy.query(&client, &statement, params).await.map_err(StoreError::of(name))
        };
        let answer = bounded(name, self.store.config.answer_timeout(), answer).await;
        if matches!(answer, Err(StoreError::Unavailable { .. })) {
            // It may still be waiting for that answer: not for the next caller.
            drop(Object::take(client));
        }
        answer
    }

    /// How many rows a statement changed.
    pub(crate) async fn count(
        self,
        name: &'static str,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<u64, StoreError> {
        let client = self.store.client().await?;
        let answer = async {
            let statement = client.prepare_cached(sql).await.map_err(StoreError::of(name))?;
            self.tenancy.execute(&client, &statement, params).await.map_err(StoreError::of(name))
        };
        let answer = bounded(name, self.store.config.answer_timeout(), answer).await;
        if matches!(answer, Err(StoreError::Unavailable { .. })) {
            drop(Object::take(client));
        }
        answer
    }

    /// The first row of [`Self::query`], if any.
    pub(crate) async fn query_opt(
        self,
        name: &'static str,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.query(name, sql, params).await?.into_iter().next())
    }
}

/// How busy the pool is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolStatus {
    /// Open connections.
    pub size: usize,
    /// Of these, the ones somebody works with.
    pub in_use: usize,
    /// Callers that wait for one.
    pub waiting: usize,
    /// The most there may be.
    pub max: usize,
}
