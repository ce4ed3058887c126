//! Who gets a new item, how urgent it is, within which time and on which terms: ordered rules, of which the first that matches
//! counts.
//!
//! Settings are looked at once, when an item is new. What comes out is written into an event, and nothing that happens to the
//! settings later changes an item that is there.

use std::collections::BTreeMap;

use dg_domain::Problem;
use serde::{Deserialize, Serialize};

use crate::{Assignment, Kind, Priority, Terms, facts::Facts, problems::Problems, template::Versioned};

mod choice;
mod rule;

pub use choice::{Person, Strategy};
pub use rule::{Outcome, RoutingRule, When};

/// How long an exception may take where nobody says otherwise, in minutes.
pub const EXCEPTION_SLA_MINUTES: i64 = 240;
/// The same for the review of a trace.
pub const INCIDENT_SLA_MINUTES: i64 = 120;
/// Most rules of a tenant.
pub const MOST_RULES: usize = 200;

/// What a tenant says about new items. Its JSON is what administrators write.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Routing {
    /// In the order in which they are tried.
    #[serde(default)]
    pub rules: Vec<RoutingRule>,
    /// How long items may take by priority; none counts by kind alone.
    #[serde(default)]
    pub sla_profile: Option<SlaProfile>,
    /// The calendar that deadlines are counted in where nothing else says so.
    #[serde(default)]
    pub calendar_id: Option<String>,
}

/// How long items may take, in minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "one for each priority")]
pub struct SlaProfile {
    pub urgent_minutes: i64,
    pub high_minutes: i64,
    pub normal_minutes: i64,
    pub low_minutes: i64,
}

impl SlaProfile {
    /// The profile that is suggested (WF-40): an hour, four, a day, three days.
    pub const SUGGESTED: Self =
        Self { urgent_minutes: 60, high_minutes: 240, normal_minutes: 1_440, low_minutes: 4_320 };

    /// The time for a priority.
    #[must_use]
    pub const fn minutes(&self, priority: Priority) -> i64 {
        match priority {
            Priority::Urgent => self.urgent_minutes,
            Priority::High => self.high_minutes,
            Priority::Normal => self.normal_minutes,
            Priority::Low => self.low_minutes,
        }
    }
}

/// Everything that routing is decided by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoutingSettings {
    /// What the tenant says.
    pub routing: Routing,
    /// Its templates as they are now. Rules use those that are enabled.
    pub templates: Vec<Versioned>,
}

/// What is known about a new item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoutingFacts {
    /// What kind it is.
    pub kind: Kind,
    /// The policy that is concerned.
    pub policy_id: Option<String>,
    /// The workflow of its trace.
    pub workflow_name: String,
    /// The primary entity of its trace, type and id.
    pub entity: Option<(String, String)>,
    /// What the trace observed so far.
    pub facts: Facts,
    /// The account that asked for it.
    pub requester: String,
    /// The priority that the request names.
    pub payload_priority: Option<Priority>,
    /// Who can be chosen, and how much each has open. Who is away is not among them.
    pub people: Vec<Person>,
    /// How many turns were taken, by rule or template.
    pub turns: BTreeMap<String, i64>,
    /// Whether the tenant is a demo.
    pub demo: bool,
}

/// Where a new item goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The rule that matched; none where only what counts for all items differs.
    pub rule_id: Option<String>,
    /// What it takes to decide.
    pub terms: Terms,
    /// Who is to look.
    pub assigned: Assignment,
    /// How urgent.
    pub priority: Priority,
    /// How long it may take, in open minutes.
    pub sla_minutes: i64,
    /// Whose turn counter goes up by one: somebody was chosen by turns.
    pub turn: Option<String>,
}

/// Decides where a new item goes; `None` where that is where it goes anyway. Same settings and facts, same answer.
///
/// Priority: the request's, then the rule's, then the template's, then high (WF-16). Time: the rule's, then the template's, then
/// the profile's for that priority, then four hours for exceptions and two for reviews of traces (WF-40).
#[must_use]
pub fn decide(settings: &RoutingSettings, facts: &RoutingFacts) -> Option<Route> {
    let routing = &settings.routing;
    let rule = routing.rules.iter().find(|rule| rule.enabled && rule.when.holds(facts));
    let outcome = rule.map(|rule| rule.then.clone()).unwrap_or_default();
    let template = outcome.template_id.as_ref().and_then(|wanted| {
        settings.templates.iter().find(|template| template.enabled && template.template_id == *wanted)
    });
    let mut terms = template.map_or_else(|| Terms::standard(facts.demo), |template| template.terms(facts.demo));
    terms.calendar_id = terms.calendar_id.or_else(|| routing.calendar_id.clone());
    outcome.put_into(&mut terms);
    let of_template = template.map(|template| &template.template);
    let standard = if facts.kind == Kind::ExceptionReview { EXCEPTION_SLA_MINUTES } else { INCIDENT_SLA_MINUTES };
    let priority = facts
        .payload_priority
        .or(outcome.priority)
        .or(of_template.map(|template| template.default_priority))
        .unwrap_or(Priority::High);
    let sla_minutes = outcome
        .sla_minutes
        .or(of_template.and_then(|template| template.sla_hours).map(|hours| hours.saturating_mul(60)))
        .or(routing.sla_profile.map(|profile| profile.minutes(priority)))
        .unwrap_or(standard);
    if rule.is_none() && terms == Terms::standard(facts.demo) && sla_minutes == standard {
        return None;
    }
    let (wanted, strategy, turn) = match (&outcome.assigned, template) {
        (Some(assigned), _) => (assigned.clone(), outcome.strategy, rule.map(|rule| format!("rule:{}", rule.rule_id))),
        (None, Some(template)) => (template.template.reviewer(), template.template.routing, Some(template.turn())),
        (None, None) => (Assignment { account_id: None, role: Some("admin".to_owned()) }, Strategy::Pool, None),
    };
    let turns = turn.as_ref().and_then(|turn| facts.turns.get(turn)).copied().unwrap_or(0);
    let but = terms.four_eyes.then_some(facts.requester.as_str());
    let assigned = strategy.choose(wanted, &facts.people, turns, but);
    let took_turn = strategy == Strategy::RoundRobin && assigned.account_id.is_some();
    Some(Route {
        rule_id: rule.map(|rule| rule.rule_id.clone()),
        terms,
        assigned,
        priority,
        sla_minutes,
        turn: turn.filter(|_| took_turn),
    })
}

impl Routing {
    /// Checks it, with the ids of the templates that there are.
    ///
    /// # Errors
    /// Everything that is wrong, with pointers into it.
    pub fn validate(&self, templates: &[Versioned]) -> Result<(), Vec<Problem>> {
        let mut problems = Problems::default();
        problems.need(self.rules.len() <= MOST_RULES, "/rules", "too_many", "holds at most 200");
        for (at, rule) in self.rules.iter().enumerate() {
            rule.validate(&format!("/rules/{at}"), templates, &mut problems);
        }
        let ids = self.rules.iter().map(|rule| rule.rule_id.as_str()).enumerate();
        problems.once(ids.map(|(at, id)| (id, format!("/rules/{at}/rule_id"))));
        if let Some(profile) = &self.sla_profile {
            for priority in Priority::ALL {
                problems.within(
                    profile.minutes(priority),
                    1..=rule::LONGEST_MINUTES,
                    &format!("/sla_profile/{priority}_minutes"),
                );
            }
        }
        if let Some(calendar) = &self.calendar_id {
            problems.text(calendar, 128, "/calendar_id");
        }
        problems.none()
    }
}

#[cfg(test)]
mod tests;
