//! The view model: everything a page shows, as values that compare.
//!
//! Pages are functions of [`View`]; loading fills it, a live session replaces it, and the difference goes to
//! the browser. Nothing here fetches and nothing here knows HTML.

pub(crate) mod audit;
pub(crate) mod events;
pub(crate) mod failures;
pub(crate) mod graph;
pub(crate) mod inbox;
pub(crate) mod notifications;
pub(crate) mod overview;
pub(crate) mod precedents;
pub(crate) mod projections;
pub(crate) mod review;
pub(crate) mod runs;
pub(crate) mod studio;
pub(crate) mod tabs;

use std::time::Duration;

use dg_domain::{Micros, TenantId};

use crate::{
    place::{Place, TraceFilter},
    story::Story,
};

/// One screen.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct View {
    /// What the window is called, without the product's name.
    pub(crate) title: String,
    /// The frame around every screen.
    pub(crate) shell: Shell,
    /// The screen itself.
    pub(crate) body: Body,
}

/// The frame: who looks, at what, how fresh it is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Shell {
    /// Whose permissions apply; none on the sign-in page.
    pub(crate) viewer: Option<Viewer>,
    /// The tenants to choose from.
    pub(crate) tenants: Vec<TenantId>,
    /// Where this is.
    pub(crate) place: Place,
    /// `dev` or `production`.
    pub(crate) environment: String,
    /// Goes into every form that changes something.
    pub(crate) csrf: String,
    /// How current the data is.
    pub(crate) freshness: Freshness,
    /// Said on top of the page while the service does not answer.
    pub(crate) outage: Option<Failure>,
    /// New data is on its way; what is shown stays.
    pub(crate) refreshing: bool,
    /// Whether a socket keeps this page current.
    pub(crate) live: bool,
    /// What "ago" counts from.
    pub(crate) now: Micros,
    /// Names what this page's forms do: sent twice, a form does it once.
    pub(crate) key: String,
    /// What came of the form that led here.
    pub(crate) said: Option<Said>,
}

impl Shell {
    /// Whether the viewer may use a permission, as far as the service said.
    pub(crate) fn may(&self, permission: &str) -> bool {
        self.viewer.as_ref().is_some_and(|viewer| viewer.may(permission))
    }

    /// What was typed into `field` of the form `form`, if the service refused it and it is shown again.
    pub(crate) fn typed(&self, form: &str, field: &str) -> &str {
        match &self.said {
            Some(Said::Refused { fields, .. }) if fields.get("form") == Some(form) => {
                fields.get(field).unwrap_or_default()
            }
            _ => "",
        }
    }
}

/// What is said about a form that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// It was done.
    Done(String),
    /// It was not done.
    Refused {
        /// Why not.
        failure: Failure,
        /// What was typed.
        fields: Fields,
    },
}

/// What a form sent: names and values in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fields(pub(crate) Vec<(String, String)>);

impl Fields {
    /// The first value of a field, trimmed; none where it is blank.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// The same, owned.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    /// Every value of a field that is not blank, trimmed.
    pub(crate) fn all<'f>(&'f self, name: &str) -> impl Iterator<Item = &'f str> {
        self.0
            .iter()
            .filter(move |(field, _)| field == name)
            .map(|(_, value)| value.trim())
            .filter(|value| !value.is_empty())
    }
}

/// The person, or the development reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Viewer {
    /// The account.
    pub(crate) account_id: String,
    /// Its roles, as the service names them.
    pub(crate) roles: Vec<String>,
    /// What it may do beyond them; `*` for everything.
    pub(crate) permissions: Vec<String>,
    /// Nobody signed in: the development token is used.
    pub(crate) development: bool,
}

impl Viewer {
    fn may(&self, permission: &str) -> bool {
        !self.development && self.permissions.iter().any(|one| one == permission || one == "*")
    }
}

/// How far the shown data is behind the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// Nothing was read yet.
    Unknown,
    /// Everything up to this log position is shown.
    Current {
        /// The position.
        applied: i64,
    },
    /// The log is further than the projections.
    Behind {
        /// What is shown.
        applied: i64,
        /// Where the log is.
        head: i64,
    },
}

impl Freshness {
    /// From the two positions of an answer.
    pub(crate) fn of(applied: i64, head: i64) -> Self {
        if applied >= head { Self::Current { applied } } else { Self::Behind { applied, head } }
    }
}

/// Something that could not be had, in words for the person and for whoever helps them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// Stable, as in the error pages of the documentation.
    pub(crate) code: String,
    /// One sentence.
    pub(crate) message: String,
    /// Finds the log lines of the failed call.
    pub(crate) request_id: Option<String>,
    /// Whether it may work later with nobody changing anything.
    pub(crate) transient: bool,
}

/// A part of a screen that is fetched on its own.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Panel<T> {
    /// Not there yet; the final layout is shown empty.
    Loading,
    /// The content.
    Ready(T),
    /// Why there is none.
    Failed(Failure),
}

impl<T> Panel<T> {
    /// The content, if it is there.
    pub(crate) fn ready(&self) -> Option<&T> {
        if let Self::Ready(content) = self { Some(content) } else { None }
    }
}

/// The screens.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Body {
    /// The start page of a tenant.
    Overview(Box<overview::OverviewPage>),
    /// What the viewer was told.
    Notifications(Box<notifications::NotificationsPage>),
    /// What waits for people.
    Inbox(Box<inbox::InboxPage>),
    /// One item.
    Review(Box<review::ReviewPage>),
    /// Templates of reviews.
    Studio(Box<studio::StudioPage>),
    /// Who did what.
    Audit(Box<audit::AuditPage>),
    /// The list of traces.
    Traces(Box<TracesPage>),
    /// One trace.
    Trace(Box<TracePage>),
    /// The graph around a node.
    Graph(Box<graph::GraphPage>),
    /// The search for precedents.
    Precedents(Box<precedents::PrecedentsPage>),
    /// Two decisions side by side.
    Compare(Box<precedents::ComparePage>),
    /// The log itself.
    Events(Box<events::EventsPage>),
    /// How the read models stand.
    Projections(Box<projections::ProjectionsPage>),
    /// What the read models amount to.
    Digests(Box<projections::DigestsPage>),
    /// Events that were set aside.
    Failures(Box<failures::FailuresPage>),
    /// Runs over the read models.
    Replays(Box<runs::ReplaysPage>),
    /// One of them.
    Run(Box<runs::RunPage>),
    /// The sign-in form.
    SignIn(SignInPage),
    /// The form for another password.
    Password(PasswordPage),
    /// A page that leads on.
    Passage(PassagePage),
    /// A screen that only says something.
    Notice(Notice),
}

/// While something is under way.
const SOON: Duration = Duration::from_secs(1);
/// What changes seldom, and not with the log.
const LATER: Duration = Duration::from_secs(5);

impl Body {
    /// How soon an open page reads this again although the log did not move; `None` where the log tells all.
    pub(crate) fn again(&self) -> Option<Duration> {
        let busy = |busy: bool| Some(if busy { SOON } else { LATER });
        match self {
            Self::Projections(page) => busy(page.health.ready().is_some_and(|health| !health.open.is_empty())),
            Self::Replays(page) => busy(page.state.ready().is_some_and(|state| !state.open.is_empty())),
            Self::Run(page) => page.run.ready().is_some_and(|run| !run.line.has_ended()).then_some(SOON),
            Self::Failures(_) => Some(LATER),
            _ => None,
        }
    }

    /// Whether it costs too much to be read again whenever the log moves.
    pub(crate) fn is_still(&self) -> bool {
        matches!(self, Self::Digests(page) if page.now.as_ref().is_some_and(|now| now.ready().is_some()))
    }
}

/// Screens that only say something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    /// No such page, or nothing the person may see there: the same words for both.
    NotFound,
    /// The account sees no tenant that exists.
    NoTenant,
    /// The service answered no to the first question.
    Failed(Failure),
}

/// The sign-in form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SignInPage {
    /// Where to go afterwards.
    pub(crate) next: String,
    /// What was wrong with the last attempt.
    pub(crate) problem: Option<String>,
    /// Whether people sign in with name and password.
    pub(crate) people: bool,
    /// What the button to the issuer says, if there is one.
    pub(crate) issuer: Option<String>,
    /// The name of the last attempt.
    pub(crate) user_id: String,
}

/// A page that leads on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PassagePage {
    /// Where to.
    pub(crate) to: String,
    /// What happens.
    pub(crate) title: String,
}

/// The form for another password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PasswordPage {
    /// Where to go afterwards.
    pub(crate) next: String,
    /// What was wrong with the last attempt.
    pub(crate) problem: Option<String>,
    /// Whether nothing else can be done before.
    pub(crate) required: bool,
}

/// The list of traces.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TracesPage {
    /// Whose.
    pub(crate) tenant: TenantId,
    /// Which.
    pub(crate) filter: TraceFilter,
    /// Where this page starts.
    pub(crate) cursor: Option<String>,
    /// The rows.
    pub(crate) list: Panel<TraceList>,
    /// Rows that arrived while the list was held still.
    pub(crate) waiting: usize,
}

/// One page of traces.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct TraceList {
    /// Newest activity first.
    pub(crate) rows: Vec<TraceRow>,
    /// Where the next page starts.
    pub(crate) next: Option<String>,
    /// How many there are on all pages, where they were counted, and whether there are more than that.
    pub(crate) total: Option<(i64, bool)>,
}

/// One trace in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TraceRow {
    /// The trace.
    pub(crate) trace_id: String,
    /// What it is about; empty when the start was never recorded.
    pub(crate) title: String,
    /// Its workflow; empty when the start was never recorded.
    pub(crate) workflow: String,
    /// What it decides about.
    pub(crate) entity: Entity,
    /// How it stands.
    pub(crate) standing: Standing,
    /// All its events.
    pub(crate) event_count: i64,
    /// Where its newest event is in the log.
    pub(crate) last_log_seq: i64,
    /// What happened last.
    pub(crate) last_event_type: String,
    /// When that happened, by the producer's clock.
    pub(crate) last_at: Option<Micros>,
    /// It no longer fits the filter, but stays until the list is read anew.
    pub(crate) left: bool,
    /// It came in while the page was open.
    pub(crate) fresh: bool,
}

/// What a trace decides about, as far as known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entity {
    /// Its id.
    pub(crate) id: String,
    /// What and where it is: `account in crm`.
    pub(crate) kind: String,
}

/// How a trace stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Not finished.
    Open,
    /// Finished well.
    Success,
    /// Finished badly.
    Failure,
    /// Given up.
    Abandoned,
    /// Finished, with an outcome this console does not know.
    Finished,
}

impl Standing {
    /// From the two fields of a trace.
    pub(crate) fn of(finished: bool, outcome: Option<&str>) -> Self {
        match outcome {
            Some("success") => Self::Success,
            Some("failure") => Self::Failure,
            Some("abandoned") => Self::Abandoned,
            _ if finished => Self::Finished,
            _ => Self::Open,
        }
    }

    /// In one word.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Abandoned => "abandoned",
            Self::Finished => "finished",
        }
    }
}

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
