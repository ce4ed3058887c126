//! Identifiers and positions, each a type of its own.

use std::fmt;

use crate::violation::Violation;

/// A number below zero where a position was needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Negative(pub i64);

impl fmt::Display for Negative {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is below zero", self.0)
    }
}

impl std::error::Error for Negative {}

/// The name of a tenant: 1 to 128 characters of `A–Z a–z 0–9 . _ : @ -`, the first a letter or digit.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TenantId(String);

impl TenantId {
    /// Checks the name.
    ///
    /// # Errors
    /// `invalid_argument` when it is empty, too long or holds another character.
    pub fn new(text: &str) -> Result<Self, Violation> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | ':' | '@' | '-');
        let starts_well = text.starts_with(|c: char| c.is_ascii_alphanumeric());
        if text.len() > 128 || !starts_well || !text.chars().all(allowed) {
            return Err(Violation::argument(
                "tenant_id needs 1 to 128 characters of A-Z a-z 0-9 . _ : @ - and starts with a letter or digit",
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Position in one tenant's log, 1, 2, 3 … without a gap. A cursor at 0 has read nothing yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogSeq(i64);

/// Position in one trace, 0, 1, 2 … without a gap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TraceSeq(i64);

macro_rules! position {
    ($name:ident) => {
        impl $name {
            /// The first position.
            pub const START: Self = Self(0);

            /// Accepts what PostgreSQL stores (`bigint`).
            ///
            /// # Errors
            /// [`Negative`] below zero.
            pub const fn new(raw: i64) -> Result<Self, Negative> {
                if raw < 0 { Err(Negative(raw)) } else { Ok(Self(raw)) }
            }

            /// The number.
            #[must_use]
            pub const fn get(self) -> i64 {
                self.0
            }

            /// The position after this one.
            #[must_use]
            pub const fn next(self) -> Self {
                Self(self.0 + 1)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

position!(LogSeq);
position!(TraceSeq);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenant_names() {
        for good in ["default", "release-demo", "Tenant_1", "a", "org:unit@x.y"] {
            assert_eq!(TenantId::new(good).unwrap().as_str(), good);
        }
        for bad in ["", " ", "-a", "a b", "ä", "a/b", &"x".repeat(129)] {
            assert!(TenantId::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn positions_count_up_from_zero() {
        assert_eq!(LogSeq::START.next().get(), 1);
        assert_eq!(TraceSeq::new(-1), Err(Negative(-1)));
    }
}
