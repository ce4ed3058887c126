//! What runs, and on what.

use serde::{Deserialize, Serialize};

/// What runs, and on what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Environment {
    /// Version of the service that answered.
    pub api_version: String,
    /// The database.
    pub database: EnvironmentDatabase,
    /// Kinds of work that is held by somebody, or waited for.
    #[serde(default)]
    pub leases: Vec<HeldLease>,
    /// Programs that are connected, by the role they work as.
    #[serde(default)]
    pub programs: Vec<ConnectedProgram>,
    /// The schema.
    pub schema: EnvironmentSchema,
}

/// The database.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EnvironmentDatabase {
    /// Seconds by which its clock is ahead of the service's; negative when it is behind.
    #[serde(default)]
    pub clock_ahead_seconds: f64,
    /// Connections to it, from anywhere.
    #[serde(default)]
    pub connections: i64,
    /// As many as the server takes, those of other databases included.
    #[serde(default)]
    pub max_connections: i64,
    /// When the oldest transaction under way that the service may see began.
    #[serde(default)]
    pub oldest_transaction_at: Option<String>,
    /// Bytes.
    #[serde(default)]
    pub size_bytes: i64,
    /// When the server was started.
    #[serde(default)]
    pub started_at: Option<String>,
    /// Version of the server.
    #[serde(default)]
    pub version: String,
}

/// The schema.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvironmentSchema {
    /// Migrations that were applied, oldest first.
    #[serde(default)]
    pub migrations: Vec<AppliedMigration>,
    /// The version that the service was built for.
    #[serde(default)]
    pub needed_version: i64,
    /// The version it has.
    #[serde(default)]
    pub version: i64,
}

/// A migration that was applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppliedMigration {
    /// When.
    #[serde(default)]
    pub applied_at: Option<String>,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// Its number.
    pub version: i64,
}

/// A program that is connected to the database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectedProgram {
    /// Its connections.
    #[serde(default)]
    pub connections: i64,
    /// The role it works as.
    pub name: String,
}

/// A kind of work that is held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldLease {
    /// How often it is held.
    #[serde(default)]
    pub held: i64,
    /// Who holds it or waits for it.
    #[serde(default)]
    pub holder: String,
    /// What it is about.
    pub kind: String,
    /// How often it is waited for.
    #[serde(default)]
    pub waiting: i64,
}
