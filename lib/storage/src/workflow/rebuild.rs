//! Making the items again from the log alone, and comparing.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use dg_domain::{Hash32, LogSeq, StoredEvent, TenantId};
use dg_workflow::{
    Item,
    digest::{self, Digest},
    fold::{self, Fold, TraceFacts},
    notice,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    notices::{self, Telling},
    row::{Kept, action_json, workflow_key},
    turn::{self, Turn},
};
use crate::{error::StoreError, log::stored_event, store::Store, values::PgKey, work::Work};

const EVENTS: &str = include_str!("../../../../sql/queries/workflow/events.sql");
const ITEMS: &str = include_str!("../../../../sql/queries/workflow/items.sql");
const DIGEST_ITEMS: &str = include_str!("../../../../sql/queries/workflow/digest_items.sql");
const CLEAR_ITEMS: &str = include_str!("../../../../sql/queries/workflow/clear_items.sql");
const CLEAR_ACTIONS: &str = include_str!("../../../../sql/queries/workflow/clear_actions.sql");
const SAVE_ITEMS: &str = include_str!("../../../../sql/queries/workflow/save_items.sql");
const SAVE_ACTIONS: &str = include_str!("../../../../sql/queries/workflow/save_actions.sql");
const VERIFIED: &str = include_str!("../../../../sql/queries/workflow/verified.sql");
const STANDPOINT: &str = include_str!("../../../../sql/queries/workflow/standpoint.sql");
const ASK: &str = include_str!("../../../../sql/queries/workflow/ask_rebuild.sql");
const DONE: &str = include_str!("../../../../sql/queries/workflow/rebuild_done.sql");
const SETTLE: &str = include_str!("../../../../sql/queries/workflow/settle_dead_letters.sql");
/// Events and rows per statement.
const AT_ONCE: i64 = 1_000;

/// What came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rebuilt {
    /// The position up to which the log was read.
    #[serde(with = "position")]
    pub log_seq: LogSeq,
    /// Items of the fold.
    pub items: u64,
    /// The digest of the tables before.
    #[serde(with = "hash")]
    pub before: Hash32,
    /// The digest of the fold.
    #[serde(with = "hash")]
    pub folded: Hash32,
    /// Events that could not be applied.
    pub set_aside: usize,
    /// Whether the tables were written.
    pub replaced: bool,
}

impl Rebuilt {
    /// Whether the tables were the fold of the log.
    #[must_use]
    pub fn is_equal(&self) -> bool {
        self.before == self.folded
    }
}

/// The items of a tenant out of its log.
#[derive(Default)]
struct Folded {
    items: BTreeMap<String, Item>,
    actions: Vec<Value>,
    notices: Vec<dg_workflow::Notice>,
    set_aside: usize,
}

impl Store {
    /// Folds a tenant's log from its first event and compares the outcome with the tables, as both are in one snapshot: nobody
    /// waits for it, and nothing is told to anybody.
    ///
    /// # Errors
    /// As every statement.
    pub async fn workflow_verify(&self, tenant: &TenantId) -> Result<Rebuilt, StoreError> {
        let work = Work::snapshot_of(self, tenant).await?;
        let name = "workflow.standpoint";
        let row = work.query_opt(name, STANDPOINT, &[&tenant.as_str()]).await?;
        let (log_seq, demo) = match &row {
            Some(row) => (row.try_get(0).map_err(StoreError::of(name))?, row.try_get(1).map_err(StoreError::of(name))?),
            None => (0_i64, false),
        };
        let log_seq = LogSeq::new(log_seq).map_err(|source| StoreError::corrupt(name, source))?;
        let folded = fold_log(&work, tenant, log_seq, Fold { demo }).await?;
        let found = compare(&work, tenant, log_seq, &folded).await?;
        work.roll_back().await?;
        let text = serde_json::to_string(&found).unwrap_or_default();
        let params = (tenant.as_str(), text, false, log_seq.get());
        let name = "workflow.verified";
        self.of(tenant).count(name, VERIFIED, &[&params.0, &params.1, &params.2, &params.3]).await?;
        Ok(found)
    }

    /// The same, and puts what comes out in the place of what is there. The log takes no events of the tenant meanwhile; readers
    /// see the old items until the new ones are there.
    ///
    /// # Errors
    /// As every statement.
    pub async fn workflow_rebuild(&self, tenant: &TenantId, by: &str) -> Result<Rebuilt, StoreError> {
        // Far behind, it would hold the log for longer than it has to.
        let turn = Turn::begin_caught_up(self, tenant).await?;
        let (work, head, fold, now) = turn.into_parts().await?;
        let folded = fold_log(&work, tenant, head, fold).await?;
        let found = Rebuilt { replaced: true, ..compare(&work, tenant, head, &folded).await? };
        replace_all(&work, tenant, &folded, now, by).await?;
        let text = serde_json::to_string(&found).unwrap_or_default();
        let params = (tenant.as_str(), text, true, head.get());
        work.count("workflow.verified", VERIFIED, &[&params.0, &params.1, &params.2, &params.3]).await?;
        work.commit().await?;
        Ok(found)
    }

    /// Asks dg-workflowd for a rebuild.
    ///
    /// # Errors
    /// As every statement.
    pub async fn ask_workflow_rebuild(&self, tenant: &TenantId, by: &str) -> Result<(), StoreError> {
        self.of(tenant).count("workflow.ask_rebuild", ASK, &[&tenant.as_str(), &by]).await.map(drop)
    }

    /// What it found, once it is done.
    ///
    /// # Errors
    /// As every statement.
    pub async fn workflow_rebuild_done(&self, tenant: &TenantId) -> Result<Option<Rebuilt>, StoreError> {
        let name = "workflow.rebuild_done";
        let Some(row) = self.of(tenant).query_opt(name, DONE, &[&tenant.as_str()]).await? else { return Ok(None) };
        let text: &str = row.try_get(0).map_err(StoreError::of(name))?;
        serde_json::from_str(text).map(Some).map_err(|source| StoreError::corrupt(name, source))
    }

    /// The digest of a tenant's items as they are kept.
    ///
    /// # Errors
    /// As every statement.
    pub async fn workflow_digest(&self, tenant: &TenantId) -> Result<(LogSeq, Hash32), StoreError> {
        let work = Work::snapshot_of(self, tenant).await?;
        let name = "workflow.standpoint";
        let row = work.query_opt(name, STANDPOINT, &[&tenant.as_str()]).await?;
        let log_seq = row.map_or(Ok(0), |row| row.try_get(0).map_err(StoreError::of(name)))?;
        let digest = digest_of(&work, tenant).await?;
        work.roll_back().await?;
        Ok((LogSeq::new(log_seq).map_err(|source| StoreError::corrupt(name, source))?, digest))
    }
}

/// What folding gave, beside what is kept.
async fn compare(work: &Work, tenant: &TenantId, log_seq: LogSeq, folded: &Folded) -> Result<Rebuilt, StoreError> {
    let mut digest = Digest::default();
    for item in folded.items.values() {
        let text = digest::canonical(item).map_err(|source| StoreError::corrupt("workflow.rebuild", source))?;
        digest.add(&text);
    }
    let items = digest.items();
    let (before, after) = (digest_of(work, tenant).await?, digest.finish());
    Ok(Rebuilt { log_seq, items, before, folded: after, set_aside: folded.set_aside, replaced: false })
}

async fn fold_log(work: &Work, tenant: &TenantId, head: LogSeq, fold: Fold) -> Result<Folded, StoreError> {
    let name = "workflow.events";
    let mut folded = Folded::default();
    let mut after = 0_i64;
    loop {
        let rows = work.query(name, EVENTS, &[&tenant.as_str(), &after, &head.get(), &AT_ONCE]).await?;
        let events: Result<Vec<Arc<StoredEvent>>, _> =
            rows.iter().map(|row| stored_event(name, row).map(Arc::new)).collect();
        let events = events?;
        let Some(last) = events.last() else { return Ok(folded) };
        after = last.log_seq.get();
        let mut traces: Vec<String> = events.iter().filter_map(|event| fold::subject_trace(event).ok()).collect();
        traces.sort_unstable();
        traces.dedup();
        let facts = turn::facts(work, tenant, &traces).await?;
        events.iter().for_each(|event| folded.take(fold, event, &facts));
    }
}

impl Folded {
    fn take(&mut self, fold: Fold, event: &StoredEvent, facts: &HashMap<String, TraceFacts>) {
        let step = fold::concerns(event).and_then(|workflow_id| {
            let Some(workflow_id) = workflow_id else { return Ok(None) };
            let trace = fold::subject_trace(event).ok().and_then(|trace| facts.get(&trace).cloned());
            fold.apply(self.items.get(&workflow_id), event, &trace.unwrap_or_default())
        });
        match step {
            Ok(None) => {}
            Ok(Some(step)) => {
                self.actions.push(action_json(&step.item, &step.action, &event.event.event_id, event.log_seq));
                notice::tell(&mut self.notices, step.notices);
                self.items.insert(step.item.workflow_id.clone(), step.item);
            }
            Err(_) => self.set_aside += 1,
        }
    }
}

pub(super) async fn digest_of(work: &Work, tenant: &TenantId) -> Result<Hash32, StoreError> {
    let name = "workflow.digest_items";
    let mut digest = Digest::default();
    let mut after = String::new();
    loop {
        let rows = work.query(name, DIGEST_ITEMS, &[&tenant.as_str(), &after, &AT_ONCE]).await?;
        for row in &rows {
            digest.add(row.try_get(1).map_err(StoreError::of(name))?);
        }
        let Some(last) = rows.last() else { return Ok(digest.finish()) };
        after = last.try_get(0).map_err(StoreError::of(name))?;
    }
}

async fn replace_all(
    work: &Work,
    tenant: &TenantId,
    folded: &Folded,
    now: dg_domain::Micros,
    by: &str,
) -> Result<(), StoreError> {
    let tenant_id = tenant.as_str();
    let keys: Vec<PgKey> = folded.items.keys().map(|workflow_id| PgKey(workflow_key(workflow_id))).collect();
    work.count("workflow.clear_items", CLEAR_ITEMS, &[&tenant_id, &keys]).await?;
    work.count("workflow.clear_actions", CLEAR_ACTIONS, &[&tenant_id]).await?;
    let step = usize::try_from(AT_ONCE).unwrap_or(1_000);
    let items: Vec<&Item> = folded.items.values().collect();
    for some in items.chunks(step) {
        let mut rows = Vec::with_capacity(some.len());
        let name = "workflow.items";
        let wanted: Vec<PgKey> = some.iter().map(|item| PgKey(workflow_key(&item.workflow_id))).collect();
        // What is in no log stays as it was: what was warned of is not warned of again.
        let mut kept = HashMap::new();
        for row in &work.query(name, ITEMS, &[&tenant_id, &wanted]).await? {
            if let Ok(found) = Kept::read(name, row) {
                kept.insert(found.item.workflow_id.clone(), found);
            }
        }
        for item in some {
            let mut row = kept.remove(&item.workflow_id).unwrap_or_else(|| Kept::new((*item).clone()));
            row.item = (*item).clone();
            rows.push(row.to_json(now)?);
        }
        work.count("workflow.save_items", SAVE_ITEMS, &[&tenant_id, &Value::Array(rows).to_string()]).await?;
    }
    for some in folded.actions.chunks(step) {
        let rows = Value::Array(some.to_vec()).to_string();
        work.count("workflow.save_actions", SAVE_ACTIONS, &[&tenant_id, &rows]).await?;
    }
    for some in folded.notices.chunks(step) {
        notices::put(work, tenant, some, Telling::Rebuild).await?;
    }
    // What could be applied this time is set aside no longer.
    work.count("workflow.settle_dead_letters", SETTLE, &[&tenant_id, &by]).await.map(drop)
}

/// A hash in JSON: 64 hexadecimal digits.
mod hash {
    use dg_domain::Hash32;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(hash: &Hash32, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&hash.hex())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Hash32, D::Error> {
        let text = String::deserialize(input)?;
        let byte = |at: usize| text.get(2 * at..2 * at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
        let bytes: Option<Vec<u8>> = (0..32).map(byte).collect();
        bytes.and_then(|bytes| Hash32::from_slice(&bytes).ok()).ok_or_else(|| D::Error::custom("no hash"))
    }
}

/// A position in JSON.
mod position {
    use dg_domain::LogSeq;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
    pub(super) fn serialize<S: Serializer>(seq: &LogSeq, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_i64(seq.get())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<LogSeq, D::Error> {
        LogSeq::new(i64::deserialize(input)?).map_err(D::Error::custom)
    }
}
