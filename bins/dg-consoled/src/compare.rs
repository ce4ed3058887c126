//! What two decisions have in common and where they differ, as plain functions of what is known of each.

mod case;

use std::collections::BTreeMap;

pub(crate) use case::Case;

/// Two decisions side by side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Comparison {
    /// How their ends differ, in a sentence.
    pub(crate) sentence: String,
    /// What was decided and by whom.
    pub(crate) decision: Vec<Line>,
    /// Facts by their keys.
    pub(crate) facts: Vec<Line>,
    /// Actions and what they changed.
    pub(crate) actions: Vec<Line>,
}

/// One thing of both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// What it is.
    pub(crate) name: String,
    /// On the left; none where there is none.
    pub(crate) a: Option<String>,
    /// On the right.
    pub(crate) b: Option<String>,
    /// How they compare.
    pub(crate) mark: Mark,
    /// Right minus left, where both are numbers that differ.
    pub(crate) difference: Option<String>,
}

/// How two things compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// Both have the same.
    Same,
    /// Both have it, and not the same.
    Different,
    /// Only the left one has it.
    OnlyA,
    /// Only the right one has it.
    OnlyB,
}

impl Mark {
    /// In words.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Different => "different",
            Self::OnlyA => "only in A",
            Self::OnlyB => "only in B",
        }
    }
}

impl Comparison {
    /// Holds two cases against each other.
    pub(crate) fn of(a: &Case, b: &Case) -> Self {
        let listed = |values: &[String]| (!values.is_empty()).then(|| values.join("; "));
        let decision = [
            ("Outcome", a.outcome.clone(), b.outcome.clone()),
            ("Workflow", a.workflow.clone(), b.workflow.clone()),
            ("About", a.entity.clone(), b.entity.clone()),
            ("Policy and version", listed(&a.policies), listed(&b.policies)),
            ("Policy's decision", listed(&a.verdicts), listed(&b.verdicts)),
            ("Violations", listed(&a.violations), listed(&b.violations)),
            ("Reason of the exception", listed(&a.reasons), listed(&b.reasons)),
            ("Decided by", listed(&a.approvers), listed(&b.approvers)),
            ("Person's decision", listed(&a.approvals), listed(&b.approvals)),
            ("Time to the decision", a.waited_for.clone(), b.waited_for.clone()),
            ("Whole time", a.took.clone(), b.took.clone()),
            ("Evidence", listed(&a.evidence), listed(&b.evidence)),
            ("Events", Some(a.events.to_string()), Some(b.events.to_string())),
        ];
        let decision = decision.into_iter().filter_map(|(name, a, b)| Line::of(name, a, b)).collect();
        Self {
            sentence: sentence(a, b),
            decision,
            facts: aligned(&a.facts, &b.facts),
            actions: aligned(&a.actions, &b.actions),
        }
    }

    /// How many lines are not the same.
    pub(crate) fn differences(&self) -> usize {
        [&self.decision, &self.facts, &self.actions]
            .into_iter()
            .flatten()
            .filter(|line| line.mark != Mark::Same)
            .count()
    }
}

impl Line {
    /// None where neither side has it.
    fn of(name: &str, a: Option<String>, b: Option<String>) -> Option<Self> {
        let mark = match (&a, &b) {
            (Some(left), Some(right)) if left == right => Mark::Same,
            (Some(_), Some(_)) => Mark::Different,
            (Some(_), None) => Mark::OnlyA,
            (None, Some(_)) => Mark::OnlyB,
            (None, None) => return None,
        };
        let difference = match (&a, &b) {
            (Some(left), Some(right)) if mark == Mark::Different => difference(left, right),
            _ => None,
        };
        Some(Self { name: name.to_owned(), a, b, mark, difference })
    }
}

fn aligned(a: &BTreeMap<String, String>, b: &BTreeMap<String, String>) -> Vec<Line> {
    let mut keys: Vec<&String> = a.keys().chain(b.keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    keys.into_iter().filter_map(|key| Line::of(key, a.get(key).cloned(), b.get(key).cloned())).collect()
}

fn sentence(a: &Case, b: &Case) -> String {
    let ended = |case: &Case| match case.outcome.as_deref() {
        Some(outcome) => format!("ended with {outcome}"),
        None => "is not finished".to_owned(),
    };
    let (left, right) = (ended(a), ended(b));
    let decided = match (a.approvals.last(), b.approvals.last()) {
        (Some(left), Some(right)) if left == right => format!(" Both were {left}."),
        (Some(left), Some(right)) => format!(" A was {left}, B was {right}."),
        (Some(left), None) => format!(" A was {left}, B was not decided by a person."),
        (None, Some(right)) => format!(" B was {right}, A was not decided by a person."),
        (None, None) => String::new(),
    };
    if left == right {
        let both = if a.outcome.is_some() { left } else { "are not finished".to_owned() };
        return format!("Both {both}.{decided}");
    }
    format!("A {left}, B {right}.{decided}")
}

/// Right minus left with a sign, exact to every digit; none where one is no plain decimal number, or too long to subtract.
fn difference(left: &str, right: &str) -> Option<String> {
    let ((a, a_scale), (b, b_scale)) = (decimal(left)?, decimal(right)?);
    let scale = a_scale.max(b_scale);
    let raised = |value: i128, by: u32| 10_i128.checked_pow(by).and_then(|factor| value.checked_mul(factor));
    let difference = raised(b, scale - b_scale)?.checked_sub(raised(a, scale - a_scale)?)?;
    let sign = if difference < 0 { "−" } else { "+" };
    let digits = difference.unsigned_abs().to_string();
    let scale = usize::try_from(scale).ok()?;
    let digits = format!("{}{digits}", "0".repeat((scale + 1).saturating_sub(digits.len())));
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let fraction = fraction.trim_end_matches('0');
    let dot = if fraction.is_empty() { "" } else { "." };
    Some(format!("{sign}{whole}{dot}{fraction}"))
}

/// A plain decimal number as a whole one and how many of its digits stand behind the dot.
fn decimal(text: &str) -> Option<(i128, u32)> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = whole.strip_prefix('-').unwrap_or(whole);
    let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if digits.is_empty() || !plain(digits) || !plain(fraction) || (text.contains('.') && fraction.is_empty()) {
        return None;
    }
    let value = format!("{whole}{fraction}").parse().ok()?;
    Some((value, u32::try_from(fraction.len()).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_exact() {
        let check = |left: &str, right: &str, expected: Option<&str>| {
            assert_eq!(difference(left, right).as_deref(), expected, "{left} {right}");
        };
        check("18", "22", Some("+4"));
        check("540000", "390000", Some("−150000"));
        check("0.1", "0.30", Some("+0.2"));
        check("-1.5", "1", Some("+2.5"));
        check("1.005", "1", Some("−0.005"));
        check("12345678901234567890.1", "12345678901234567890.2", Some("+0.1"));
        for (left, right) in [("a", "1"), ("1", ""), ("1.", "2"), ("1e3", "2"), ("-", "1"), ("2026-03-01", "1")] {
            check(left, right, None);
        }
        check(&"9".repeat(60), "1", None);
    }

    #[test]
    fn facts_are_aligned_by_key_and_marked() {
        let facts = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
        };
        let a = Case { facts: facts(&[("amount", "18"), ("region", "EU"), ("seats", "5")]), ..Case::default() };
        let b = Case { facts: facts(&[("amount", "22"), ("region", "EU"), ("term", "36")]), ..Case::default() };
        let told: Vec<String> = Comparison::of(&a, &b)
            .facts
            .iter()
            .map(|line| format!("{} {} {}", line.name, line.mark.word(), line.difference.as_deref().unwrap_or("")))
            .collect();
        assert_eq!(told, ["amount different +4", "region same ", "seats only in A ", "term only in B "]);
    }

    #[test]
    fn the_sentence_tells_the_ends() {
        let case = |outcome: Option<&str>, approval: Option<&str>| Case {
            outcome: outcome.map(str::to_owned),
            approvals: approval.map(str::to_owned).into_iter().collect(),
            ..Case::default()
        };
        let check = |a: &Case, b: &Case, expected: &str| assert_eq!(Comparison::of(a, b).sentence, expected);
        let (yes, no) = (case(Some("success"), Some("approved")), case(Some("failure"), Some("rejected")));
        check(&yes, &no, "A ended with success, B ended with failure. A was approved, B was rejected.");
        check(&yes, &yes, "Both ended with success. Both were approved.");
        check(
            &case(None, None),
            &yes,
            "A is not finished, B ended with success. B was approved, A was not decided by a person.",
        );
        check(&case(None, None), &case(None, None), "Both are not finished.");
        assert_eq!(Comparison::of(&yes, &yes).differences(), 0);
        assert_eq!(Comparison::of(&yes, &no).differences(), 2);
    }
}
