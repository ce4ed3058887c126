//! Tenants.

use serde::{Deserialize, Serialize};

/// What a tenant may send, where that is less than what the service takes from everybody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantLimits {
    /// Events of one batch.
    #[serde(default)]
    pub max_batch_events: Option<i64>,
    /// Bytes of one event.
    #[serde(default)]
    pub max_event_bytes: Option<i64>,
    /// Reads a second, whoever asks.
    #[serde(default)]
    pub reads_per_second: Option<i64>,
    /// Events a second, whoever sends them.
    #[serde(default)]
    pub writes_per_second: Option<i64>,
}

/// A registered tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenant {
    /// When it was registered.
    #[serde(default)]
    pub created_at: Option<String>,
    /// Account that registered it.
    #[serde(default)]
    pub created_by: Option<String>,
    /// Whether it is a demonstration.
    #[serde(default)]
    pub demo: bool,
    /// What it may send.
    #[serde(default)]
    pub limits: TenantLimits,
    /// `precise` or `reference`.
    #[serde(default)]
    pub secret_guard: Option<String>,
    /// `active`, `suspended` or `closed`.
    #[serde(default)]
    pub status: Option<String>,
    /// Its id.
    pub tenant_id: String,
}
