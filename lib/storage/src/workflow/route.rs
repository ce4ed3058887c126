//! Where new items go: what a tenant's settings say about them becomes events.

use std::collections::BTreeMap;

use dg_domain::{LogSeq, Micros, TenantId, keys};
use dg_workflow::{
    Assignment, Item, Priority,
    command::routed,
    draft::Draft,
    facts::Facts,
    fold::TraceFacts,
    routing::{Person, Routing, RoutingFacts, RoutingSettings, Strategy, decide},
    template::Versioned,
};

use super::{calendars, templates};
use crate::{
    error::StoreError,
    projections::columns::Columns,
    values::{PgKey, PgMicros},
    work::Work,
};

macro_rules! sql {
    ($name:literal) => {
        include_str!(concat!("../../../../sql/queries/workflow/", $name, ".sql"))
    };
}

/// An item that the log has just made.
#[derive(Clone, Debug)]
pub(super) struct Fresh {
    pub(super) item: Item,
    /// The position of the request.
    pub(super) log_seq: LogSeq,
    /// The priority that the request names.
    pub(super) asked: Option<Priority>,
    /// What the first event of the trace says.
    pub(super) trace: TraceFacts,
}

/// The events that put new items where the settings want them.
pub(super) async fn drafts(
    work: &Work,
    tenant: &TenantId,
    fresh: &[Fresh],
    now: Micros,
) -> Result<Vec<Draft>, StoreError> {
    let Some(routing) = templates::routing(work, tenant).await? else { return Ok(Vec::new()) };
    let templates = templates::all(work, tenant).await?;
    let settings = RoutingSettings { routing, templates };
    let mut choosers = Choosers::default();
    if chooses(&settings.routing, &settings.templates) {
        choosers = Choosers::read(work, tenant, now).await?;
    }
    let asks_facts = settings.routing.rules.iter().any(|rule| rule.enabled && !rule.when.facts.is_empty());
    let mut drafts = Vec::new();
    for Fresh { item, log_seq, asked, trace } in fresh {
        let facts = RoutingFacts {
            kind: item.workflow_kind,
            policy_id: item.policy.as_ref().map(|policy| policy.policy_id.clone()),
            workflow_name: item.workflow_name.clone(),
            entity: trace.entity.clone(),
            facts: if asks_facts { observed(work, tenant, &item.trace_id, *log_seq).await? } else { Facts::default() },
            requester: item.request.recorded_by.clone(),
            payload_priority: *asked,
            people: choosers.people.clone(),
            turns: choosers.turns.clone(),
            demo: false,
        };
        let Some(route) = decide(&settings, &facts) else { continue };
        choosers.chosen(&route.assigned, route.turn.as_deref());
        let hours = calendars::hours(work, tenant, route.terms.calendar_id.as_deref()).await?;
        drafts.extend(routed(item, &route, &*hours, tenant.as_str(), now));
    }
    choosers.save(work, tenant).await?;
    Ok(drafts)
}

/// Chooses one of a role as a template says, for a review that somebody starts.
pub(super) async fn choose(
    work: &Work,
    tenant: &TenantId,
    template: &Versioned,
    wanted: Assignment,
    requester: &str,
    now: Micros,
) -> Result<Assignment, StoreError> {
    let strategy = template.template.routing;
    if strategy == Strategy::Pool {
        return Ok(wanted);
    }
    let mut choosers = Choosers::read(work, tenant, now).await?;
    let turn = template.turn();
    let turns = choosers.turns.get(&turn).copied().unwrap_or(0);
    let but = template.template.four_eyes.then_some(requester);
    let assigned = strategy.choose(wanted, &choosers.people, turns, but);
    choosers.chosen(&assigned, (strategy == Strategy::RoundRobin).then_some(turn.as_str()));
    choosers.save(work, tenant).await?;
    Ok(assigned)
}

fn chooses(routing: &Routing, templates: &[Versioned]) -> bool {
    let by_rule = routing.rules.iter().any(|rule| rule.then.strategy != Strategy::Pool);
    by_rule || templates.iter().any(|template| template.template.routing != Strategy::Pool)
}

/// Who can be chosen, and whose turn it is.
#[derive(Default)]
struct Choosers {
    people: Vec<Person>,
    turns: BTreeMap<String, i64>,
    taken: BTreeMap<String, i64>,
}

impl Choosers {
    async fn read(work: &Work, tenant: &TenantId, now: Micros) -> Result<Self, StoreError> {
        let name = "workflow.people";
        let rows = work.query(name, sql!("people"), &[&tenant.as_str(), &PgMicros(now)]).await?;
        let person = |row| {
            let row = Columns { name, row };
            Ok(Person {
                account_id: row.get("account_id")?,
                roles: row.get("roles")?,
                open_items: row.get("open_items")?,
            })
        };
        let people: Result<Vec<Person>, StoreError> = rows.iter().map(person).collect();
        let name = "workflow.turns";
        let rows = work.query(name, sql!("turns"), &[&tenant.as_str()]).await?;
        let turn = |row| {
            let row = Columns { name, row };
            Ok((row.get("turn")?, row.get("taken")?))
        };
        let turns: Result<BTreeMap<String, i64>, StoreError> = rows.iter().map(turn).collect();
        Ok(Self { people: people?, turns: turns?, taken: BTreeMap::new() })
    }

    /// Counts a choice for those that follow.
    fn chosen(&mut self, assigned: &Assignment, turn: Option<&str>) {
        let is_chosen = |person: &&mut Person| assigned.account_id.as_ref() == Some(&person.account_id);
        if let Some(person) = self.people.iter_mut().find(is_chosen) {
            person.open_items += 1;
        }
        if let Some(turn) = turn {
            let taken = self.turns.entry(turn.to_owned()).or_default();
            *taken += 1;
            self.taken.insert(turn.to_owned(), *taken);
        }
    }

    async fn save(self, work: &Work, tenant: &TenantId) -> Result<(), StoreError> {
        if self.taken.is_empty() {
            return Ok(());
        }
        let (turns, taken): (Vec<String>, Vec<i64>) = self.taken.into_iter().unzip();
        work.count("workflow.take_turns", sql!("take_turns"), &[&tenant.as_str(), &turns, &taken]).await.map(drop)
    }
}

async fn observed(work: &Work, tenant: &TenantId, trace_id: &str, before: LogSeq) -> Result<Facts, StoreError> {
    let name = "workflow.observed";
    let trace = PgKey(keys::trace_key(trace_id));
    let rows = work.query(name, sql!("observed"), &[&tenant.as_str(), &trace, &before.get()]).await?;
    let mut facts = Facts::default();
    for row in &rows {
        facts.observe(row.try_get(0).map_err(StoreError::of(name))?);
    }
    Ok(facts)
}
