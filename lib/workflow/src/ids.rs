//! Names that are derived and never drawn, so that a retry says the same as the first attempt.

use dg_domain::{Hash32, Limits};

/// The system that the workflow's own events come from.
pub const SYSTEM: &str = "decisiongraph";
/// The producer of what people do with items.
pub const SERVICE: &str = "workflow-service";
/// The producer of reviews that people start.
pub const STUDIO: &str = "workflow-studio";
/// The producer of what the clock and the settings do.
pub const TIMER: &str = "workflow-sla";

/// Whether events of this producer are written by the workflow alone. Whoever sends events from outside cannot use the name: the
/// fold believes what stands under it.
#[must_use]
pub fn is_reserved(producer_id: &str) -> bool {
    matches!(producer_id, SERVICE | STUDIO | TIMER)
}

/// `{trace_id}:{subject_type}:{subject_id}`, trimmed. Parts may hold colons: never split one.
#[must_use]
pub fn workflow_id(trace_id: &str, subject_type: &str, subject_id: &str) -> String {
    format!("{}:{}:{}", trace_id.trim(), subject_type.trim(), subject_id.trim())
}

/// The trace that a review is recorded in, one per round. No two reviews share one: an item whose own id ends like a round of
/// another item (`…:r2`, which both a second review by a template and whoever names exceptions can make) goes by its hash.
#[must_use]
pub fn companion_trace(workflow_id: &str, round: i64) -> String {
    let suffix = if round > 1 { format!(":r{round}") } else { String::new() };
    let natural = format!("review:{workflow_id}{suffix}");
    if natural.len() <= Limits::SERVICE.id_bytes && !ends_like_another(workflow_id) {
        return natural;
    }
    format!("review:sha256:{}{suffix}", Hash32::of(workflow_id.as_bytes()).hex())
}

/// Whether an id ends with what rounds and afterwords add to one.
fn ends_like_another(workflow_id: &str) -> bool {
    let last = workflow_id.rsplit(':').next().unwrap_or_default();
    let round = last.strip_prefix('r').is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    round || last == "after"
}

/// The trace for what is said about a round after it was decided.
#[must_use]
pub fn afterword_trace(workflow_id: &str, round: i64) -> String {
    let trace = companion_trace(workflow_id, round);
    let natural = format!("{trace}:after");
    if natural.len() <= Limits::SERVICE.id_bytes {
        return natural;
    }
    format!("review:sha256:{}:after", Hash32::of(trace.as_bytes()).hex())
}

/// Every trace that an item's reviews may have left up to a round.
pub fn traces_of(workflow_id: &str, rounds: i64) -> impl Iterator<Item = String> {
    (1..=rounds).flat_map(move |round| [companion_trace(workflow_id, round), afterword_trace(workflow_id, round)])
}

/// Whether a trace records reviews of another one.
#[must_use]
pub fn is_companion(trace_id: &str) -> bool {
    trace_id.starts_with("review:")
}

/// 16 hexadecimal digits out of several texts, which do not run together.
#[must_use]
pub fn unique(parts: &[&str]) -> String {
    let mut text = String::new();
    for part in parts {
        text.push_str(&part.len().to_string());
        text.push(':');
        text.push_str(part);
    }
    Hash32::of(text.as_bytes()).hex()[..16].to_owned()
}

/// An idempotency key: the natural one where it fits the 200 bytes, otherwise its hash.
#[must_use]
pub fn idempotency_key(natural: &str) -> String {
    if natural.len() <= 200 { natural.to_owned() } else { format!("workflow:{}", Hash32::of(natural.as_bytes()).hex()) }
}

/// An event id: the natural one where it fits, otherwise its hash.
#[must_use]
pub fn event_id(natural: &str) -> String {
    if natural.len() <= Limits::SERVICE.id_bytes {
        natural.to_owned()
    } else {
        format!("workflow:{}", Hash32::of(natural.as_bytes()).hex())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_derived() {
        assert_eq!(workflow_id(" t:1 ", "exception", "e/1"), "t:1:exception:e/1");
        assert_eq!(companion_trace("t:exception:e", 1), "review:t:exception:e");
        assert_eq!(companion_trace("t:exception:e", 2), "review:t:exception:e:r2");
        assert!(companion_trace(&"x".repeat(600), 3).ends_with(":r3"));
        assert_eq!(companion_trace(&"x".repeat(600), 1).len(), "review:sha256:".len() + 64);
        // Whatever is reviewed has traces of its own.
        let ids = [
            "t:exception:e",
            "t:exception:e:r2",
            "t:exception:e:r2:r2",
            "t:exception:e:after",
            "t:exception:e:r2:after",
        ];
        let traces: Vec<String> = ids.iter().flat_map(|id| traces_of(id, 3)).collect();
        let distinct: std::collections::BTreeSet<&String> = traces.iter().collect();
        assert_eq!((traces.len(), distinct.len()), (30, 30), "{traces:?}");
        assert_eq!(companion_trace("t:exception:er2", 1), "review:t:exception:er2");
        assert_ne!(unique(&["a", "b"]), unique(&["ab", ""]));
        assert_eq!(idempotency_key(&"k".repeat(201)).len(), 9 + 64);
    }
}
