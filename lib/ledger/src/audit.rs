//! The audit's chain: how a row is hashed, and how a chain is verified.
//!
//! A row's hash covers all that the row says and the hash of the row before it. Whoever changes, inserts or removes a row
//! would have to write all later ones anew, and whoever noted a later hash somewhere else sees that.

use std::fmt;

use dg_domain::{Hash32, Micros, json};

use crate::{optional_field, text_field};

/// What stands before the first row.
pub const GENESIS: Hash32 = Hash32::from_bytes([0; 32]);

/// One row, as far as it is hashed. Texts are those of the table, known to this release or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// 1, 2, 3 … without a gap.
    pub audit_seq: i64,
    /// When it was written.
    pub recorded_at: Micros,
    /// `act`, `refusal`, `sign_in` or `export`.
    pub kind: String,
    /// What was done or tried, for example `token.revoke`.
    pub action: String,
    /// `done`, `asked` or `refused`.
    pub outcome: String,
    /// The account that did it; none for callers nobody knows.
    pub principal: Option<String>,
    /// The account that did it in the principal's name.
    pub agent: Option<String>,
    /// The tenant it was about.
    pub about_tenant: Option<String>,
    /// The account, token, session or other thing it was about.
    pub subject: Option<String>,
    /// The request, as in logs and answers.
    pub request_id: Option<String>,
    /// Where it came from.
    pub address: Option<String>,
    /// More about it: a JSON object as text, hashed as it is.
    pub details_json: String,
    /// The hash of the row before, [`GENESIS`] for the first.
    pub previous_hash: Hash32,
}

impl AuditEntry {
    /// SHA-256 over the row as a JSON object: keys in order, absent texts `null`, `recorded_at` with six fraction digits,
    /// `details_json` as a string, hashes in hex.
    #[must_use]
    pub fn hash(&self) -> Hash32 {
        let mut text = String::with_capacity(512);
        text.push('{');
        optional_field("about_tenant", self.about_tenant.as_deref(), &mut text);
        text_field("action", &self.action, &mut text);
        text.push(',');
        optional_field("address", self.address.as_deref(), &mut text);
        optional_field("agent", self.agent.as_deref(), &mut text);
        text.push_str("\"audit_seq\":");
        text.push_str(&self.audit_seq.to_string());
        text.push(',');
        text_field("details_json", &self.details_json, &mut text);
        text.push(',');
        text_field("kind", &self.kind, &mut text);
        text.push(',');
        text_field("outcome", &self.outcome, &mut text);
        text.push(',');
        text_field("previous_hash", &self.previous_hash.hex(), &mut text);
        text.push(',');
        optional_field("principal", self.principal.as_deref(), &mut text);
        text_field("recorded_at", &self.recorded_at.rfc3339(), &mut text);
        text.push(',');
        optional_field("request_id", self.request_id.as_deref(), &mut text);
        text.push_str("\"subject\":");
        match &self.subject {
            Some(subject) => json::write_text(subject, &mut text),
            None => text.push_str("null"),
        }
        text.push('}');
        Hash32::of(text.as_bytes())
    }
}

/// Where a chain ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditHead {
    /// The last row; 0 for a chain without rows.
    pub audit_seq: i64,
    /// Its hash.
    pub entry_hash: Hash32,
}

impl AuditHead {
    /// The end of an empty chain.
    pub const START: Self = Self { audit_seq: 0, entry_hash: GENESIS };

    /// Goes on to the next row.
    ///
    /// # Errors
    /// The first thing that is wrong with it; the head stays where it was.
    pub fn follow(&mut self, entry: &AuditEntry, stored: Hash32) -> Result<(), BrokenChain> {
        let found = entry.audit_seq;
        let expected = self.audit_seq + 1;
        if found != expected {
            return Err(BrokenChain::Missing { expected, found });
        }
        if entry.previous_hash != self.entry_hash {
            return Err(BrokenChain::Detached { audit_seq: found });
        }
        if entry.hash() != stored {
            return Err(BrokenChain::Altered { audit_seq: found });
        }
        *self = Self { audit_seq: found, entry_hash: stored };
        Ok(())
    }
}

/// The first row at which a chain is not what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BrokenChain {
    /// Rows are missing or out of order.
    Missing {
        /// The row that had to follow.
        expected: i64,
        /// The one that does.
        found: i64,
    },
    /// The row does not name its predecessor's hash: one of the two was written anew.
    Detached {
        /// The row.
        audit_seq: i64,
    },
    /// What the row says is not what was hashed.
    Altered {
        /// The row.
        audit_seq: i64,
    },
}

impl BrokenChain {
    /// The row that is named.
    #[must_use]
    pub const fn audit_seq(&self) -> i64 {
        match *self {
            Self::Missing { expected, .. } => expected,
            Self::Detached { audit_seq } | Self::Altered { audit_seq } => audit_seq,
        }
    }
}

impl fmt::Display for BrokenChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { expected, found } => {
                write!(f, "row {expected} is missing; row {found} stands in its place")
            }
            Self::Detached { audit_seq } => write!(f, "row {audit_seq} does not follow the row before it"),
            Self::Altered { audit_seq } => write!(f, "row {audit_seq} is not what was written"),
        }
    }
}

impl std::error::Error for BrokenChain {}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(audit_seq: i64, previous_hash: Hash32) -> AuditEntry {
        AuditEntry {
            audit_seq,
            recorded_at: Micros::new(1_767_258_000_000_001),
            kind: "act".to_owned(),
            action: "token.revoke".to_owned(),
            outcome: "done".to_owned(),
            principal: Some("ana".to_owned()),
            agent: None,
            about_tenant: None,
            subject: Some("0123456789ab".to_owned()),
            request_id: Some("r-1".to_owned()),
            address: Some("127.0.0.1".to_owned()),
            details_json: r#"{"account_id":"bot"}"#.to_owned(),
            previous_hash,
        }
    }

    fn chain(rows: i64) -> Vec<(AuditEntry, Hash32)> {
        let mut previous = GENESIS;
        (1..=rows)
            .map(|audit_seq| {
                let row = entry(audit_seq, previous);
                previous = row.hash();
                (row, previous)
            })
            .collect()
    }

    fn verify(rows: &[(AuditEntry, Hash32)]) -> Result<AuditHead, BrokenChain> {
        let mut head = AuditHead::START;
        rows.iter().try_for_each(|(row, stored)| head.follow(row, *stored))?;
        Ok(head)
    }

    /// The row spelled out, so that a change of the form is seen here before it breaks a stored chain.
    #[test]
    fn the_row_is_this_text() {
        let text = format!(
            "{{\"about_tenant\":null,\"action\":\"token.revoke\",\"address\":\"127.0.0.1\",\"agent\":null,\"audit_seq\":1,\
             \"details_json\":\"{{\\\"account_id\\\":\\\"bot\\\"}}\",\"kind\":\"act\",\"outcome\":\"done\",\
             \"previous_hash\":\"{}\",\"principal\":\"ana\",\"recorded_at\":\"2026-01-01T09:00:00.000001Z\",\
             \"request_id\":\"r-1\",\"subject\":\"0123456789ab\"}}",
            "0".repeat(64)
        );
        assert_eq!(entry(1, GENESIS).hash(), Hash32::of(text.as_bytes()));
    }

    #[test]
    fn a_whole_chain_verifies() {
        assert_eq!(verify(&[]), Ok(AuditHead::START));
        let rows = chain(5);
        assert_eq!(verify(&rows), Ok(AuditHead { audit_seq: 5, entry_hash: rows[4].1 }));
    }

    #[test]
    fn the_first_altered_row_is_named() {
        let check = |change: fn(&mut AuditEntry)| {
            let mut rows = chain(5);
            change(&mut rows[2].0);
            assert_eq!(verify(&rows), Err(BrokenChain::Altered { audit_seq: 3 }));
            // Hashed anew, it no longer fits what follows.
            rows[2].1 = rows[2].0.hash();
            assert_eq!(verify(&rows), Err(BrokenChain::Detached { audit_seq: 4 }));
        };
        check(|row| row.principal = Some("bob".to_owned()));
        check(|row| row.principal = None);
        check(|row| row.agent = Some("console".to_owned()));
        check(|row| row.about_tenant = Some("acme".to_owned()));
        check(|row| row.subject = None);
        check(|row| row.request_id = None);
        check(|row| row.address = None);
        check(|row| row.outcome = "refused".to_owned());
        check(|row| row.kind = "export".to_owned());
        check(|row| row.action.push('d'));
        check(|row| row.details_json.push(' '));
        check(|row| row.recorded_at = Micros::new(0));
    }

    #[test]
    fn a_missing_or_inserted_row_is_named() {
        let mut rows = chain(5);
        rows.remove(2);
        let missing = BrokenChain::Missing { expected: 3, found: 4 };
        assert_eq!(verify(&rows), Err(missing));
        assert_eq!(
            (missing.audit_seq(), missing.to_string().as_str()),
            (3, "row 3 is missing; row 4 stands in its place")
        );
        let mut rows = chain(5);
        rows.insert(3, rows[2].clone());
        assert_eq!(verify(&rows), Err(BrokenChain::Missing { expected: 4, found: 3 }));
    }
}
