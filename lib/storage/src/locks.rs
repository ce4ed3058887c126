//! Who owns a scope: session-level advisory locks.
//!
//! The lock is free the moment its holder's connection is gone, whatever happened to the holder; [`lease`] sees to it that
//! the connection of a paused or cut off holder does not linger. It is an agreement to keep out of each other's way, no
//! more: a holder may not have noticed yet that its connection is gone. What keeps two holders from both writing is the
//! epoch in the scope's cursor row, which every writing transaction locks and compares.

pub mod lease;
mod session;

pub use session::{LockSession, ScopeLock};

use dg_domain::keys;

/// What a lock is about. This is the one table of classes: a class never means two things, and numbers are never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LockClass {
    /// The schema migrations of a database.
    Migrations,
    /// A tenant's projections.
    Projection,
    /// A tenant's review workflow.
    Workflow,
    /// A tenant's Merkle tree and its checkpoints.
    Seal,
    /// The runner of a replay run.
    Run,
    /// The self-check of a tenant's projections.
    SelfCheck,
    /// Giving back the space of removed generations.
    Space,
    /// Clearing a tenant's slot of rows that nobody reads.
    Clear,
    /// The end of the audit's chain, for the length of a transaction.
    Audit,
    /// Delivering a tenant's webhooks.
    Webhooks,
    /// A tenant's absences, for the length of a transaction.
    Absences,
    /// Delivering a tenant's notifications.
    Telling,
}

/// The first halves of keys are counted from here: one range of our own ("DG"), so that other users of advisory locks in the same
/// database are not in the way.
pub(crate) const CLASSES_FROM: i32 = 0x4447_0000;

impl LockClass {
    /// Every class.
    pub const ALL: [Self; 12] = [
        Self::Migrations,
        Self::Projection,
        Self::Workflow,
        Self::Seal,
        Self::Run,
        Self::SelfCheck,
        Self::Space,
        Self::Clear,
        Self::Audit,
        Self::Webhooks,
        Self::Absences,
        Self::Telling,
    ];

    /// The word in answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Migrations => "migrations",
            Self::Projection => "projection",
            Self::Workflow => "workflow",
            Self::Seal => "seal",
            Self::Run => "run",
            Self::SelfCheck => "self_check",
            Self::Space => "space",
            Self::Clear => "clear",
            Self::Audit => "audit",
            Self::Webhooks => "webhooks",
            Self::Absences => "absences",
            Self::Telling => "telling",
        }
    }

    /// The class with this number in our range.
    pub(crate) fn of_number(number: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.number() - CLASSES_FROM == number)
    }

    /// The first half of the key.
    const fn number(self) -> i32 {
        CLASSES_FROM
            + match self {
                Self::Migrations => 1,
                Self::Projection => 2,
                Self::Workflow => 3,
                Self::Seal => 4,
                Self::Run => 5,
                Self::SelfCheck => 6,
                Self::Space => 7,
                Self::Clear => 8,
                Self::Audit => 9,
                Self::Webhooks => 12,
                Self::Absences => 13,
                Self::Telling => 14,
            }
    }
}

/// One lock: a class and the hash of the scope's parts. Two scopes of a class that share a hash (one in four billion) at
/// worst wait for each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LockKey {
    class: LockClass,
    hash: i32,
}

impl LockKey {
    /// The lock of a scope, for example `(Projection, [tenant])`. Parts are length-prefixed before hashing.
    #[must_use]
    pub fn new(class: LockClass, parts: &[&str]) -> Self {
        let key = keys::parts_key(parts);
        let [a, b, c, d, ..] = *key.as_bytes();
        Self { class, hash: i32::from_be_bytes([a, b, c, d]) }
    }

    /// The first half, as PostgreSQL takes it.
    #[must_use]
    pub const fn class(self) -> i32 {
        self.class.number()
    }

    /// The second half.
    #[must_use]
    pub const fn hash(self) -> i32 {
        self.hash
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_found_by_their_numbers_and_told_apart_by_their_words() {
        for class in LockClass::ALL {
            assert_eq!(LockClass::of_number(class.number() - CLASSES_FROM), Some(class));
            assert_eq!(LockClass::ALL.into_iter().filter(|other| other.as_str() == class.as_str()).count(), 1);
        }
        assert_eq!(LockClass::of_number(0), None);
    }

    #[test]
    fn scopes_do_not_collide_by_concatenation() {
        let key = |parts: &[&str]| LockKey::new(LockClass::Projection, parts).hash();
        assert_ne!(key(&["a:b", "c"]), key(&["a", "b:c"]));
        assert_ne!(key(&["a", ""]), key(&["a"]));
        assert_ne!(LockKey::new(LockClass::Seal, &["t"]).class(), LockKey::new(LockClass::Workflow, &["t"]).class());
    }
}
