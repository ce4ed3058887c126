//! The frame around every screen: who looks, at what, how fresh it is, and what came of a form.

use dg_domain::{Micros, TenantId};

use super::Failure;
use crate::place::Place;

/// The frame: who looks, at what, how fresh it is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Shell {
    /// Whose permissions apply; none on the sign-in page.
    pub(crate) viewer: Option<Viewer>,
    /// The tenants to choose from.
    pub(crate) tenants: Vec<TenantId>,
    /// Where this is.
    pub(crate) place: Place,
    /// `dev` or `production`.
    pub(crate) environment: String,
    /// Goes into every form that changes something.
    pub(crate) csrf: String,
    /// How current the data is.
    pub(crate) freshness: Freshness,
    /// Said on top of the page while the service does not answer.
    pub(crate) outage: Option<Failure>,
    /// New data is on its way; what is shown stays.
    pub(crate) refreshing: bool,
    /// Whether a socket keeps this page current.
    pub(crate) live: bool,
    /// What "ago" counts from.
    pub(crate) now: Micros,
    /// Names what this page's forms do: sent twice, a form does it once.
    pub(crate) key: String,
    /// What came of the form that led here.
    pub(crate) said: Option<Said>,
}

impl Shell {
    /// Whether the viewer may use a permission, as far as the service said.
    pub(crate) fn may(&self, permission: &str) -> bool {
        self.lacks(permission).is_none()
    }

    /// What the viewer lacks for what needs `permission`: the role in which alone it counts, or itself.
    pub(crate) fn lacks(&self, permission: &str) -> Option<String> {
        let role = role_of(permission);
        match &self.viewer {
            Some(viewer) if !viewer.development && viewer.is(role) => {
                (!viewer.holds(permission)).then(|| format!("the permission {permission}"))
            }
            _ => Some(format!("the role {role}")),
        }
    }

    /// What was typed into `field` of the form `form`, if the service refused it and it is shown again.
    pub(crate) fn typed(&self, form: &str, field: &str) -> &str {
        match &self.said {
            Some(Said::Refused { fields, .. }) if fields.get("form") == Some(form) => {
                fields.get(field).unwrap_or_default()
            }
            _ => "",
        }
    }

    /// Whether `value` was ticked or chosen in `field` of such a form.
    pub(crate) fn chosen(&self, form: &str, field: &str, value: &str) -> bool {
        match &self.said {
            Some(Said::Refused { fields, .. }) if fields.get("form") == Some(form) => {
                fields.all(field).any(|one| one == value)
            }
            _ => false,
        }
    }
}

/// What is said about a form that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// It was done.
    Done(String),
    /// It was not done.
    Refused {
        /// Why not.
        failure: Failure,
        /// What was typed.
        fields: Fields,
    },
}

/// What a form sent: names and values in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fields(pub(crate) Vec<(String, String)>);

impl Fields {
    /// The first value of a field, trimmed; none where it is blank.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// The same, owned.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    /// Every value of a field that is not blank, trimmed.
    pub(crate) fn all<'f>(&'f self, name: &str) -> impl Iterator<Item = &'f str> {
        self.0
            .iter()
            .filter(move |(field, _)| field == name)
            .map(|(_, value)| value.trim())
            .filter(|value| !value.is_empty())
    }
}

/// The person, or the development reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Viewer {
    /// The account.
    pub(crate) account_id: String,
    /// Its roles, as the service names them.
    pub(crate) roles: Vec<String>,
    /// What it may do beyond them; `*` for everything.
    pub(crate) permissions: Vec<String>,
    /// Nobody signed in: the development token is used.
    pub(crate) development: bool,
}

impl Viewer {
    /// Administrators do what writers do.
    fn is(&self, role: &str) -> bool {
        self.roles.iter().any(|one| one == role || one == "admin")
    }

    fn holds(&self, permission: &str) -> bool {
        self.permissions.iter().any(|one| one == permission || one == "*")
    }
}

/// The least role that the service asks of whoever uses a permission.
fn role_of(permission: &str) -> &'static str {
    match permission {
        "workflow_review" | "workflow_assign" | "workflow_escalate" | "workflow_override" => "writer",
        _ => "admin",
    }
}

/// How far the shown data is behind the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// Nothing was read yet.
    Unknown,
    /// Everything up to this log position is shown.
    Current {
        /// The position.
        applied: i64,
    },
    /// The log is further than the projections.
    Behind {
        /// What is shown.
        applied: i64,
        /// Where the log is.
        head: i64,
    },
}

impl Freshness {
    /// From the two positions of an answer.
    pub(crate) fn of(applied: i64, head: i64) -> Self {
        if applied >= head { Self::Current { applied } } else { Self::Behind { applied, head } }
    }
}
