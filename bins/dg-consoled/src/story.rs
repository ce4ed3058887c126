//! What an event says, as a sentence a person can read.
//!
//! A story is made from the payload alone. It promises nothing about completeness: the payload is shown beside
//! it. Fields that are missing or of an unexpected shape are left out, never guessed.

mod kinds;
mod payload;

use dg_domain::{EventType, Limits, json};

pub(crate) use payload::laid_out;

/// A sentence with marked parts, and what belongs under it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Story {
    /// The sentence.
    pub(crate) parts: Vec<Part>,
    /// Somebody's own words: a reason, a summary.
    pub(crate) quote: Option<String>,
    /// Values: facts, changes.
    pub(crate) values: Vec<Value>,
    /// Whether it is good or bad news.
    pub(crate) tone: Tone,
}

/// A piece of the sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Plain words.
    Text(String),
    /// What the sentence is about.
    Strong(String),
    /// An id.
    Id(String),
    /// The id of another trace.
    Trace(String),
}

/// A named value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Value {
    /// Its name.
    pub(crate) key: String,
    /// What it was before, if it is a change.
    pub(crate) was: Option<String>,
    /// What it is.
    pub(crate) now: String,
}

/// Whether an event is good or bad news; never the only mark of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Neither.
    #[default]
    Neutral,
    /// Allowed, approved, succeeded.
    Good,
    /// Somebody has to look.
    Warn,
    /// Denied, rejected, failed.
    Alert,
}

impl Tone {
    /// In one word, as style sheets name it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Neutral => "neutral",
            Self::Good => "good",
            Self::Warn => "warn",
            Self::Alert => "alert",
        }
    }
}

/// Tells one event. Types this console does not know, and payloads it cannot read, are named and left at that.
pub(crate) fn tell(event_type: &str, payload: &str) -> Story {
    let payload = json::parse(payload.as_bytes(), &Limits::SERVICE);
    match (event_type.parse::<EventType>(), payload) {
        (Ok(known), Ok(payload)) => kinds::tell(known, &payload),
        _ => Story {
            parts: vec![Part::Text("Recorded ".into()), Part::Strong(event_type.to_owned())],
            ..Story::default()
        },
    }
}

/// The sentence without its marks.
#[cfg(test)]
pub(crate) fn plain(story: &Story) -> String {
    story
        .parts
        .iter()
        .map(|part| match part {
            Part::Text(text) | Part::Strong(text) | Part::Id(text) | Part::Trace(text) => text.as_str(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(event_type: &str, payload: &str, expected: &str, tone: Tone) {
        let story = tell(event_type, payload);
        assert_eq!(plain(&story), expected);
        assert_eq!(story.tone, tone, "{expected}");
    }

    #[test]
    fn every_type_has_a_sentence() {
        use Tone::{Alert, Good, Neutral, Warn};
        let cases = [
            (
                "TraceStarted",
                r#"{"workflow":"refund","title":"Refund 7","primary_entity":{"entity_type":"order","entity_id":"7","system":"shop"}}"#,
                "Opened “Refund 7” for order 7 in shop, workflow refund",
                Neutral,
            ),
            (
                "InputObserved",
                r#"{"input_id":"i","source":{"system":"crm","object_type":"account","object_id":"a-1"},"facts":[]}"#,
                "Read account a-1 from crm",
                Neutral,
            ),
            (
                "EntityObserved",
                r#"{"entity":{"entity_type":"contract","entity_id":"c-1"},"role":"related","facts":[]}"#,
                "Saw the related contract c-1",
                Neutral,
            ),
            (
                "PolicyEvaluated",
                r#"{"policy":{"policy_id":"cap","policy_version":"2"},"inputs":[],"decision":"deny","violations":[{"code":"over"}]}"#,
                "Policy cap 2 denies it: over",
                Alert,
            ),
            (
                "PolicyEvaluated",
                r#"{"policy":{"policy_id":"cap","policy_version":"2"},"inputs":[],"decision":"allow"}"#,
                "Policy cap 2 allows it",
                Good,
            ),
            (
                "ExceptionRequested",
                r#"{"exception_id":"ex-1","policy":{"policy_id":"cap","policy_version":"2"},"reason":"please"}"#,
                "Asked for an exception to cap 2",
                Warn,
            ),
            (
                "ApprovalRecorded",
                r#"{"approval_id":"a","subject":{"subject_type":"exception","subject_id":"ex-1"},"approver":{"actor_type":"person","actor_id":"maya"},"decision":"approved"}"#,
                "maya approved exception ex-1",
                Good,
            ),
            (
                "ApprovalRecorded",
                r#"{"approval_id":"a","subject":{"subject_type":"exception","subject_id":"ex-1"},"approver":{"actor_type":"person","actor_id":"owen"},"decision":"rejected"}"#,
                "owen rejected exception ex-1",
                Alert,
            ),
            (
                "PrecedentCited",
                r#"{"cited_trace_id":"t-0","reason":"alike","similarity_score":"0.92"}"#,
                "Cited t-0 as a precedent, similarity 0.92",
                Neutral,
            ),
            (
                "ActionProposed",
                r#"{"action_id":"act","action_type":"update","target_entity":{"entity_type":"order","entity_id":"7"},"target_system":"shop","changes":[]}"#,
                "Proposed to update order 7 in shop",
                Neutral,
            ),
            (
                "ActionCommitted",
                r#"{"action_id":"act","status":"success","external_reference":"r-9"}"#,
                "Action act succeeded, reference r-9",
                Good,
            ),
            (
                "ActionCommitted",
                r#"{"action_id":"act","status":"failure","error":"timeout"}"#,
                "Action act failed",
                Alert,
            ),
            ("TraceFinished", r#"{"outcome":"abandoned"}"#, "Finished: abandoned", Warn),
            (
                "WorkflowReviewRequested",
                r#"{"template_id":"t","workflow_kind":"k","title":"Look at it","reason":"odd","priority":"high","assignee":{},"subject":{"subject_type":"trace_review","subject_id":"t"},"simulation":{},"sla_hours":6}"#,
                "Asked for a review, “Look at it”, priority high, within 6 h",
                Warn,
            ),
            (
                "WorkflowActionRecorded",
                r#"{"workflow_id":"w","action_id":"a","action_type":"request_change"}"#,
                "Review w: request change",
                Neutral,
            ),
        ];
        for (event_type, payload, expected, tone) in cases {
            check(event_type, payload, expected, tone);
        }
    }

    #[test]
    fn what_cannot_be_read_is_only_named() {
        check("SomethingNew", "{}", "Recorded SomethingNew", Tone::Neutral);
        check("TraceFinished", "not json", "Recorded TraceFinished", Tone::Neutral);
        check("TraceFinished", "{}", "Finished", Tone::Neutral);
        check("ApprovalRecorded", r#"{"decision":7,"approver":[]}"#, "Somebody recorded a decision", Tone::Neutral);
    }

    #[test]
    fn facts_and_changes_become_values() {
        let story = tell(
            "ActionProposed",
            r#"{"action_type":"update","changes":[{"path":"discount","old_value":{"type":"int","value":"12"},"new_value":{"type":"int","value":"18"}}]}"#,
        );
        assert_eq!(story.values, [Value { key: "discount".into(), was: Some("12".into()), now: "18".into() }]);
    }
}
