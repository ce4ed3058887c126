//! Templates: what kind of review, by whom, within which time, on which terms, and what is asked of whoever decides.
//!
//! A version never changes once it was used, so an item that names one can be read for ever. The three that are built in have
//! version 0 and are what they were in every release; a tenant's own versions of the same id count from 1.

use dg_domain::Problem;
use serde::{Deserialize, Serialize};

use crate::{Assignment, Kind, Priority, Rung, Terms, form::Form, problems::Problems, routing::Strategy};

mod built_in;

pub use built_in::{EXCEPTION_FOLLOW_UP, INCIDENT_TRIAGE, PRECEDENT_GAP_REVIEW, built_in};

/// Roles whose people can decide.
pub(crate) const ROLES: [&str; 2] = ["admin", "writer"];
/// The longest time to decide: a year, in hours.
pub const LONGEST_SLA_HOURS: i64 = 8_760;
/// The version of what is built in.
pub const BUILT_IN: i64 = 0;

/// A template's definition (WF-49). Its id, version and whether it is enabled stand beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// One line for people.
    pub title: String,
    /// What it is for.
    pub description: String,
    /// What kind of review it is for.
    pub workflow_kind: Kind,
    /// Who reviews: everybody with this role.
    #[serde(default)]
    pub reviewer_role: Option<String>,
    /// Who reviews: this account.
    #[serde(default)]
    pub reviewer_account_id: Option<String>,
    /// How one of the role is chosen.
    #[serde(default)]
    pub routing: Strategy,
    /// How urgent.
    pub default_priority: Priority,
    /// What counts where a dry run finds another priority.
    #[serde(default)]
    pub priority_mode: PriorityMode,
    /// How long it may take; none leaves it to the profile of the tenant.
    #[serde(default)]
    pub sla_hours: Option<i64>,
    /// How many people have to approve.
    #[serde(default = "one")]
    pub required_approvals: i64,
    /// Whether it can be overridden.
    #[serde(default = "yes")]
    pub allow_override: bool,
    /// Whether the requester may not approve it.
    #[serde(default = "yes")]
    pub four_eyes: bool,
    /// How long before the deadline to warn, in minutes; 0 for never.
    #[serde(default = "half_an_hour")]
    pub warning_minutes: i64,
    /// Who is told when nobody decides; none for the standard ladder.
    #[serde(default)]
    pub escalation_ladder: Option<Vec<Rung>>,
    /// The calendar that its deadlines are counted in; none for the tenant's.
    #[serde(default)]
    pub calendar_id: Option<String>,
    /// What is asked of whoever decides.
    #[serde(default)]
    pub form: Form,
    /// Labels.
    #[serde(default)]
    pub tags: Vec<String>,
}

/// Which priority counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PriorityMode {
    /// The template's.
    Template,
    /// The one that the dry run found.
    #[default]
    Simulated,
    /// The more urgent one.
    Max,
}

/// A template that can be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Versioned {
    /// Its name in the tenant.
    pub template_id: String,
    /// 0 for what is built in.
    pub version: i64,
    /// Whether new reviews may use it.
    pub enabled: bool,
    /// What it says.
    #[serde(flatten)]
    pub template: Template,
}

const fn one() -> i64 {
    1
}

const fn yes() -> bool {
    true
}

const fn half_an_hour() -> i64 {
    30
}

/// Whether a text can be the id of a template: 1 to 64 characters of `a-z 0-9 _`, the first a letter.
#[must_use]
pub fn is_template_id(text: &str) -> bool {
    let mut problems = Problems::default();
    problems.key(text, "");
    problems.none().is_ok()
}

impl Template {
    /// Checks the definition.
    ///
    /// # Errors
    /// Everything that is wrong, with pointers into it.
    pub fn validate(&self) -> Result<(), Vec<Problem>> {
        let mut problems = Problems::default();
        problems.text(&self.title, 200, "/title");
        problems.text(&self.description, 2_000, "/description");
        check_assignment(&self.reviewer(), "/reviewer_role", "/reviewer_account_id", &mut problems);
        let chooses = self.routing != Strategy::Pool;
        let good = !chooses || self.reviewer_role.is_some() && self.reviewer_account_id.is_none();
        problems.need(good, "/routing", "routing", "chooses among the people of reviewer_role, without an account");
        if let Some(hours) = self.sla_hours {
            problems.within(hours, 1..=LONGEST_SLA_HOURS, "/sla_hours");
        }
        let parts = TermsParts {
            required_approvals: self.required_approvals,
            warning_minutes: self.warning_minutes,
            ladder: self.escalation_ladder.as_deref().unwrap_or_default(),
            calendar_id: self.calendar_id.as_deref(),
        };
        parts.check("/escalation_ladder", &mut problems);
        problems.need(self.tags.len() <= 20, "/tags", "too_many", "holds at most 20");
        for (at, tag) in self.tags.iter().enumerate() {
            problems.text(tag, 64, &format!("/tags/{at}"));
        }
        problems.once(self.tags.iter().enumerate().map(|(at, tag)| (tag.as_str(), format!("/tags/{at}"))));
        let mut inner = Problems::default();
        self.form.validate(&mut inner);
        problems.below("/form", inner.none().err().unwrap_or_default());
        problems.none()
    }

    /// Who reviews.
    #[must_use]
    pub fn reviewer(&self) -> Assignment {
        Assignment { account_id: self.reviewer_account_id.clone(), role: self.reviewer_role.clone() }
    }

    /// What counts of the template's priority and one that was found otherwise.
    #[must_use]
    pub fn priority(&self, simulated: Priority) -> Priority {
        match self.priority_mode {
            PriorityMode::Template => self.default_priority,
            PriorityMode::Simulated => simulated,
            PriorityMode::Max => self.default_priority.min(simulated),
        }
    }
}

impl Versioned {
    /// What turns are counted under, where people are chosen by turns.
    #[must_use]
    pub fn turn(&self) -> String {
        format!("template:{}", self.template_id)
    }

    /// What it takes to decide an item of this template.
    #[must_use]
    pub fn terms(&self, demo: bool) -> Terms {
        let standard = Terms::standard(demo);
        let template = &self.template;
        Terms {
            template_id: Some(self.template_id.clone()),
            template_version: Some(self.version),
            required_approvals: template.required_approvals,
            four_eyes: template.four_eyes,
            allow_override: template.allow_override,
            warning_minutes: template.warning_minutes,
            ladder: template.escalation_ladder.clone().unwrap_or(standard.ladder),
            calendar_id: template.calendar_id.clone(),
        }
    }
}

/// Those of a tenant: what is built in, but where the tenant has its own under the same id, then the tenant's others by id.
#[must_use]
pub fn of_tenant(own: Vec<Versioned>) -> Vec<Versioned> {
    let mut all = built_in();
    for template in own {
        match all.iter_mut().find(|known| known.template_id == template.template_id) {
            Some(known) => *known = template,
            None => all.push(template),
        }
    }
    all[3..].sort_by(|one, other| one.template_id.cmp(&other.template_id));
    all
}

/// The part of terms that templates and routing rules both set.
pub(crate) struct TermsParts<'t> {
    pub(crate) required_approvals: i64,
    pub(crate) warning_minutes: i64,
    pub(crate) ladder: &'t [Rung],
    pub(crate) calendar_id: Option<&'t str>,
}

impl TermsParts<'_> {
    pub(crate) fn check(&self, ladder_at: &str, problems: &mut Problems) {
        let beside = ladder_at.rsplit_once('/').map_or("", |(parent, _)| parent);
        problems.within(self.required_approvals, 1..=20, &format!("{beside}/required_approvals"));
        problems.within(self.warning_minutes, 0..=43_200, &format!("{beside}/warning_minutes"));
        if let Some(calendar) = self.calendar_id {
            problems.text(calendar, 128, &format!("{beside}/calendar_id"));
        }
        problems.need(self.ladder.len() <= 10, ladder_at, "too_many", "holds at most 10 rungs");
        let mut least = 0;
        for (at, rung) in self.ladder.iter().enumerate() {
            let place = format!("{ladder_at}/{at}");
            problems.within(rung.after_percent, least..=10_000, &format!("{place}/after_percent"));
            least = rung.after_percent.saturating_add(1);
            let (role, account) = (format!("{place}/assigned/role"), format!("{place}/assigned/account_id"));
            check_assignment(&rung.assigned, &role, &account, problems);
        }
    }
}

/// Somebody: a role that can decide, an account, or both.
pub(crate) fn check_assignment(assigned: &Assignment, role_at: &str, account_at: &str, problems: &mut Problems) {
    if let Some(role) = &assigned.role {
        problems.need(ROLES.contains(&role.as_str()), role_at, "unknown", "is admin or writer");
    }
    if let Some(account) = &assigned.account_id {
        let good = dg_domain::TenantId::new(account).is_ok();
        problems.need(good, account_at, "account", "is the name of an account");
    }
    let anybody = assigned.role.is_some() || assigned.account_id.is_some();
    problems.need(anybody, role_at, "required", "needs a role or an account");
}

#[cfg(test)]
mod tests;
