//! Addresses of the console: what a path and query mean, and how they are written.
//!
//! Everything a person would miss after a reload is in the address (tenant, filter, page), because a live
//! session's memory ends with its socket. Reading never fails: what has no meaning is [`Place::Unknown`].

use dg_domain::TenantId;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What stays readable in an address; all of it is harmless in a path segment and in a query value.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b':').remove(b'@');

/// Longer addresses are not read at all; ids are bounded by 512 bytes, three times that when escaped.
const MAX_ADDRESS: usize = 4096;

/// One screen with everything that decides what it shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// `/`: leads to the first tenant the person may see.
    Home,
    /// `/t/{tenant}/traces`
    Traces {
        /// Whose traces.
        tenant: TenantId,
        /// Which of them.
        filter: TraceFilter,
        /// Where the page starts; none is the newest.
        cursor: Option<String>,
    },
    /// `/t/{tenant}/traces/{trace_id}`
    Trace {
        /// Whose trace.
        tenant: TenantId,
        /// Which trace.
        trace_id: String,
        /// The first event shown, counted from 0.
        from: i64,
    },
    /// No screen has this address.
    Unknown,
}

/// Which traces a list shows; an absent field filters nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TraceFilter {
    /// Exact workflow name.
    pub(crate) workflow: Option<String>,
    /// `success`, `failure` or `abandoned`.
    pub(crate) outcome: Option<String>,
    /// `open` or `finished`.
    pub(crate) status: Option<String>,
}

/// The outcomes a finished trace can have.
pub(crate) const OUTCOMES: [&str; 3] = ["success", "failure", "abandoned"];
/// The states of a trace.
pub(crate) const STATUSES: [&str; 2] = ["open", "finished"];

impl TraceFilter {
    /// Whether every trace passes.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn pairs(&self) -> impl Iterator<Item = (&'static str, &String)> {
        [("workflow", &self.workflow), ("outcome", &self.outcome), ("status", &self.status)]
            .into_iter()
            .filter_map(|(key, value)| value.as_ref().map(|value| (key, value)))
    }
}

impl Place {
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
        let tenant = |text: &str| TenantId::new(text).ok();
        match segments.as_slice() {
            [""] => Self::Home,
            ["t", name] | ["t", name, ""] => match tenant(name) {
                Some(tenant) => Self::traces(tenant),
                None => Self::Unknown,
            },
            ["t", name, "traces"] => match tenant(name) {
                Some(tenant) => Self::Traces { tenant, filter: filter_of(query), cursor: value_of(query, "cursor") },
                None => Self::Unknown,
            },
            ["t", name, "traces", trace_id] if !trace_id.is_empty() => match tenant(name) {
                Some(tenant) => Self::Trace { tenant, trace_id: (*trace_id).to_owned(), from: from_of(query) },
                None => Self::Unknown,
            },
            _ => Self::Unknown,
        }
    }

    /// The unfiltered list of a tenant.
    pub(crate) fn traces(tenant: TenantId) -> Self {
        Self::Traces { tenant, filter: TraceFilter::default(), cursor: None }
    }

    /// The tenant this place belongs to.
    pub(crate) fn tenant(&self) -> Option<&TenantId> {
        match self {
            Self::Traces { tenant, .. } | Self::Trace { tenant, .. } => Some(tenant),
            Self::Home | Self::Unknown => None,
        }
    }

    /// The address, escaped, as it goes into a link.
    pub(crate) fn href(&self) -> String {
        match self {
            Self::Home | Self::Unknown => "/".to_owned(),
            Self::Traces { tenant, filter, cursor } => {
                let mut pairs: Vec<(&str, &str)> = filter.pairs().map(|(key, value)| (key, value.as_str())).collect();
                pairs.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
                format!("/t/{}/traces{}", escaped(tenant.as_str()), query_of(&pairs))
            }
            Self::Trace { tenant, trace_id, from } => {
                let from = (*from > 0).then(|| from.to_string());
                let pairs: Vec<(&str, &str)> = from.as_deref().map(|from| ("from", from)).into_iter().collect();
                format!("/t/{}/traces/{}{}", escaped(tenant.as_str()), escaped(trace_id), query_of(&pairs))
            }
        }
    }
}

/// Text as it may stand in a path segment or a query value.
pub(crate) fn escaped(text: &str) -> String {
    utf8_percent_encode(text, KEPT).to_string()
}

fn query_of(pairs: &[(&str, &str)]) -> String {
    let joined: Vec<String> = pairs.iter().map(|(key, value)| format!("{key}={}", escaped(value))).collect();
    if joined.is_empty() { String::new() } else { format!("?{}", joined.join("&")) }
}

fn filter_of(query: &str) -> TraceFilter {
    let known = |key: &str, allowed: &[&str]| value_of(query, key).filter(|value| allowed.contains(&value.as_str()));
    TraceFilter {
        workflow: value_of(query, "workflow"),
        outcome: known("outcome", &OUTCOMES),
        status: known("status", &STATUSES),
    }
}

fn from_of(query: &str) -> i64 {
    value_of(query, "from").and_then(|text| text.parse().ok()).filter(|from| *from >= 0).unwrap_or(0)
}

/// The first non-blank value of `key`, trimmed; a form sends empty fields for filters left alone.
pub(crate) fn value_of(query: &str, key: &str) -> Option<String> {
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .filter(|(name, _)| *name == key)
        .filter_map(|(_, value)| decoded(&value.replace('+', " ")))
        .map(|value| value.trim().to_owned())
        .find(|value| !value.is_empty())
}

fn decoded(text: &str) -> Option<String> {
    let text = percent_decode_str(text).decode_utf8().ok()?.into_owned();
    (!text.contains('\0')).then_some(text)
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
        check("/t/acme", &Place::traces(tenant()));
        check("/t/acme/traces?workflow=&outcome=&status=", &Place::traces(tenant()));
        check("/t/acme/traces/a%2Fb%20c", &Place::Trace { tenant: tenant(), trace_id: "a/b c".to_owned(), from: 0 });
        for unknown in
            ["", "x", "//", "/t/", "/t/%00/traces", "/t/a%ffb/traces", "/t/acme/traces/", "/t/acme/x", "/t/../traces"]
        {
            check(unknown, &Place::Unknown);
        }
        check(&format!("/t/acme/traces/{}", "x".repeat(MAX_ADDRESS)), &Place::Unknown);
    }

    #[test]
    fn filters_outside_their_domain_filter_nothing() {
        let place = Place::parse("/t/acme/traces?workflow=refund+check&outcome=maybe&status=open&cursor=abc");
        let filter =
            TraceFilter { workflow: Some("refund check".to_owned()), outcome: None, status: Some("open".to_owned()) };
        assert_eq!(place, Place::Traces { tenant: tenant(), filter, cursor: Some("abc".to_owned()) });
    }

    #[test]
    fn what_is_written_reads_back() {
        let strange = "ä/?&=#%+ \"<>'";
        let filter = TraceFilter { workflow: Some(strange.to_owned()), outcome: Some("success".into()), status: None };
        for place in [
            Place::Traces { tenant: tenant(), filter, cursor: Some("1:x".to_owned()) },
            Place::Trace { tenant: TenantId::new("a:b@c").unwrap(), trace_id: strange.to_owned(), from: 500 },
        ] {
            assert_eq!(Place::parse(&place.href()), place);
        }
    }
}
