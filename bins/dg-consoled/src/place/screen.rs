//! The screens of a tenant, each with everything that decides what it shows.

use super::{
    audit::AuditFilter,
    events::EventsAt,
    graph::GraphAsk,
    inbox::InboxFilter,
    managed::{ACCOUNT_STEPS, ManagedAt, PERSON_STEPS, TENANT_STEPS},
    precedents::PrecedentAsk,
    query::{Pairs, given, number_of, one_of, value_of},
    steering::{DigestsAt, FailuresAt, ReplaysAt, RunAt},
    tab::TraceTab,
    traces::TraceFilter,
};

/// One screen of a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Screen {
    /// Whether anything is wrong, and what waits.
    Overview,
    /// `traces`
    Traces {
        /// Which of them.
        filter: Box<TraceFilter>,
        /// Where the page starts; none is the newest.
        cursor: Option<String>,
    },
    /// `notifications`
    Notifications {
        /// Whether those that were read are left out.
        unread: bool,
        /// Where the page starts; none is the newest.
        cursor: Option<String>,
    },
    /// `inbox`
    Inbox {
        /// Which items.
        filter: Box<InboxFilter>,
        /// Where the page starts; none is the most urgent.
        cursor: Option<String>,
    },
    /// `reviews/{workflow_id}`
    Review {
        /// Which item.
        workflow_id: String,
        /// What the viewer is about to do with it.
        doing: Option<String>,
    },
    /// `studio`
    Studio {
        /// The trace whose review is tried.
        trace_id: Option<String>,
        /// The template by which; none is the one that suits.
        template_id: Option<String>,
    },
    /// `audit`
    Audit {
        /// Which rows.
        filter: AuditFilter,
        /// Where the page starts; none is the newest.
        cursor: Option<String>,
    },
    /// `traces/{trace_id}`
    Trace {
        /// Which trace.
        trace_id: String,
        /// The first event shown, counted from 0.
        from: i64,
        /// Which view of it.
        tab: TraceTab,
    },
    /// `graph`
    Graph(Box<GraphAsk>),
    /// `precedents`
    Precedents(Box<PrecedentAsk>),
    /// `compare`
    Compare {
        /// The left trace.
        a: Option<String>,
        /// The right one.
        b: Option<String>,
        /// Only what is not the same.
        only: bool,
    },
    /// `events`: the log itself.
    Events(EventsAt),
    /// `projections`: how the read models stand.
    Projections,
    /// `digests`: what the read models amount to.
    Digests(DigestsAt),
    /// `failures`: events that were set aside.
    Failures(FailuresAt),
    /// `replays`: what was asked of the read models.
    Replays(ReplaysAt),
    /// `replays/{job_id}`
    Run(RunAt),
    /// `accounts`: what programs are known by.
    Accounts {
        /// Whether the form for another one is open.
        asking: bool,
    },
    /// `accounts/{account_id}`
    Account(ManagedAt),
    /// `people`: who signs in.
    People {
        /// Whether the form for somebody else is open.
        asking: bool,
    },
    /// `people/{user_id}`
    Person(ManagedAt),
    /// `tenant`: what it holds, and what it may send.
    Tenant {
        /// Which form is open.
        doing: Option<String>,
    },
    /// `environment`: what runs here.
    Environment,
}

/// What the navigation leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Area {
    /// The start page.
    Overview,
    /// What waits for people.
    Inbox,
    /// The list of traces and each trace.
    Traces,
    /// What the viewer was told.
    Notifications,
    /// Templates of reviews, and trying one.
    Studio,
    /// Who did what.
    Audit,
    /// What is connected to what.
    Graph,
    /// Finished decisions, and two of them side by side.
    Precedents,
    /// The log itself.
    Events,
    /// The read models, their digests, and what they lack.
    Projections,
    /// Runs over the read models.
    Replays,
    /// What programs are known by.
    Accounts,
    /// Who signs in.
    People,
    /// What the tenant holds, and what it may send.
    Tenant,
    /// What runs here.
    Environment,
}

impl Area {
    /// All of them, in the order of the navigation.
    pub(crate) const ALL: [Self; 15] = [
        Self::Overview,
        Self::Inbox,
        Self::Traces,
        Self::Precedents,
        Self::Graph,
        Self::Events,
        Self::Studio,
        Self::Notifications,
        Self::Projections,
        Self::Replays,
        Self::Audit,
        Self::Accounts,
        Self::People,
        Self::Tenant,
        Self::Environment,
    ];

    /// What the navigation calls it.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Inbox => "Inbox",
            Self::Traces => "Traces",
            Self::Notifications => "Notifications",
            Self::Studio => "Studio",
            Self::Audit => "Audit",
            Self::Graph => "Graph",
            Self::Precedents => "Precedents",
            Self::Events => "Events",
            Self::Projections => "Projections",
            Self::Replays => "Replays",
            Self::Accounts => "Accounts",
            Self::People => "People",
            Self::Tenant => "Tenant",
            Self::Environment => "Environment",
        }
    }

    /// The key that leads there after `g`.
    pub(crate) fn key(self) -> char {
        match self {
            Self::Overview => 'o',
            Self::Inbox => 'i',
            Self::Traces => 't',
            Self::Notifications => 'n',
            Self::Studio => 's',
            Self::Audit => 'a',
            Self::Graph => 'g',
            Self::Precedents => 'p',
            Self::Events => 'e',
            Self::Projections => 'm',
            Self::Replays => 'r',
            Self::Accounts => 'k',
            Self::People => 'u',
            Self::Tenant => 'w',
            Self::Environment => 'v',
        }
    }

    /// Where it begins.
    pub(crate) fn screen(self) -> Screen {
        match self {
            Self::Overview => Screen::Overview,
            Self::Inbox => Screen::inbox("all"),
            Self::Traces => Screen::traces(),
            Self::Notifications => Screen::Notifications { unread: false, cursor: None },
            Self::Studio => Screen::Studio { trace_id: None, template_id: None },
            Self::Audit => Screen::Audit { filter: AuditFilter::default(), cursor: None },
            Self::Graph => Screen::Graph(Box::default()),
            Self::Precedents => Screen::Precedents(Box::default()),
            Self::Events => Screen::Events(EventsAt::default()),
            Self::Projections => Screen::Projections,
            Self::Replays => Screen::Replays(ReplaysAt::default()),
            Self::Accounts => Screen::Accounts { asking: false },
            Self::People => Screen::People { asking: false },
            Self::Tenant => Screen::Tenant { doing: None },
            Self::Environment => Screen::Environment,
        }
    }

    /// Whether it is for the role admin alone: nobody else is led there.
    pub(crate) fn is_for_admins(self) -> bool {
        matches!(self, Self::Accounts | Self::People | Self::Tenant | Self::Environment)
    }

    /// What somebody needs beside the role to be led there.
    pub(crate) fn permission(self) -> Option<&'static str> {
        matches!(self, Self::Accounts | Self::People).then_some("accounts_manage")
    }
}

impl Screen {
    /// The unfiltered list.
    pub(crate) fn traces() -> Self {
        Self::Traces { filter: Box::default(), cursor: None }
    }

    /// All of a queue.
    pub(crate) fn inbox(view: &'static str) -> Self {
        Self::Inbox { filter: Box::new(InboxFilter::of(view)), cursor: None }
    }

    /// One item.
    pub(crate) fn review(workflow_id: &str) -> Self {
        Self::Review { workflow_id: workflow_id.to_owned(), doing: None }
    }

    /// One trace from its beginning.
    pub(crate) fn trace(trace_id: &str) -> Self {
        Self::Trace { trace_id: trace_id.to_owned(), from: 0, tab: TraceTab::default() }
    }

    /// The graph around a node, named by its key.
    pub(crate) fn graph(key: &str) -> Self {
        Self::Graph(Box::new(GraphAsk::around(key)))
    }

    /// One run, with nothing about to be done to it.
    pub(crate) fn run(job_id: &str) -> Self {
        Self::Run(RunAt { job_id: job_id.to_owned(), step: None })
    }

    /// Where in the navigation it belongs.
    pub(crate) fn area(&self) -> Area {
        match self {
            Self::Overview => Area::Overview,
            Self::Traces { .. } | Self::Trace { .. } => Area::Traces,
            Self::Notifications { .. } => Area::Notifications,
            Self::Inbox { .. } | Self::Review { .. } => Area::Inbox,
            Self::Studio { .. } => Area::Studio,
            Self::Audit { .. } => Area::Audit,
            Self::Graph(_) => Area::Graph,
            Self::Precedents(_) | Self::Compare { .. } => Area::Precedents,
            Self::Events(_) => Area::Events,
            Self::Projections | Self::Digests(_) | Self::Failures(_) => Area::Projections,
            Self::Replays(_) | Self::Run(_) => Area::Replays,
            Self::Accounts { .. } | Self::Account(_) => Area::Accounts,
            Self::People { .. } | Self::Person(_) => Area::People,
            Self::Tenant { .. } => Area::Tenant,
            Self::Environment => Area::Environment,
        }
    }

    /// Reads what stands behind the tenant; `None` where there is no such screen.
    pub(super) fn read(segments: &[&str], query: &str) -> Option<Self> {
        Some(match segments {
            [] | [""] => Self::Overview,
            ["traces"] => {
                Self::Traces { filter: Box::new(TraceFilter::read(query)), cursor: value_of(query, "cursor") }
            }
            ["notifications"] => Self::Notifications {
                unread: value_of(query, "unread").as_deref() == Some("true"),
                cursor: value_of(query, "cursor"),
            },
            ["inbox"] => Self::Inbox { filter: Box::new(InboxFilter::read(query)), cursor: value_of(query, "cursor") },
            ["reviews", workflow_id] if !workflow_id.is_empty() => {
                Self::Review { workflow_id: (*workflow_id).to_owned(), doing: value_of(query, "do") }
            }
            ["studio"] => {
                Self::Studio { trace_id: value_of(query, "trace_id"), template_id: value_of(query, "template_id") }
            }
            ["audit"] => Self::Audit { filter: AuditFilter::read(query), cursor: value_of(query, "cursor") },
            ["traces", trace_id] if !trace_id.is_empty() => Self::Trace {
                trace_id: (*trace_id).to_owned(),
                from: number_of(query, "from").unwrap_or(0),
                tab: TraceTab::read(query),
            },
            ["graph"] => Self::Graph(Box::new(GraphAsk::read(query))),
            ["precedents"] => Self::Precedents(Box::new(PrecedentAsk::read(query))),
            ["compare"] => Self::Compare {
                a: value_of(query, "a"),
                b: value_of(query, "b"),
                only: one_of(query, "only", &["differences"]).is_some(),
            },
            ["events"] => Self::Events(EventsAt::read(query)),
            ["projections"] => Self::Projections,
            ["digests"] => Self::Digests(DigestsAt::read(query)),
            ["failures"] => Self::Failures(FailuresAt::read(query)),
            ["replays"] => Self::Replays(ReplaysAt::read(query)),
            ["replays", job_id] if !job_id.is_empty() => Self::Run(RunAt::read(job_id, query)),
            ["accounts"] => Self::Accounts { asking: one_of(query, "do", &["create"]).is_some() },
            ["accounts", id] if !id.is_empty() => Self::Account(ManagedAt::read(id, query, &ACCOUNT_STEPS)),
            ["people"] => Self::People { asking: one_of(query, "do", &["create"]).is_some() },
            ["people", id] if !id.is_empty() => Self::Person(ManagedAt::read(id, query, &PERSON_STEPS)),
            ["tenant"] => Self::Tenant { doing: one_of(query, "do", &TENANT_STEPS) },
            ["environment"] => Self::Environment,
            _ => return None,
        })
    }

    /// The segments behind the tenant, and the query.
    pub(super) fn write(&self) -> (Vec<&str>, Pairs) {
        match self {
            Self::Overview => (Vec::new(), Vec::new()),
            Self::Traces { filter, cursor } => {
                let mut pairs = filter.pairs();
                pairs.extend(given([("cursor", cursor.clone())]));
                (vec!["traces"], pairs)
            }
            Self::Notifications { unread, cursor } => (
                vec!["notifications"],
                given([("unread", unread.then(|| "true".to_owned())), ("cursor", cursor.clone())]),
            ),
            Self::Inbox { filter, cursor } => {
                let mut pairs = filter.pairs();
                pairs.extend(given([("cursor", cursor.clone())]));
                (vec!["inbox"], pairs)
            }
            Self::Review { workflow_id, doing } => (vec!["reviews", workflow_id], given([("do", doing.clone())])),
            Self::Studio { trace_id, template_id } => {
                (vec!["studio"], given([("trace_id", trace_id.clone()), ("template_id", template_id.clone())]))
            }
            Self::Audit { filter, cursor } => {
                let mut pairs = filter.pairs();
                pairs.extend(given([("cursor", cursor.clone())]));
                (vec!["audit"], pairs)
            }
            Self::Trace { trace_id, from, tab } => {
                let from = (*from > 0).then(|| from.to_string());
                (vec!["traces", trace_id], given([("from", from), ("tab", tab.written())]))
            }
            Self::Graph(ask) => (vec!["graph"], ask.pairs()),
            Self::Precedents(ask) => (vec!["precedents"], ask.pairs()),
            Self::Compare { a, b, only } => {
                let only = only.then(|| "differences".to_owned());
                (vec!["compare"], given([("a", a.clone()), ("b", b.clone()), ("only", only)]))
            }
            Self::Events(at) => (vec!["events"], at.pairs()),
            Self::Projections => (vec!["projections"], Vec::new()),
            Self::Digests(at) => (vec!["digests"], at.pairs()),
            Self::Failures(at) => (vec!["failures"], at.pairs()),
            Self::Replays(at) => (vec!["replays"], at.pairs()),
            Self::Run(at) => (vec!["replays", &at.job_id], at.pairs()),
            Self::Accounts { asking } => (vec!["accounts"], given([("do", asking.then(|| "create".to_owned()))])),
            Self::Account(at) => (vec!["accounts", &at.id], at.pairs()),
            Self::People { asking } => (vec!["people"], given([("do", asking.then(|| "create".to_owned()))])),
            Self::Person(at) => (vec!["people", &at.id], at.pairs()),
            Self::Tenant { doing } => (vec!["tenant"], given([("do", doing.clone())])),
            Self::Environment => (vec!["environment"], Vec::new()),
        }
    }
}
