//! Administration: tenants, accounts, tokens. For the role `admin` only.

pub(crate) mod accounts;
pub(crate) mod tenants;
pub(crate) mod tokens;
