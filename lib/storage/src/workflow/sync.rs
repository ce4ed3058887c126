//! What dg-workflowd does by itself: items follow the log, and the clock speaks.

use dg_domain::{LogSeq, Micros, TenantId};
use dg_workflow::{
    Audience, Category, Item, Notice,
    command::timed_out,
    ids,
    timer::{self, Timer},
};
use serde_json::{Value, json};

use super::Turn;
use crate::{error::StoreError, store::Store, values::PgMicros};

const STANDING: &str = include_str!("../../../../sql/queries/workflow/standing.sql");
const SKIP: &str = include_str!("../../../../sql/queries/workflow/skip.sql");
const BEHIND: &str = include_str!("../../../../sql/queries/workflow/behind.sql");
const DUE: &str = include_str!("../../../../sql/queries/workflow/due.sql");
/// Most items whose time is up that one turn handles.
const TIMERS_AT_ONCE: i64 = 100;

/// Where a tenant's items stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The end of its log.
    pub head: LogSeq,
    /// What its items were told.
    pub applied: LogSeq,
    /// When the clock is needed.
    pub next_timer_at: Option<Micros>,
    /// The database's time.
    pub now: Micros,
    /// Who asked for a rebuild.
    pub rebuild_asked_by: Option<String>,
    /// Whether its items were not compared with its log for a day.
    pub unverified: bool,
    /// Whether a replay that an item asked for has ended.
    pub replayed: bool,
}

/// What a step did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Synced {
    /// Whether there is more to do at once.
    pub more: bool,
    /// New notifications.
    pub told: usize,
    /// Escalations by the clock.
    pub escalated: usize,
    /// Warnings.
    pub warned: usize,
    /// Replays whose end was told to items.
    pub attached: usize,
    /// How late the latest of these was, in microseconds.
    pub latest_us: i64,
}

impl Store {
    /// Tenants with something to do, now or at a time that is known.
    ///
    /// # Errors
    /// As every statement.
    pub async fn workflow_standing(&self) -> Result<Vec<Standing>, StoreError> {
        let name = "workflow.standing";
        let rows = self.query(name, STANDING, &[]).await?;
        let read = |row: &tokio_postgres::Row| -> Result<Standing, StoreError> {
            let seq = |place: usize| -> Result<LogSeq, StoreError> {
                let raw: i64 = row.try_get(place).map_err(StoreError::of(name))?;
                LogSeq::new(raw).map_err(|source| StoreError::corrupt(name, source))
            };
            let tenant: String = row.try_get(0).map_err(StoreError::of(name))?;
            let at = row.try_get::<_, Option<PgMicros>>(3).map_err(StoreError::of(name))?;
            Ok(Standing {
                tenant_id: TenantId::new(&tenant).map_err(|source| StoreError::corrupt(name, source))?,
                head: seq(1)?,
                applied: seq(2)?,
                next_timer_at: at.map(|at| at.0),
                now: row.try_get::<_, PgMicros>(4).map_err(StoreError::of(name))?.0,
                rebuild_asked_by: row.try_get(5).map_err(StoreError::of(name))?,
                unverified: row.try_get::<_, Option<bool>>(6).map_err(StoreError::of(name))?.unwrap_or_default(),
                replayed: row.try_get(7).map_err(StoreError::of(name))?,
            })
        };
        rows.iter().map(read).collect()
    }

    /// Lets a tenant's items follow the log by one step. Where nothing concerns them, nothing is locked.
    ///
    /// # Errors
    /// As every statement.
    pub async fn workflow_follow(&self, standing: &Standing) -> Result<Synced, StoreError> {
        let tenant = &standing.tenant_id;
        let params = (tenant.as_str(), standing.applied.get(), standing.head.get());
        let skipped = self.of(tenant).query("workflow.skip", SKIP, &[&params.0, &params.1, &params.2]).await?;
        if !skipped.is_empty() {
            return Ok(Synced::default());
        }
        if let Some((caught_up, told)) = Turn::beside(self, tenant).await? {
            return Ok(Synced { more: !caught_up, told, ..Synced::default() });
        }
        let mut turn = Turn::begin(self, tenant).await?;
        let caught_up = turn.catch_up().await?;
        let told = turn.commit().await?;
        Ok(Synced { more: !caught_up, told, ..Synced::default() })
    }

    /// Lets a tenant's items follow the log at once, for somebody who cannot wait for dg-workflowd. Answers whether they were
    /// behind.
    ///
    /// # Errors
    /// As every statement.
    pub async fn workflow_catch_up(&self, tenant: &TenantId) -> Result<bool, StoreError> {
        let name = "workflow.behind";
        let row = self.of(tenant).query_opt(name, BEHIND, &[&tenant.as_str()]).await?;
        let behind = row.map_or(Ok(false), |row| row.try_get(0).map_err(StoreError::of(name)))?;
        if behind {
            Turn::begin_caught_up(self, tenant).await?.commit().await?;
        }
        Ok(behind)
    }

    /// Lets the clock speak for a tenant: warns and escalates, those whose time was up first.
    ///
    /// # Errors
    /// As every statement.
    pub async fn workflow_fire(&self, tenant: &TenantId) -> Result<Synced, StoreError> {
        let mut turn = Turn::begin_caught_up(self, tenant).await?;
        let name = "workflow.due";
        let (now, most) = (PgMicros(turn.now()), TIMERS_AT_ONCE);
        let rows = turn.work().query(name, DUE, &[&tenant.as_str(), &now, &most]).await?;
        let due: Result<Vec<String>, _> = rows.iter().map(|row| row.try_get(0).map_err(StoreError::of(name))).collect();
        let due = due?;
        turn.load(&due).await?;
        let mut done = Synced { more: rows.len() == usize::try_from(most).unwrap_or_default(), ..Synced::default() };
        let mut escalations = Vec::new();
        for workflow_id in &due {
            let Some(kept) = turn.kept(workflow_id) else { continue };
            let item = kept.item.clone();
            let Some((at, what)) = timer::next(&item, kept.warned_for, turn.now()) else {
                turn.look_again(workflow_id);
                continue;
            };
            if at > turn.now() {
                turn.look_again(workflow_id);
                continue;
            }
            done.latest_us = done.latest_us.max(turn.now().get().saturating_sub(at.get()));
            match what {
                Timer::Warn => {
                    turn.warned(workflow_id, risk(&item, turn.now()));
                    done.warned += 1;
                }
                Timer::Escalate(rung) => {
                    escalations.extend(timed_out(&item, rung, tenant.as_str(), turn.now()));
                    done.escalated += 1;
                }
            }
        }
        if let Err(violation) = turn.append(&escalations, ids::TIMER).await? {
            return Err(violation.into());
        }
        done.told = turn.commit().await?;
        Ok(done)
    }

    /// Whose figures they are: open items by status, overdue ones, and dead letters, over all tenants.
    ///
    /// # Errors
    /// As every statement.
    pub async fn workflow_totals(&self) -> Result<(Vec<(String, i64, i64)>, i64), StoreError> {
        let name = "workflow.totals";
        let rows = self.query(name, "SELECT status, items, overdue FROM dg_workflow_standing", &[]).await?;
        let read = |row: &tokio_postgres::Row| -> Result<(String, i64, i64), StoreError> {
            Ok((
                row.try_get(0).map_err(StoreError::of(name))?,
                row.try_get(1).map_err(StoreError::of(name))?,
                row.try_get(2).map_err(StoreError::of(name))?,
            ))
        };
        let totals: Result<Vec<_>, _> = rows.iter().map(read).collect();
        let row = self.query_opt(name, "SELECT dead_letters FROM dg_workflow_open_dead_letters", &[]).await?;
        let dead = row.map_or(Ok(0), |row| row.try_get(0).map_err(StoreError::of(name)))?;
        Ok((totals?, dead))
    }
}

/// Tells the assignee that time is running out.
fn risk(item: &Item, now: Micros) -> Notice {
    let due = item.sla.due_at.map(Micros::rfc3339).unwrap_or_default();
    let accounts: Vec<String> = item.assigned.account_id.iter().cloned().collect();
    let role = if accounts.is_empty() { item.assigned.role.clone() } else { None };
    let payload = match json!({"sla_due_at": due, "warning_minutes": item.terms.warning_minutes}) {
        Value::Object(payload) => payload,
        _ => serde_json::Map::new(),
    };
    Notice {
        workflow_id: item.workflow_id.clone(),
        trace_id: item.trace_id.clone(),
        category: Category::DeadlineRisk,
        message: format!("The deadline is near: {}", item.title),
        payload,
        dedupe_key: format!("deadline_risk:{}:{due}", item.workflow_id),
        audience: Audience { accounts, role, but: None },
        recipient_account_id: item.assigned.account_id.clone(),
        recipient_role: item.assigned.role.clone(),
        created_at: now,
    }
}
