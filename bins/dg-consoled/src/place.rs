//! Addresses of the console: what a path and query mean, and how they are written.
//!
//! Everything a person would miss after a reload is in the address (tenant, filter, page), because a live
//! session's memory ends with its socket. Reading never fails: what has no meaning is [`Place::Unknown`].

mod audit;
mod downloads;
mod events;
mod graph;
mod inbox;
mod managed;
mod precedents;
mod query;
mod screen;
mod steering;
mod tab;
mod traces;

use dg_domain::TenantId;

pub(crate) use audit::{AuditFilter, KINDS};
pub(crate) use downloads::Download;
pub(crate) use events::EventsAt;
pub(crate) use graph::{GraphAsk, Layout, Window};
pub(crate) use inbox::{InboxFilter, PRIORITIES, VIEWS};
pub(crate) use managed::ManagedAt;
pub(crate) use precedents::PrecedentAsk;
pub(crate) use query::{escaped, value_of};
pub(crate) use screen::{Area, Screen};
pub(crate) use steering::{
    ASKED_MODES, DIGESTED, DigestsAt, FAILURE_STATUSES, FailuresAt, PROJECTIONS, RUN_MODES, RUN_STATUSES, ReplaysAt,
    RunAt, TARGETS,
};
pub(crate) use tab::TraceTab;
pub(crate) use traces::{OUTCOMES, STATUSES, TraceFilter};

use query::{decoded, query_of};

/// Longer addresses are not read at all; ids are bounded by 512 bytes, three times that when escaped.
const MAX_ADDRESS: usize = 4096;

/// A page of the console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// `/`: leads to the first tenant the person may see.
    Home,
    /// `/t/{tenant}/…`
    Of {
        /// Whose screen.
        tenant: TenantId,
        /// Which.
        screen: Screen,
        /// Names what is to be said there about a form that was sent.
        said: Option<String>,
    },
    /// No screen has this address.
    Unknown,
}

impl Place {
    /// A screen of a tenant.
    pub(crate) fn of(tenant: &TenantId, screen: Screen) -> Self {
        Self::Of { tenant: tenant.clone(), screen, said: None }
    }

    /// Reads a path with an optional query, as a browser sends it.
    pub(crate) fn parse(address: &str) -> Self {
        if address.len() > MAX_ADDRESS {
            return Self::Unknown;
        }
        let address = address.split('#').next().unwrap_or_default();
        let (path, query) = address.split_once('?').unwrap_or((address, ""));
        let Some(path) = path.strip_prefix('/') else { return Self::Unknown };
        let Some(segments) = path.split('/').map(decoded).collect::<Option<Vec<String>>>() else {
            return Self::Unknown;
        };
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        match segments.as_slice() {
            [""] => Self::Home,
            ["t", name, rest @ ..] => match (TenantId::new(name), Screen::read(rest, query)) {
                (Ok(tenant), Some(screen)) => Self::Of { tenant, screen, said: value_of(query, "said") },
                _ => Self::Unknown,
            },
            _ => Self::Unknown,
        }
    }

    /// The tenant this place belongs to.
    pub(crate) fn tenant(&self) -> Option<&TenantId> {
        match self {
            Self::Of { tenant, .. } => Some(tenant),
            Self::Home | Self::Unknown => None,
        }
    }

    /// The screen, where there is one.
    pub(crate) fn screen(&self) -> Option<&Screen> {
        match self {
            Self::Of { screen, .. } => Some(screen),
            Self::Home | Self::Unknown => None,
        }
    }

    /// The same place with `said` to be said there.
    pub(crate) fn saying(self, said: Option<String>) -> Self {
        match self {
            Self::Of { tenant, screen, .. } => Self::Of { tenant, screen, said },
            Self::Home | Self::Unknown => self,
        }
    }

    /// The address, escaped, as it goes into a link.
    pub(crate) fn href(&self) -> String {
        let Self::Of { tenant, screen, said } = self else { return "/".to_owned() };
        let (segments, mut pairs) = screen.write();
        pairs.extend(said.iter().map(|said| ("said", said.clone())));
        let path: String = segments.into_iter().map(|segment| format!("/{}", escaped(segment))).collect();
        format!("/t/{}{path}{}", escaped(tenant.as_str()), query_of(&pairs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant() -> TenantId {
        TenantId::new("acme").unwrap()
    }

    fn check(address: &str, expected: &Place) {
        assert_eq!(&Place::parse(address), expected, "{address}");
    }

    #[test]
    fn addresses_are_read() {
        check("/", &Place::Home);
        check("/?utm=1", &Place::Home);
        let of = |screen| Place::of(&tenant(), screen);
        check("/t/acme", &of(Screen::Overview));
        check("/t/acme/", &of(Screen::Overview));
        check("/t/acme/traces?workflow=&outcome=&status=", &of(Screen::traces()));
        check("/t/acme/traces/a%2Fb%20c", &of(Screen::trace("a/b c")));
        check("/t/acme/traces?said=12", &of(Screen::traces()).saying(Some("12".to_owned())));
        for unknown in
            ["", "x", "//", "/t/", "/t/%00/traces", "/t/a%ffb/traces", "/t/acme/traces/", "/t/acme/x", "/t/../traces"]
        {
            check(unknown, &Place::Unknown);
        }
        check(&format!("/t/acme/traces/{}", "x".repeat(MAX_ADDRESS)), &Place::Unknown);
    }

    #[test]
    fn filters_outside_their_domain_filter_nothing() {
        let place =
            Place::parse("/t/acme/traces?workflow=refund+check&outcome=maybe&status=open&started_from=soon&cursor=abc");
        let filter = TraceFilter {
            workflow: Some("refund check".to_owned()),
            status: Some("open".to_owned()),
            ..TraceFilter::default()
        };
        let screen = Screen::Traces { filter: Box::new(filter), cursor: Some("abc".to_owned()) };
        assert_eq!(place, Place::of(&tenant(), screen));
    }

    #[test]
    fn what_is_written_reads_back() {
        let strange = "ä/?&=#%+ \"<>'";
        let filter = TraceFilter {
            workflow: Some(strange.to_owned()),
            outcome: Some("success".into()),
            words: Some("two words".into()),
            entity: Some("order:a/b".into()),
            tags: vec!["eu".into(), "x y".into()],
            facts: vec!["amount>=100".into()],
            from: Some("2026-03-06".into()),
            companions: true,
            ..TraceFilter::default()
        };
        for place in [
            Place::of(&tenant(), Screen::Overview),
            Place::of(&tenant(), Screen::Traces { filter: Box::new(filter), cursor: Some("1:x".to_owned()) }),
            Place::of(
                &TenantId::new("a:b@c").unwrap(),
                Screen::Trace { trace_id: strange.to_owned(), from: 500, tab: TraceTab::Raw },
            )
            .saying(Some(strange.to_owned())),
        ] {
            assert_eq!(Place::parse(&place.href()), place);
        }
    }
}
