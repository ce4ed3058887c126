//! The views of a trace.

use super::query::one_of;

/// A view of a trace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum TraceTab {
    /// All events, oldest first.
    #[default]
    Timeline,
    /// How it was decided.
    Policy,
    /// What it is connected to.
    Graph,
    /// Finished decisions that are like it.
    Precedents,
    /// What people have to decide or decided.
    Review,
    /// The events as they are stored.
    Raw,
}

impl TraceTab {
    /// All of them, in the order of the page.
    pub(crate) const ALL: [Self; 6] =
        [Self::Timeline, Self::Policy, Self::Graph, Self::Precedents, Self::Review, Self::Raw];

    /// What the page calls it.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Timeline => "Timeline",
            Self::Policy => "Policy",
            Self::Graph => "Graph",
            Self::Precedents => "Precedents",
            Self::Review => "Review",
            Self::Raw => "Raw",
        }
    }

    /// What an address calls it.
    fn word(self) -> &'static str {
        match self {
            Self::Timeline => "timeline",
            Self::Policy => "policy",
            Self::Graph => "graph",
            Self::Precedents => "precedents",
            Self::Review => "review",
            Self::Raw => "raw",
        }
    }

    pub(super) fn read(query: &str) -> Self {
        let word = one_of(query, "tab", &Self::ALL.map(Self::word));
        Self::ALL.into_iter().find(|tab| word.as_deref() == Some(tab.word())).unwrap_or_default()
    }

    /// What stands in the query; nothing for the first one.
    pub(super) fn written(self) -> Option<String> {
        (self != Self::default()).then(|| self.word().to_owned())
    }
}
