//! One rule: when it matches, and what follows.

use serde::{Deserialize, Serialize};

use super::{RoutingFacts, Strategy};
use crate::{
    Assignment, Kind, Priority, Rung, Terms,
    facts::Comparison,
    problems::Problems,
    template::{TermsParts, Versioned, check_assignment},
};

/// The longest time to decide: a year, in minutes.
pub(super) const LONGEST_MINUTES: i64 = 525_600;

/// A rule. It has a name, which items keep.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoutingRule {
    /// What programs call it.
    pub rule_id: String,
    /// What it is for.
    #[serde(default)]
    pub description: Option<String>,
    /// Whether it is tried.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// When it matches.
    #[serde(default)]
    pub when: When,
    /// What follows.
    pub then: Outcome,
}

/// All of it has to hold; a list that is empty says nothing. So an empty one always holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct When {
    /// One of these kinds.
    #[serde(default)]
    pub kinds: Vec<Kind>,
    /// One of these policies.
    #[serde(default)]
    pub policy_ids: Vec<String>,
    /// One of these workflows.
    #[serde(default)]
    pub workflow_names: Vec<String>,
    /// The primary entity has one of these types.
    #[serde(default)]
    pub entity_types: Vec<String>,
    /// The primary entity has one of these ids.
    #[serde(default)]
    pub entity_ids: Vec<String>,
    /// One of these accounts asked for it.
    #[serde(default)]
    pub requesters: Vec<String>,
    /// The request names one of these priorities.
    #[serde(default)]
    pub priorities: Vec<Priority>,
    /// All of these hold for what the trace observed. One about a fact that is not known does not.
    #[serde(default)]
    pub facts: Vec<Comparison>,
}

/// What a rule says; what it does not say is left as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// Who is to look.
    #[serde(default)]
    pub assigned: Option<Assignment>,
    /// How one of the role is chosen.
    #[serde(default)]
    pub strategy: Strategy,
    /// How urgent.
    #[serde(default)]
    pub priority: Option<Priority>,
    /// How long it may take, in open minutes.
    #[serde(default)]
    pub sla_minutes: Option<i64>,
    /// The template whose terms and form count.
    #[serde(default)]
    pub template_id: Option<String>,
    /// How many people have to approve.
    #[serde(default)]
    pub required_approvals: Option<i64>,
    /// Whether the requester may not.
    #[serde(default)]
    pub four_eyes: Option<bool>,
    /// Whether it can be overridden.
    #[serde(default)]
    pub allow_override: Option<bool>,
    /// How long before the deadline to warn, in minutes.
    #[serde(default)]
    pub warning_minutes: Option<i64>,
    /// Who is told when nobody decides.
    #[serde(default)]
    pub escalation_ladder: Option<Vec<Rung>>,
    /// The calendar that its deadline is counted in.
    #[serde(default)]
    pub calendar_id: Option<String>,
}

const fn yes() -> bool {
    true
}

impl When {
    pub(super) fn holds(&self, item: &RoutingFacts) -> bool {
        let (entity_type, entity_id) = item.entity.as_ref().map(|(kind, id)| (kind, id)).unzip();
        within(&self.kinds, Some(&item.kind))
            && within(&self.policy_ids, item.policy_id.as_ref())
            && within(&self.workflow_names, Some(&item.workflow_name))
            && within(&self.entity_types, entity_type)
            && within(&self.entity_ids, entity_id)
            && within(&self.requesters, Some(&item.requester))
            && within(&self.priorities, item.payload_priority.as_ref())
            && self.facts.iter().all(|comparison| comparison.holds(&item.facts) == Some(true))
    }

    fn validate(&self, at: &str, problems: &mut Problems) {
        for (name, texts) in [
            ("policy_ids", &self.policy_ids),
            ("workflow_names", &self.workflow_names),
            ("entity_types", &self.entity_types),
            ("entity_ids", &self.entity_ids),
            ("requesters", &self.requesters),
        ] {
            problems.need(texts.len() <= 200, format!("{at}/{name}"), "too_many", "holds at most 200");
            for (number, text) in texts.iter().enumerate() {
                problems.text(text, 512, &format!("{at}/{name}/{number}"));
            }
        }
        problems.need(self.facts.len() <= 20, format!("{at}/facts"), "too_many", "holds at most 20");
        for (number, comparison) in self.facts.iter().enumerate() {
            problems.below(&format!("{at}/facts/{number}"), comparison.validate().err().unwrap_or_default());
        }
    }
}

fn within<T: PartialEq>(allowed: &[T], found: Option<&T>) -> bool {
    allowed.is_empty() || found.is_some_and(|found| allowed.contains(found))
}

impl Outcome {
    /// Lets what it says take the place of what the template said.
    pub(super) fn put_into(&self, terms: &mut Terms) {
        terms.required_approvals = self.required_approvals.unwrap_or(terms.required_approvals);
        terms.four_eyes = self.four_eyes.unwrap_or(terms.four_eyes);
        terms.allow_override = self.allow_override.unwrap_or(terms.allow_override);
        terms.warning_minutes = self.warning_minutes.unwrap_or(terms.warning_minutes);
        if let Some(ladder) = &self.escalation_ladder {
            terms.ladder.clone_from(ladder);
        }
        if self.calendar_id.is_some() {
            terms.calendar_id.clone_from(&self.calendar_id);
        }
    }
}

impl RoutingRule {
    pub(super) fn validate(&self, at: &str, templates: &[Versioned], problems: &mut Problems) {
        problems.key(&self.rule_id, &format!("{at}/rule_id"));
        if let Some(description) = &self.description {
            problems.text(description, 500, &format!("{at}/description"));
        }
        self.when.validate(&format!("{at}/when"), problems);
        let (then, at) = (&self.then, format!("{at}/then"));
        if let Some(assigned) = &then.assigned {
            let (role, account) = (format!("{at}/assigned/role"), format!("{at}/assigned/account_id"));
            check_assignment(assigned, &role, &account, problems);
        }
        let of_a_role = then.assigned.as_ref().is_some_and(|to| to.role.is_some() && to.account_id.is_none());
        let good = then.strategy == Strategy::Pool || of_a_role;
        problems.need(good, format!("{at}/strategy"), "strategy", "chooses among the people of assigned.role alone");
        if let Some(minutes) = then.sla_minutes {
            problems.within(minutes, 1..=LONGEST_MINUTES, &format!("{at}/sla_minutes"));
        }
        if let Some(wanted) = &then.template_id {
            let known = templates.iter().any(|template| template.enabled && template.template_id == *wanted);
            problems.need(known, format!("{at}/template_id"), "unknown", "is no template that is enabled");
        }
        let parts = TermsParts {
            required_approvals: then.required_approvals.unwrap_or(1),
            warning_minutes: then.warning_minutes.unwrap_or(0),
            ladder: then.escalation_ladder.as_deref().unwrap_or_default(),
            calendar_id: then.calendar_id.as_deref(),
        };
        parts.check(&format!("{at}/escalation_ladder"), problems);
    }
}
