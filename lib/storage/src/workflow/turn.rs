//! The transaction in which items change.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use dg_domain::{
    GuardMode, LogSeq, Micros, NewEvent, Rules, StoredEvent, TenantId, Violation, append::TraceHead, keys,
};
use dg_workflow::{
    Audience, Category, Item, Notice,
    draft::Draft,
    evidence,
    fold::{self, Fold, TraceFacts},
    ids, notice,
};
use serde_json::{Value, json};

use super::{
    files,
    notices::{self, Telling},
    route::{self, Fresh},
    row::{Kept, action_json, workflow_key},
    templates,
};
use crate::{
    error::StoreError,
    log::{stored_event, within},
    store::Store,
    values::{PgKey, PgMicros},
    work::Work,
};

const BEGIN: &str = include_str!("../../../../sql/queries/workflow/begin.sql");
const BESIDE: &str = include_str!("../../../../sql/queries/workflow/beside.sql");
const REGISTER: &str = include_str!("../../../../sql/queries/workflow/register.sql");
const EVENTS: &str = include_str!("../../../../sql/queries/workflow/events.sql");
const TRACES_STARTED: &str = include_str!("../../../../sql/queries/workflow/traces_started.sql");
const ITEMS: &str = include_str!("../../../../sql/queries/workflow/items.sql");
const SAVE_ITEMS: &str = include_str!("../../../../sql/queries/workflow/save_items.sql");
const SAVE_ACTIONS: &str = include_str!("../../../../sql/queries/workflow/save_actions.sql");
const SET_ASIDE: &str = include_str!("../../../../sql/queries/workflow/set_aside.sql");
const END: &str = include_str!("../../../../sql/queries/workflow/end.sql");

/// Most positions that one turn applies before it does anything else.
const POSITIONS: i64 = 5_000;
/// Most events that one turn applies.
const EVENTS_AT_ONCE: i64 = 250;

/// A tenant's log and items, locked until the turn ends. Dropped, nothing of it happened.
pub(crate) struct Turn {
    work: Work,
    tenant: TenantId,
    fold: Fold,
    guard: GuardMode,
    /// The database's time, drawn behind the locks.
    now: Micros,
    /// The end of the log.
    head: LogSeq,
    /// What the items were told.
    applied: LogSeq,
    items: BTreeMap<String, Option<Kept>>,
    changed: HashSet<String>,
    /// What came to be and was not put anywhere.
    fresh: Vec<Fresh>,
    actions: Vec<Value>,
    /// Files that others named.
    files: BTreeSet<String>,
    notices: Vec<Notice>,
}

impl Turn {
    /// Takes the locks. The items may still be behind the log; see [`Self::catch_up`].
    pub(crate) async fn begin(store: &Store, tenant: &TenantId) -> Result<Self, StoreError> {
        let work = Work::begin_of(store, tenant).await?;
        let head = within::lock_head(&work, tenant).await?;
        Self::behind(work, tenant, head).await
    }

    /// Lets the items follow the log by one step, without a lock on the log and without waiting for the disk: whoever appends
    /// does not wait, and what a crash takes away is folded again, under the same names. The answer is whether that was
    /// everything, and how many notifications are new; none where a new item may have to be put somewhere, since that appends,
    /// and nothing happened then.
    pub(crate) async fn beside(store: &Store, tenant: &TenantId) -> Result<Option<(bool, usize)>, StoreError> {
        let work = Work::begin_of(store, tenant).await?;
        let name = "workflow.beside";
        let row = work.query_opt(name, BESIDE, &[&tenant.as_str()]).await?;
        let head: i64 = row.ok_or(StoreError::NotFound { what: "tenant" })?.try_get(0).map_err(StoreError::of(name))?;
        let head = LogSeq::new(head).map_err(|source| StoreError::corrupt(name, source))?;
        let mut turn = Self::behind(work, tenant, head).await?;
        let done = turn.follow().await?;
        let is_new = !turn.fresh.is_empty() && !turn.fold.demo;
        if is_new && templates::routing(&turn.work, tenant).await?.is_some() {
            turn.give_up().await?;
            return Ok(None);
        }
        Ok(Some((done, turn.commit().await?)))
    }

    /// Takes the lock on the items.
    async fn behind(work: Work, tenant: &TenantId, head: LogSeq) -> Result<Self, StoreError> {
        let name = "workflow.begin";
        let row = match work.query_opt(name, BEGIN, &[&tenant.as_str()]).await? {
            Some(row) => row,
            None => {
                work.count("workflow.register", REGISTER, &[&tenant.as_str()]).await?;
                let row = work.query_opt(name, BEGIN, &[&tenant.as_str()]).await?;
                row.ok_or(StoreError::NotFound { what: "tenant" })?
            }
        };
        let applied: i64 = row.try_get(0).map_err(StoreError::of(name))?;
        let guard: &str = row.try_get(2).map_err(StoreError::of(name))?;
        let guard = guard.parse().map_err(|source| StoreError::corrupt(name, source))?;
        let fold = Fold { demo: row.try_get(1).map_err(StoreError::of(name))? };
        let now = row.try_get::<_, PgMicros>(3).map_err(StoreError::of(name))?.0;
        let applied = LogSeq::new(applied).map_err(|source| StoreError::corrupt(name, source))?;
        Ok(Self {
            work,
            tenant: tenant.clone(),
            fold,
            guard,
            now,
            head,
            applied,
            items: BTreeMap::new(),
            changed: HashSet::new(),
            fresh: Vec::new(),
            actions: Vec::new(),
            files: BTreeSet::new(),
            notices: Vec::new(),
        })
    }

    /// The same, with the items where the log is. A tenant that is far behind is brought closer in turns of their own first, so
    /// that the log is not locked for long.
    pub(crate) async fn begin_caught_up(store: &Store, tenant: &TenantId) -> Result<Self, StoreError> {
        loop {
            let mut turn = Self::begin(store, tenant).await?;
            if turn.catch_up().await? {
                return Ok(turn);
            }
            turn.commit().await?;
            while let Some((false, _)) = Self::beside(store, tenant).await? {}
        }
    }

    /// Applies what the items have not been told, up to a bound, and puts new ones where the settings want them; whether that
    /// was everything.
    pub(crate) async fn catch_up(&mut self) -> Result<bool, StoreError> {
        let done = self.follow().await?;
        let fresh = std::mem::take(&mut self.fresh);
        // A demonstration is what was recorded.
        if fresh.is_empty() || self.fold.demo {
            return Ok(done);
        }
        let drafts = route::drafts(&self.work, &self.tenant, &fresh, self.now).await?;
        if drafts.is_empty() {
            return Ok(done);
        }
        // Behind everything that is there, and applied when the items are there.
        self.log(&drafts, ids::TIMER).await?.map_err(StoreError::from)?;
        if done { self.follow().await } else { Ok(false) }
    }

    async fn follow(&mut self) -> Result<bool, StoreError> {
        if self.applied >= self.head {
            return Ok(true);
        }
        let name = "workflow.events";
        let until = self.head.get().min(self.applied.get() + POSITIONS);
        let params = (self.applied.get(), until, EVENTS_AT_ONCE);
        let rows = self.work.query(name, EVENTS, &[&self.tenant.as_str(), &params.0, &params.1, &params.2]).await?;
        let full = i64::try_from(rows.len()).unwrap_or(i64::MAX) >= EVENTS_AT_ONCE;
        let events: Result<Vec<_>, _> = rows.iter().map(|row| stored_event(name, row).map(Arc::new)).collect();
        let events = events?;
        let last = events.last().map(|event| event.log_seq);
        // Those of others are never refused.
        let _ = self.apply(&events, true).await?;
        self.applied = match last {
            Some(last) if full => last,
            _ => LogSeq::new(until).map_err(|source| StoreError::corrupt(name, source))?,
        };
        Ok(self.applied >= self.head)
    }

    /// The database's time.
    pub(crate) const fn now(&self) -> Micros {
        self.now
    }

    /// The transaction, for what else belongs to it.
    pub(crate) const fn work(&self) -> &Work {
        &self.work
    }

    /// The item, if there is one.
    pub(crate) async fn item(&mut self, workflow_id: &str) -> Result<Option<Item>, StoreError> {
        self.load(&[workflow_id.to_owned()]).await?;
        Ok(self.kept(workflow_id).map(|kept| kept.item.clone()))
    }

    /// The same, with what is in no log.
    pub(super) fn kept(&self, workflow_id: &str) -> Option<&Kept> {
        self.items.get(workflow_id)?.as_ref()
    }

    /// Notes that an item's deadline was warned of, and what is told because of that.
    pub(crate) fn warned(&mut self, workflow_id: &str, notice: Notice) {
        if let Some(Some(kept)) = self.items.get_mut(workflow_id) {
            kept.warned_for = kept.item.sla.due_at;
            self.changed.insert(workflow_id.to_owned());
            self.notices.push(notice);
        }
    }

    /// Works out again when the clock is needed for an item.
    pub(crate) fn look_again(&mut self, workflow_id: &str) {
        self.changed.insert(workflow_id.to_owned());
    }

    /// Where a trace stands.
    pub(crate) async fn trace_head(&self, trace_id: &str) -> Result<TraceHead, StoreError> {
        within::trace_head(&self.work, &self.tenant, trace_id).await
    }

    /// Appends events and applies them. The items have to be where the log is.
    ///
    /// # Errors
    /// The inner one when the log refuses an event; the turn must not be committed then.
    pub(crate) async fn append(
        &mut self,
        drafts: &[Draft],
        by: &str,
    ) -> Result<Result<Vec<Arc<StoredEvent>>, Violation>, StoreError> {
        if drafts.is_empty() {
            return Ok(Ok(Vec::new()));
        }
        let before = self.head;
        let stored = match self.log(drafts, by).await? {
            Ok(stored) => stored,
            Err(violation) => return Ok(Err(violation)),
        };
        let news: Vec<_> = stored.iter().filter(|event| event.log_seq > before).cloned().collect();
        if let Err(violation) = self.apply(&news, false).await? {
            return Ok(Err(violation));
        }
        self.applied = self.head;
        Ok(Ok(stored))
    }

    /// Appends events to the log and moves its head.
    async fn log(
        &mut self,
        drafts: &[Draft],
        by: &str,
    ) -> Result<Result<Vec<Arc<StoredEvent>>, Violation>, StoreError> {
        let rules = Rules::edge(self.guard);
        let mut events = Vec::with_capacity(drafts.len());
        for draft in drafts {
            match NewEvent::parse(draft.to_json().to_string().as_bytes(), &rules) {
                Ok(event) => events.push(event),
                Err(violation) => return Ok(Err(violation)),
            }
        }
        let appended = within::append(&self.work, &self.tenant, self.head, events, self.now, by).await?;
        let (stored, head) = match appended {
            Ok(appended) => appended,
            Err(violation) => return Ok(Err(violation)),
        };
        self.head = head;
        Ok(Ok(stored))
    }

    /// What it would tell, and to whom.
    pub(crate) fn notices(&self) -> &[Notice] {
        &self.notices
    }

    /// Applies events in order. Those of others that cannot be applied are set aside; one of our own is a refusal.
    async fn apply(
        &mut self,
        events: &[Arc<StoredEvent>],
        of_others: bool,
    ) -> Result<Result<(), Violation>, StoreError> {
        let mut concerned = Vec::new();
        for event in events {
            if let Ok(Some(workflow_id)) = fold::concerns(event) {
                concerned.push(workflow_id);
            }
        }
        self.load(&concerned).await?;
        let traces = self.traces(events).await?;
        for event in events {
            let done = fold::concerns(event).and_then(|workflow_id| {
                let Some(workflow_id) = workflow_id else { return Ok(None) };
                let facts = fold::subject_trace(event).ok().and_then(|trace| traces.get(&trace).cloned());
                let item = self.items.get(&workflow_id).and_then(Option::as_ref).map(|kept| &kept.item);
                let facts = facts.unwrap_or_default();
                let is_new = item.is_none();
                let step = self.fold.apply(item, event, &facts)?;
                Ok(step.map(|step| (workflow_id, step, is_new.then_some(facts))))
            });
            match done {
                Ok(None) => {}
                Ok(Some((workflow_id, step, new))) => {
                    if let Some(trace) = new.filter(|_| of_others) {
                        let (item, asked) = (step.item.clone(), fold::asked_priority(event));
                        self.fresh.push(Fresh { item, log_seq: event.log_seq, asked, trace });
                    }
                    self.actions.push(action_json(&step.item, &step.action, &event.event.event_id, event.log_seq));
                    if of_others && let Some(Value::Array(shown)) = step.action.payload.get("evidence") {
                        self.files.extend(evidence::named(shown));
                    }
                    notice::tell(&mut self.notices, step.notices);
                    match self.items.entry(workflow_id.clone()).or_default() {
                        Some(kept) => kept.item = step.item,
                        none => *none = Some(Kept::new(step.item)),
                    }
                    self.changed.insert(workflow_id);
                }
                Err(violation) if of_others => self.set_aside(event, &violation).await?,
                Err(violation) => return Ok(Err(violation)),
            }
        }
        Ok(Ok(()))
    }

    async fn set_aside(&mut self, event: &StoredEvent, violation: &Violation) -> Result<(), StoreError> {
        let (tenant, log_seq) = (self.tenant.as_str(), event.log_seq.get());
        let (event_id, kind) = (event.event.event_id.as_str(), event.event.event_type.as_str());
        let (code, message) = (violation.code.as_str(), violation.message.as_str());
        let params: [&(dyn tokio_postgres::types::ToSql + Sync); 6] =
            [&tenant, &log_seq, &event_id, &kind, &code, &message];
        self.work.count("workflow.set_aside", SET_ASIDE, &params).await?;
        let Value::Object(payload) = json!({"log_seq": log_seq, "event_id": event_id, "error_code": code}) else {
            return Ok(());
        };
        self.notices.push(Notice {
            workflow_id: event.event.trace_id.clone(),
            trace_id: event.event.trace_id.clone(),
            category: Category::DeadLetter,
            message: format!("An event could not be applied to a review: {message}"),
            payload,
            dedupe_key: format!("dead_letter:{log_seq}"),
            audience: Audience { role: Some("admin".to_owned()), ..Audience::default() },
            recipient_account_id: None,
            recipient_role: Some("admin".to_owned()),
            created_at: self.now,
        });
        Ok(())
    }

    /// What the first events of reviewed traces say, where that makes a new item.
    async fn traces(&self, events: &[Arc<StoredEvent>]) -> Result<HashMap<String, TraceFacts>, StoreError> {
        let mut wanted: Vec<String> = Vec::new();
        for event in events {
            let Ok(Some(workflow_id)) = fold::concerns(event) else { continue };
            if self.kept(&workflow_id).is_none()
                && let Ok(trace) = fold::subject_trace(event)
            {
                wanted.push(trace);
            }
        }
        wanted.sort_unstable();
        wanted.dedup();
        facts(&self.work, &self.tenant, &wanted).await
    }

    pub(crate) async fn load(&mut self, workflow_ids: &[String]) -> Result<(), StoreError> {
        let missing: Vec<String> =
            workflow_ids.iter().filter(|workflow_id| !self.items.contains_key(*workflow_id)).cloned().collect();
        if missing.is_empty() {
            return Ok(());
        }
        let name = "workflow.items";
        let wanted: Vec<PgKey> = missing.iter().map(|workflow_id| PgKey(workflow_key(workflow_id))).collect();
        let rows = self.work.query(name, ITEMS, &[&self.tenant.as_str(), &wanted]).await?;
        for workflow_id in missing {
            self.items.insert(workflow_id, None);
        }
        for row in &rows {
            let kept = Kept::read(name, row)?;
            self.items.insert(kept.item.workflow_id.clone(), Some(kept));
        }
        Ok(())
    }

    /// Makes everything true. The answer is how many notifications are new.
    pub(crate) async fn commit(self) -> Result<usize, StoreError> {
        let (work, told) = self.written().await?;
        work.commit().await?;
        Ok(told)
    }

    /// Undoes everything: what was caught up on the way will be caught up again.
    pub(crate) async fn give_up(self) -> Result<(), StoreError> {
        self.work.roll_back().await
    }

    /// Writes what is to be true, and hands the transaction on with the end of the log, the fold and the time.
    pub(super) async fn into_parts(self) -> Result<(Work, LogSeq, Fold, Micros), StoreError> {
        let (head, fold, now) = (self.head, self.fold, self.now);
        Ok((self.written().await?.0, head, fold, now))
    }

    async fn written(self) -> Result<(Work, usize), StoreError> {
        let tenant = self.tenant.as_str();
        let mut rows = Vec::with_capacity(self.changed.len());
        for workflow_id in &self.changed {
            if let Some(Some(kept)) = self.items.get(workflow_id) {
                rows.push(kept.to_json(self.now)?);
            }
        }
        if !rows.is_empty() {
            let rows = Value::Array(rows).to_string();
            self.work.count("workflow.save_items", SAVE_ITEMS, &[&tenant, &rows]).await?;
        }
        if !self.actions.is_empty() {
            let rows = Value::Array(self.actions).to_string();
            self.work.count("workflow.save_actions", SAVE_ACTIONS, &[&tenant, &rows]).await?;
        }
        files::note(&self.work, &self.tenant, self.files).await?;
        let told = notices::put(&self.work, &self.tenant, &self.notices, Telling::Live).await?;
        self.work.count("workflow.end", END, &[&tenant, &self.applied.get()]).await?;
        Ok((self.work, told))
    }
}

/// What the first events of some traces say.
pub(super) async fn facts(
    work: &Work,
    tenant: &TenantId,
    traces: &[String],
) -> Result<HashMap<String, TraceFacts>, StoreError> {
    if traces.is_empty() {
        return Ok(HashMap::new());
    }
    let name = "workflow.traces_started";
    let wanted: Vec<PgKey> = traces.iter().map(|trace| PgKey(keys::trace_key(trace))).collect();
    let rows = work.query(name, TRACES_STARTED, &[&tenant.as_str(), &wanted]).await?;
    let mut found = HashMap::with_capacity(rows.len());
    for row in &rows {
        let trace_id: String = row.try_get(0).map_err(StoreError::of(name))?;
        let payload: &str = row.try_get(1).map_err(StoreError::of(name))?;
        found.insert(trace_id, TraceFacts::read(payload));
    }
    Ok(found)
}
