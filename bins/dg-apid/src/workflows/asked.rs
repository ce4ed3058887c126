//! The body of an action.

use dg_domain::Micros;
use dg_http::ApiError;
use dg_workflow::command::{Command, LONGEST_TEXT};
use dg_workflow::{Action, Assignment, Priority, evidence};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::words;

/// What is wrong, place by place.
type Wrong = Vec<(String, String)>;

/// What a caller wants done.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    /// What is done.
    #[schema(schema_with = words::workflow_act)]
    pub(super) action: String,
    #[schema(schema_with = words::nullable_long_text)]
    pub(super) reason: Option<String>,
    #[schema(schema_with = words::nullable_long_text)]
    pub(super) note: Option<String>,
    /// At most 50 entries and 64 KiB: objects, by `kind` or by what their fields tell.
    #[schema(schema_with = words::nullable_list)]
    pub(super) evidence: Option<Value>,
    #[schema(schema_with = words::nullable_text)]
    pub(super) assigned_account_id: Option<String>,
    #[schema(schema_with = words::nullable_text)]
    pub(super) assigned_role: Option<String>,
    /// For `override` and `reopen`: the phrase.
    #[schema(schema_with = words::nullable_text)]
    pub(super) confirm_text: Option<String>,
    /// For `extend`: the deadline.
    #[schema(schema_with = dg_http::contract::nullable_instant)]
    pub(super) due_at: Option<String>,
    /// For `extend`.
    #[schema(schema_with = words::nullable_priority)]
    pub(super) priority: Option<String>,
    /// For `comment`: the action that it answers.
    #[schema(schema_with = words::nullable_text)]
    pub(super) reply_to: Option<String>,
    /// For `comment`: the comment that it takes the place of.
    #[schema(schema_with = words::nullable_text)]
    pub(super) edits: Option<String>,
    /// For a decision: which of the template's ways to decide.
    #[schema(schema_with = words::nullable_text)]
    pub(super) decision_option: Option<String>,
    /// For a decision: the form of the template.
    #[schema(schema_with = words::nullable_object)]
    pub(super) form: Option<Map<String, Value>>,
    /// For `approve`: under which conditions.
    #[schema(schema_with = words::nullable_object)]
    pub(super) conditions: Option<Map<String, Value>>,
    /// For a decision: what was ticked.
    #[schema(schema_with = words::nullable_texts)]
    pub(super) checklist: Option<Vec<String>>,
    /// For a decision: `request.payload_hash` as the caller saw it.
    #[schema(schema_with = words::nullable_text)]
    pub(super) request_hash: Option<String>,
    /// For `snooze`: until when.
    #[schema(schema_with = dg_http::contract::nullable_instant)]
    pub(super) until: Option<String>,
    /// The version that the caller saw, like `if-match`.
    #[schema(schema_with = words::nullable_version)]
    pub(super) version: Option<i64>,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// An act that goes into the log.
    Act(Action),
    Claim,
    Unclaim,
    Snooze,
    Unsnooze,
}

/// The words of [`What`].
pub(crate) const WORDS: [&str; 15] = [
    "approve",
    "reject",
    "override",
    "request_change",
    "resubmit",
    "comment",
    "reassign",
    "escalate",
    "extend",
    "reopen",
    "attach",
    "claim",
    "unclaim",
    "snooze",
    "unsnooze",
];

impl Asked {
    /// What is asked for.
    ///
    /// # Errors
    /// `invalid_argument` for a word that is none, `export` included: that is another route.
    pub(super) fn what(&self) -> Result<What, ApiError> {
        match self.action.as_str() {
            "claim" => Ok(What::Claim),
            "unclaim" => Ok(What::Unclaim),
            "snooze" => Ok(What::Snooze),
            "unsnooze" => Ok(What::Unsnooze),
            "route" => Err(self.unknown()),
            word => word.parse().map(What::Act).map_err(|_| self.unknown()),
        }
    }

    fn unknown(&self) -> ApiError {
        let message = format!("action must be one of: {}", WORDS.join(", "));
        ApiError::invalid(message).with("pointer", "/action").with("allowed", json!(WORDS))
    }

    /// The command, with the version of a header where there is one.
    ///
    /// # Errors
    /// `invalid_argument` with the place of everything that is wrong.
    pub(super) fn command(&self, version: Option<i64>) -> Result<Command, ApiError> {
        let mut wrong = Wrong::new();
        let due_at = self.instant("/due_at", self.due_at.as_deref(), &mut wrong);
        let priority = self.priority.as_deref().and_then(|word| match word.parse::<Priority>() {
            Ok(priority) => Some(priority),
            Err(_) => {
                wrong.push(("/priority".to_owned(), "is urgent, high, normal or low".to_owned()));
                None
            }
        });
        let evidence = entries(self.evidence.as_ref(), &mut wrong);
        self.instant("/until", self.until.as_deref(), &mut wrong);
        if self.version.is_some_and(|version| version < 1) {
            wrong.push(("/version".to_owned(), "is at least 1".to_owned()));
        }
        for (at, text) in [("/reason", &self.reason), ("/note", &self.note)] {
            if text.as_ref().is_some_and(|text| text.chars().count() > LONGEST_TEXT) {
                wrong.push((at.to_owned(), format!("has more than {LONGEST_TEXT} characters")));
            }
        }
        if !wrong.is_empty() {
            return Err(several(&wrong));
        }
        let named =
            |text: &Option<String>| text.as_ref().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        Ok(Command {
            reason: self.reason.clone(),
            note: self.note.clone(),
            evidence,
            assigned: Assignment { account_id: named(&self.assigned_account_id), role: named(&self.assigned_role) },
            delegated_from: None,
            confirm_text: self.confirm_text.clone(),
            due_at,
            priority,
            reply_to: named(&self.reply_to),
            edits: named(&self.edits),
            decision_option: named(&self.decision_option),
            form: self.form.clone().unwrap_or_default(),
            conditions: self.conditions.clone().unwrap_or_default(),
            checklist: self.checklist.clone().unwrap_or_default(),
            version: version.or(self.version),
            request_hash: named(&self.request_hash),
        })
    }

    /// When a snoozed item shows again.
    ///
    /// # Errors
    /// `invalid_argument` where that is missing or no time.
    pub(super) fn until(&self) -> Result<Micros, ApiError> {
        let mut wrong = Wrong::new();
        match self.instant("/until", self.until.as_deref(), &mut wrong) {
            Some(until) => Ok(until),
            None => {
                wrong.push(("/until".to_owned(), "an RFC 3339 timestamp with an offset is needed".to_owned()));
                Err(several(&wrong[..1]))
            }
        }
    }

    fn instant(&self, at: &str, text: Option<&str>, wrong: &mut Wrong) -> Option<Micros> {
        let text = text?;
        let read = Micros::parse_rfc3339(text);
        if read.is_none() {
            wrong.push((at.to_owned(), "must be an RFC 3339 timestamp with an offset".to_owned()));
        }
        read
    }
}

/// The entries as they are recorded.
fn entries(given: Option<&Value>, wrong: &mut Wrong) -> Vec<Value> {
    let Some(given) = given.filter(|given| !given.is_null()) else { return Vec::new() };
    match evidence::read(given) {
        Ok(entries) => entries.into_iter().map(|entry| Value::Object(entry.value)).collect(),
        Err(problems) => {
            wrong.extend(problems.into_iter().map(|problem| (problem.pointer, problem.message)));
            Vec::new()
        }
    }
}

/// One refusal for everything that is wrong.
pub(super) fn several(wrong: &[(impl AsRef<str>, String)]) -> ApiError {
    let (at, what) = wrong.first().map_or(("", ""), |(at, what)| (at.as_ref(), what.as_str()));
    let errors: Vec<Value> = wrong
        .iter()
        .map(|(at, what)| json!({"pointer": at.as_ref(), "code": "invalid_argument", "message": what}))
        .collect();
    ApiError::invalid(format!("{} {what}", at.trim_start_matches('/'))).with("pointer", at).with("errors", errors)
}
