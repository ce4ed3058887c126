//! One trace.

use dg_domain::{Micros, TenantId};

use super::{Entity, Panel, Standing, tabs};
use crate::{place::Place, story::Story};

/// One trace.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TracePage {
    /// Whose.
    pub(crate) tenant: TenantId,
    /// Which.
    pub(crate) trace_id: String,
    /// What the projections know; not needed for the timeline.
    pub(crate) head: Panel<TraceHead>,
    /// The log's part.
    pub(crate) timeline: Panel<Timeline>,
    /// What the context graph connects it to.
    pub(crate) neighbours: Panel<Vec<Neighbours>>,
    /// Which view of it, with what that shows.
    pub(crate) tab: tabs::TabView,
}

/// What stands above a timeline.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TraceHead {
    /// What it is about.
    pub(crate) title: String,
    /// Its workflow.
    pub(crate) workflow: String,
    /// What it decides about.
    pub(crate) entity: Entity,
    /// How it stands.
    pub(crate) standing: Standing,
    /// All its events.
    pub(crate) event_count: i64,
    /// First and last position in the log.
    pub(crate) log_range: Option<(i64, i64)>,
    /// When it started.
    pub(crate) started: Option<Micros>,
    /// When it finished.
    pub(crate) finished: Option<Micros>,
    /// Who took part, `type:id`.
    pub(crate) actors: Vec<String>,
    /// `id @ version`.
    pub(crate) policies: Vec<String>,
    /// All tags of its events.
    pub(crate) tags: Vec<String>,
}

/// A stretch of a trace's events.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Timeline {
    /// By position in the trace.
    pub(crate) events: Vec<EventRow>,
    /// Position of the first event shown.
    pub(crate) from: i64,
    /// Where the next stretch starts.
    pub(crate) next: Option<i64>,
}

/// One event of a timeline.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct EventRow {
    /// Position in the trace.
    pub(crate) trace_seq: i64,
    /// Position in the tenant's log.
    pub(crate) log_seq: i64,
    /// Its id.
    pub(crate) event_id: String,
    /// Its type, as the contract spells it.
    pub(crate) event_type: String,
    /// What it says, in words.
    pub(crate) story: Story,
    /// When it happened, by the producer's clock.
    pub(crate) at: Option<Micros>,
    /// The producer's own spelling of that.
    pub(crate) occurred_at: String,
    /// Time since the event before it.
    pub(crate) since_previous: Option<i64>,
    /// `type:id`.
    pub(crate) actor: String,
    /// Further fields, name and value, for those who look closer.
    pub(crate) fields: Vec<(&'static str, String)>,
    /// Position in the trace of the event that caused it.
    pub(crate) caused_by: Option<i64>,
    /// Its payload, laid out.
    pub(crate) payload: String,
    /// It came in while the page was open.
    pub(crate) fresh: bool,
}

/// Nodes of one type beside a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Neighbours {
    /// `entity`, `policy`, `actor` and so on.
    pub(crate) kind: String,
    /// The nodes.
    pub(crate) nodes: Vec<Neighbour>,
}

/// One node beside a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Neighbour {
    /// Its id without the type.
    pub(crate) id: String,
    /// How it is connected, in words.
    pub(crate) relation: String,
    /// Its page, when it has one.
    pub(crate) place: Option<Place>,
}
