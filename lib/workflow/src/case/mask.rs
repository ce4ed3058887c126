//! Removing what a profile does not let out. The hash of what was removed stays in its place.

use std::borrow::Cow;

use dg_domain::{
    Hash32,
    json::{self, Json},
};

use super::Profile;

/// Accounts and people. An actor that is an agent or a system is no person.
const PERSONS: [&str; 12] = [
    "account_id",
    "actor_account_id",
    "actor_id",
    "assigned_account_id",
    "approver_id",
    "claimed_by",
    "on_behalf_of",
    "owner_id",
    "recipient_account_id",
    "recorded_by",
    "requested_by",
    "target",
];
/// What was put on record.
const EVIDENCE: [&str; 1] = ["evidence"];
/// What people wrote. Messages repeat notes and name who wrote them.
const COMMENTS: [&str; 7] = ["comment", "conditions", "current_reason", "message", "note", "reason", "simulation"];
/// The key of what stands in the place of a removed value.
const REDACTED: &str = "redacted";

/// A value as a profile lets it out.
pub(super) fn masked<'a>(value: Json<'a>, profile: Profile) -> Json<'a> {
    match value {
        _ if profile == Profile::Full => value,
        Json::List(items) => Json::List(items.into_iter().map(|item| masked(item, profile)).collect()),
        Json::Object(entries) => {
            let machine = entries
                .iter()
                .any(|(key, value)| key == "actor_type" && matches!(value.as_str(), Some("agent" | "system")));
            let entry = |(key, value): (Cow<'a, str>, Json<'a>)| {
                let value = if removes(&key, machine, profile) { removed(value) } else { masked(value, profile) };
                (key, value)
            };
            Json::Object(entries.into_iter().map(entry).collect())
        }
        other => other,
    }
}

fn removes(key: &str, machine: bool, profile: Profile) -> bool {
    let person = PERSONS.contains(&key) && !(machine && key == "actor_id");
    let message = key == "message";
    person || message || EVIDENCE.contains(&key) || (profile == Profile::External && COMMENTS.contains(&key))
}

/// The hash in the place of a value; what says nothing stays.
fn removed(value: Json<'_>) -> Json<'_> {
    let empty = match &value {
        Json::Null => true,
        Json::Text(text) => text.is_empty(),
        Json::List(items) => items.is_empty(),
        Json::Object(entries) => entries.is_empty(),
        Json::Bool(_) | Json::Int(_) | Json::Float(_) => false,
    };
    if empty {
        return value;
    }
    let mut text = String::new();
    // What was read from canonical text has a canonical form.
    let _ = json::write_canonical(&value, &mut text);
    let hash = Hash32::of(text.as_bytes()).prefixed();
    Json::Object(vec![(REDACTED.into(), Json::Text(hash.into()))])
}

/// Whether anything in it was removed.
pub(super) fn is_masked(value: &Json<'_>) -> bool {
    match value {
        Json::Object(entries) => match entries.as_slice() {
            [(key, Json::Text(hash))] if key == REDACTED && hash.starts_with("sha256:") => true,
            entries => entries.iter().any(|(_, value)| is_masked(value)),
        },
        Json::List(items) => items.iter().any(is_masked),
        Json::Null | Json::Bool(_) | Json::Int(_) | Json::Float(_) | Json::Text(_) => false,
    }
}
