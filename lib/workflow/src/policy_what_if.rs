//! What a policy made of comparisons would have said, held against what was said.
//!
//! A candidate is a short list of rules over facts, of which the first that holds counts (WF-52). It is held against recorded
//! decisions one by one; where a fact that it asks for was not recorded, and it matters, nothing is claimed. Nothing is evaluated
//! but comparisons, so the same records give the same answer everywhere.

use std::collections::BTreeSet;

use dg_domain::{Hash32, Problem, Violation};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::{
    canonical::canonical,
    facts::{Comparison, Facts},
    problems::Problems,
};

mod trail;

pub use trail::Trail;

/// Most rules of a candidate.
pub const MOST_RULES: usize = 50;
/// Most comparisons of a rule.
pub const MOST_COMPARISONS: usize = 20;

/// What a policy says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyDecision {
    /// It may be done.
    Allow,
    /// It may not.
    Deny,
    /// Only if somebody makes an exception.
    RequireException,
}

/// One rule of a candidate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CandidateRule {
    /// All of it has to hold.
    pub when: Vec<Comparison>,
    /// What is said then.
    pub decision: PolicyDecision,
}

/// A policy to try.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Candidate {
    /// In order; the first that holds counts.
    pub rules: Vec<CandidateRule>,
    /// What is said where none holds.
    pub otherwise: PolicyDecision,
}

/// A decision as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The trace.
    pub trace_id: String,
    /// What the policy said.
    pub decision: PolicyDecision,
    /// What had been observed when it said so.
    pub facts: Facts,
}

/// A recorded decision and that of the candidate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// The trace.
    pub trace_id: String,
    /// What was said.
    pub recorded: PolicyDecision,
    /// What would have been said; `None` where that depends on something that was not recorded.
    pub candidate: Option<PolicyDecision>,
    /// The facts that it depends on then, by key: not recorded, or no number where one is needed.
    pub missing: Vec<String>,
}

/// How many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// All of them.
    pub traces: u64,
    /// The candidate says the same.
    pub unchanged: u64,
    /// It says something else: one of the next three.
    pub changed: u64,
    /// It allows what was denied or needed an exception.
    pub newly_allowed: u64,
    /// It denies what was allowed or needed an exception.
    pub newly_denied: u64,
    /// It wants an exception for what was allowed or denied.
    pub newly_excepted: u64,
    /// Nothing can be said.
    pub undecidable: u64,
}

impl PolicyDecision {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Allow, Self::Deny, Self::RequireException];

    /// The word in events.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::RequireException => "require_exception",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == word)
    }
}

impl Candidate {
    /// Checks it.
    ///
    /// # Errors
    /// Everything that is wrong, with pointers into it.
    pub fn validate(&self) -> Result<(), Vec<Problem>> {
        let mut problems = Problems::default();
        problems.need(self.rules.len() <= MOST_RULES, "/rules", "too_many", "holds at most 50");
        for (at, rule) in self.rules.iter().enumerate() {
            let place = format!("/rules/{at}/when");
            let good = (1..=MOST_COMPARISONS).contains(&rule.when.len());
            problems.need(good, &place, "count", "needs 1 to 20 comparisons");
            for (at, comparison) in rule.when.iter().enumerate() {
                problems.below(&format!("{place}/{at}"), comparison.validate().err().unwrap_or_default());
            }
        }
        problems.none()
    }

    /// What it says about facts, or the facts that it would have to know.
    ///
    /// A rule that nobody knows to hold or not does no harm where it leads to what is said anyway.
    ///
    /// # Errors
    /// The keys of what is missing, in order.
    pub fn decide(&self, facts: &Facts) -> Result<PolicyDecision, Vec<String>> {
        let mut possible = BTreeSet::new();
        let mut missing = BTreeSet::new();
        for rule in &self.rules {
            let held = rule.when.iter().map(|comparison| comparison.holds(facts));
            if held.clone().any(|holds| holds == Some(false)) {
                continue;
            }
            possible.insert(rule.decision);
            let unknown = rule.when.iter().zip(held).filter(|(_, holds)| holds.is_none());
            let unknown: Vec<&str> = unknown.map(|(comparison, _)| comparison.fact.as_str()).collect();
            if unknown.is_empty() {
                return only(&possible, missing);
            }
            missing.extend(unknown.into_iter().map(str::to_owned));
        }
        possible.insert(self.otherwise);
        only(&possible, missing)
    }

    /// Holds it against records: each for itself, in their order, and how many of which kind.
    #[must_use]
    pub fn compare(&self, records: &[Recorded]) -> (Vec<Compared>, Totals) {
        let mut totals = Totals::default();
        let compared = records.iter().map(|record| {
            let decided = self.decide(&record.facts);
            totals.count(record.decision, decided.as_ref().ok().copied());
            let (candidate, missing) = match decided {
                Ok(decision) => (Some(decision), Vec::new()),
                Err(missing) => (None, missing),
            };
            Compared { trace_id: record.trace_id.clone(), recorded: record.decision, candidate, missing }
        });
        let compared = compared.collect();
        (compared, totals)
    }
}

/// What was found, as an entry of evidence: the SHA-256 of a line of canonical JSON each for what was asked, every comparison in
/// its order, and the totals. Whoever asks the same again at the same position sees that the answer is the same.
///
/// # Errors
/// [`Violation`] for a question that is no canonical JSON.
pub fn evidence(asked: &Value, log_seq: i64, compared: &[Compared], totals: &Totals) -> Result<Value, Violation> {
    let mut hasher = Sha256::new();
    let mut line = |text: String| {
        hasher.update(text.as_bytes());
        hasher.update(b"\n");
    };
    line(canonical(asked)?);
    for one in compared {
        line(canonical(one)?);
    }
    line(canonical(totals)?);
    let digest = Hash32::from_bytes(hasher.finalize().into()).hex();
    Ok(json!({
        "kind": "digest", "label": "Policy what-if", "digest": digest, "sha256": digest, "log_seq": log_seq, "asked": asked, "totals": totals,
    }))
}

/// The one decision that is possible.
fn only(possible: &BTreeSet<PolicyDecision>, missing: BTreeSet<String>) -> Result<PolicyDecision, Vec<String>> {
    match possible.first() {
        Some(decision) if possible.len() == 1 => Ok(*decision),
        _ => Err(missing.into_iter().collect()),
    }
}

impl Totals {
    fn count(&mut self, recorded: PolicyDecision, candidate: Option<PolicyDecision>) {
        self.traces += 1;
        let Some(candidate) = candidate else {
            self.undecidable += 1;
            return;
        };
        if candidate == recorded {
            self.unchanged += 1;
            return;
        }
        self.changed += 1;
        match candidate {
            PolicyDecision::Allow => self.newly_allowed += 1,
            PolicyDecision::Deny => self.newly_denied += 1,
            PolicyDecision::RequireException => self.newly_excepted += 1,
        }
    }
}

#[cfg(test)]
mod tests;
