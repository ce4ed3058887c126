//! What the database is, who is connected to it, and which of our locks are held: for whoever looks after an installation.

use dg_domain::Micros;
use tokio_postgres::{Row, types::FromSql};

use crate::{
    error::StoreError,
    locks::{CLASSES_FROM, LockClass},
    store::Store,
    values::PgMicros,
};

const DATABASE: &str = include_str!("../../../sql/queries/environment/database.sql");
const PROGRAMS: &str = include_str!("../../../sql/queries/environment/programs.sql");
const LEASES: &str = include_str!("../../../sql/queries/environment/leases.sql");
const MIGRATIONS: &str = include_str!("../../../sql/queries/environment/migrations.sql");

/// The database and whoever uses it, at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// Version of the server, as it tells it.
    pub version: String,
    /// When the server was started.
    pub started_at: Micros,
    /// The server's clock.
    pub clock: Micros,
    /// Bytes of the database.
    pub size_bytes: i64,
    /// Connections that the server takes, for all of its databases.
    pub max_connections: i64,
    /// Connections to this database.
    pub connections: i64,
    /// When the oldest transaction under way of this session's role began.
    pub oldest_transaction_at: Option<Micros>,
    /// Who is connected, by name: our daemons come by that of their role. Each with the number of its connections.
    pub programs: Vec<(String, i64)>,
    /// Our locks that are held or waited for.
    pub leases: Vec<Lease>,
    /// Applied migrations, oldest first.
    pub migrations: Vec<AppliedMigration>,
}

/// How often locks of a class are held by one program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// What they are about.
    pub class: LockClass,
    /// Who holds them or waits for them.
    pub holder: String,
    /// How many are held.
    pub held: i64,
    /// How many are waited for.
    pub waiting: i64,
}

/// A migration that was applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppliedMigration {
    /// Its number.
    pub version: i32,
    /// Its name.
    pub name: String,
    /// When.
    pub applied_at: Option<Micros>,
}

impl Store {
    /// Looks at the database and whoever uses it.
    ///
    /// # Errors
    /// The database's.
    pub async fn environment(&self) -> Result<Environment, StoreError> {
        let name = "environment.database";
        let row = self.query_opt(name, DATABASE, &[]).await?.ok_or(StoreError::NotFound { what: "database" })?;
        let moment = |column| get::<PgMicros>(name, &row, column).map(|at| at.0);
        let oldest: Option<PgMicros> = get(name, &row, "oldest_transaction_at")?;
        Ok(Environment {
            version: get(name, &row, "version")?,
            started_at: moment("started_at")?,
            clock: moment("clock")?,
            size_bytes: get(name, &row, "size_bytes")?,
            max_connections: get(name, &row, "max_connections")?,
            connections: get(name, &row, "connections")?,
            oldest_transaction_at: oldest.map(|at| at.0),
            programs: self.programs().await?,
            leases: self.leases().await?,
            migrations: self.migrations().await?,
        })
    }

    async fn programs(&self) -> Result<Vec<(String, i64)>, StoreError> {
        let name = "environment.programs";
        let rows = self.query(name, PROGRAMS, &[]).await?;
        rows.iter().map(|row| Ok((get(name, row, "name")?, get(name, row, "connections")?))).collect()
    }

    async fn leases(&self) -> Result<Vec<Lease>, StoreError> {
        let name = "environment.leases";
        let mut leases = Vec::new();
        for row in &self.query(name, LEASES, &[&CLASSES_FROM]).await? {
            // A class of a newer release is none that this one could name.
            if let Some(class) = LockClass::of_number(get(name, row, "class")?) {
                leases.push(Lease {
                    class,
                    holder: get(name, row, "holder")?,
                    held: get(name, row, "held")?,
                    waiting: get(name, row, "waiting")?,
                });
            }
        }
        Ok(leases)
    }

    async fn migrations(&self) -> Result<Vec<AppliedMigration>, StoreError> {
        let name = "environment.migrations";
        let read = |row: &Row| {
            let applied_at: Option<PgMicros> = get(name, row, "applied_at")?;
            Ok(AppliedMigration {
                version: get(name, row, "version")?,
                name: get(name, row, "name")?,
                applied_at: applied_at.map(|at| at.0),
            })
        };
        self.query(name, MIGRATIONS, &[]).await?.iter().map(read).collect()
    }
}

fn get<'r, T: FromSql<'r>>(name: &'static str, row: &'r Row, column: &str) -> Result<T, StoreError> {
    row.try_get(column).map_err(StoreError::of(name))
}
