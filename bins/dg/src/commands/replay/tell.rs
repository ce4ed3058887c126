//! Runs in words.

use dg_client::Run;
use serde_json::{Map, Value, json};

use crate::{
    commands::or_dash,
    failure::{Exit, Failure},
    output::{Output, Table, printable},
};

const DIFFERENCE: &str = "first_difference";

/// Describes a run.
pub(crate) fn run(run: &Run, out: &mut Output<'_>) -> Result<(), Failure> {
    if out.is_json() {
        return out.document(&json!({ "run": run }));
    }
    out.line(format!("{}  {} of {}, {}", run.job_id, run.mode, run.projection_name, run.status))?;
    let error = run
        .error_code
        .as_ref()
        .map(|code| format!("{} [{code}]", run.error_message.as_deref().map(printable).unwrap_or_default()));
    let target = run.target_log_seq.map_or_else(String::new, |target| format!(" of {target}"));
    for (name, text) in [
        ("reason", Some(printable(&run.reason))),
        ("asked", Some(format!("{} by {}", run.requested_at, run.requested_by))),
        ("began", run.started_at.clone()),
        ("ended", run.finished_at.clone()),
        ("phase", Some(run.phase.clone()).filter(|phase| !phase.is_empty())),
        ("at", Some(format!("{}{target}, {} events folded", run.last_log_seq, run.processed_events))),
        ("error", error),
        ("failure", run.failure_id.clone()),
    ] {
        if let Some(text) = text {
            out.line(format!("  {name:<8} {text}"))?;
        }
    }
    for (name, value) in &run.result {
        match value {
            Value::Object(members) if name != DIFFERENCE => {
                out.line(format!("  {name}"))?;
                for (name, value) in members {
                    out.line(format!("    {name:<16} {}", plain(value)))?;
                }
            }
            Value::Object(_) | Value::Null => {}
            value => out.line(format!("  {name:<8} {}", plain(value)))?,
        }
    }
    // Last, because it is what one looks for.
    match run.result.get(DIFFERENCE) {
        Some(Value::Object(difference)) => tell_difference(difference, out),
        _ => Ok(()),
    }
}

/// Describes a run that has ended.
///
/// # Errors
/// 1 when it was not for good: failed, cancelled, or a comparison that found a difference.
pub(crate) fn ended(ended: &Run, out: &mut Output<'_>) -> Result<(), Failure> {
    run(ended, out)?;
    if is_well(ended) {
        return Ok(());
    }
    let (code, message) = match ended.status.as_str() {
        "completed" => ("different", "what readers see is not what the log says".to_owned()),
        status => ("run_failed", format!("the run is {status}")),
    };
    Err(Failure::new(Exit::Found, code, message).note("job_id", ended.job_id.clone()))
}

/// Whether a run did what was asked and found nothing wrong.
pub(crate) fn is_well(run: &Run) -> bool {
    let differs = run.mode == "verify" && run.result.get("equal") == Some(&Value::Bool(false));
    run.status == "completed" && !differs
}

/// The first differing row, field by field.
fn tell_difference(difference: &Map<String, Value>, out: &mut Output<'_>) -> Result<(), Failure> {
    let text = |name: &str| difference.get(name).map(plain).unwrap_or_default();
    out.line(format!("\n  first difference: {}, table {}, key {}", text("projection"), text("table"), text("key")))?;
    let side = |name: &str| difference.get(name).and_then(Value::as_object);
    let (expected, actual) = (side("expected"), side("actual"));
    match (expected, actual) {
        (Some(_), None) => out.line("  the row is missing in what readers see; the log says:")?,
        (None, Some(_)) => out.line("  the log knows no such row; readers see:")?,
        _ => {}
    }
    let mut table = Table::new(&["FIELD", "EXPECTED", "ACTUAL", ""]);
    let mut fields: Vec<&String> = expected.into_iter().chain(actual).flat_map(Map::keys).collect();
    fields.sort_unstable();
    fields.dedup();
    for field in fields {
        let of = |side: Option<&Map<String, Value>>| side.and_then(|row| row.get(field)).map(plain);
        let (expected, actual) = (of(expected), of(actual));
        let mark = if expected == actual { "" } else { "<-" };
        table.row([field.clone(), or_dash(expected), or_dash(actual), mark.to_owned()]);
    }
    Ok(out.table(&table)?)
}

/// A list of runs.
pub(crate) fn table(runs: &[Run], tenants: bool, out: &mut Output<'_>) -> Result<(), Failure> {
    if tenants {
        let mut table = Table::new(&["TENANT", "RUN", "MODE", "STATUS", "AT", "EQUAL"]).full();
        for run in runs {
            let equal = run.result.get("equal").map(plain);
            let Run { tenant_id, job_id, mode, status, .. } = run.clone();
            table.row([tenant_id, job_id, mode, status, run.last_log_seq.to_string(), or_dash(equal)]);
        }
        return Ok(out.table(&table)?);
    }
    let mut table = Table::new(&["RUN", "PROJECTION", "MODE", "STATUS", "AT", "ASKED", "BY", "REASON"]);
    for run in runs {
        let Run { job_id, projection_name, mode, status, requested_at, requested_by, reason, .. } = run.clone();
        let at = run.last_log_seq.to_string();
        table.row([job_id, projection_name, mode, status, at, requested_at, requested_by, reason]);
    }
    Ok(out.table(&table)?)
}

/// A value in one cell: text without quotes.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => printable(text),
        other => printable(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(run: &Run) -> (String, Option<Exit>) {
        let mut written = Vec::new();
        let mut out = Output::new(false, false, &mut written);
        let exit = ended(run, &mut out).err().map(|failure| failure.exit());
        (String::from_utf8(written).unwrap(), exit)
    }

    fn verified(result: &Value) -> Run {
        let run =
            json!({"job_id": "j", "status": "completed", "mode": "verify", "projection_name": "all", "result": result});
        serde_json::from_value(run).unwrap()
    }

    #[test]
    fn a_difference_is_shown_field_by_field() {
        let difference = json!({"projection": "trace_summary", "table": "dg_trace_summary", "key": "trace-1",
            "expected": {"title": "a", "outcome": "success"}, "actual": {"title": "b", "outcome": "success"}});
        let (text, exit) = said(&verified(&json!({"equal": false, "log_seq": 9, "first_difference": difference})));
        assert_eq!(exit, Some(Exit::Found));
        assert!(text.contains("first difference: trace_summary, table dg_trace_summary, key trace-1"), "{text}");
        assert!(text.contains("title    a         b        <-"), "{text}");
        let gone = json!({"projection": "p", "table": "t", "key": "k", "expected": {"x": 1}, "actual": null});
        let (text, _) = said(&verified(&json!({"equal": false, "first_difference": gone})));
        assert!(text.contains("the row is missing in what readers see"), "{text}");
    }

    #[test]
    fn what_ended_well_is_well() {
        let (text, exit) = said(&verified(&json!({"equal": true, "expected": {"context_graph": "sha256:1"}})));
        assert_eq!(exit, None);
        assert!(text.contains("context_graph") && text.contains("sha256:1"), "{text}");
        let failed = Run { status: "failed".to_owned(), ..verified(&json!({})) };
        assert_eq!(said(&failed).1, Some(Exit::Found));
    }
}
