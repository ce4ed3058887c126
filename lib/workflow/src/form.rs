//! What a template asks of whoever decides: typed fields, conditions, a choice, a checklist, evidence.

use dg_domain::Problem;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Action, evidence::EvidenceKind, problems::Problems};

mod field;

pub use field::{Choice, Field, FieldKind};

/// Everything that is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    /// Which decisions there are to choose from; none asks for no choice.
    #[serde(default)]
    pub decision_options: Vec<DecisionOption>,
    /// What is filled in with a decision.
    #[serde(default)]
    pub fields: Vec<Field>,
    /// Under which conditions something may be approved or overridden, for example a lower discount.
    #[serde(default)]
    pub conditions: Vec<Field>,
    /// What has to be looked at first.
    #[serde(default)]
    pub checklist: Vec<ChecklistItem>,
    /// Of which kinds there has to be evidence, with the request or with the decision.
    #[serde(default)]
    pub required_evidence: Vec<EvidenceKind>,
}

/// One way to decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecisionOption {
    /// What programs call it.
    pub key: String,
    /// What people read.
    pub label: String,
    /// What it does: `approve`, `reject` or `override`.
    pub action: Action,
    /// Keys of conditions that have to be given with it.
    #[serde(default)]
    pub conditions: Vec<String>,
}

/// Something to look at before deciding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChecklistItem {
    /// What programs call it.
    pub key: String,
    /// What people read.
    pub label: String,
    /// Whether nothing can be approved or overridden without it.
    #[serde(default)]
    pub required: bool,
}

/// What somebody gave with an action.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Given {
    /// A key of [`Form::decision_options`].
    #[serde(default)]
    pub decision_option: Option<String>,
    /// Values of fields by key; null is not given.
    #[serde(default)]
    pub form: Map<String, Value>,
    /// Values of conditions by key; null is not given.
    #[serde(default)]
    pub conditions: Map<String, Value>,
    /// Keys of what was looked at.
    #[serde(default)]
    pub checklist: Vec<String>,
}

/// What was given, complete and of the right types. Its JSON becomes part of the decision's payload.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are those of what was given")]
pub struct Filled {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision_option: Option<String>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub form: Map<String, Value>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub conditions: Map<String, Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub checklist: Vec<String>,
}

/// Checks what was given with `action` against what is asked for; `evidence` are the kinds that there are of request and action
/// together. Whoever approves or overrides gives all of it; whoever rejects chooses and fills in what is asked with a rejection;
/// with any other action nothing is asked for, and nothing can be given.
///
/// # Errors
/// Everything that is missing, unknown or of the wrong type, with pointers into the request: `/form/{key}`,
/// `/conditions/{key}`, `/checklist`, `/decision_option`, `/evidence`.
pub fn check(form: &Form, given: &Given, evidence: &[EvidenceKind], action: Action) -> Result<Filled, Vec<Problem>> {
    let mut problems = Problems::default();
    let grants = matches!(action, Action::Approve | Action::Override);
    let option = chosen(form, given, action, &mut problems);
    let fields = form.fields.iter().filter(|field| field.on.contains(&action)).map(|field| (field, field.required));
    let filled = fill(fields, &given.form, "form", &mut problems);
    let asked = |field: &Field| field.required || option.is_some_and(|option| option.conditions.contains(&field.key));
    let conditions = form.conditions.iter().filter(|_| grants).map(|field| (field, asked(field)));
    let conditions = fill(conditions, &given.conditions, "conditions", &mut problems);
    let checklist = ticked(form, given, action, &mut problems);
    if grants {
        for kind in form.required_evidence.iter().filter(|kind| !evidence.contains(kind)) {
            problems.add("/evidence", "required", format!("needs evidence of kind {kind}"));
        }
    }
    problems.none()?;
    Ok(Filled { decision_option: option.map(|option| option.key.clone()), form: filled, conditions, checklist })
}

fn chosen<'f>(form: &'f Form, given: &Given, action: Action, problems: &mut Problems) -> Option<&'f DecisionOption> {
    let at = "/decision_option";
    let mut options = form.decision_options.iter().filter(|option| option.action == action).peekable();
    let is_asked = options.peek().is_some();
    match &given.decision_option {
        Some(key) => {
            let found = options.find(|option| option.key == *key);
            problems.need(found.is_some(), at, "unknown", format!("is no option to {action}"));
            found
        }
        None => {
            problems.need(!is_asked, at, "required", format!("needs one of the options to {action}"));
            None
        }
    }
}

fn fill<'f>(
    fields: impl Iterator<Item = (&'f Field, bool)>,
    given: &Map<String, Value>,
    place: &str,
    problems: &mut Problems,
) -> Map<String, Value> {
    let mut left: Vec<&String> = given.iter().filter(|(_, value)| !value.is_null()).map(|(key, _)| key).collect();
    let mut filled = Map::new();
    for (field, required) in fields {
        let at = format!("/{place}/{}", field.key);
        left.retain(|key| **key != field.key);
        match given.get(&field.key).filter(|value| !value.is_null()) {
            Some(value) => match field.read(value) {
                Ok(value) => drop(filled.insert(field.key.clone(), value)),
                Err(message) => problems.add(at, "type", message),
            },
            None if required => problems.add(at, "required", format!("needs {}", field.wants())),
            None => {}
        }
    }
    for key in left {
        let at = format!("/{place}/{}", key.replace('~', "~0").replace('/', "~1"));
        problems.add(at, "unknown", "nothing of this name is asked for with this action");
    }
    filled
}

fn ticked(form: &Form, given: &Given, action: Action, problems: &mut Problems) -> Vec<String> {
    for (at, key) in given.checklist.iter().enumerate() {
        let known = action.decides() && form.checklist.iter().any(|item| item.key == *key);
        problems.need(known, format!("/checklist/{at}"), "unknown", "is on no checklist of this action");
    }
    let is_ticked = |item: &&ChecklistItem| given.checklist.contains(&item.key);
    if matches!(action, Action::Approve | Action::Override) {
        for item in form.checklist.iter().filter(|item| item.required && !is_ticked(item)) {
            problems.add("/checklist", "required", format!("needs {} to be looked at first", item.key));
        }
    }
    form.checklist.iter().filter(is_ticked).map(|item| item.key.clone()).collect()
}

impl Form {
    /// Checks the form itself.
    pub(crate) fn validate(&self, problems: &mut Problems) {
        for (place, fields) in [("fields", &self.fields), ("conditions", &self.conditions)] {
            problems.need(fields.len() <= 50, format!("/{place}"), "too_many", "holds at most 50");
            for (at, field) in fields.iter().enumerate() {
                field.validate(&format!("/{place}/{at}"), problems);
            }
            problems.once(keys(fields.iter().map(|field| field.key.as_str()), place));
        }
        problems.need(self.checklist.len() <= 50, "/checklist", "too_many", "holds at most 50");
        for (at, item) in self.checklist.iter().enumerate() {
            problems.key(&item.key, &format!("/checklist/{at}/key"));
            problems.text(&item.label, 500, &format!("/checklist/{at}/label"));
        }
        problems.once(keys(self.checklist.iter().map(|item| item.key.as_str()), "checklist"));
        problems.need(self.decision_options.len() <= 20, "/decision_options", "too_many", "holds at most 20");
        for (at, option) in self.decision_options.iter().enumerate() {
            self.validate_option(option, &format!("/decision_options/{at}"), problems);
        }
        problems.once(keys(self.decision_options.iter().map(|option| option.key.as_str()), "decision_options"));
        let kinds = self.required_evidence.iter().map(|kind| kind.as_str()).enumerate();
        problems.once(kinds.map(|(at, kind)| (kind, format!("/required_evidence/{at}"))));
    }

    fn validate_option(&self, option: &DecisionOption, at: &str, problems: &mut Problems) {
        problems.key(&option.key, &format!("{at}/key"));
        problems.text(&option.label, 200, &format!("{at}/label"));
        problems.need(option.action.decides(), format!("{at}/action"), "action", "is approve, reject or override");
        for (number, key) in option.conditions.iter().enumerate() {
            let known = option.action != Action::Reject && self.conditions.iter().any(|field| field.key == *key);
            problems.need(known, format!("{at}/conditions/{number}"), "unknown", "is no condition of an approval");
        }
    }
}

fn keys<'k>(keys: impl Iterator<Item = &'k str>, place: &str) -> impl Iterator<Item = (&'k str, String)> {
    keys.enumerate().map(move |(at, key)| (key, format!("/{place}/{at}/key")))
}

#[cfg(test)]
mod tests;
