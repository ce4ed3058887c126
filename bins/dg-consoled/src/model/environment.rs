//! What runs here, and on what.

use dg_domain::{Micros, TenantId};

use super::Panel;

/// What runs here.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct EnvironmentPage {
    /// In whose frame it is shown.
    pub(crate) tenant: TenantId,
    /// All of it.
    pub(crate) found: Panel<Environment>,
}

/// What runs here, and on what.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Environment {
    /// Version of the service.
    pub(crate) api: String,
    /// Version of the database server.
    pub(crate) database: String,
    /// Since when it runs.
    pub(crate) since: Option<Micros>,
    /// Bytes of the database.
    pub(crate) bytes: i64,
    /// Connections to it, and how many the server takes.
    pub(crate) connections: (i64, i64),
    /// When the oldest transaction of the service began.
    pub(crate) oldest: Option<Micros>,
    /// Seconds by which the database's clock is ahead.
    pub(crate) ahead: f64,
    /// Version of the schema, and the one that the service was built for.
    pub(crate) schema: (i64, i64),
    /// Applied migrations, the latest first: number, name, when.
    pub(crate) migrations: Vec<(i64, String, Option<Micros>)>,
    /// Connected programs and their connections.
    pub(crate) programs: Vec<(String, i64)>,
    /// Work that is held: what, by whom, how often held and waited for.
    pub(crate) leases: Vec<(String, String, i64, i64)>,
}
