//! What stands below the head of a trace, beside its timeline.

use dg_domain::Micros;

use super::{Panel, graph::GraphView, precedents::Hits};
use crate::{
    place::{GraphAsk, PrecedentAsk, TraceTab},
    story::Story,
};

/// One view of a trace.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TabView {
    /// The timeline, which the page always has.
    Timeline,
    /// How it was decided.
    Policy(Panel<PolicyPath>),
    /// What it is connected to, with what was asked.
    Graph(Box<GraphAsk>, Box<Panel<GraphView>>),
    /// Finished decisions that are like it.
    Precedents(Box<Panel<Alike>>),
    /// Its items.
    Review(Panel<Vec<ReviewRow>>),
    /// Its events as they are stored.
    Raw(Panel<Raw>),
}

impl TabView {
    /// Before anything was read.
    pub(crate) fn outline(tab: TraceTab, trace_id: &str) -> Self {
        match tab {
            TraceTab::Timeline => Self::Timeline,
            TraceTab::Policy => Self::Policy(Panel::Loading),
            TraceTab::Graph => {
                let ask = GraphAsk { depth: 1, nodes: 24, ..GraphAsk::around(&format!("trace:{trace_id}")) };
                Self::Graph(Box::new(ask), Box::new(Panel::Loading))
            }
            TraceTab::Precedents => Self::Precedents(Box::new(Panel::Loading)),
            TraceTab::Review => Self::Review(Panel::Loading),
            TraceTab::Raw => Self::Raw(Panel::Loading),
        }
    }

    /// Which one it is.
    pub(crate) fn tab(&self) -> TraceTab {
        match self {
            Self::Timeline => TraceTab::Timeline,
            Self::Policy(_) => TraceTab::Policy,
            Self::Graph(..) => TraceTab::Graph,
            Self::Precedents(_) => TraceTab::Precedents,
            Self::Review(_) => TraceTab::Review,
            Self::Raw(_) => TraceTab::Raw,
        }
    }
}

/// How a trace was decided.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct PolicyPath {
    /// From the first evaluation to the end.
    pub(crate) steps: Vec<Step>,
    /// All evaluations, not only the latest.
    pub(crate) evaluations: Vec<Evaluation>,
}

/// A step of a decision.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Step {
    /// Position in the trace.
    pub(crate) trace_seq: i64,
    /// What it says.
    pub(crate) story: Story,
    /// Type of its event.
    pub(crate) event_type: String,
    /// When it happened.
    pub(crate) at: Option<Micros>,
    /// Time since the step before, in microseconds.
    pub(crate) since: Option<i64>,
    /// The item in which people decide about it.
    pub(crate) review: Option<String>,
}

/// One evaluation of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Evaluation {
    /// Position in the trace.
    pub(crate) trace_seq: i64,
    /// `id @ version`
    pub(crate) policy: String,
    /// Its key in the graph.
    pub(crate) node: String,
    /// What it said.
    pub(crate) decision: String,
    /// Code and message.
    pub(crate) violations: Vec<(String, String)>,
    /// Why, laid out or in a sentence.
    pub(crate) explanation: Option<String>,
    /// Ids of the inputs it looked at.
    pub(crate) inputs: Vec<String>,
}

/// Finished decisions that are like a trace, each list with the search that found it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Alike {
    /// Same policy and type of entity.
    pub(crate) policy: Option<(PrecedentAsk, Hits)>,
    /// Same entity.
    pub(crate) entity: Option<(PrecedentAsk, Hits)>,
}

/// An item of a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReviewRow {
    /// Which.
    pub(crate) workflow_id: String,
    /// What is asked.
    pub(crate) title: String,
    /// As the service calls it.
    pub(crate) status: String,
    /// Whether somebody has to decide.
    pub(crate) open: bool,
    /// Past its deadline.
    pub(crate) overdue: bool,
    /// `urgent`, `high`, `normal` or `low`.
    pub(crate) priority: String,
    /// Who has it: an account, else a role.
    pub(crate) assignee: Option<String>,
    /// Its deadline.
    pub(crate) due: Option<Micros>,
}

/// Events as they are stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Raw {
    /// One a line.
    pub(crate) lines: Vec<String>,
    /// There are more than these.
    pub(crate) cut: bool,
}
