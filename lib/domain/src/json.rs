//! JSON as the contract sees it: exact integers, no floats, keys in code point order.
//!
//! A document is read into a borrowed tree ([`Json`]) in one pass and written in one of two forms that differ only in how
//! text beyond ASCII appears: the payload form (raw UTF-8, hashed into `payload_hash`) and the digest form
//! (ASCII escapes, hashed into projection digests). Common JSON crates read `-0` and long integers as floats,
//! sort by UTF-16, or keep the first of repeated keys; each of these would change hashes (semantics, section 14.2).

mod parse;
mod write;

use std::borrow::Cow;

pub use parse::parse;
pub(crate) use write::float;
pub use write::{write_canonical, write_digest_form, write_text, write_text_digest_form};

/// One JSON value, borrowing from the text it was read from wherever no escape had to be resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Json<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer of any size in canonical spelling: no leading zeros, `-0` read as `0`.
    Int(&'a str),
    /// A number written with `.`, `e` or `E`, as it was spelled. No canonical form exists for it.
    Float(&'a str),
    /// A string, escapes resolved.
    Text(Cow<'a, str>),
    /// A list, order kept.
    List(Vec<Json<'a>>),
    /// An object, sorted by key in code point order; of repeated keys the last is kept.
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
}

impl<'a> Json<'a> {
    /// The value under `key`, if this is an object that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Json<'a>> {
        let entries = self.as_object()?;
        entries.binary_search_by(|(name, _)| name.as_ref().cmp(key)).ok().map(|at| &entries[at].1)
    }

    /// The entries of an object, sorted by key.
    #[must_use]
    pub fn as_object(&self) -> Option<&[(Cow<'a, str>, Json<'a>)]> {
        if let Self::Object(entries) = self { Some(entries) } else { None }
    }

    /// The items of a list.
    #[must_use]
    pub fn as_list(&self) -> Option<&[Json<'a>]> {
        if let Self::List(items) = self { Some(items) } else { None }
    }

    /// The text of a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// An integer that fits 64 bits.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        if let Self::Int(digits) = self { digits.parse().ok() } else { None }
    }

    /// Whether this is `null`.
    #[must_use]
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}
