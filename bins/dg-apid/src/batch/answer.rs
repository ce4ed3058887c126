//! The answer to a batch: one line per item.

use dg_domain::append::Outcome;
use dg_domain::{NewEvent, StoredEvent, Violation};
use dg_http::contract::{digest, instant};
use dg_http::error::ErrorJson;
use dg_http::{ApiError, Reply};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::Decided;
use crate::words;

#[derive(Serialize, ToSchema)]
pub(super) struct Answer<'a> {
    results: Vec<Item<'a>>,
    stored: usize,
    replayed: usize,
    rejected: usize,
    /// The last position that belongs to an event of this batch; 0 when none does.
    last_log_seq: i64,
}

#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = BatchItem)]
pub(super) enum Item<'a> {
    Kept {
        index: usize,
        #[schema(schema_with = words::kept)]
        status: &'static str,
        event_id: &'a str,
        trace_id: &'a str,
        trace_seq: i64,
        log_seq: i64,
        #[schema(schema_with = digest)]
        payload_hash: String,
        #[schema(schema_with = instant)]
        recorded_at: String,
    },
    Rejected {
        index: usize,
        #[schema(schema_with = words::rejected)]
        status: &'static str,
        error: ErrorJson<'a>,
    },
}

#[derive(Serialize, ToSchema)]
pub(super) struct Validated<'a> {
    results: Vec<Verdict<'a>>,
    valid: usize,
    invalid: usize,
}

#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = ValidatedItem)]
pub(super) enum Verdict<'a> {
    Valid {
        index: usize,
        #[schema(schema_with = words::valid)]
        status: &'static str,
        event_id: &'a str,
        #[schema(schema_with = digest)]
        payload_hash: String,
    },
    Invalid {
        index: usize,
        #[schema(schema_with = words::invalid)]
        status: &'static str,
        error: ErrorJson<'a>,
    },
}

/// Answers for each item on its own.
///
/// # Errors
/// As [`Reply::ok`].
pub(super) fn independent(decided: &Decided) -> Result<Reply, ApiError> {
    let refusals: Vec<Option<ApiError>> = decided.iter().map(|item| refusal(item).map(ApiError::from)).collect();
    let mut answer =
        Answer { results: Vec::with_capacity(decided.len()), stored: 0, replayed: 0, rejected: 0, last_log_seq: 0 };
    for (index, (item, refusal)) in decided.iter().zip(&refusals).enumerate() {
        let (status, event) = match (item, refusal) {
            (_, Some(error)) => {
                answer.rejected += 1;
                answer.results.push(Item::Rejected { index, status: "rejected", error: error.json() });
                continue;
            }
            (Ok(Outcome::Stored(event)), None) => {
                answer.stored += 1;
                ("stored", event)
            }
            (Ok(Outcome::Replayed(event)), None) => {
                answer.replayed += 1;
                ("replayed", event)
            }
            (Ok(Outcome::Rejected(_)) | Err(_), None) => continue,
        };
        answer.last_log_seq = answer.last_log_seq.max(event.log_seq.get());
        answer.results.push(kept(index, status, event));
    }
    Reply::ok(&answer)
}

fn refusal(item: &Result<Outcome, Violation>) -> Option<Violation> {
    match item {
        Ok(Outcome::Rejected(violation)) | Err(violation) => Some(violation.clone()),
        Ok(Outcome::Stored(_) | Outcome::Replayed(_)) => None,
    }
}

fn kept<'a>(index: usize, status: &'static str, stored: &'a StoredEvent) -> Item<'a> {
    Item::Kept {
        index,
        status,
        event_id: &stored.event.event_id,
        trace_id: &stored.event.trace_id,
        trace_seq: stored.trace_seq.get(),
        log_seq: stored.log_seq.get(),
        payload_hash: stored.event.payload_hash.prefixed(),
        recorded_at: stored.recorded_at.rfc3339(),
    }
}

/// Answers for each item whether it would be taken.
///
/// # Errors
/// As [`Reply::ok`].
pub(super) fn validated(items: &[Result<NewEvent, Violation>]) -> Result<Reply, ApiError> {
    let refusals: Vec<Option<ApiError>> =
        items.iter().map(|item| item.as_ref().err().cloned().map(ApiError::from)).collect();
    let results: Vec<Verdict<'_>> = items
        .iter()
        .zip(&refusals)
        .enumerate()
        .filter_map(|(index, (item, refusal))| match (item, refusal) {
            (_, Some(error)) => Some(Verdict::Invalid { index, status: "invalid", error: error.json() }),
            (Ok(event), None) => Some(Verdict::Valid {
                index,
                status: "valid",
                event_id: &event.event_id,
                payload_hash: event.payload_hash.prefixed(),
            }),
            (Err(_), None) => None,
        })
        .collect();
    let invalid = refusals.iter().flatten().count();
    Reply::ok(&Validated { valid: results.len() - invalid, results, invalid })
}

/// Answers that nothing was stored: with status, code and message of the first refusal, and all of them in `details.results`.
pub(super) fn refused(items: impl Iterator<Item = Option<Violation>>) -> ApiError {
    let mut results = Vec::new();
    let mut first = None;
    for (index, violation) in items.enumerate() {
        let Some(violation) = violation else { continue };
        let error = ApiError::from(violation);
        results.push(json!({"index": index, "error": error.json()}));
        first.get_or_insert(error);
    }
    match first {
        Some(error) => error.with("results", results),
        None => ApiError::internal("an atomic batch was refused without a violation"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dg_http::Code;

    #[test]
    fn an_atomic_refusal_names_every_item() {
        let items = [None, Some(Violation::schema("no title").at("/payload/title")), Some(Violation::argument("late"))];
        let error = refused(items.into_iter());
        assert_eq!(error.code(), Code::SchemaViolation);
        let shown = serde_json::to_value(error.json()).unwrap();
        assert_eq!(shown["message"], "no title");
        assert_eq!(shown["details"]["pointer"], "/payload/title");
        assert_eq!(shown["details"]["results"][0]["index"], 1);
        assert_eq!(shown["details"]["results"][1]["error"]["code"], "invalid_argument");
        assert_eq!(shown["details"]["results"].as_array().unwrap().len(), 2);
    }
}
