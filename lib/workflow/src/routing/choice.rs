//! How one of many is chosen.

use serde::{Deserialize, Serialize};

use crate::Assignment;

/// How one of a role is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// Nobody is: whoever has the role may take it.
    #[default]
    Pool,
    /// One after the other, by name.
    RoundRobin,
    /// Whoever has the fewest open items; of several, the first by name.
    LeastOpen,
}

/// Somebody who can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The account.
    pub account_id: String,
    /// Its roles in the tenant.
    pub roles: Vec<String>,
    /// How many open items it has.
    pub open_items: i64,
}

impl Strategy {
    /// Chooses an account out of the role that is wanted, never `but`. Where nobody is left the role stays as it is, and so it
    /// does where an account is wanted already.
    #[must_use]
    pub fn choose(self, wanted: Assignment, people: &[Person], turns: i64, but: Option<&str>) -> Assignment {
        let (None, Some(role)) = (&wanted.account_id, &wanted.role) else { return wanted };
        let can = |person: &&Person| person.roles.contains(role) && but != Some(person.account_id.as_str());
        let mut able: Vec<&Person> = people.iter().filter(can).collect();
        able.sort_by(|one, other| one.account_id.cmp(&other.account_id));
        let chosen = match self {
            Self::Pool => None,
            Self::RoundRobin => {
                let many = i64::try_from(able.len()).unwrap_or(i64::MAX).max(1);
                usize::try_from(turns.rem_euclid(many)).ok().and_then(|at| able.get(at))
            }
            Self::LeastOpen => able.iter().min_by_key(|person| person.open_items),
        };
        Assignment { account_id: chosen.map(|person| person.account_id.clone()), role: wanted.role }
    }
}
