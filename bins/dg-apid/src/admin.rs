//! Administration: tenants, accounts, tokens, people, projections, webhooks, the environment, the audit. For the role `admin` only.

pub(crate) mod accounts;
pub(crate) mod audit;
pub(crate) mod environment;
pub(crate) mod failures;
pub(crate) mod grants;
pub(crate) mod replays;
pub(crate) mod sessions;
pub(crate) mod tenants;
pub(crate) mod tokens;
pub(crate) mod users;
pub(crate) mod webhooks;
