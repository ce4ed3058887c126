//! Lines and rows of a bundle as values.

use std::str::FromStr;

use dg_domain::{
    Actor, EventType, Hash32, Limits, LogSeq, Micros, NewEvent, Source, StoredEvent, TenantId, TraceSeq,
    json::{self, Json},
};

use super::{PARTS, write};

/// A row nests deeper than the payload in it.
pub(super) const LIMITS: Limits = Limits { depth: 96, ..Limits::SERVICE };

/// The part that a line says it belongs to, and its row.
pub(super) fn split(line: &str) -> Option<(&str, &str)> {
    let rest = line.strip_prefix("{\"part\":\"")?;
    let (part, rest) = rest.split_once("\",\"row\":")?;
    Some((part, rest.strip_suffix('}')?))
}

/// A value as canonical text.
pub(super) fn canonical(value: &Json<'_>) -> Option<String> {
    let mut text = String::new();
    json::write_canonical(value, &mut text).ok()?;
    Some(text)
}

/// `sha256:` and 64 digits.
pub(super) fn hash(value: Option<&Json<'_>>) -> Option<Hash32> {
    let digits = value?.as_str()?.strip_prefix("sha256:")?;
    let byte = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    let bytes: Option<Vec<u8>> = (0..64).step_by(2).map(byte).collect();
    let hash = Hash32::from_slice(&bytes?).ok()?;
    (digits == hash.hex()).then_some(hash)
}

/// An event as it stands in a row; a payload that is not there is empty text.
pub(super) fn event(row: &Json<'_>) -> Option<StoredEvent> {
    let text = |from: &Json<'_>, key: &str| from.get(key).and_then(Json::as_str).map(str::to_owned);
    let int = |key: &str| row.get(key).and_then(Json::as_i64);
    let (source, actor) = (row.get("source")?, row.get("actor")?);
    let payload = row.get("payload")?;
    let trace_seq = TraceSeq::new(int("trace_seq")?).ok()?;
    let occurred_at = text(row, "occurred_at")?;
    let tags: Option<Vec<String>> =
        row.get("tags")?.as_list()?.iter().map(|tag| tag.as_str().map(str::to_owned)).collect();
    Some(StoredEvent {
        tenant_id: TenantId::new(&text(row, "tenant_id")?).ok()?,
        log_seq: LogSeq::new(int("log_seq")?).ok()?,
        trace_seq,
        recorded_at: Micros::parse_rfc3339(&text(row, "recorded_at")?)?,
        recorded_by: text(row, "recorded_by").unwrap_or_default(),
        event: NewEvent {
            event_id: text(row, "event_id")?,
            trace_id: text(row, "trace_id")?,
            trace_seq: Some(trace_seq),
            event_type: EventType::from_str(&text(row, "event_type")?).ok()?,
            occurred_instant: Micros::parse_rfc3339(&occurred_at).unwrap_or(Micros::new(0)),
            occurred_at,
            source: Source {
                producer_id: text(source, "producer_id")?,
                system: text(source, "system")?,
                subsystem: text(source, "subsystem"),
            },
            actor: Actor {
                actor_type: text(actor, "actor_type")?,
                actor_id: text(actor, "actor_id").unwrap_or_default(),
            },
            correlation_id: text(row, "correlation_id"),
            causation_event_id: text(row, "causation_event_id"),
            idempotency_key: text(row, "idempotency_key")?,
            schema_version: int("schema_version")?,
            tags: tags?,
            payload_json: if payload.is_null() { String::new() } else { canonical(payload)? },
            payload_hash: hash(row.get("payload_hash"))?,
        },
    })
}

/// A document, also one inside the envelope of an answer, as the lines that it was made of.
pub(super) fn lines_of(document: &Json<'_>) -> Option<String> {
    let document = document.get("data").unwrap_or(document);
    let mut out = String::new();
    write::line("manifest", &canonical(document.get("manifest")?)?, &mut out);
    for (part, single) in PARTS {
        let value = document.get(part)?;
        if single {
            write::line(part, &canonical(value)?, &mut out);
            continue;
        }
        for row in value.as_list()? {
            write::line(part, &canonical(row)?, &mut out);
        }
    }
    write::line("end", &canonical(document.get("end")?)?, &mut out);
    Some(out)
}

/// A line as text.
pub(super) fn text(line: &[u8]) -> Option<&str> {
    std::str::from_utf8(line).ok()
}

/// A row that stands in its canonical form and in no other.
pub(super) fn parsed(row: &str) -> Option<Json<'_>> {
    let value = json::parse(row.as_bytes(), &LIMITS).ok()?;
    (canonical(&value)? == row).then_some(value)
}
