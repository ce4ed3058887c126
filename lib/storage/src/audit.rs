//! The audit: who administered what, who was refused, who signed in, who took data out.
//!
//! One chain for the whole installation. A writer takes the chain's lock last, when its own work is done, so that it is
//! held for two short statements and the commit.

use dg_domain::{Hash32, Micros};
use dg_ledger::audit::{AuditEntry, AuditHead};
use serde_json::{Map, Value};
use tokio_postgres::{Row, types::ToSql};

use crate::{
    error::StoreError,
    locks::{LockClass, LockKey},
    store::Store,
    values::{PgHash, PgMicros},
    work::Work,
};

const LOCK: &str = include_str!("../../../sql/queries/audit/lock.sql");
const LAST: &str = include_str!("../../../sql/queries/audit/last.sql");
const INSERT: &str = include_str!("../../../sql/queries/audit/insert.sql");
const OLDEST: &str = include_str!("../../../sql/queries/audit/oldest.sql");
const NEWEST: &str = include_str!("../../../sql/queries/audit/newest.sql");

/// Texts that come from a caller are cut to this many bytes: a row is a note, and its table has no bound.
const LONGEST: usize = 512;

/// Who does something, and in which request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct By {
    /// The account; none for callers nobody knows.
    pub principal: Option<String>,
    /// The account that acts in the principal's name.
    pub agent: Option<String>,
    /// The request.
    pub request_id: Option<String>,
    /// Where it came from.
    pub address: Option<String>,
}

impl By {
    /// Somebody outside of any request.
    #[must_use]
    pub fn of(principal: &str) -> Self {
        Self { principal: Some(principal.to_owned()), ..Self::default() }
    }

    /// The name for columns such as `created_by`.
    pub(crate) fn name(&self) -> &str {
        self.principal.as_deref().unwrap_or("nobody")
    }

    /// A note that this was done.
    #[must_use]
    pub fn did(&self, action: &'static str) -> NewEntry {
        self.note(AuditKind::Act, action, Outcome::Done)
    }

    /// A note about something.
    #[must_use]
    pub fn note(&self, kind: AuditKind, action: &'static str, outcome: Outcome) -> NewEntry {
        NewEntry { kind, action, outcome, by: self.clone(), about_tenant: None, subject: None, details: Map::new() }
    }
}

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $variant:ident => $word:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$of])* $variant,)* }

        impl $name {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The word in tables and answers.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }
    )*};
}

words! {
    /// What kind of thing a row is about.
    AuditKind {
        /// Somebody administered something.
        Act => "act",
        /// Somebody was told that they may not.
        Refusal => "refusal",
        /// Somebody signed in or out, or tried to.
        SignIn => "sign_in",
        /// Somebody took data out.
        Export => "export",
    }
    /// How it ended.
    Outcome {
        /// It was done, in the transaction of the row.
        Done => "done",
        /// It was allowed and then tried: the row came first.
        Asked => "asked",
        /// It was not done.
        Refused => "refused",
    }
}

/// A row to write.
#[derive(Clone, Debug)]
pub struct NewEntry {
    kind: AuditKind,
    action: &'static str,
    outcome: Outcome,
    by: By,
    about_tenant: Option<String>,
    subject: Option<String>,
    details: Map<String, Value>,
}

impl NewEntry {
    /// The tenant it is about.
    #[must_use]
    pub fn tenant(mut self, tenant_id: &str) -> Self {
        self.about_tenant = Some(cut(tenant_id));
        self
    }

    /// What it is about.
    #[must_use]
    pub fn subject(mut self, subject: &str) -> Self {
        self.subject = Some(cut(subject));
        self
    }

    /// One more thing to know about it. Nothing secret.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.details.insert(key.to_owned(), value.into());
        self
    }

    fn after(self, head: AuditHead, recorded_at: Micros) -> AuditEntry {
        let details_json = Value::Object(self.details).to_string();
        // Never reached by what this program notes; a row that cannot be written would undo the act.
        let details_json = if details_json.len() > 16_384 { "{\"cut\":true}".to_owned() } else { details_json };
        AuditEntry {
            audit_seq: head.audit_seq + 1,
            recorded_at,
            kind: self.kind.as_str().to_owned(),
            action: self.action.to_owned(),
            outcome: self.outcome.as_str().to_owned(),
            principal: self.by.principal.as_deref().map(cut),
            agent: self.by.agent.as_deref().map(cut),
            about_tenant: self.about_tenant,
            subject: self.subject,
            request_id: self.by.request_id.as_deref().map(cut),
            address: self.by.address.as_deref().map(cut),
            details_json,
            previous_hash: head.entry_hash,
        }
    }
}

/// A row as it is stored, with the hash that stands beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// What was hashed.
    pub entry: AuditEntry,
    /// What the hash was.
    pub entry_hash: Hash32,
}

/// Which rows to read; what is `None` does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are named like the columns")]
pub struct AuditFilter {
    pub kind: Option<String>,
    pub action: Option<String>,
    pub outcome: Option<String>,
    pub principal: Option<String>,
    pub subject: Option<String>,
    /// Of these tenants only, and nothing that is about none.
    pub about_tenants: Option<Vec<String>>,
    /// Written then or later.
    pub since: Option<Micros>,
    /// Written before.
    pub until: Option<Micros>,
}

/// From which end a page is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditOrder {
    /// Upwards, after the row given.
    Oldest,
    /// Downwards, before the row given.
    Newest,
}

impl Store {
    /// Writes rows about what has no transaction of its own.
    ///
    /// # Errors
    /// The database's.
    pub async fn note(&self, entries: Vec<NewEntry>) -> Result<(), StoreError> {
        if entries.is_empty() {
            return Ok(());
        }
        let work = Work::begin(self).await?;
        append(&work, entries).await?;
        work.commit().await
    }

    /// At most `limit` rows, beginning beside the row `from`, which is not among them; without it at the end in question.
    ///
    /// # Errors
    /// The database's.
    pub async fn audit(
        &self,
        filter: &AuditFilter,
        order: AuditOrder,
        from: Option<i64>,
        limit: i64,
    ) -> Result<Vec<AuditRow>, StoreError> {
        let (name, sql, start) = match order {
            AuditOrder::Oldest => ("audit.oldest", OLDEST, 0),
            AuditOrder::Newest => ("audit.newest", NEWEST, i64::MAX),
        };
        let (since, until) = (filter.since.map(PgMicros), filter.until.map(PgMicros));
        let from = from.unwrap_or(start);
        let params: [&(dyn ToSql + Sync); 10] = [
            &from,
            &filter.kind,
            &filter.action,
            &filter.outcome,
            &filter.principal,
            &filter.subject,
            &filter.about_tenants,
            &since,
            &until,
            &limit,
        ];
        self.query(name, sql, &params).await?.iter().map(|row| read(name, row)).collect()
    }
}

/// Continues the chain, as the last thing of a transaction.
pub(crate) async fn append(work: &Work, entries: Vec<NewEntry>) -> Result<(), StoreError> {
    let lock = LockKey::new(LockClass::Audit, &[]);
    work.query("audit.lock", LOCK, &[&lock.class(), &lock.hash()]).await?;
    let name = "audit.last";
    let row = work.query_opt(name, LAST, &[]).await?.ok_or_else(|| StoreError::corrupt(name, Unreadable))?;
    let recorded_at = row.try_get::<_, PgMicros>("recorded_at").map_err(StoreError::of(name))?.0;
    let last: Option<i64> = row.try_get("audit_seq").map_err(StoreError::of(name))?;
    let mut head = match last {
        Some(audit_seq) => AuditHead { audit_seq, entry_hash: hash(name, &row, "entry_hash")? },
        None => AuditHead::START,
    };
    for new in entries {
        let entry = new.after(head, recorded_at);
        head = AuditHead { audit_seq: entry.audit_seq, entry_hash: entry.hash() };
        insert(work, &entry, head.entry_hash).await?;
    }
    Ok(())
}

async fn insert(work: &Work, entry: &AuditEntry, entry_hash: Hash32) -> Result<(), StoreError> {
    let (at, previous, entry_hash) = (PgMicros(entry.recorded_at), PgHash(entry.previous_hash), PgHash(entry_hash));
    let params: [&(dyn ToSql + Sync); 14] = [
        &entry.audit_seq,
        &at,
        &entry.kind,
        &entry.action,
        &entry.outcome,
        &entry.principal,
        &entry.agent,
        &entry.about_tenant,
        &entry.subject,
        &entry.request_id,
        &entry.address,
        &entry.details_json,
        &previous,
        &entry_hash,
    ];
    work.query("audit.insert", INSERT, &params).await.map(drop)
}

fn read(name: &'static str, row: &Row) -> Result<AuditRow, StoreError> {
    let failed = StoreError::of(name);
    let entry = AuditEntry {
        audit_seq: row.try_get("audit_seq").map_err(failed)?,
        recorded_at: row.try_get::<_, PgMicros>("recorded_at").map_err(failed)?.0,
        kind: row.try_get("kind").map_err(failed)?,
        action: row.try_get("action").map_err(failed)?,
        outcome: row.try_get("outcome").map_err(failed)?,
        principal: row.try_get("principal").map_err(failed)?,
        agent: row.try_get("agent").map_err(failed)?,
        about_tenant: row.try_get("about_tenant").map_err(failed)?,
        subject: row.try_get("subject").map_err(failed)?,
        request_id: row.try_get("request_id").map_err(failed)?,
        address: row.try_get("address").map_err(failed)?,
        details_json: row.try_get("details_json").map_err(failed)?,
        previous_hash: hash(name, row, "previous_hash")?,
    };
    Ok(AuditRow { entry, entry_hash: hash(name, row, "entry_hash")? })
}

fn hash(name: &'static str, row: &Row, column: &str) -> Result<Hash32, StoreError> {
    let bytes: &[u8] = row.try_get(column).map_err(StoreError::of(name))?;
    Hash32::from_slice(bytes).map_err(|source| StoreError::corrupt(name, source))
}

/// PostgreSQL takes no NUL in a text, and nobody needs a long one here.
fn cut(text: &str) -> String {
    let mut end = text.len().min(LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].replace('\0', "\u{fffd}")
}

/// The statement always answers one row.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the end of the chain was not told")]
struct Unreadable;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_callers_are_cut() {
        assert_eq!(cut("a\0b"), "a\u{fffd}b");
        assert_eq!(cut(&"é".repeat(300)).len(), 512);
        assert_eq!(cut(&format!("a{}", "é".repeat(300))).len(), 511);
    }
}
