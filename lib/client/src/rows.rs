//! What the API answers, typed.
//!
//! Fields are declared in the order of their names, so that a row written as JSON again has sorted keys.

pub(crate) mod accounts;
pub(crate) mod audit;
pub(crate) mod decision;
pub(crate) mod environment;
pub(crate) mod events;
pub(crate) mod graph;
pub(crate) mod projections;
pub(crate) mod runs;
pub(crate) mod sessions;
pub(crate) mod sign_in;
pub(crate) mod telling;
pub(crate) mod tenants;
pub(crate) mod tokens;
pub(crate) mod traces;
pub(crate) mod users;
pub(crate) mod webhooks;
pub(crate) mod workflow_files;
pub(crate) mod workflow_settings;
pub(crate) mod workflow_studio;
pub(crate) mod workflows;
