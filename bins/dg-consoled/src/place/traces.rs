//! Which traces a list shows.

use super::query::{Pairs, given, one_of, value_of, values_of};

/// The outcomes a finished trace can have.
pub(crate) const OUTCOMES: [&str; 3] = ["success", "failure", "abandoned"];
/// The states of a trace.
pub(crate) const STATUSES: [&str; 2] = ["open", "finished"];

const MOST: usize = 16;

/// Which traces a list shows; an absent field filters nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TraceFilter {
    /// Exact workflow name.
    pub(crate) workflow: Option<String>,
    /// `success`, `failure` or `abandoned`.
    pub(crate) outcome: Option<String>,
    /// `open` or `finished`.
    pub(crate) status: Option<String>,
    /// Words, all of them.
    pub(crate) words: Option<String>,
    /// `type` or `type:id` of an entity that it touched.
    pub(crate) entity: Option<String>,
    /// `id` or `id:version` of a policy.
    pub(crate) policy: Option<String>,
    /// `type:id` of somebody who acted or approved.
    pub(crate) actor: Option<String>,
    /// Labels, all of them.
    pub(crate) tags: Vec<String>,
    /// Comparisons with facts, all of them: `amount>=100`.
    pub(crate) facts: Vec<String>,
    /// The first day on which it may have started, `2026-03-06`.
    pub(crate) from: Option<String>,
    /// The first day on which it may not any more.
    pub(crate) until: Option<String>,
    /// Whether companions of reviews are shown too.
    pub(crate) companions: bool,
}

impl TraceFilter {
    /// Whether every trace passes.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(super) fn read(query: &str) -> Self {
        Self {
            workflow: value_of(query, "workflow"),
            outcome: one_of(query, "outcome", &OUTCOMES),
            status: one_of(query, "status", &STATUSES),
            words: value_of(query, "q"),
            entity: value_of(query, "entity"),
            policy: value_of(query, "policy"),
            actor: value_of(query, "actor"),
            tags: several(query, "tag"),
            facts: several(query, "fact"),
            from: value_of(query, "started_from").filter(|day| is_day(day)),
            until: value_of(query, "started_until").filter(|day| is_day(day)),
            companions: value_of(query, "companions").as_deref() == Some("true"),
        }
    }

    pub(super) fn pairs(&self) -> Pairs {
        let mut pairs = given([
            ("q", self.words.clone()),
            ("workflow", self.workflow.clone()),
            ("outcome", self.outcome.clone()),
            ("status", self.status.clone()),
            ("entity", self.entity.clone()),
            ("policy", self.policy.clone()),
            ("actor", self.actor.clone()),
        ]);
        pairs.extend(self.tags.iter().map(|tag| ("tag", tag.clone())));
        pairs.extend(self.facts.iter().map(|fact| ("fact", fact.clone())));
        pairs.extend(given([
            ("started_from", self.from.clone()),
            ("started_until", self.until.clone()),
            ("companions", self.companions.then(|| "true".to_owned())),
        ]));
        pairs
    }

    /// Whether anything is filtered that the short form does not show.
    pub(crate) fn looks_closer(&self) -> bool {
        let Self { workflow, outcome, status, words, .. } = self.clone();
        *self != Self { workflow, outcome, status, words, ..Self::default() }
    }
}

/// The service takes no more than so many of each.
fn several(query: &str, key: &str) -> Vec<String> {
    let mut found = values_of(query, key);
    found.truncate(MOST);
    found
}

fn is_day(text: &str) -> bool {
    dg_domain::Micros::parse_rfc3339(&format!("{text}T00:00:00Z")).is_some()
}
