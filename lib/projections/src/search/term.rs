//! How terms are spelled: a kind, a colon, and what is looked for.
//!
//! Parts that something follows have their separators escaped, so that (`a:b`, `c`) and (`a`, `b:c`) stay apart. Policies and
//! actors are the exception: they are looked for as they are shown, joined. A term that an index entry should not hold, for
//! its length or for a U+0000, is replaced by a hash of it.

use dg_domain::Hash32;

/// Bytes of the longest term that is kept as it is.
pub const TERM_BYTES: usize = 200;

/// The workflow of a trace.
#[must_use]
pub fn workflow(workflow: &str) -> String {
    spell("workflow", workflow)
}

/// How a trace ended.
#[must_use]
pub fn outcome(outcome: &str) -> String {
    spell("outcome", outcome)
}

/// That a trace ended.
#[must_use]
pub fn finished() -> String {
    spell("status", "finished")
}

/// The trace carries the handling of a review.
#[must_use]
pub fn companion() -> String {
    spell("companion", "review")
}

/// Some entity of this type was touched: the primary one, an observed one, or the target of an action.
#[must_use]
pub fn entity_type(entity_type: &str) -> String {
    spell("entity", &escape(entity_type))
}

/// This entity was touched.
#[must_use]
pub fn entity(entity_type: &str, entity_id: &str) -> String {
    spell("entity", &format!("{}:{entity_id}", escape(entity_type)))
}

/// This is the primary entity.
#[must_use]
pub fn primary(entity_type: &str, entity_id: &str) -> String {
    spell("primary", &format!("{}:{entity_id}", escape(entity_type)))
}

/// A policy was evaluated or an exception to it requested. The same text may be `<policy_id>:<policy_version>`.
#[must_use]
pub fn policy(policy: &str) -> String {
    spell("policy", policy)
}

/// The same, of one version.
#[must_use]
pub fn policy_version(policy_id: &str, policy_version: &str) -> String {
    policy(&format!("{policy_id}:{policy_version}"))
}

/// Somebody took part: as the actor of an event, or as an approver.
#[must_use]
pub fn actor(actor_type: &str, actor_id: &str) -> String {
    actor_named(&format!("{actor_type}:{actor_id}"))
}

/// The same, of `<actor_type>:<actor_id>`.
#[must_use]
pub fn actor_named(actor: &str) -> String {
    spell("actor", actor)
}

/// A label.
#[must_use]
pub fn tag(tag: &str) -> String {
    spell("tag", tag)
}

/// What a policy or an approver decided.
#[must_use]
pub fn decision(decision: &str) -> String {
    spell("decision", decision)
}

/// A fact has this key.
#[must_use]
pub fn fact_known(key: &str) -> String {
    spell("fact", &escape(key))
}

/// A fact has this key and this value.
#[must_use]
pub fn fact(key: &str, value: &str) -> String {
    spell("fact", &format!("{}={value}", escape(key)))
}

/// The key of a number.
#[must_use]
pub fn fact_key(key: &str) -> String {
    if fits(key.len(), key) { key.to_owned() } else { hash(key) }
}

/// The words of a text, in order, as terms: lower case, cut at whatever is neither letter nor digit.
pub fn words(text: &str) -> impl Iterator<Item = String> {
    let cut = text.split(|character: char| !character.is_alphanumeric());
    cut.filter(|word| !word.is_empty()).map(|word| spell("word", &word.to_lowercase()))
}

fn spell(kind: &str, text: &str) -> String {
    if fits(kind.len() + 1 + text.len(), text) { format!("{kind}:{text}") } else { format!("{kind}:{}", hash(text)) }
}

fn fits(bytes: usize, text: &str) -> bool {
    bytes <= TERM_BYTES && !text.contains('\0')
}

fn hash(text: &str) -> String {
    format!("#{}", &Hash32::of(text.as_bytes()).hex()[..32])
}

fn escape(part: &str) -> String {
    part.replace('%', "%25").replace(':', "%3A").replace('=', "%3D")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_together() {
        assert_ne!(entity("a:b", "c"), entity("a", "b:c"));
        assert_ne!(entity_type("a:b"), entity("a", "b"));
        assert_ne!(fact("a", "b=c"), fact("a=b", "c"));
        assert_ne!(fact_known("a=b"), fact("a", "b"));
        assert_eq!(policy_version("p", "1"), policy("p:1"));
    }

    #[test]
    fn long_and_unkeepable_terms_are_hashed() {
        assert_eq!(tag(&"x".repeat(196)).len(), 200);
        assert_eq!(tag(&"x".repeat(197)).len(), "tag:#".len() + 32);
        assert_ne!(tag(&"x".repeat(197)), tag(&"x".repeat(198)));
        assert!(fact("k", "a\0b").starts_with("fact:#"));
        assert_eq!(fact_key(&"k".repeat(201)).len(), 33);
    }

    #[test]
    fn words_are_lower_case_runs_of_letters_and_digits() {
        let found: Vec<String> = words("Größe: T-123_x, ÉTÉ!\0日本").collect();
        assert_eq!(found, ["word:größe", "word:t", "word:123", "word:x", "word:été", "word:日本"]);
    }
}
