//! The screens of a tenant, each with everything that decides what it shows.

use super::{
    audit::AuditFilter,
    query::{Pairs, given, number_of, value_of},
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
    },
}

/// What the navigation leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Area {
    /// The start page.
    Overview,
    /// The list of traces and each trace.
    Traces,
    /// What the viewer was told.
    Notifications,
    /// Templates of reviews, and trying one.
    Studio,
    /// Who did what.
    Audit,
}

impl Area {
    /// All of them, in the order of the navigation.
    pub(crate) const ALL: [Self; 5] = [Self::Overview, Self::Traces, Self::Studio, Self::Notifications, Self::Audit];

    /// What the navigation calls it.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Traces => "Traces",
            Self::Notifications => "Notifications",
            Self::Studio => "Studio",
            Self::Audit => "Audit",
        }
    }

    /// The key that leads there after `g`.
    pub(crate) fn key(self) -> char {
        match self {
            Self::Overview => 'o',
            Self::Traces => 't',
            Self::Notifications => 'n',
            Self::Studio => 's',
            Self::Audit => 'a',
        }
    }

    /// Where it begins.
    pub(crate) fn screen(self) -> Screen {
        match self {
            Self::Overview => Screen::Overview,
            Self::Traces => Screen::traces(),
            Self::Notifications => Screen::Notifications { unread: false, cursor: None },
            Self::Studio => Screen::Studio { trace_id: None, template_id: None },
            Self::Audit => Screen::Audit { filter: AuditFilter::default(), cursor: None },
        }
    }
}

impl Screen {
    /// The unfiltered list.
    pub(crate) fn traces() -> Self {
        Self::Traces { filter: Box::default(), cursor: None }
    }

    /// One trace from its beginning.
    pub(crate) fn trace(trace_id: &str) -> Self {
        Self::Trace { trace_id: trace_id.to_owned(), from: 0 }
    }

    /// Where in the navigation it belongs.
    pub(crate) fn area(&self) -> Area {
        match self {
            Self::Overview => Area::Overview,
            Self::Traces { .. } | Self::Trace { .. } => Area::Traces,
            Self::Notifications { .. } => Area::Notifications,
            Self::Studio { .. } => Area::Studio,
            Self::Audit { .. } => Area::Audit,
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
            ["studio"] => {
                Self::Studio { trace_id: value_of(query, "trace_id"), template_id: value_of(query, "template_id") }
            }
            ["audit"] => Self::Audit { filter: AuditFilter::read(query), cursor: value_of(query, "cursor") },
            ["traces", trace_id] if !trace_id.is_empty() => {
                Self::Trace { trace_id: (*trace_id).to_owned(), from: number_of(query, "from").unwrap_or(0) }
            }
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
            Self::Studio { trace_id, template_id } => {
                (vec!["studio"], given([("trace_id", trace_id.clone()), ("template_id", template_id.clone())]))
            }
            Self::Audit { filter, cursor } => {
                let mut pairs = filter.pairs();
                pairs.extend(given([("cursor", cursor.clone())]));
                (vec!["audit"], pairs)
            }
            Self::Trace { trace_id, from } => {
                (vec!["traces", trace_id], given([("from", (*from > 0).then(|| from.to_string()))]))
            }
        }
    }
}
