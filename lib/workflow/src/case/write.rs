//! Writing a case as lines, and the lines as one document.

use std::fmt::Write as _;

use dg_domain::{Hash32, LogSeq, Micros};
use serde_json::{Value, json};

use super::{Case, EXPORT_VERSION, Filed, PARTS, Taken, mask, read};
use crate::digest::NotCanonical;

/// Writes one case. The lines of a case are made together, because the first one names the hashes of the others.
///
/// # Errors
/// [`NotCanonical`] for a row without a canonical form, which would be a bug.
pub fn write(case: &Case, taken: &Taken, out: &mut String) -> Result<(), NotCanonical> {
    let broken = || NotCanonical { workflow_id: case.item.workflow_id.clone() };
    let mut body = String::new();
    let mut parts = Vec::with_capacity(PARTS.len());
    for (part, _) in PARTS {
        let from = body.len();
        let rows = rows(case, part).ok_or_else(broken)?;
        for row in &rows {
            let limits = read::LIMITS;
            let value = dg_domain::json::parse(row.as_bytes(), &limits).map_err(|_| broken())?;
            line(part, &read::canonical(&mask::masked(value, taken.profile)).ok_or_else(broken)?, &mut body);
        }
        let sha256 = Hash32::of(&body.as_bytes()[from..]).prefixed();
        parts.push(json!({"part": part, "lines": rows.len(), "sha256": sha256}));
    }
    let manifest = json!({
        "export_version": EXPORT_VERSION,
        "exported_at": taken.exported_at.rfc3339(),
        "generator": taken.generator,
        "parts": parts,
        "profile": taken.profile.as_str(),
        "request_id": taken.request_id,
        "requested_by": taken.requested_by,
        "tenant_id": case.tenant_id.as_str(),
        "workflow_id": case.item.workflow_id,
    });
    let from = out.len();
    line("manifest", &canonical(&manifest).ok_or_else(broken)?, out);
    let named = Hash32::of(&out.as_bytes()[from..]).prefixed();
    out.push_str(&body);
    out.push_str(&end(&named));
    Ok(())
}

/// The last line of a case. It names the manifest, and itself, so that it is known which of the two was changed.
pub(super) fn end(manifest: &str) -> String {
    let mut out = String::new();
    let check = Hash32::of(manifest.as_bytes()).prefixed();
    line("end", &format!("{{\"check\":\"{check}\",\"manifest\":\"{manifest}\"}}"), &mut out);
    out
}

pub(super) fn line(part: &str, row: &str, out: &mut String) {
    let _ = writeln!(out, "{{\"part\":\"{part}\",\"row\":{row}}}");
}

pub(super) fn canonical(value: &Value) -> Option<String> {
    let text = value.to_string();
    read::canonical(&dg_domain::json::parse(text.as_bytes(), &read::LIMITS).ok()?)
}

/// The rows of a part as JSON text.
fn rows(case: &Case, part: &str) -> Option<Vec<String>> {
    let item = &case.item;
    let one = |value: Value| Some(vec![value.to_string()]);
    match part {
        "audit_summary" => one(json!({
            "action_count": case.actions.len(),
            "closed": !item.status.is_open(),
            "current_decision": item.decision.as_ref().map(|decision| &decision.decision),
            "notification_count": case.notifications.len(),
            "overdue": case.overdue,
            "workflow_kind": item.workflow_kind,
        })),
        "trace_reference" => one(json!({
            "tenant_id": case.tenant_id.as_str(),
            "trace_id": item.trace_id,
            "companion_trace_id": item.companion_trace(),
        })),
        "workflow" => crate::digest::canonical(item).ok().map(|text| vec![text]),
        "workflow_actions" => Some(case.actions.iter().map(Value::to_string).collect()),
        "workflow_notifications" => Some(case.notifications.iter().map(Value::to_string).collect()),
        "evidence" => evidence(&case.actions),
        "events" => case.events.iter().map(event).collect(),
        "digests" => one(json!({
            "demo": case.demo,
            "head_log_seq": case.head.get(),
            "template_id": item.terms.template_id,
            "template_version": item.terms.template_version,
            "workflow_digest": case.workflow_digest.map(|digest| digest.prefixed()),
            "workflow_log_seq": case.applied.get(),
        })),
        _ => None,
    }
}

/// What was put on record, one row each, with the hash of it.
fn evidence(actions: &[Value]) -> Option<Vec<String>> {
    let mut rows = Vec::new();
    for action in actions {
        let Some(list) = action.pointer("/payload/evidence").and_then(Value::as_array) else { continue };
        for (number, value) in list.iter().enumerate() {
            let sha256 = Hash32::of(canonical(value)?.as_bytes()).prefixed();
            let row = json!({"action_id": action["action_id"], "evidence": value, "number": number, "sha256": sha256});
            rows.push(row.to_string());
        }
    }
    Some(rows)
}

/// An event in the shape of the API, with why it is here.
fn event(filed: &Filed) -> Option<String> {
    let (stored, event) = (&filed.event, &filed.event.event);
    let envelope = json!({
        "actor": {"actor_id": event.actor.actor_id, "actor_type": event.actor.actor_type},
        "causation_event_id": event.causation_event_id,
        "correlation_id": event.correlation_id,
        "entry_hash": filed.entry_hash.prefixed(),
        "event_id": event.event_id,
        "event_type": event.event_type.as_str(),
        "idempotency_key": event.idempotency_key,
        "log_seq": stored.log_seq.get(),
        "occurred_at": event.occurred_at,
        "payload_hash": event.payload_hash.prefixed(),
        "recorded_at": stored.recorded_at.rfc3339(),
        "recorded_by": stored.recorded_by,
        "role": filed.role.as_str(),
        "schema_version": event.schema_version,
        "source": {
            "producer_id": event.source.producer_id,
            "subsystem": event.source.subsystem,
            "system": event.source.system,
        },
        "tags": event.tags,
        "tenant_id": stored.tenant_id.as_str(),
        "trace_id": event.trace_id,
        "trace_seq": stored.trace_seq.get(),
    });
    let envelope = envelope.to_string();
    // The payload is spliced in as it is kept: integers of any size survive. An erased one is no text at all.
    let payload = if event.payload_json.is_empty() { "null" } else { &event.payload_json };
    Some(format!("{},\"payload\":{payload}}}", envelope.strip_suffix('}')?))
}

/// The two lines around many cases: how many there were is known at the end, and covers every case.
#[derive(Clone, Debug, Default)]
pub struct Set {
    cases: u64,
    ends: String,
}

impl Set {
    /// The first line: whose, when, and the digest of all items with the position that it is of.
    #[must_use]
    pub fn begin(tenant: &str, items: (LogSeq, Hash32), at: Micros) -> String {
        let mut out = String::new();
        let row = json!({
            "export_version": EXPORT_VERSION, "exported_at": at.rfc3339(), "tenant_id": tenant,
            "workflow_digest": items.1.prefixed(), "workflow_log_seq": items.0.get(),
        });
        line("set", &canonical(&row).unwrap_or_default(), &mut out);
        out
    }

    /// Counts a case, by the lines that [`write()`] made of it.
    pub fn add(&mut self, case: &str) {
        self.cases += 1;
        if let Some(last) = case.lines().next_back() {
            self.ends.push_str(&Hash32::of(last.as_bytes()).hex());
        }
    }

    /// The last line.
    #[must_use]
    pub fn end(&self, begin: &str) -> String {
        let mut out = String::new();
        let sha256 = Hash32::of(format!("{begin}{}", self.ends).as_bytes()).prefixed();
        line("end_of_set", &format!("{{\"cases\":{},\"sha256\":\"{sha256}\"}}", self.cases), &mut out);
        out
    }
}

/// The lines of one case as one document with a key per part.
#[must_use]
pub fn document(lines: &str) -> String {
    let mut parts: std::collections::BTreeMap<&str, Vec<&str>> =
        PARTS.iter().map(|(part, _)| (*part, Vec::new())).collect();
    for line in lines.lines() {
        if let Some((part, row)) = read::split(line) {
            parts.entry(part).or_default().push(row);
        }
    }
    let mut out = format!("{{\"export_version\":{EXPORT_VERSION}");
    if let Some(row) = parts.get("manifest").and_then(|rows| rows.first())
        && let Ok(manifest) = dg_domain::json::parse(row.as_bytes(), &read::LIMITS)
    {
        let at = manifest.get("exported_at").and_then(|at| at.as_str()).unwrap_or_default();
        let _ = write!(out, ",\"exported_at\":{}", Value::from(at));
    }
    for (part, rows) in parts {
        let single = matches!(part, "manifest" | "end") || PARTS.contains(&(part, true));
        let _ = match (single, rows.first()) {
            (true, Some(row)) => write!(out, ",\"{part}\":{row}"),
            _ => write!(out, ",\"{part}\":[{}]", rows.join(",")),
        };
    }
    out.push('}');
    out
}
