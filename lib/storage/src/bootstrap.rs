//! Prepares a server: roles, database, privileges.
//!
//! What is missing is worked out from the catalogue, then carried out statement by statement. So it can be run at every
//! start, by several programs at once, and when the user may not do something, the statements that are left are exactly
//! what an administrator has to run.

mod steps;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tracing::info;

use crate::{
    config::DatabaseConfig,
    connection::{self, Connection},
    error::StoreError,
};
use steps::{Privileges, ServerState};

/// The schema owner and the role of each daemon.
pub const ROLES: [&str; 5] = ["dg_owner", "dg_store", "dg_projectord", "dg_apid", "dg_workflowd"];

const STATE: &str = include_str!("../../../sql/bootstrap/state.sql");
const PRIVILEGES: &str = include_str!("../../../sql/bootstrap/privileges.sql");

/// What [`prepare`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prepared {
    /// The statements it ran; empty when everything was there.
    pub statements: Vec<String>,
    /// Whether the database is new.
    pub created_database: bool,
}

/// Makes roles, the database `db` and privileges, as far as they are missing. `admin_url` names a user that may do so; the
/// database in it may be `db` itself or any other. A user that is not a superuser also becomes a member of the roles, so
/// that every daemon can connect as that user and `SET ROLE`.
///
/// # Errors
/// [`StoreError::NeedsAdministrator`] with the SQL that is left when the user may not do it, [`StoreError::BadConfig`]
/// when the database exists in another encoding than UTF-8, otherwise as [`connection::connect`].
pub async fn prepare(admin_url: &str, db: &str) -> Result<Prepared, StoreError> {
    let admin = DatabaseConfig::new(admin_url);
    let server = connect_to_any(&admin).await?;
    let state = server_state(&server, db).await?;
    if state.encoding.as_deref().is_some_and(|encoding| encoding != "UTF8") {
        return Err(StoreError::BadConfig { reason: format!("database {db} is not encoded in UTF-8") });
    }
    let mut done = Prepared { created_database: !state.database_exists, ..Prepared::default() };
    let later = steps::privileges(&state, db, None);
    run_all(&server, state.steps(db), &later, &mut done).await?;

    let inside = connection::connect(&DatabaseConfig::new(with_database(admin_url, db)?)).await?;
    let privileges = privileges(&inside).await?;
    run_all(&inside, steps::privileges(&state, db, Some(&privileges)), &[], &mut done).await?;
    if !done.statements.is_empty() {
        info!(statements = done.statements.len(), created_database = done.created_database, "prepared the database");
    }
    Ok(done)
}

/// Waits until the server answers, at most until `deadline`.
///
/// # Errors
/// The last failure when the deadline passes; at once when the server answers but refuses the user or the settings.
pub async fn wait_until_up(url: &str, deadline: Instant) -> Result<(), StoreError> {
    let config = DatabaseConfig { connect_timeout_ms: 2_000, ..DatabaseConfig::new(url) };
    let mut pause = Duration::from_millis(20);
    loop {
        match connection::connect(&config).await {
            Ok(_) => return Ok(()),
            Err(error @ StoreError::Unavailable { .. }) if Instant::now() + pause >= deadline => return Err(error),
            Err(StoreError::Unavailable { .. }) => tokio::time::sleep(pause).await,
            Err(error) => return Err(error),
        }
        pause = (pause * 2).min(Duration::from_millis(250));
    }
}

/// Connects to the URL's own database, or to `postgres` when that one is still to be made.
async fn connect_to_any(admin: &DatabaseConfig) -> Result<Connection, StoreError> {
    match connection::connect(admin).await {
        Err(StoreError::Query { source, .. }) if source.code().is_some_and(|code| code.code() == "3D000") => {
            connection::connect(&DatabaseConfig::new(with_database(&admin.url, "postgres")?)).await
        }
        other => other,
    }
}

async fn server_state(server: &Connection, db: &str) -> Result<ServerState, StoreError> {
    let name = "bootstrap.state";
    let roles: Vec<&str> = ROLES.to_vec();
    let row = server.client().query_one(STATE, &[&db, &roles]).await.map_err(StoreError::of(name))?;
    let read = || -> Result<ServerState, tokio_postgres::Error> {
        Ok(ServerState {
            connected_as: row.try_get("connected_as")?,
            superuser: row.try_get("superuser")?,
            roles: row.try_get("roles")?,
            memberships: row.try_get("memberships")?,
            database_exists: row.try_get("database_exists")?,
            encoding: row.try_get("encoding")?,
        })
    };
    read().map_err(StoreError::of(name))
}

async fn privileges(inside: &Connection) -> Result<Vec<Privileges>, StoreError> {
    let name = "bootstrap.privileges";
    let roles: Vec<&str> = ROLES.to_vec();
    let rows = inside.client().query(PRIVILEGES, &[&roles]).await.map_err(StoreError::of(name))?;
    let read = |row: &tokio_postgres::Row| -> Result<Privileges, tokio_postgres::Error> {
        Ok(Privileges {
            role: row.try_get("name")?,
            may_connect: row.try_get("may_connect")?,
            may_use: row.try_get("may_use")?,
            may_create: row.try_get("may_create")?,
        })
    };
    rows.iter().map(|row| read(row).map_err(StoreError::of(name))).collect()
}

/// Runs statements in order. `later` are those of the next stage, named as well when an administrator has to take over.
async fn run_all(
    session: &Connection,
    statements: Vec<String>,
    later: &[String],
    done: &mut Prepared,
) -> Result<(), StoreError> {
    for (at, statement) in statements.iter().enumerate() {
        if let Err(source) = run_one(session, statement).await {
            let refused = source.code().is_some_and(|code| code.code() == "42501");
            if !refused {
                return Err(StoreError::of("bootstrap.prepare")(source));
            }
            let left: Vec<&str> = statements[at..].iter().chain(later).map(String::as_str).collect();
            return Err(StoreError::NeedsAdministrator { sql: left.join("\n"), source: Arc::new(source) });
        }
        done.statements.push(statement.clone());
    }
    Ok(())
}

/// Runs one statement. Two programs that prepare one server at once may trip over each other's half-done work:
/// what exists by now is fine, and a catalogue row changed under us is tried again.
async fn run_one(session: &Connection, statement: &str) -> Result<(), tokio_postgres::Error> {
    for _ in 0..10 {
        match session.client().batch_execute(statement).await {
            Ok(()) => return Ok(()),
            Err(error) => match error.code().map(tokio_postgres::error::SqlState::code) {
                // Duplicate role, duplicate database, and both seen only by the unique index of the catalogue.
                Some("42710" | "42P04" | "23505") => return Ok(()),
                // "tuple concurrently updated", and a template database that somebody else is copying.
                Some("XX000" | "55006") => tokio::time::sleep(Duration::from_millis(50)).await,
                _ => return Err(error),
            },
        }
    }
    session.client().batch_execute(statement).await
}

/// The same URL with another database. Text surgery, because everything else in it has to stay as it is.
///
/// # Errors
/// [`StoreError::BadConfig`] when it is not a URL.
pub fn with_database(url: &str, db: &str) -> Result<String, StoreError> {
    let bad = || StoreError::BadConfig { reason: "the administrator's URL is not a PostgreSQL URL".to_owned() };
    let (scheme, rest) = url.split_once("://").ok_or_else(bad)?;
    let (before, query) = rest.split_once('?').map_or((rest, None), |(before, query)| (before, Some(query)));
    let authority = before.split('/').next().unwrap_or_default();
    let name = percent_encoding::utf8_percent_encode(db, percent_encoding::NON_ALPHANUMERIC);
    let query: Vec<&str> =
        query.into_iter().flat_map(|query| query.split('&')).filter(|pair| !pair.starts_with("dbname=")).collect();
    let mark = if query.is_empty() { "" } else { "?" };
    Ok(format!("{scheme}://{authority}/{name}{mark}{}", query.join("&")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_the_database_of_a_url() {
        let check = |url: &str, expected: &str| assert_eq!(with_database(url, "d-1").unwrap(), expected);
        check("postgresql:///x?host=%2Ftmp&user=u", "postgresql:///d%2D1?host=%2Ftmp&user=u");
        check("postgres://u:p@h:5/x", "postgres://u:p@h:5/d%2D1");
        check("postgres://u@h", "postgres://u@h/d%2D1");
        assert!(with_database("host=/tmp", "d").is_err());
    }
}
