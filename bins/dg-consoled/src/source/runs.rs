//! Reads runs over the read models.

use std::collections::BTreeSet;

use dg_client::{Health, Run, RunQuery};
use dg_domain::{Micros, TenantId};
use serde_json::{Map, Value};

use super::{Found, SignedOut, about_fresh, outage, panel};
use crate::{
    model::{
        Body, Freshness, Notice, Panel,
        runs::{
            Difference, DigestPair, ReplaysPage, RunDetail, RunLine, RunList, RunPage, RunState, Verdict, mode_name,
        },
    },
    people::Person,
    place::{Place, ReplaysAt, RunAt},
};

const PAGE: u32 = 50;

pub(super) async fn list(
    person: &Person,
    place: &Place,
    tenant: &TenantId,
    at: &ReplaysAt,
) -> Result<Found, SignedOut> {
    let client = person.client.tenant(tenant.as_str());
    let query =
        RunQuery { status: at.status.clone(), mode: at.mode.clone(), limit: Some(PAGE), cursor: at.cursor.clone() };
    let (health, runs) = tokio::join!(client.health(), client.runs(&query));
    let freshness = health.as_ref().map_or(Freshness::Unknown, freshness);
    let (state, list) = (panel(health.map(state))?, panel(runs)?);
    let list = match list {
        Panel::Ready(page) => {
            Panel::Ready(RunList { rows: page.runs.iter().map(line).collect(), next: page.next_cursor })
        }
        Panel::Failed(failure) => Panel::Failed(failure),
        Panel::Loading => Panel::Loading,
    };
    let outage = outage(&state);
    let body = Body::Replays(Box::new(ReplaysPage { tenant: tenant.clone(), at: at.clone(), state, list }));
    Ok(Found { place: place.clone(), title: format!("Replays of {tenant}"), body, freshness, outage })
}

pub(super) async fn one(person: &Person, place: &Place, tenant: &TenantId, at: &RunAt) -> Result<Found, SignedOut> {
    let client = person.client.tenant(tenant.as_str());
    let (run, freshness) = tokio::join!(client.run(&at.job_id), about_fresh(&client));
    let run = match run {
        Err(error) if error.status == Some(404) => return Ok(Found::says(place, Notice::NotFound)),
        answer => panel(answer.map(|run| detail(&run)))?,
    };
    let title = run
        .ready()
        .map_or_else(|| "Run".to_owned(), |run| format!("{} of {}", mode_name(&run.line.mode), run.line.projection));
    let outage = outage(&run);
    let body = Body::Run(Box::new(RunPage { tenant: tenant.clone(), at: at.clone(), run }));
    Ok(Found { place: place.clone(), title, body, freshness, outage })
}

/// How far all projections of a tenant are.
pub(super) fn freshness(health: &Health) -> Freshness {
    let applied = health.projections.iter().map(|one| one.last_log_seq).min().unwrap_or(0);
    Freshness::of(applied, health.event_log_last_seq)
}

fn state(health: Health) -> RunState {
    RunState {
        head: health.event_log_last_seq,
        pending: health.projections.into_iter().map(|one| (one.projection_name, one.pending_events)).collect(),
        open: health.open_runs.iter().map(line).collect(),
    }
}

/// A run in short.
pub(super) fn line(run: &Run) -> RunLine {
    let time = |text: Option<&str>| text.and_then(Micros::parse_rfc3339);
    RunLine {
        job_id: run.job_id.clone(),
        projection: run.projection_name.clone(),
        mode: run.mode.clone(),
        status: run.status.clone(),
        phase: run.phase.clone(),
        reason: run.reason.clone(),
        by: run.requested_by.clone(),
        asked: time(Some(&run.requested_at)),
        ended: time(run.finished_at.as_deref()),
        reached: run.last_log_seq,
        target: run.target_log_seq,
        per_second: run.events_per_second,
        left: run.eta_seconds,
        folded: run.processed_events,
        verdict: verdict(&run.result),
    }
}

/// Two digests say something about each other only where both hold for the same position.
fn verdict(result: &Map<String, Value>) -> Option<Verdict> {
    let says = |name: &str| result.get(name).and_then(Value::as_bool);
    match (says("equal"), says("level")) {
        (_, Some(false)) => Some(Verdict::NotComparable),
        (Some(true), _) => Some(Verdict::Equal),
        (Some(false), _) => Some(Verdict::Different),
        (None, _) => None,
    }
}

fn detail(run: &Run) -> RunDetail {
    let result = &run.result;
    let text = |name: &str| run.metadata.get(name).and_then(Value::as_str).map(str::to_owned);
    let facts = [
        ("Run", Some(run.job_id.clone())),
        ("Request", text("request_id")),
        ("Asked for together", run.batch_id.clone()),
        ("For the failure", run.failure_id.clone()),
        ("For the review", text("workflow_id")),
        ("Ends at position", run.until_log_seq.map(|until| until.to_string())),
        ("Asked from", text("requested_from")),
    ];
    RunDetail {
        line: line(run),
        started: run.started_at.as_deref().and_then(Micros::parse_rfc3339),
        owner: run.owner.clone(),
        attempt: run.attempt,
        error: run.error_code.clone().map(|code| (code, run.error_message.clone().unwrap_or_default())),
        compared_at: result.get("log_seq").and_then(Value::as_i64),
        digests: digests(result),
        difference: result.get("first_difference").and_then(Value::as_object).map(difference),
        set_aside: result.get("failures").and_then(Value::as_i64),
        generation: result.get("generation").and_then(Value::as_i64),
        facts: facts.into_iter().filter_map(|(name, value)| value.map(|value| (name, value))).collect(),
        trace_id: text("trace_id").or_else(|| text("selected_trace_id")),
    }
}

fn digests(result: &Map<String, Value>) -> Vec<DigestPair> {
    let side = |names: [&str; 2]| names.iter().find_map(|name| result.get(*name)?.as_object());
    let (seen, folded) = (side(["digests_before", "actual"]), side(["digests_after", "expected"]));
    let names: BTreeSet<&String> = seen.into_iter().chain(folded).flat_map(Map::keys).collect();
    let level = verdict(result) != Some(Verdict::NotComparable);
    let of = |side: Option<&Map<String, Value>>, name: &str| side?.get(name)?.as_str().map(str::to_owned);
    let pairs = names.into_iter().map(|name| {
        let (seen, folded) = (of(seen, name), of(folded, name));
        let verdict = match (&seen, &folded) {
            (Some(seen), Some(folded)) if level && seen == folded => Verdict::Equal,
            (Some(_), Some(_)) if level => Verdict::Different,
            _ => Verdict::NotComparable,
        };
        DigestPair { projection: name.clone(), seen, folded, verdict }
    });
    pairs.collect()
}

fn difference(found: &Map<String, Value>) -> Difference {
    let text = |name: &str| found.get(name).map(plain).unwrap_or_default();
    let side = |name: &str| found.get(name).and_then(Value::as_object);
    let (expected, actual) = (side("expected"), side("actual"));
    let names: BTreeSet<&String> = expected.into_iter().chain(actual).flat_map(Map::keys).collect();
    let of = |side: Option<&Map<String, Value>>, name: &str| side?.get(name).map(plain);
    let fields = names.into_iter().map(|name| (name.clone(), of(expected, name), of(actual, name)));
    Difference {
        projection: text("projection"),
        table: text("table"),
        key: text("key"),
        missing: actual.is_none(),
        unknown: expected.is_none(),
        fields: fields.collect(),
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn run(result: &Value) -> RunDetail {
        let metadata = json!({"request_id": "req-1", "workflow_id": "w-1"});
        let run =
            json!({"job_id": "j-1", "status": "completed", "mode": "verify", "result": result, "metadata": metadata});
        detail(&serde_json::from_value(run).unwrap())
    }

    #[test]
    fn digests_are_put_side_by_side() {
        let equal = run(&json!({"equal": true, "log_seq": 9, "expected": {"a": "x"}, "actual": {"a": "x"}}));
        assert_eq!((equal.line.verdict, equal.digests[0].verdict), (Some(Verdict::Equal), Verdict::Equal));
        assert_eq!(equal.compared_at, Some(9));
        assert_eq!(equal.facts[1..], [("Request", "req-1".to_owned()), ("For the review", "w-1".to_owned())]);
        let moved = json!({"equal": false, "level": false, "digests_before": {"a": "x"}, "digests_after": {"a": "y"}});
        let moved = run(&moved);
        let words = (moved.line.verdict, moved.digests[0].verdict);
        assert_eq!(words, (Some(Verdict::NotComparable), Verdict::NotComparable));
        assert_eq!(run(&json!({})).line.verdict, None);
    }

    #[test]
    fn the_first_difference_is_told_field_by_field() {
        let found = json!({"projection": "p", "table": "t", "key": "k", "expected": {"n": 1, "s": "x"}, "actual": {"n": 2, "s": "x"}});
        let told = run(&json!({"equal": false, "first_difference": found})).difference.unwrap();
        assert_eq!(told.fields[0], ("n".to_owned(), Some("1".to_owned()), Some("2".to_owned())));
        assert_eq!(told.fields[1].1, told.fields[1].2);
        assert!(!told.missing && !told.unknown);
        let gone = json!({"projection": "p", "table": "t", "key": "k", "expected": {"n": 1}, "actual": null});
        let gone = run(&json!({"equal": false, "first_difference": gone})).difference.unwrap();
        assert!(gone.missing && gone.fields[0].2.is_none());
    }
}
