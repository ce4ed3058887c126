//! What is asked of webhooks, checked.

use std::time::Duration;

use dg_domain::{EventType, LogSeq};
use dg_http::ApiError;
use dg_storage::webhooks::{WebhookChange, WebhookStatus};
use dg_webhooks::{Reach, SecretKind, Target, Wants};
use serde::Deserialize;
use tokio::time::timeout;
use utoipa::ToSchema;

use crate::admin::grants;
use crate::words;

/// How long the old secrets go on after a rotation, unless something else is said.
const OVERLAP_S: i64 = 24 * 3600;
/// Thirty days: whoever needs more wants two endpoints.
pub(crate) const LONGEST_OVERLAP_S: i64 = 30 * 24 * 3600;
/// For looking up the name of a new endpoint.
const LOOKUP: Duration = Duration::from_secs(2);
const LONGEST_TRACE_ID: usize = 512;
const LONGEST_REASON: usize = 2_000;

/// An endpoint to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AskedWebhook)]
pub(super) struct Asked {
    #[schema(schema_with = words::endpoint)]
    pub(super) url: String,
    #[schema(schema_with = words::nullable_title)]
    pub(super) description: Option<String>,
    #[schema(schema_with = words::nullable_webhook_whats)]
    what: Option<Vec<String>>,
    #[schema(schema_with = words::nullable_event_types)]
    event_type: Option<Vec<String>>,
    #[schema(schema_with = words::nullable_trace_id)]
    trace_id: Option<String>,
    #[schema(minimum = 0)]
    after: Option<i64>,
    #[schema(schema_with = words::nullable_secret_kind)]
    secret_kind: Option<String>,
}

/// What is to be different about an endpoint.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = WebhookChange)]
pub(super) struct Change {
    #[schema(schema_with = words::nullable_endpoint)]
    url: Option<String>,
    #[serde(deserialize_with = "grants::given")]
    #[schema(schema_with = words::nullable_title)]
    description: Option<Option<String>>,
    #[schema(schema_with = words::nullable_webhook_whats)]
    what: Option<Vec<String>>,
    #[schema(schema_with = words::nullable_event_types)]
    event_type: Option<Vec<String>>,
    #[serde(deserialize_with = "grants::given")]
    #[schema(schema_with = words::nullable_trace_id)]
    trace_id: Option<Option<String>>,
    #[schema(schema_with = words::nullable_asked_webhook_status)]
    status: Option<String>,
    #[schema(schema_with = words::nullable_free_reason)]
    reason: Option<String>,
}

/// Another secret.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = WebhookRotation)]
pub(crate) struct Rotation {
    #[schema(schema_with = words::webhook_overlap)]
    overlap_s: Option<i64>,
    #[schema(schema_with = words::nullable_secret_kind)]
    secret_kind: Option<String>,
}

/// What to send again, as it was asked.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AskedWebhookReplay)]
pub(super) struct AskedReplay {
    #[schema(minimum = 0)]
    after: Option<i64>,
    #[schema(minimum = 0)]
    until: Option<i64>,
    #[serde(default)]
    dead: bool,
}

/// What to send again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Replay {
    /// Events after a position, up to one.
    Events {
        /// Exclusive.
        after: LogSeq,
        /// Inclusive.
        until: LogSeq,
    },
    /// Every message that was given up.
    DeadLetters,
}

/// Checks where messages are to go, and where its name leads now; where it leads later is checked each time.
///
/// # Errors
/// `invalid_argument`.
pub(crate) async fn target(url: &str, reach: Reach, pointer: &'static str) -> Result<String, ApiError> {
    let target = Target::parse(url, reach).map_err(|error| bad(error.to_string(), pointer))?;
    if target.ip().is_none() && reach == Reach::Public {
        let found = timeout(LOOKUP, tokio::net::lookup_host((target.host_name(), target.port()))).await;
        // A name that nobody knows just now may be known when the first message goes there.
        if let Ok(Ok(addresses)) = found
            && addresses.into_iter().any(|address| !reach.covers(address.ip()))
        {
            return Err(bad(dg_webhooks::BadTarget::NotPublic.to_string(), pointer));
        }
    }
    Ok(target.as_str().to_owned())
}

impl Asked {
    pub(super) fn wants(&self) -> Result<Wants, ApiError> {
        grants::title(self.description.as_deref(), "/description")?;
        let (events, projections) = self.what.as_deref().map_or(Ok((true, false)), what)?;
        let wants = Wants {
            events,
            projections,
            event_types: self.event_type.as_deref().map_or(Ok(Vec::new()), event_types)?,
            trace_id: trace(self.trace_id.as_deref())?,
        };
        Ok(wants)
    }

    pub(super) fn secret_kind(&self) -> Result<SecretKind, ApiError> {
        Ok(kind(self.secret_kind.as_deref())?.unwrap_or(SecretKind::Hmac))
    }

    /// The position to begin after.
    pub(super) fn after(&self, head: LogSeq) -> Result<Option<LogSeq>, ApiError> {
        self.after.map(|raw| position(raw, head, "/after")).transpose()
    }
}

impl Change {
    pub(super) async fn read(self, reach: Reach) -> Result<WebhookChange, ApiError> {
        let what = self.what.as_deref().map(what).transpose()?;
        if let Some(description) = &self.description {
            grants::title(description.as_deref(), "/description")?;
        }
        if self.reason.as_deref().is_some_and(|text| text.contains('\0') || text.chars().count() > LONGEST_REASON) {
            return Err(bad("the reason is longer than 2000 characters".to_owned(), "/reason"));
        }
        let status = match self.status.as_deref() {
            None => None,
            Some("active") => Some(WebhookStatus::Active),
            Some("paused") => Some(WebhookStatus::Paused),
            Some(_) => return Err(bad("status is active or paused".to_owned(), "/status")),
        };
        let url = match &self.url {
            Some(url) => Some(target(url, reach, "/url").await?),
            None => None,
        };
        Ok(WebhookChange {
            url,
            description: self.description,
            events: what.map(|(events, _)| events),
            projections: what.map(|(_, projections)| projections),
            event_types: self.event_type.as_deref().map(event_types).transpose()?,
            trace_id: self.trace_id.map(|given| trace(given.as_deref())).transpose()?,
            status,
            reason: self.reason.filter(|reason| !reason.trim().is_empty()),
        })
    }
}

impl Rotation {
    pub(crate) fn overlap_s(&self) -> Result<u32, ApiError> {
        let overlap = self.overlap_s.unwrap_or(OVERLAP_S);
        match u32::try_from(overlap) {
            Ok(seconds) if overlap <= LONGEST_OVERLAP_S => Ok(seconds),
            _ => Err(bad(format!("overlap_s must be an integer from 0 to {LONGEST_OVERLAP_S}"), "/overlap_s")),
        }
    }

    pub(crate) fn secret_kind(&self) -> Result<Option<SecretKind>, ApiError> {
        kind(self.secret_kind.as_deref())
    }
}

impl AskedReplay {
    pub(super) fn read(&self, head: LogSeq) -> Result<Replay, ApiError> {
        match (self.after, self.until, self.dead) {
            (None, None, true) => Ok(Replay::DeadLetters),
            (Some(after), until, false) => {
                let after = position(after, head, "/after")?;
                let until = until.map_or(Ok(head), |until| position(until, head, "/until"))?;
                if until <= after {
                    return Err(bad("there is nothing after `after` up to `until`".to_owned(), "/until"));
                }
                Ok(Replay::Events { after, until })
            }
            _ => Err(bad("either `after`, and `until` if need be, or `dead`: true".to_owned(), "")),
        }
    }
}

/// Whether events and projections are named; one of them has to be.
fn what(words: &[String]) -> Result<(bool, bool), ApiError> {
    let has = |word: &str| words.iter().any(|given| given == word);
    let known = words.iter().all(|word| word == "events" || word == "projections");
    if words.is_empty() || !known {
        return Err(bad("what holds events, projections, or both".to_owned(), "/what"));
    }
    Ok((has("events"), has("projections")))
}

fn event_types(names: &[String]) -> Result<Vec<EventType>, ApiError> {
    let types: Result<Vec<EventType>, _> = names.iter().map(|name| name.parse::<EventType>()).collect();
    let mut types = types.map_err(|_| bad("event_type names an unknown type".to_owned(), "/event_type"))?;
    let mut seen = Vec::new();
    types.retain(|event_type| {
        let new = !seen.contains(event_type);
        seen.push(*event_type);
        new
    });
    Ok(types)
}

fn trace(given: Option<&str>) -> Result<Option<String>, ApiError> {
    match given {
        Some(text) if text.trim().is_empty() || text.len() > LONGEST_TRACE_ID || text.contains('\0') => {
            Err(bad("trace_id needs 1 to 512 bytes".to_owned(), "/trace_id"))
        }
        other => Ok(other.map(str::to_owned)),
    }
}

fn kind(name: Option<&str>) -> Result<Option<SecretKind>, ApiError> {
    let Some(name) = name else { return Ok(None) };
    let kind = SecretKind::from_name(name);
    kind.map(Some).ok_or_else(|| bad("secret_kind is hmac or ed25519".to_owned(), "/secret_kind"))
}

fn position(raw: i64, head: LogSeq, pointer: &'static str) -> Result<LogSeq, ApiError> {
    let end = head.get();
    match LogSeq::new(raw) {
        Ok(position) if position <= head => Ok(position),
        _ => Err(bad(format!("it must be a position from 0 to {end}, where the log ends"), pointer)),
    }
}

fn bad(message: String, pointer: &'static str) -> ApiError {
    ApiError::invalid(message).with("pointer", pointer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn head() -> LogSeq {
        LogSeq::new(9).unwrap()
    }

    fn pointer<T>(outcome: Result<T, ApiError>) -> Option<String> {
        outcome.err().map(|error| error.message().to_owned())
    }

    fn wants(body: Value) -> Result<Wants, String> {
        let asked: Asked = serde_json::from_value(body).map_err(|error| error.to_string())?;
        asked.secret_kind().and_then(|_| asked.after(head())).map_err(|error| error.message().to_owned())?;
        asked.wants().map_err(|error| error.message().to_owned())
    }

    #[test]
    fn an_endpoint_is_told_about_events_unless_something_else_is_said() {
        let given = wants(json!({"url": "x"})).unwrap();
        assert_eq!(given, Wants { events: true, ..Wants::default() });
        let given = json!({"url": "x", "what": ["projections", "events"], "event_type": ["TraceStarted", "TraceStarted"], "trace_id": "t", "after": 9});
        let given = wants(given).unwrap();
        assert!(given.events && given.projections && given.takes(EventType::TraceStarted, "t"));
        assert_eq!(given.event_types, [EventType::TraceStarted]);
        for bad in [
            json!({}),
            json!({"url": "x", "what": []}),
            json!({"url": "x", "what": ["everything"]}),
            json!({"url": "x", "event_type": ["Nope"]}),
            json!({"url": "x", "trace_id": " "}),
            json!({"url": "x", "after": 10}),
            json!({"url": "x", "after": -1}),
            json!({"url": "x", "description": "a\nb"}),
            json!({"url": "x", "secret_kind": "rsa"}),
            json!({"url": "x", "secret": "whsec_x"}),
        ] {
            assert!(wants(bad.clone()).is_err(), "{bad}");
        }
    }

    #[tokio::test]
    async fn a_change_names_what_becomes_different() {
        let read = async |body: Value| {
            let change: Change = serde_json::from_value(body).map_err(|error| error.to_string())?;
            change.read(Reach::Public).await.map_err(|error| error.message().to_owned())
        };
        assert_eq!(read(json!({})).await.unwrap(), WebhookChange::default());
        let change = read(json!({"trace_id": null, "status": "paused", "what": ["projections"]})).await.unwrap();
        assert_eq!((change.trace_id, change.description), (Some(None), None));
        assert_eq!((change.events, change.projections), (Some(false), Some(true)));
        assert_eq!(change.status, Some(WebhookStatus::Paused));
        for bad in [
            json!({"status": "disabled"}),
            json!({"url": "http://127.0.0.1/"}),
            json!({"url": "https://10.0.0.1/"}),
            json!({"description": ""}),
            json!({"reason": "x".repeat(2_001)}),
            json!({"cursor": 1}),
        ] {
            assert!(read(bad.clone()).await.is_err(), "{bad}");
        }
    }

    #[test]
    fn a_replay_is_of_events_or_of_dead_letters() {
        let read = |body: Value| {
            let asked: AskedReplay = serde_json::from_value(body).map_err(|error| error.to_string())?;
            asked.read(head()).map_err(|error| error.message().to_owned())
        };
        let at = |raw| LogSeq::new(raw).unwrap();
        assert_eq!(read(json!({"dead": true})), Ok(Replay::DeadLetters));
        assert_eq!(read(json!({"after": 0})), Ok(Replay::Events { after: at(0), until: at(9) }));
        assert_eq!(read(json!({"after": 3, "until": 4})), Ok(Replay::Events { after: at(3), until: at(4) }));
        for bad in [
            json!({}),
            json!({"until": 3}),
            json!({"after": 1, "dead": true}),
            json!({"after": 9}),
            json!({"after": 3, "until": 3}),
            json!({"after": 0, "until": 10}),
            json!({"dead": false}),
        ] {
            assert!(read(bad.clone()).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_overlap_is_bounded() {
        let check = |overlap_s| Rotation { overlap_s, secret_kind: None }.overlap_s();
        assert_eq!(check(None).unwrap(), 86_400);
        assert_eq!(check(Some(0)).unwrap(), 0);
        assert!(pointer(check(Some(-1))).is_some() && pointer(check(Some(2_592_001))).is_some());
    }
}
