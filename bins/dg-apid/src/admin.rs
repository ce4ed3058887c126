//! Administration: tenants, accounts, tokens, projections. For the role `admin` only.

pub(crate) mod accounts;
pub(crate) mod failures;
pub(crate) mod replays;
pub(crate) mod tenants;
pub(crate) mod tokens;
