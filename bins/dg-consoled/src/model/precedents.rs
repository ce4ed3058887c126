//! Finished decisions that are like a case, and two of them side by side.

use dg_domain::{Micros, TenantId};

use super::{Panel, Standing};
use crate::{compare::Comparison, place::PrecedentAsk};

/// The search for precedents.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PrecedentsPage {
    /// Whose.
    pub(crate) tenant: TenantId,
    /// Which.
    pub(crate) ask: PrecedentAsk,
    /// What was found.
    pub(crate) hits: Panel<Hits>,
}

/// What was found, latest finish first.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Hits {
    /// The decisions.
    pub(crate) rows: Vec<Hit>,
    /// There may be more than were read.
    pub(crate) full: bool,
}

/// One finished decision.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Hit {
    /// The trace.
    pub(crate) trace_id: String,
    /// What it is about.
    pub(crate) title: String,
    /// Its workflow.
    pub(crate) workflow: String,
    /// How it ended.
    pub(crate) standing: Standing,
    /// When.
    pub(crate) finished: Option<Micros>,
    /// What it has in common with what was asked for.
    pub(crate) why: Vec<String>,
}

/// Two decisions side by side.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ComparePage {
    /// Whose.
    pub(crate) tenant: TenantId,
    /// The left trace.
    pub(crate) a: Option<String>,
    /// The right one.
    pub(crate) b: Option<String>,
    /// Only what is not the same.
    pub(crate) only: bool,
    /// Both; stays empty until two are named.
    pub(crate) content: Panel<Compared>,
}

/// What is shown of both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Compared {
    /// What the left one is about.
    pub(crate) a_title: String,
    /// What the right one is about.
    pub(crate) b_title: String,
    /// Line by line.
    pub(crate) comparison: Comparison,
}
