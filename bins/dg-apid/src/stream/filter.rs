//! Which events a stream is about, and from where on.

use axum::http::HeaderMap;
use dg_domain::{EventType, LogSeq};
use dg_http::{
    ApiError,
    params::{self, Params},
};
use dg_storage::log::EventFilter;

/// Sent by a client that goes on where it was cut off.
const LAST_EVENT_ID: &str = "last-event-id";

/// What a stream was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    /// The position to go on from; `None` for the end of the log.
    pub(super) after: Option<i64>,
    pub(super) filter: Filter,
}

/// Which events; all of them when nothing is named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Filter {
    types: Vec<EventType>,
    trace_id: Option<String>,
}

impl Asked {
    /// Reads the query; `Last-Event-ID` goes before `after`, because a client that reconnects sends both.
    ///
    /// # Errors
    /// `invalid_argument`.
    pub(super) fn read(query: Option<&str>, headers: &HeaderMap) -> Result<Self, ApiError> {
        let given = Params::read(query, &[&["after", "event_type[]", "trace_id"]])?;
        let after = given.integer("after", 0..=i64::MAX)?;
        let types = given.list("event_type")?.unwrap_or_default();
        let types = types.iter().map(|name| name.parse::<EventType>()).collect::<Result<_, _>>();
        let types = types
            .map_err(|_| params::bad("event_type", "the parameter event_type names an unknown type".to_owned()))?;
        let filter = Filter { types, trace_id: given.text("trace_id").map(str::to_owned) };
        Ok(Self { after: resumed(headers)?.or(after), filter })
    }
}

/// Where a client goes on that was cut off.
///
/// # Errors
/// `invalid_argument` for what is no id of a stream.
pub(crate) fn resumed(headers: &HeaderMap) -> Result<Option<i64>, ApiError> {
    let Some(value) = headers.get(LAST_EVENT_ID).filter(|value| !value.is_empty()) else { return Ok(None) };
    let position = value.to_str().ok().and_then(|text| text.parse::<i64>().ok()).filter(|position| *position >= 0);
    position.map(Some).ok_or_else(|| {
        params::bad(LAST_EVENT_ID, "the header last-event-id must be a log_seq, as the stream's ids are".to_owned())
    })
}

impl Filter {
    /// Whether every event passes.
    pub(super) fn is_open(&self) -> bool {
        self.types.is_empty() && self.trace_id.is_none()
    }

    /// Whether an event of this type and trace passes.
    pub(super) fn takes(&self, event_type: EventType, trace_id: &str) -> bool {
        (self.types.is_empty() || self.types.contains(&event_type))
            && self.trace_id.as_deref().is_none_or(|wanted| wanted == trace_id)
    }

    /// What to read from the log; the rest is left out by [`Filter::takes`].
    pub(super) fn to_read(&self, after: LogSeq, until: LogSeq, limit: i64) -> EventFilter {
        let event_type = if let [only] = &*self.types { Some(*only) } else { None };
        EventFilter { after, until: Some(until), event_type, trace_id: self.trace_id.clone(), limit }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn reads_what_is_asked_for() {
        let none = HeaderMap::new();
        let asked = Asked::read(Some("after=5&event_type=TraceStarted,TraceFinished&trace_id=t"), &none).unwrap();
        assert_eq!(asked.after, Some(5));
        assert!(asked.filter.takes(EventType::TraceFinished, "t"));
        assert!(!asked.filter.takes(EventType::InputObserved, "t"));
        assert!(!asked.filter.takes(EventType::TraceStarted, "u"));
        let open = Asked::read(None, &none).unwrap();
        assert!(open.after.is_none() && open.filter.is_open());
        for bad in ["after=-1", "after=x", "event_type=Nope", "limit=3"] {
            assert!(Asked::read(Some(bad), &none).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_last_event_id_goes_first() {
        let resumed = |text: &'static str| {
            let headers = HeaderMap::from_iter([(LAST_EVENT_ID.parse().unwrap(), HeaderValue::from_static(text))]);
            Asked::read(Some("after=5"), &headers).map(|asked| asked.after)
        };
        assert_eq!(resumed("9").unwrap(), Some(9));
        assert_eq!(resumed("").unwrap(), Some(5));
        assert!(resumed("-9").is_err() && resumed("x").is_err());
    }
}
