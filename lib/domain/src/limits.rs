//! How large, how deep and how strict: the rules under which one event is read.

use crate::guard::GuardMode;

/// Bounds on one JSON document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one event as sent.
    pub event_bytes: usize,
    /// Nesting levels of one event's payload; the payload object itself is level 1.
    pub depth: usize,
    /// Digits of one integer.
    pub digits: usize,
    /// Bytes of one identifier in UTF-8. Joined ids stay within what a B-tree entry can hold.
    pub id_bytes: usize,
    /// Tags of one event.
    pub tags: usize,
}

impl Limits {
    /// The limits of the service, `DESIGN` section 5.
    pub const SERVICE: Self = Self { event_bytes: 1 << 20, depth: 32, digits: 1000, id_bytes: 512, tags: 256 };
}

impl Default for Limits {
    fn default() -> Self {
        Self::SERVICE
    }
}

/// Which of the two contracts decides (semantics, section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// What the frozen reference library accepts: for logs recorded by it.
    Reference,
    /// The reference and the documented value domains, times and non-blank ids: what the service enforces.
    Strict,
}

/// What happens to envelope fields nobody knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownFields {
    /// Refused with `schema_violation`, reason `unknown_field`.
    Refuse,
    /// Dropped, as the reference does.
    Ignore,
}

/// The rules for reading one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Which contract.
    pub profile: Profile,
    /// How the secret guard looks.
    pub guard: GuardMode,
    /// The bounds.
    pub limits: Limits,
    /// Envelope fields nobody knows.
    pub unknown_fields: UnknownFields,
}

impl Rules {
    /// The rules at the network edge: strict, unknown fields refused, service limits.
    #[must_use]
    pub const fn edge(guard: GuardMode) -> Self {
        Self { profile: Profile::Strict, guard, limits: Limits::SERVICE, unknown_fields: UnknownFields::Refuse }
    }

    /// The rules of the frozen reference, for parity.
    #[must_use]
    pub const fn reference() -> Self {
        Self {
            profile: Profile::Reference,
            guard: GuardMode::Reference,
            limits: Limits::SERVICE,
            unknown_fields: UnknownFields::Ignore,
        }
    }
}
