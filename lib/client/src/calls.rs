//! The calls of the API, a room per group of routes.

pub(crate) mod accounts;
pub(crate) mod audit;
pub(crate) mod batch;
pub(crate) mod environment;
pub(crate) mod events;
pub(crate) mod graph;
pub(crate) mod precedents;
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

/// Query parameters that are left out when they are not set.
#[derive(Default)]
struct Params(Vec<(&'static str, String)>);

impl Params {
    fn set(mut self, name: &'static str, value: Option<impl ToString>) -> Self {
        self.0.extend(value.map(|value| (name, value.to_string())));
        self
    }

    /// Lists go as repeated keys, so that a value may hold a comma.
    fn each(mut self, name: &'static str, values: &[String]) -> Self {
        self.0.extend(values.iter().map(|value| (name, value.clone())));
        self
    }
}
