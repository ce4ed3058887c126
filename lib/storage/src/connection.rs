//! Connections outside the pool, for work that belongs to one session: locks, listening, migrating, appending.

use std::{
    future::poll_fn,
    str::FromStr,
    sync::Arc,
    task::{Poll, ready},
    time::Duration,
};

use tokio::task::AbortHandle;
use tokio_postgres::{AsyncMessage, Client, NoTls};
use tokio_util::sync::{CancellationToken, WaitForCancellationFuture};
use tracing::debug;

use crate::{
    config::DatabaseConfig,
    error::{NoAnswer, StoreError},
};

/// One session. Dropping it says goodbye to the server.
#[derive(Debug)]
pub struct Connection {
    client: Client,
    lost: CancellationToken,
    driver: AbortHandle,
}

impl Connection {
    /// The session's statements.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    pub(crate) fn client_mut(&mut self) -> &mut Client {
        &mut self.client
    }

    /// Resolves once the session is over, whoever ended it.
    pub fn lost(&self) -> WaitForCancellationFuture<'_> {
        self.lost.cancelled()
    }

    /// Whether the session is over.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.lost.is_cancelled() || self.client.is_closed()
    }

    /// Closes the connection without a goodbye: whoever waits for an answer gets an error at once.
    pub(crate) fn end(&self) {
        self.lost.cancel();
        self.driver.abort();
    }

    pub(crate) fn lost_token(&self) -> CancellationToken {
        self.lost.clone()
    }
}

/// Opens a session with role and limits as configured.
///
/// # Errors
/// [`StoreError::BadConfig`] for a URL that cannot be read, [`StoreError::Unavailable`] when nobody answers in time,
/// [`StoreError::Query`] when the server refuses the user, the database or the role.
pub async fn connect(config: &DatabaseConfig) -> Result<Connection, StoreError> {
    connect_listening(config, |_| ()).await
}

/// The same, calling `on_notification` with the channel of every notification. It runs inside the driver and must not
/// wait: a driver that waits notices neither further notifications nor the loss of the connection.
pub(crate) async fn connect_listening(
    config: &DatabaseConfig,
    on_notification: impl Fn(&str) + Send + Sync + 'static,
) -> Result<Connection, StoreError> {
    let settings = postgres_config(config)?;
    let opening = async {
        let (client, mut connection) = settings.connect(NoTls).await.map_err(StoreError::of("connect"))?;
        let lost = CancellationToken::new();
        let guard = lost.clone().drop_guard();
        let driver = tokio::spawn(async move {
            let _guard = guard;
            let ended = poll_fn(|cx| {
                loop {
                    match ready!(connection.poll_message(cx)) {
                        Some(Ok(AsyncMessage::Notification(note))) => on_notification(note.channel()),
                        Some(Ok(_)) => {}
                        Some(Err(error)) => return Poll::Ready(Err(error)),
                        None => return Poll::Ready(Ok(())),
                    }
                }
            });
            if let Err(error) = ended.await {
                debug!(error = &error as &dyn std::error::Error, "a database connection ended");
            }
        });
        client.batch_execute(&session_settings(config)).await.map_err(StoreError::of("session_settings"))?;
        Ok(Connection { client, lost, driver: driver.abort_handle() })
    };
    bounded("connect", config.connect_timeout(), opening).await
}

/// Waits for an answer, but not for ever.
pub(crate) async fn bounded<T>(
    name: &'static str,
    limit: Duration,
    answer: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    match tokio::time::timeout(limit, answer).await {
        Ok(answered) => answered,
        Err(_) => Err(StoreError::Unavailable { name, source: Arc::new(NoAnswer(limit)) }),
    }
}

pub(crate) fn postgres_config(config: &DatabaseConfig) -> Result<tokio_postgres::Config, StoreError> {
    if config.url.trim().is_empty() {
        return Err(StoreError::BadConfig { reason: "database.url is empty".to_owned() });
    }
    let mut settings = tokio_postgres::Config::from_str(&config.url)
        .map_err(|_| StoreError::BadConfig { reason: "database.url is not a PostgreSQL URL".to_owned() })?;
    settings
        .connect_timeout(config.connect_timeout())
        .tcp_user_timeout(Duration::from_secs(15))
        .keepalives_idle(Duration::from_secs(15))
        .keepalives_interval(Duration::from_secs(5))
        .keepalives_retries(3);
    if settings.get_application_name().is_none() {
        settings.application_name(config.role.as_deref().or(settings.get_user()).unwrap_or("decisiongraph").to_owned());
    }
    Ok(settings)
}

/// Not every platform a server may run on can do this, and those refuse to try.
const NOTICE_LOST_CLIENTS: &str = "DO $$ BEGIN \
    PERFORM pg_catalog.set_config('client_connection_check_interval', '1000', false); \
    EXCEPTION WHEN invalid_parameter_value THEN NULL; END $$";

/// What every session starts with. Plans are made anew each time: one made while a table was empty would still be in use
/// when it has a million rows, until somebody analyses it. Pages are read in the order of an index: without statistics
/// the planner would rather collect a whole tenant in a bitmap, sort it, and keep a hundred rows. A transaction whose client froze gives its locks back after a while, whatever holds it.
pub(crate) fn session_settings(config: &DatabaseConfig) -> String {
    let role = match config.role.as_deref() {
        Some(role) if !role.is_empty() => format!("SET ROLE {};", quoted(role)),
        _ => String::new(),
    };
    format!(
        "{role} SET statement_timeout = {}; SET idle_in_transaction_session_timeout = 60000; \
         SET default_transaction_isolation = 'read committed'; SET search_path = public; SET timezone = 'UTC'; \
         SET plan_cache_mode = force_custom_plan; SET enable_bitmapscan = off; SET jit = off; \
         SET client_min_messages = warning; {NOTICE_LOST_CLIENTS}",
        config.statement_timeout_ms
    )
}

/// An identifier as SQL text.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_checked_before_use() {
        let reason = |url: &str| postgres_config(&DatabaseConfig::new(url)).unwrap_err().code();
        assert_eq!(reason(""), "bad_database_settings");
        assert_eq!(reason("http://x"), "bad_database_settings");
        let config = postgres_config(&DatabaseConfig::new("postgresql:///d?host=%2Ftmp%2Fa%20b&user=u")).unwrap();
        assert_eq!((config.get_dbname(), config.get_user()), (Some("d"), Some("u")));
        assert_eq!(config.get_hosts(), [tokio_postgres::config::Host::Unix("/tmp/a b".into())]);
    }

    #[test]
    fn a_role_is_quoted() {
        let config = DatabaseConfig::new("postgresql:///d").with_role("a\"b");
        assert!(session_settings(&config).starts_with("SET ROLE \"a\"\"b\";"));
    }
}
