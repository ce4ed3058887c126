use dg_domain::{EventType, Micros};
use serde_json::{Value, json};

use super::*;
use crate::{Assignment, Kind, template::built_in};

/// A trace out of types and payloads.
fn trace(events: &[(EventType, Value)]) -> Reading {
    let mut reading = Reading::of("t", 9);
    let start = json!({"workflow": "refund", "title": "Refund of order 17",
        "primary_entity": {"entity_type": "order", "entity_id": "17"}});
    reading.read(EventType::TraceStarted, &start.to_string());
    for (event_type, payload) in events {
        reading.read(*event_type, &payload.to_string());
    }
    reading
}

fn policy(decision: &str) -> (EventType, Value) {
    let policy = json!({"policy_id": "refunds", "policy_version": "3"});
    (EventType::PolicyEvaluated, json!({"policy": policy, "inputs": [], "decision": decision}))
}

fn exception() -> (EventType, Value) {
    (EventType::ExceptionRequested, json!({"exception_id": "ex", "reason": "late"}))
}

fn approval(subject_type: &str, decision: &str) -> (EventType, Value) {
    (EventType::ApprovalRecorded, json!({"subject": {"subject_type": subject_type}, "decision": decision}))
}

fn committed(status: &str) -> (EventType, Value) {
    (EventType::ActionCommitted, json!({"action_id": "a", "status": status}))
}

fn ended(outcome: &str) -> (EventType, Value) {
    (EventType::TraceFinished, json!({"outcome": outcome}))
}

fn precedents(outcomes: &[&str]) -> Vec<Precedent> {
    let precedent =
        |(at, outcome): (usize, &&str)| Precedent { trace_id: format!("p-{at}"), outcome: Some((*outcome).to_owned()) };
    outcomes.iter().enumerate().map(precedent).collect()
}

/// An item of the trace in a state.
fn item(kind: Kind, subject_type: &str, subject_id: &str, status: &str, decision: Option<&str>) -> Item {
    let actor = json!({"actor_type": "person", "actor_id": "ana"});
    let decision = decision.map(|decision| {
        json!({"decision": decision, "approval_id": "a", "event_id": "e", "approver": actor, "account_id": "ana",
            "request_hash": "0"})
    });
    let at = Micros::new(1_000_000).rfc3339();
    let nothing = serde_json::to_value(crate::Terms::standard(false)).unwrap();
    serde_json::from_value(json!({
        "workflow_id": format!("t:{subject_type}:{subject_id}"), "trace_id": "t", "workflow_kind": kind,
        "workflow_name": "refund", "subject": {"subject_type": subject_type, "subject_id": subject_id},
        "status": status, "priority": "high", "title": "x", "policy": null,
        "request": {"event_id": "e", "payload_hash": "0", "actor": actor, "recorded_by": "agent", "reason": "r"},
        "assigned": {"account_id": null, "role": "admin"},
        "sla": {"due_at": null, "span_us": 0, "paused_us": null, "escalation_level": 0, "escalation_count": 0},
        "terms": nothing, "round": 1, "version": 1, "ballots": [], "decision": decision, "external": [],
        "companion": "none", "requested_at": at, "updated_at": at, "resolved_at": null, "last_action_type": null,
        "last_action_at": null, "current_reason": null, "created_from_event_id": "e", "last_source_log_seq": 1,
        "metadata": {},
    }))
    .unwrap()
}

fn looked<'a>(reading: &'a Reading, precedents: &'a [Precedent], existing: &'a [Item]) -> Looked<'a> {
    Looked { reading, precedents, precedents_as_of: 8, existing, profile: None }
}

fn check(events: &[(EventType, Value)], outcomes: &[&str], existing: &[Item], expected: &[&str], urgency: &str) {
    let (reading, known) = (trace(events), precedents(outcomes));
    let looked = looked(&reading, &known, existing);
    let found: Vec<&str> = signals(&looked).into_iter().map(Signal::as_str).collect();
    assert_eq!(found, expected, "{events:?}");
    assert_eq!(priority(&signals(&looked)).as_str(), urgency, "{events:?}");
}

#[test]
fn signals_stand_in_a_fixed_order() {
    let same = ["success", "success"];
    check(&[policy("allow"), ended("success")], &same, &[], &[], "normal");
    check(&[policy("allow")], &same, &[], &["trace_active"], "high");
    check(&[ended("success")], &[], &[], &["no_precedents"], "normal");
    check(&[ended("failure")], &["failure"], &[], &["unfavorable_outcome"], "urgent");
    check(&[ended("abandoned")], &["abandoned"], &[], &["unfavorable_outcome"], "urgent");
    check(&[policy("deny"), ended("success")], &same, &[], &["unfavorable_outcome"], "urgent");
    // The last policy counts.
    check(&[policy("deny"), policy("allow"), ended("success")], &same, &[], &[], "normal");
    check(&[committed("failure"), committed("success"), ended("success")], &same, &[], &[], "normal");
    let failed = ["unfavorable_outcome", "action_failed"];
    check(&[committed("partial"), ended("success")], &same, &[], &failed, "urgent");
    check(&[approval("exception", "rejected"), ended("success")], &same, &[], &["unfavorable_outcome"], "urgent");
    // What somebody said about a review of the trace is not about the trace.
    check(&[approval("trace_review", "rejected"), ended("success")], &same, &[], &[], "normal");
    check(&[approval("override", "approved"), ended("success")], &same, &[], &["override_present"], "high");
    let twice = ["exception_requested", "repeat_exception"];
    check(&[exception(), exception(), ended("success")], &same, &[], &twice, "urgent");
    let all = [exception(), exception(), policy("deny"), approval("override", "approved"), committed("failure")];
    let expected = [
        "exception_requested",
        "unfavorable_outcome",
        "trace_active",
        "no_precedents",
        "override_present",
        "action_failed",
        "repeat_exception",
    ];
    check(&all, &[], &[], &expected, "urgent");
}

#[test]
fn precedents_diverge_from_each_other_and_from_the_trace() {
    let divergence: &[&str] = &["precedent_divergence"];
    check(&[ended("success")], &["success", "failure"], &[], divergence, "high");
    check(&[ended("success")], &["failure"], &[], divergence, "high");
    check(&[ended("success")], &["success"], &[], &[], "normal");
    // Nothing can be held against a trace that has not ended.
    check(&[], &["success", "failure"], &[], &["trace_active"], "high");
}

#[test]
fn items_say_what_the_trace_does_not() {
    let rejected = item(Kind::ExceptionReview, "exception", "ex", "rejected", Some("rejected"));
    check(&[ended("success")], &["success"], &[rejected], &["unfavorable_outcome"], "urgent");
    let overridden = item(Kind::ExceptionReview, "exception", "ex", "overridden", Some("override_approved"));
    check(&[ended("success")], &["success"], &[overridden], &["override_present"], "high");
    let review = item(Kind::IncidentReview, SUBJECT_TYPE, "incident_triage", "rejected", Some("rejected"));
    check(&[ended("success")], &["success"], &[review], &[], "normal");
}

#[test]
fn a_template_is_recommended() {
    let suits = |signals: &[Signal], templates: &[Versioned]| {
        recommend(signals, templates).map(|template| template.template_id.clone())
    };
    let all = built_in();
    assert_eq!(suits(&[Signal::ExceptionRequested, Signal::TraceActive], &all).unwrap(), "exception_follow_up");
    assert_eq!(suits(&[Signal::UnfavorableOutcome], &all).unwrap(), "incident_triage");
    assert_eq!(suits(&[Signal::NoPrecedents], &all).unwrap(), "precedent_gap_review");
    assert_eq!(suits(&[], &all).unwrap(), "precedent_gap_review");
    let off = |template: Versioned| Versioned { enabled: template.template_id != "precedent_gap_review", ..template };
    let some: Vec<Versioned> = built_in().into_iter().map(off).collect();
    assert_eq!(suits(&[], &some).unwrap(), "incident_triage");
    let none: Vec<Versioned> =
        built_in().into_iter().map(|template| Versioned { enabled: false, ..template }).collect();
    assert_eq!(suits(&[], &none), None);
}

#[test]
fn a_review_is_drafted_as_the_template_has_it() {
    let reading = trace(&[policy("deny"), ended("failure")]);
    let known = precedents(&["success"]);
    let found = dry_run(&looked(&reading, &known, &[]), &built_in()[0]);
    assert_eq!(
        found.reason,
        "Incident Triage Review of Refund of order 17: the outcome is unfavourable, precedents ended otherwise"
    );
    let draft = &found.draft;
    assert_eq!(
        (draft.workflow_id.as_str(), draft.title.as_str(), draft.priority, draft.sla_hours, draft.exists),
        ("t:trace_review:incident_triage", "Incident Triage Review: Refund of order 17", Priority::Urgent, 2, false)
    );
    assert_eq!(draft.policy.as_ref().map(|policy| policy.policy_version.as_str()), Some("3"));
    assert_eq!((found.replay.mode, found.replay.projection), ("catch_up", "trace_summary"));
    assert_eq!(found.simulation["risk_signals"][0]["code"], "unfavorable_outcome");
    assert_eq!(
        (&found.simulation["as_of_log_seq"], &found.simulation["precedents_as_of_log_seq"]),
        (&json!(9), &json!(8))
    );
    // The evidence is the digest of what is recorded, and reads as such.
    let evidence = Value::Array(found.evidence());
    let read = crate::evidence::read(&evidence).unwrap();
    assert_eq!((read.len(), read[0].kind), (1, crate::evidence::EvidenceKind::Digest));
    assert_eq!(found, dry_run(&looked(&reading, &known, &[]), &built_in()[0]));
}

#[test]
fn a_decided_review_is_followed_by_another() {
    let reading = trace(&[ended("success")]);
    let subject = |existing: &[Item]| {
        let draft = dry_run(&looked(&reading, &[], existing), &built_in()[2]).draft;
        (draft.subject_id, draft.exists)
    };
    let of = |subject: &str, status: &str| item(Kind::IncidentReview, SUBJECT_TYPE, subject, status, None);
    assert_eq!(subject(&[]), ("precedent_gap_review".to_owned(), false));
    assert_eq!(subject(&[of("precedent_gap_review", "escalated")]), ("precedent_gap_review".to_owned(), true));
    let once = of("precedent_gap_review", "approved");
    assert_eq!(subject(std::slice::from_ref(&once)), ("precedent_gap_review:r2".to_owned(), false));
    let twice = of("precedent_gap_review:r2", "rejected");
    assert_eq!(subject(&[once, twice]), ("precedent_gap_review:r3".to_owned(), false));
}

#[test]
fn what_is_wanted_stays_within_the_template() {
    let reading = trace(&[ended("success")]);
    let template = &built_in()[2];
    let found = dry_run(&looked(&reading, &[], &[]), template);
    let because = Wanted { reason: "look at it".to_owned(), ..Wanted::default() };
    let start = found.start("t", template, &because, false).unwrap();
    assert_eq!((start.priority, start.sla_hours, start.evidence.len()), (Priority::Normal, 6, 1));
    assert_eq!(start.assigned, Assignment { account_id: None, role: Some("writer".to_owned()) });
    assert_eq!(
        (start.terms.template_id.as_deref(), start.terms.template_version),
        (Some("precedent_gap_review"), Some(0))
    );
    let somebody = Assignment { account_id: Some("bea".to_owned()), role: None };
    let other = Wanted {
        title: Some("Again".to_owned()),
        priority: Some(Priority::Urgent),
        sla_hours: Some(1),
        assigned: Some(somebody.clone()),
        ..because.clone()
    };
    let start = found.start("t", template, &other, false).unwrap();
    assert_eq!((start.title.as_str(), start.priority, start.sla_hours), ("Again", Priority::Urgent, 1));
    assert_eq!(start.assigned, somebody);
    let wrong = Wanted {
        reason: " ".to_owned(),
        title: Some(String::new()),
        priority: Some(Priority::Low),
        sla_hours: Some(7),
        assigned: Some(Assignment { account_id: None, role: Some("king".to_owned()) }),
    };
    let places: Vec<String> =
        found.start("t", template, &wrong, false).unwrap_err().into_iter().map(|problem| problem.pointer).collect();
    assert_eq!(places, ["/reason", "/title", "/sla_hours", "/priority", "/assignee/role"]);
}

#[test]
fn an_erased_payload_says_nothing_else() {
    let mut reading = Reading::of("t", 1);
    for event_type in EventType::ALL {
        reading.read(event_type, "");
    }
    assert_eq!((reading.exceptions, reading.finished, reading.outcome.as_deref()), (1, true, None));
    assert_eq!((reading.name(), &reading.policy), ("t", &None));
}
