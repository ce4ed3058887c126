//! `dg audit verify`: the chain, computed anew.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
};

use clap::Args;
use dg_client::{AuditQuery, AuditRow};
use dg_domain::{Hash32, Micros};
use dg_ledger::audit::{AuditEntry, AuditHead};
use serde_json::json;

use crate::{
    cli::Global,
    connection,
    failure::{Exit, Failure},
    output::Output,
};

/// What to verify.
#[derive(Debug, Args)]
#[command(after_help = "\
Reads every row and computes its hash here. Rows that were changed, inserted or taken out are found; that the last rows were \
cut off is found only with --anchor: note the row and hash that this command prints, somewhere else.

Exit code 1 when the chain is broken or does not hold the anchor.

Examples:
  dg audit verify
  dg audit verify --anchor 1042:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
  dg audit verify --file audit.ndjson                                   an export, without the service")]
pub(crate) struct VerifyArgs {
    /// Row and hash that were noted before.
    #[arg(long, value_name = "ROW:HASH", value_parser = anchor)]
    anchor: Option<Anchor>,
    /// An export instead of the service.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

/// A row that was there, with its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Anchor(AuditHead);

fn anchor(text: &str) -> Result<Anchor, String> {
    let bad = || "it is a row, a colon and 64 hexadecimal digits".to_owned();
    let (row, digits) = text.split_once(':').ok_or_else(bad)?;
    Ok(Anchor(AuditHead { audit_seq: row.parse().map_err(|_| bad())?, entry_hash: hash(digits).ok_or_else(bad)? }))
}

/// The chain so far.
struct Chain {
    head: AuditHead,
    first: i64,
    anchor: Option<AuditHead>,
    anchored: bool,
}

pub(super) async fn run(global: &Global, args: &VerifyArgs, out: &mut Output<'_>) -> Result<(), Failure> {
    let anchor = args.anchor.map(|anchor| anchor.0);
    let mut chain = Chain { head: AuditHead::START, first: 1, anchor, anchored: false };
    match &args.file {
        Some(file) => of_file(&mut chain, file)?,
        None => of_service(&mut chain, global).await?,
    }
    chain.end()?;
    let Chain { head, first, anchored, .. } = chain;
    if out.is_json() {
        return out.document(&json!({
            "anchored": anchored,
            "entry_hash": head.entry_hash.hex(),
            "first_seq": first,
            "last_seq": head.audit_seq,
            "valid": true,
        }));
    }
    out.line(format!("Rows {first} to {} are what was written.", head.audit_seq))?;
    Ok(out.line(format!(
        "To verify later that they are still there: --anchor {}:{}",
        head.audit_seq,
        head.entry_hash.hex()
    ))?)
}

async fn of_service(chain: &mut Chain, global: &Global) -> Result<(), Failure> {
    let client = connection::service(global)?;
    let mut query = AuditQuery { oldest_first: true, limit: Some(1_000), ..AuditQuery::default() };
    loop {
        let page = client.audit(&query).await?;
        page.entries.iter().try_for_each(|row| chain.follow(row))?;
        match page.next_cursor {
            Some(cursor) => query.cursor = Some(cursor),
            None => return Ok(()),
        }
    }
}

fn of_file(chain: &mut Chain, path: &Path) -> Result<(), Failure> {
    let unreadable = |reason: String| Failure::new(Exit::Data, "bad_format", format!("{}: {reason}", path.display()));
    let file = std::fs::File::open(path).map_err(|error| unreadable(error.to_string()))?;
    for (at, line) in BufReader::new(file).lines().enumerate() {
        let line = line.map_err(|error| unreadable(error.to_string()))?;
        let row: AuditRow =
            serde_json::from_str(&line).map_err(|error| unreadable(format!("line {}: {error}", at + 1)))?;
        if at == 0 && row.audit_seq > 1 {
            // A later part of the chain: what came before it is taken as the row says.
            let before = hash(&row.previous_hash).ok_or_else(|| unreadable("line 1: no hash".to_owned()))?;
            chain.head = AuditHead { audit_seq: row.audit_seq - 1, entry_hash: before };
            chain.first = row.audit_seq;
        }
        chain.follow(&row)?;
    }
    Ok(())
}

impl Chain {
    fn follow(&mut self, row: &AuditRow) -> Result<(), Failure> {
        let (entry, stored) =
            read(row).ok_or_else(|| broken(row.audit_seq, format!("row {} cannot be read", row.audit_seq)))?;
        self.head.follow(&entry, stored).map_err(|why| broken(why.audit_seq(), why.to_string()))?;
        if let Some(anchor) = self.anchor.filter(|anchor| anchor.audit_seq == self.head.audit_seq) {
            if anchor != self.head {
                let message = format!("row {} is not the one that was noted", anchor.audit_seq);
                return Err(broken(anchor.audit_seq, message));
            }
            self.anchored = true;
        }
        Ok(())
    }

    fn end(&self) -> Result<(), Failure> {
        match self.anchor {
            Some(anchor) if !self.anchored => {
                let message = format!(
                    "row {} that was noted is not there; the audit ends at row {}",
                    anchor.audit_seq, self.head.audit_seq
                );
                Err(broken(self.head.audit_seq + 1, message))
            }
            _ => Ok(()),
        }
    }
}

fn broken(audit_seq: i64, message: String) -> Failure {
    Failure::new(Exit::Found, "audit_broken", message)
        .note("audit_seq", audit_seq)
        .advise("keep a copy of the database as it is; compare with an export or a backup from before; find out who has a superuser's access")
}

fn read(row: &AuditRow) -> Option<(AuditEntry, Hash32)> {
    let entry = AuditEntry {
        audit_seq: row.audit_seq,
        recorded_at: Micros::parse_rfc3339(&row.recorded_at)?,
        kind: row.kind.clone(),
        action: row.action.clone(),
        outcome: row.outcome.clone(),
        principal: row.principal.clone(),
        agent: row.agent.clone(),
        about_tenant: row.about_tenant.clone(),
        subject: row.subject.clone(),
        request_id: row.request_id.clone(),
        address: row.address.clone(),
        details_json: row.details_json(),
        previous_hash: hash(&row.previous_hash)?,
    };
    Some((entry, hash(&row.entry_hash)?))
}

fn hash(digits: &str) -> Option<Hash32> {
    let mut bytes = [0_u8; 32];
    if digits.len() != 64 || !digits.is_ascii() {
        return None;
    }
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[at * 2..at * 2 + 2], 16).ok()?;
    }
    Some(Hash32::from_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_anchor_is_a_row_and_its_hash() {
        let digits = "ab".repeat(32);
        assert_eq!(anchor(&format!("7:{digits}")).unwrap().0.entry_hash.hex(), digits);
        for bad in [
            "",
            "7",
            "7:ab",
            &format!("x:{digits}"),
            &format!("7:{}", "zz".repeat(32)),
            &format!("7:{}", "é".repeat(32)),
        ] {
            assert!(anchor(bad).is_err(), "{bad}");
        }
    }
}
