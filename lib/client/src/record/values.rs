//! What goes into payloads: entities, policies, facts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A thing a decision is about: an order, a customer, a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entity {
    /// What kind of thing.
    pub entity_type: String,
    /// Which one.
    pub entity_id: String,
    /// The system it lives in.
    #[serde(default)]
    pub system: Option<String>,
}

impl Entity {
    /// An entity whose system is not said.
    pub fn new(entity_type: impl Into<String>, entity_id: impl Into<String>) -> Self {
        Self { entity_type: entity_type.into(), entity_id: entity_id.into(), system: None }
    }

    /// The same in a system.
    #[must_use]
    pub fn system(self, system: impl Into<String>) -> Self {
        Self { system: Some(system.into()), ..self }
    }
}

/// One version of a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Which policy.
    pub policy_id: String,
    /// Which version of it.
    pub policy_version: String,
}

impl Policy {
    /// A version of a policy.
    pub fn new(policy_id: impl Into<String>, policy_version: impl Into<String>) -> Self {
        Self { policy_id: policy_id.into(), policy_version: policy_version.into() }
    }
}

/// Where an input was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputSource {
    /// The system.
    pub system: String,
    /// What kind of object.
    pub object_type: String,
    /// Which one.
    pub object_id: String,
    /// The place in it.
    #[serde(default)]
    pub locator: Option<String>,
}

impl InputSource {
    /// A whole object of a system.
    pub fn new(system: impl Into<String>, object_type: impl Into<String>, object_id: impl Into<String>) -> Self {
        Self { system: system.into(), object_type: object_type.into(), object_id: object_id.into(), locator: None }
    }

    /// A place in it.
    #[must_use]
    pub fn locator(self, locator: impl Into<String>) -> Self {
        Self { locator: Some(locator.into()), ..self }
    }
}

/// What an approval is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// Exception or action.
    pub subject_type: SubjectType,
    /// Which one.
    pub subject_id: String,
}

impl Subject {
    /// An exception that was requested.
    pub fn exception(exception_id: impl Into<String>) -> Self {
        Self { subject_type: SubjectType::Exception, subject_id: exception_id.into() }
    }

    /// An action that was proposed.
    pub fn action(action_id: impl Into<String>) -> Self {
        Self { subject_type: SubjectType::Action, subject_id: action_id.into() }
    }
}

/// A rule of a policy that was not met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Violation {
    /// Which rule.
    pub code: String,
    /// For people.
    pub message: String,
    /// More about it.
    #[serde(default)]
    pub details: Option<BTreeMap<String, String>>,
}

/// What a reason rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// Where it was read.
    pub source: InputSource,
    /// The place in it.
    pub locator: String,
    /// What it says there, without what must not be recorded.
    #[serde(default)]
    pub excerpt_redacted: Option<String>,
}

/// Something that was so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// Its name.
    pub key: String,
    /// Its value; none for nothing.
    pub value: Option<FactValue>,
    /// Since when, RFC 3339.
    #[serde(default)]
    pub as_of: Option<String>,
}

impl Fact {
    /// A fact of this moment.
    pub fn new(key: impl Into<String>, value: impl Into<FactValue>) -> Self {
        Self { key: key.into(), value: Some(value.into()), as_of: None }
    }

    /// The same, known to be so since then.
    #[must_use]
    pub fn as_of(self, at: impl Into<String>) -> Self {
        Self { as_of: Some(at.into()), ..self }
    }
}

/// What an action changes at a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// Where.
    pub path: String,
    /// What was there; none for nothing.
    pub old_value: Option<FactValue>,
    /// What will be there; none for nothing.
    pub new_value: Option<FactValue>,
}

/// A value as the contract keeps it: a type and a text. Texts, integers and truth values come from their Rust types.
///
/// ```
/// use dg_client::{Fact, FactValue};
/// let facts = [Fact::new("region", "EU"), Fact::new("items", 3), Fact::new("amount", FactValue::decimal("389.00"))];
/// assert_eq!(serde_json::to_string(&facts[1])?, r#"{"key":"items","value":{"type":"int","value":"3"},"as_of":null}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FactValue {
    /// `string`, `int`, `decimal`, `bool`, `date`, `datetime` or `json`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its text.
    pub value: String,
}

impl FactValue {
    fn of(kind: &str, value: impl Into<String>) -> Self {
        Self { kind: kind.to_owned(), value: value.into() }
    }

    /// A number with a fraction, as it is written.
    pub fn decimal(text: impl Into<String>) -> Self {
        Self::of("decimal", text)
    }

    /// A day, `YYYY-MM-DD`.
    pub fn date(text: impl Into<String>) -> Self {
        Self::of("date", text)
    }

    /// A moment, RFC 3339.
    pub fn datetime(text: impl Into<String>) -> Self {
        Self::of("datetime", text)
    }

    /// Anything else, as JSON.
    #[must_use]
    pub fn json(value: &Value) -> Self {
        Self::of("json", value.to_string())
    }
}

impl From<&str> for FactValue {
    fn from(text: &str) -> Self {
        Self::of("string", text)
    }
}

impl From<String> for FactValue {
    fn from(text: String) -> Self {
        Self::of("string", text)
    }
}

impl From<bool> for FactValue {
    fn from(value: bool) -> Self {
        Self::of("bool", value.to_string())
    }
}

macro_rules! from_integers {
    ($($integer:ty),*) => {
        $(impl From<$integer> for FactValue {
            fn from(value: $integer) -> Self {
                Self::of("int", value.to_string())
            }
        })*
    };
}
from_integers!(i8, i16, i32, i64, i128, u8, u16, u32, u64, u128, usize);

macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$word_about:meta])* $word:ident,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$word_about])* $word,)*
        }
    };
}

words!(
    /// What kind of thing an approval is about.
    SubjectType {
        /// An exception that was requested.
        Exception,
        /// An action that was proposed.
        Action,
    }
);
words!(
    /// The part that an entity plays.
    EntityRole {
        /// The decision is about it.
        Primary,
        /// It has to do with it.
        Related,
    }
);
words!(
    /// What a policy says.
    PolicyDecision {
        /// Go on.
        Allow,
        /// Do not.
        Deny,
        /// Not without an exception.
        RequireException,
    }
);
words!(
    /// What somebody decided.
    ApprovalDecision {
        /// Yes.
        Approved,
        /// No.
        Rejected,
    }
);
words!(
    /// How an action went.
    ActionStatus {
        /// Done.
        Success,
        /// Not done.
        Failure,
        /// Half done.
        Partial,
    }
);
words!(
    /// How a decision ended.
    Outcome {
        /// As it was meant to.
        Success,
        /// Not as it was meant to.
        Failure,
        /// Without an end.
        Abandoned,
    }
);
