//! What a search asks for, as lists of terms and ranges of numbers that a trace has or has not.

use dg_domain::Micros;

use super::{SearchTerms, fact::FactFilter, term};

/// Conditions that one search consists of at most.
pub const CONDITIONS: usize = 16;

/// Which traces to find. Absent fields do not filter, given ones all have to hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TraceFilter {
    /// The workflow, exactly.
    pub workflow: Option<String>,
    /// The outcome, exactly.
    pub outcome: Option<String>,
    /// Only finished traces, or only open ones.
    pub finished: Option<bool>,
    /// The type of an entity that the trace touched.
    pub entity_type: Option<String>,
    /// The id of an entity of that type; without a type it does not filter.
    pub entity_id: Option<String>,
    /// `<policy_id>` or `<policy_id>:<policy_version>` of an evaluation or exception.
    pub policy: Option<String>,
    /// `<actor_type>:<actor_id>` of somebody who acted or approved.
    pub actor: Option<String>,
    /// Labels.
    pub tags: Vec<String>,
    /// Comparisons with facts.
    pub facts: Vec<FactFilter>,
    /// Words out of title, workflow, ids and reasons.
    pub text: Option<String>,
    /// Only traces that start then or later.
    pub started_after: Option<Micros>,
    /// Only traces that start earlier.
    pub started_before: Option<Micros>,
    /// Whether companion traces of reviews count too.
    pub companions: bool,
}

/// Something a trace has when it has the term, or a number of this key in this range.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Condition {
    /// As [`term`] spells it.
    pub term: Option<String>,
    /// Key, lowest and highest millionths.
    pub number: Option<(String, i64, i64)>,
}

/// A search without its time window.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    /// What a trace must have.
    pub all: Vec<Condition>,
    /// What it must not have.
    pub none: Vec<Condition>,
}

impl TraceFilter {
    /// Whether nothing but companions is left out.
    #[must_use]
    pub fn is_open(&self) -> bool {
        *self == Self { companions: self.companions, ..Self::default() }
    }

    /// The conditions, each once.
    #[must_use]
    pub fn conditions(&self) -> Conditions {
        let mut conditions = Conditions::default();
        let all = &mut conditions.all;
        all.extend(self.workflow.as_deref().map(term::workflow).map(Condition::term));
        all.extend(self.outcome.as_deref().map(term::outcome).map(Condition::term));
        match (&self.entity_type, &self.entity_id) {
            (Some(entity_type), Some(entity_id)) => all.push(Condition::term(term::entity(entity_type, entity_id))),
            (Some(entity_type), None) => all.push(Condition::term(term::entity_type(entity_type))),
            (None, _) => {}
        }
        all.extend(self.policy.as_deref().map(term::policy).map(Condition::term));
        all.extend(self.actor.as_deref().map(term::actor_named).map(Condition::term));
        all.extend(self.tags.iter().map(|tag| Condition::term(term::tag(tag))));
        all.extend(self.text.iter().flat_map(|text| term::words(text)).map(Condition::term));
        match self.finished {
            Some(true) => all.push(Condition::term(term::finished())),
            Some(false) => conditions.none.push(Condition::term(term::finished())),
            None => {}
        }
        if !self.companions {
            conditions.none.push(Condition::term(term::companion()));
        }
        self.facts.iter().for_each(|fact| fact.require(&mut conditions));
        for list in [&mut conditions.all, &mut conditions.none] {
            list.sort();
            list.dedup();
        }
        conditions
    }
}

impl Condition {
    pub(super) fn term(term: String) -> Self {
        Self { term: Some(term), number: None }
    }

    fn holds(&self, found: &SearchTerms) -> bool {
        let (term, number) = (self.term.as_ref(), self.number.as_ref());
        term.is_some_and(|term| found.terms.contains(term))
            || number.is_some_and(|(key, low, high)| {
                low <= high && found.facts.range((key.clone(), *low)..=(key.clone(), *high)).next().is_some()
            })
    }
}

impl Conditions {
    /// Whether a trace is found.
    #[must_use]
    pub fn hold(&self, found: &SearchTerms) -> bool {
        self.all.iter().all(|condition| condition.holds(found))
            && !self.none.iter().any(|condition| condition.holds(found))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_becomes_a_condition() {
        let text = |text: &str| Some(text.to_owned());
        let filter = TraceFilter {
            workflow: text("refund"),
            outcome: text("success"),
            finished: Some(true),
            entity_type: text("customer"),
            entity_id: text("7"),
            policy: text("cap:2"),
            actor: text("person:ann"),
            tags: vec!["b".to_owned(), "a".to_owned(), "b".to_owned()],
            facts: vec![FactFilter::read("amount>=100").unwrap()],
            text: text("Acme, acme Refund"),
            ..TraceFilter::default()
        };
        let conditions = filter.conditions();
        let terms: Vec<&str> = conditions.all.iter().filter_map(|condition| condition.term.as_deref()).collect();
        let expected = [
            "actor:person:ann",
            "entity:customer:7",
            "outcome:success",
            "policy:cap:2",
            "status:finished",
            "tag:a",
            "tag:b",
            "word:acme",
            "word:refund",
            "workflow:refund",
        ];
        assert_eq!(terms, expected);
        assert_eq!(conditions.all.iter().filter(|condition| condition.number.is_some()).count(), 1);
        assert_eq!(conditions.none, [Condition::term(term::companion())]);
    }

    #[test]
    fn an_open_trace_is_one_that_has_not_finished() {
        let filter = TraceFilter { finished: Some(false), companions: true, ..TraceFilter::default() };
        let conditions = filter.conditions();
        assert!(conditions.all.is_empty() && !filter.is_open());
        let mut found = SearchTerms::default();
        assert!(conditions.hold(&found));
        found.terms.insert(term::finished());
        assert!(!conditions.hold(&found));
        assert!(TraceFilter { companions: true, ..TraceFilter::default() }.is_open());
    }
}
