//! Which finished decisions are looked for.

use super::{
    query::{Pairs, given, one_of, value_of},
    traces::OUTCOMES,
};

/// Which finished decisions are looked for; an absent field filters nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PrecedentAsk {
    /// Policy that was evaluated.
    pub(crate) policy_id: Option<String>,
    /// Its version; needs the policy.
    pub(crate) policy_version: Option<String>,
    /// Type of what was decided about.
    pub(crate) entity_type: Option<String>,
    /// Its id; needs the type.
    pub(crate) entity_id: Option<String>,
    /// Exact workflow name.
    pub(crate) workflow: Option<String>,
    /// `success`, `failure` or `abandoned`.
    pub(crate) outcome: Option<String>,
    /// The trace that hits are compared with; it is not among them.
    pub(crate) of: Option<String>,
}

impl PrecedentAsk {
    /// Whether every finished decision passes.
    pub(crate) fn is_empty(&self) -> bool {
        Self { of: None, ..self.clone() } == Self::default()
    }

    pub(super) fn read(query: &str) -> Self {
        Self {
            policy_id: value_of(query, "policy"),
            policy_version: value_of(query, "version"),
            entity_type: value_of(query, "entity_type"),
            entity_id: value_of(query, "entity_id"),
            workflow: value_of(query, "workflow"),
            outcome: one_of(query, "outcome", &OUTCOMES),
            of: value_of(query, "of"),
        }
    }

    pub(super) fn pairs(&self) -> Pairs {
        given([
            ("policy", self.policy_id.clone()),
            ("version", self.policy_version.clone()),
            ("entity_type", self.entity_type.clone()),
            ("entity_id", self.entity_id.clone()),
            ("workflow", self.workflow.clone()),
            ("outcome", self.outcome.clone()),
            ("of", self.of.clone()),
        ])
    }
}

#[cfg(test)]
mod tests {
    use dg_domain::TenantId;

    use crate::place::{Place, PrecedentAsk, Screen};

    #[test]
    fn what_is_written_reads_back() {
        let tenant = TenantId::new("acme").unwrap();
        let text = |text: &str| Some(text.to_owned());
        let ask = PrecedentAsk {
            policy_id: text("refund cap&"),
            policy_version: text("2"),
            entity_type: text("order"),
            entity_id: text("ä/1"),
            workflow: text("refund"),
            outcome: text("failure"),
            of: text("t?1"),
        };
        assert!(!ask.is_empty() && PrecedentAsk { of: text("t"), ..PrecedentAsk::default() }.is_empty());
        for screen in [
            Screen::Precedents(Box::new(ask)),
            Screen::Precedents(Box::default()),
            Screen::Compare { a: text("t/1"), b: text("t 2"), only: true },
            Screen::Compare { a: None, b: None, only: false },
        ] {
            let place = Place::of(&tenant, screen);
            assert_eq!(Place::parse(&place.href()), place);
        }
    }
}
