//! One typed field: what it may be, and whether a value is that.

use dg_projections::search::number::millionths;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Action, problems::Problems};

/// A field of a decision form, or a condition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// What programs call it.
    pub key: String,
    /// What people read.
    pub label: String,
    /// What it holds.
    pub kind: FieldKind,
    /// Whether it has to be given.
    #[serde(default)]
    pub required: bool,
    /// With which decisions it is asked for; of conditions nothing else than approving and overriding counts.
    #[serde(default = "every_decision")]
    pub on: Vec<Action>,
    /// The least number; for `integer` and `decimal`.
    #[serde(default)]
    pub min: Option<i64>,
    /// The greatest number; for `integer` and `decimal`.
    #[serde(default)]
    pub max: Option<i64>,
    /// So many characters at most, 4,000 where it is not said; for `text`.
    #[serde(default)]
    pub max_length: Option<i64>,
    /// What can be chosen; for `choice`.
    #[serde(default)]
    pub choices: Vec<Choice>,
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// Text, not blank.
    Text,
    /// A whole number.
    Integer,
    /// A decimal as a text, at most six digits after the point: events hold no floats.
    Decimal,
    /// Yes or no.
    Boolean,
    /// One of [`Field::choices`].
    Choice,
    /// A day, `YYYY-MM-DD`.
    Date,
}

/// Something to choose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// What is recorded.
    pub value: String,
    /// What people read.
    pub label: String,
}

const LONGEST: i64 = 4_000;

fn every_decision() -> Vec<Action> {
    vec![Action::Approve, Action::Reject, Action::Override]
}

impl Field {
    /// What it needs, in words.
    pub(super) fn wants(&self) -> String {
        match self.kind {
            FieldKind::Text => format!("a text of 1 to {} characters", self.max_length.unwrap_or(LONGEST)),
            FieldKind::Integer => format!("a whole number{}", self.bounds()),
            FieldKind::Decimal => format!("a decimal as a text{}", self.bounds()),
            FieldKind::Boolean => "true or false".to_owned(),
            FieldKind::Choice => {
                let values: Vec<&str> = self.choices.iter().map(|choice| choice.value.as_str()).collect();
                format!("one of {}", values.join(", "))
            }
            FieldKind::Date => "a day as YYYY-MM-DD".to_owned(),
        }
    }

    fn bounds(&self) -> String {
        match (self.min, self.max) {
            (Some(min), Some(max)) => format!(" from {min} to {max}"),
            (Some(min), None) => format!(" of at least {min}"),
            (None, Some(max)) => format!(" of at most {max}"),
            (None, None) => String::new(),
        }
    }

    /// The value as it is recorded.
    pub(super) fn read(&self, value: &Value) -> Result<Value, String> {
        let good = match self.kind {
            FieldKind::Text => value.as_str().is_some_and(|text| self.is_text(text)),
            FieldKind::Integer => value.as_i64().is_some_and(|number| self.is_within(number.checked_mul(1_000_000))),
            FieldKind::Decimal => {
                value.as_str().is_some_and(|text| is_decimal(text) && self.is_within(millionths(text)))
            }
            FieldKind::Boolean => value.is_boolean(),
            FieldKind::Choice => {
                value.as_str().is_some_and(|text| self.choices.iter().any(|choice| choice.value == text))
            }
            FieldKind::Date => value.as_str().is_some_and(is_day),
        };
        if good { Ok(value.clone()) } else { Err(format!("needs {}", self.wants())) }
    }

    fn is_text(&self, text: &str) -> bool {
        let longest = usize::try_from(self.max_length.unwrap_or(LONGEST)).unwrap_or_default();
        !text.trim().is_empty() && text.chars().count() <= longest && !text.contains('\0')
    }

    /// Whether a number of millionths is within the bounds; one that does not fit is not.
    fn is_within(&self, number: Option<i64>) -> bool {
        let Some(number) = number else { return false };
        let least = self.min.map_or(i64::MIN, |min| min.saturating_mul(1_000_000));
        let most = self.max.map_or(i64::MAX, |max| max.saturating_mul(1_000_000));
        (least..=most).contains(&number)
    }

    /// Checks the field itself; `at` is where it stands.
    pub(super) fn validate(&self, at: &str, problems: &mut Problems) {
        problems.key(&self.key, &format!("{at}/key"));
        problems.text(&self.label, 500, &format!("{at}/label"));
        let decides = self.on.iter().all(|action| action.decides());
        problems.need(decides && !self.on.is_empty(), format!("{at}/on"), "action", "is approve, reject and override");
        let is_number = matches!(self.kind, FieldKind::Integer | FieldKind::Decimal);
        for (name, bound) in [("min", self.min), ("max", self.max)] {
            let good = bound.is_none_or(|bound| is_number && bound.checked_mul(1_000_000).is_some());
            problems.need(good, format!("{at}/{name}"), "range", "is for numbers up to 9223372036854");
        }
        let ordered = self.min.zip(self.max).is_none_or(|(min, max)| min <= max);
        problems.need(ordered, format!("{at}/max"), "range", "is not below min");
        let is_text = self.kind == FieldKind::Text;
        let long = self.max_length.is_none_or(|most| is_text && (1..=LONGEST).contains(&most));
        problems.need(long, format!("{at}/max_length"), "range", "is for texts, from 1 to 4000");
        let is_choice = self.kind == FieldKind::Choice;
        let counted = if is_choice { (1..=50).contains(&self.choices.len()) } else { self.choices.is_empty() };
        problems.need(counted, format!("{at}/choices"), "choices", "is for choices, from 1 to 50");
        for (number, choice) in self.choices.iter().enumerate() {
            problems.text(&choice.value, 200, &format!("{at}/choices/{number}/value"));
            problems.text(&choice.label, 200, &format!("{at}/choices/{number}/label"));
        }
        let values = self.choices.iter().map(|choice| choice.value.as_str()).enumerate();
        problems.once(values.map(|(number, value)| (value, format!("{at}/choices/{number}/value"))));
    }
}

/// Exact in millionths: nothing beyond the sixth digit, and it fits.
fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    !text.starts_with('+') && whole.len() <= 12 && fraction.len() <= 6 && millionths(text).is_some()
}

fn is_day(text: &str) -> bool {
    text.len() == 10 && dg_domain::Micros::parse_rfc3339(&format!("{text}T00:00:00Z")).is_some()
}
