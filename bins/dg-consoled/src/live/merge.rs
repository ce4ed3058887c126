//! Brings newly read data into a page that somebody is looking at.
//!
//! Old content stays until there is better. A list that is held still keeps its order: known rows change in
//! place, new ones wait, and one that no longer fits the filter stays, greyed, until the list moves again.

use std::collections::{HashMap, HashSet};

use crate::model::{
    Body, Panel, Timeline, TraceList, TracePage, TraceRow, TracesPage,
    accounts::{AccountPage, AccountsPage},
    audit::AuditPage,
    environment::EnvironmentPage,
    events::{EventList, EventsPage},
    failures::FailuresPage,
    graph::GraphPage,
    inbox::InboxPage,
    notifications::NotificationsPage,
    overview::OverviewPage,
    people::{PeoplePage, PersonPage},
    precedents::{ComparePage, PrecedentsPage},
    projections::{DigestsPage, ProjectionsPage},
    review::ReviewPage,
    runs::{ReplaysPage, RunPage},
    studio::StudioPage,
    tabs::TabView,
    tenant::TenantPage,
};

/// The body to show after `new` was read for the place that shows `old`.
pub(super) fn merge(old: &Body, new: Body, hold: bool) -> Body {
    match (old, new) {
        (Body::Overview(old), Body::Overview(new)) => Body::Overview(Box::new(OverviewPage {
            reviews: kept(&old.reviews, new.reviews),
            projections: kept(&old.projections, new.projections),
            traces: kept(&old.traces, new.traces),
            ..*new
        })),
        (Body::Notifications(old), Body::Notifications(new)) => {
            Body::Notifications(Box::new(NotificationsPage { list: kept(&old.list, new.list), ..*new }))
        }
        (Body::Inbox(old), Body::Inbox(new)) => Body::Inbox(Box::new(InboxPage {
            counts: kept(&old.counts, new.counts),
            list: kept(&old.list, new.list),
            ..*new
        })),
        (Body::Review(old), Body::Review(new)) => {
            Body::Review(Box::new(ReviewPage { item: kept(&old.item, new.item), ..*new }))
        }
        (Body::Studio(old), Body::Studio(new)) => Body::Studio(Box::new(StudioPage {
            templates: kept(&old.templates, new.templates),
            trial: new.trial.map(|trial| old.trial.as_ref().map_or(trial.clone(), |old| kept(old, trial))),
            ..*new
        })),
        (Body::Audit(old), Body::Audit(new)) => {
            Body::Audit(Box::new(AuditPage { list: kept(&old.list, new.list), ..*new }))
        }
        (Body::Traces(old), Body::Traces(new)) => Body::Traces(Box::new(traces(old, *new, hold))),
        (Body::Trace(old), Body::Trace(new)) => Body::Trace(Box::new(trace(old, *new))),
        (Body::Graph(old), Body::Graph(new)) => Body::Graph(Box::new(GraphPage {
            begin: kept(&old.begin, new.begin),
            content: kept(&old.content, new.content),
            ..*new
        })),
        (Body::Precedents(old), Body::Precedents(new)) => {
            Body::Precedents(Box::new(PrecedentsPage { hits: kept(&old.hits, new.hits), ..*new }))
        }
        (Body::Compare(old), Body::Compare(new)) => {
            Body::Compare(Box::new(ComparePage { content: kept(&old.content, new.content), ..*new }))
        }
        (Body::Events(old), Body::Events(new)) => Body::Events(Box::new(events(old, *new, hold))),
        (Body::Projections(old), Body::Projections(new)) => {
            let health = kept(&old.health, new.health);
            Body::Projections(Box::new(ProjectionsPage { health, ..*new }))
        }
        (Body::Digests(old), Body::Digests(new)) => {
            let now = new.now.map(|now| old.now.as_ref().map_or(now.clone(), |old| kept(old, now)));
            let history = kept(&old.history, new.history);
            Body::Digests(Box::new(DigestsPage { now, history, ..*new }))
        }
        (Body::Failures(old), Body::Failures(new)) => {
            let chosen = new.chosen.map(|one| old.chosen.as_ref().map_or(one.clone(), |old| kept(old, one)));
            let list = kept(&old.list, new.list);
            Body::Failures(Box::new(FailuresPage { chosen, list, ..*new }))
        }
        (Body::Replays(old), Body::Replays(new)) => {
            let (state, list) = (kept(&old.state, new.state), kept(&old.list, new.list));
            Body::Replays(Box::new(ReplaysPage { state, list, ..*new }))
        }
        (Body::Run(old), Body::Run(new)) => {
            let run = kept(&old.run, new.run);
            Body::Run(Box::new(RunPage { run, ..*new }))
        }
        (Body::Accounts(old), Body::Accounts(new)) => {
            Body::Accounts(Box::new(AccountsPage { list: kept(&old.list, new.list), ..*new }))
        }
        (Body::Account(old), Body::Account(new)) => {
            Body::Account(Box::new(AccountPage { account: kept(&old.account, new.account), ..*new }))
        }
        (Body::People(old), Body::People(new)) => {
            Body::People(Box::new(PeoplePage { list: kept(&old.list, new.list), ..*new }))
        }
        (Body::Person(old), Body::Person(new)) => Body::Person(Box::new(PersonPage {
            person: kept(&old.person, new.person),
            sessions: kept(&old.sessions, new.sessions),
            links: kept(&old.links, new.links),
            ..*new
        })),
        (Body::Tenant(old), Body::Tenant(new)) => Body::Tenant(Box::new(TenantPage {
            about: kept(&old.about, new.about),
            log: kept(&old.log, new.log),
            traces: kept(&old.traces, new.traces),
            reviews: kept(&old.reviews, new.reviews),
            policies: kept(&old.policies, new.policies),
            ..*new
        })),
        (Body::Environment(old), Body::Environment(new)) => {
            Body::Environment(Box::new(EnvironmentPage { found: kept(&old.found, new.found), ..*new }))
        }
        (_, new) => new,
    }
}

/// A log that is held still keeps its rows; events only come on top, so the others are counted.
fn events(old: &EventsPage, new: EventsPage, hold: bool) -> EventsPage {
    match (&old.list, new.list) {
        (Panel::Ready(shown), Panel::Ready(read)) => {
            let newest = shown.rows.first().map_or(0, |row| row.event.log_seq);
            if hold {
                let waiting = read.rows.iter().filter(|row| row.event.log_seq > newest).count();
                let list = EventList { head: read.head, ..shown.clone() };
                return EventsPage { list: Panel::Ready(list), waiting, ..new };
            }
            let was_fresh: HashSet<i64> =
                shown.rows.iter().filter(|row| row.event.fresh).map(|row| row.event.log_seq).collect();
            let mut list = read;
            for row in &mut list.rows {
                row.event.fresh = row.event.log_seq > newest || was_fresh.contains(&row.event.log_seq);
            }
            EventsPage { list: Panel::Ready(list), waiting: 0, ..new }
        }
        (shown, read) => EventsPage { list: kept(shown, read), waiting: old.waiting, ..new },
    }
}

fn traces(old: &TracesPage, new: TracesPage, hold: bool) -> TracesPage {
    match (&old.list, new.list) {
        (Panel::Ready(shown), Panel::Ready(read)) if hold => {
            let (list, waiting) = held(shown, read);
            TracesPage { list: Panel::Ready(list), waiting, ..new }
        }
        (Panel::Ready(shown), Panel::Ready(mut read)) => {
            let known: HashSet<&str> = shown.rows.iter().map(|row| row.trace_id.as_str()).collect();
            // Rows that slide in from the next page because others left are not new.
            let newest = shown.rows.iter().map(|row| row.last_log_seq).max().unwrap_or(0);
            for row in &mut read.rows {
                row.fresh = !known.contains(row.trace_id.as_str()) && row.last_log_seq > newest;
            }
            TracesPage { list: Panel::Ready(read), waiting: 0, ..new }
        }
        (Panel::Ready(shown), Panel::Failed(failure)) if failure.transient => {
            TracesPage { list: Panel::Ready(shown.clone()), waiting: old.waiting, ..new }
        }
        (_, list) => TracesPage { list, ..new },
    }
}

fn held(shown: &TraceList, read: TraceList) -> (TraceList, usize) {
    // A row that was active after the oldest row read, yet was not read, does not fit any more; an older one was
    // only pushed to the next page.
    let reach = if read.next.is_some() { read.rows.iter().map(|row| row.last_log_seq).min().unwrap_or(0) } else { 0 };
    let newest = shown.rows.iter().map(|row| row.last_log_seq).max().unwrap_or(0);
    let mut by_id: HashMap<String, TraceRow> = read.rows.into_iter().map(|row| (row.trace_id.clone(), row)).collect();
    let rows = shown.rows.iter().map(|row| match by_id.remove(&row.trace_id) {
        Some(new) => TraceRow { fresh: row.fresh, ..new },
        None => TraceRow { left: row.left || row.last_log_seq >= reach, ..row.clone() },
    });
    let rows = rows.collect();
    let waiting = by_id.values().filter(|row| row.last_log_seq > newest).count();
    (TraceList { rows, next: shown.next.clone(), total: read.total }, waiting)
}

fn trace(old: &TracePage, new: TracePage) -> TracePage {
    TracePage {
        head: kept(&old.head, new.head),
        timeline: match (&old.timeline, new.timeline) {
            (Panel::Ready(shown), Panel::Ready(read)) => Panel::Ready(marked(shown, read)),
            (shown, read) => kept(shown, read),
        },
        neighbours: kept(&old.neighbours, new.neighbours),
        tab: tab(&old.tab, new.tab),
        ..new
    }
}

fn tab(old: &TabView, new: TabView) -> TabView {
    match (old, new) {
        (TabView::Policy(old), TabView::Policy(new)) => TabView::Policy(kept(old, new)),
        (TabView::Graph(_, old), TabView::Graph(ask, new)) => TabView::Graph(ask, Box::new(kept(old, *new))),
        (TabView::Precedents(old), TabView::Precedents(new)) => TabView::Precedents(Box::new(kept(old, *new))),
        (TabView::Review(old), TabView::Review(new)) => TabView::Review(kept(old, new)),
        (TabView::Raw(old), TabView::Raw(new)) => TabView::Raw(kept(old, new)),
        (_, new) => new,
    }
}

fn marked(shown: &Timeline, mut read: Timeline) -> Timeline {
    let last = shown.events.last().map_or(i64::MAX, |event| event.trace_seq);
    let was_fresh: HashSet<i64> =
        shown.events.iter().filter(|event| event.fresh).map(|event| event.trace_seq).collect();
    for event in &mut read.events {
        event.fresh = event.trace_seq > last || was_fresh.contains(&event.trace_seq);
    }
    read
}

/// A part that cannot be read right now stays as it was.
fn kept<T: Clone>(old: &Panel<T>, new: Panel<T>) -> Panel<T> {
    match (old, new) {
        (Panel::Ready(shown), Panel::Loading) => Panel::Ready(shown.clone()),
        (Panel::Ready(shown), Panel::Failed(failure)) if failure.transient => Panel::Ready(shown.clone()),
        (_, new) => new,
    }
}

#[cfg(test)]
mod tests {
    use dg_domain::TenantId;

    use super::*;
    use crate::{
        model::{Entity, EventRow, Failure, Standing, events::LogRow},
        place::{EventsAt, TraceFilter},
        story::Story,
    };

    fn list(rows: &[(&str, i64)], next: Option<&str>) -> Body {
        let rows = rows.iter().map(|(id, seq)| TraceRow {
            trace_id: (*id).to_owned(),
            title: String::new(),
            workflow: String::new(),
            entity: Entity::default(),
            standing: Standing::Open,
            event_count: 1,
            last_log_seq: *seq,
            last_event_type: String::new(),
            last_at: None,
            left: false,
            fresh: false,
        });
        let list = TraceList { rows: rows.collect(), next: next.map(str::to_owned), total: None };
        page(Panel::Ready(list))
    }

    fn page(list: Panel<TraceList>) -> Body {
        let tenant = TenantId::new("acme").unwrap();
        Body::Traces(Box::new(TracesPage { tenant, filter: TraceFilter::default(), cursor: None, list, waiting: 0 }))
    }

    fn log(seqs: &[i64]) -> Body {
        let rows = seqs.iter().map(|seq| LogRow { trace_id: "t".to_owned(), event: event(*seq), gap: None }).collect();
        let list = EventList { rows, head: seqs[0], older: None, searched_to: None };
        let (tenant, at) = (TenantId::new("acme").unwrap(), EventsAt::default());
        Body::Events(Box::new(EventsPage { tenant, at, list: Panel::Ready(list), waiting: 0 }))
    }

    fn event(log_seq: i64) -> EventRow {
        EventRow {
            trace_seq: 0,
            log_seq,
            event_id: String::new(),
            event_type: String::new(),
            story: Story::default(),
            at: None,
            occurred_at: String::new(),
            since_previous: None,
            actor: String::new(),
            fields: Vec::new(),
            caused_by: None,
            payload: String::new(),
            fresh: false,
        }
    }

    fn told_log(body: &Body) -> String {
        let Body::Events(page) = body else { return "another page".to_owned() };
        let Panel::Ready(list) = &page.list else { return "no list".to_owned() };
        let rows =
            list.rows.iter().map(|row| format!("{}{}", row.event.log_seq, if row.event.fresh { "*" } else { "" }));
        let rows: Vec<String> = rows.collect();
        format!("{} +{} of {}", rows.join(" "), page.waiting, list.head)
    }

    fn told(body: &Body) -> String {
        let Body::Traces(page) = body else { return "another page".to_owned() };
        let Panel::Ready(list) = &page.list else { return "no list".to_owned() };
        let mut words: Vec<String> = list
            .rows
            .iter()
            .map(|row| {
                format!(
                    "{}{}{}{}",
                    row.trace_id,
                    row.last_log_seq,
                    if row.fresh { "*" } else { "" },
                    if row.left { "-" } else { "" }
                )
            })
            .collect();
        words.push(format!("+{}", page.waiting));
        words.join(" ")
    }

    #[test]
    fn a_moving_list_takes_the_new_order_and_marks_what_is_new() {
        let old = list(&[("b", 2), ("a", 1)], None);
        let new = merge(&old, list(&[("c", 4), ("a", 3), ("b", 2)], None), false);
        assert_eq!(told(&new), "c4* a3 b2 +0");
    }

    #[test]
    fn a_held_list_keeps_its_order() {
        let old = list(&[("b", 2), ("a", 1)], None);
        let held = merge(&old, list(&[("c", 4), ("a", 3), ("b", 2)], None), true);
        assert_eq!(told(&held), "b2 a3 +1");
        let moving = merge(&held, list(&[("c", 4), ("a", 3), ("b", 2)], None), false);
        assert_eq!(told(&moving), "c4* a3 b2 +0");
    }

    #[test]
    fn what_left_the_filter_is_greyed_and_what_was_pushed_down_is_not() {
        let old = list(&[("c", 9), ("b", 8), ("a", 1)], Some("x"));
        let held = merge(&old, list(&[("d", 12), ("b", 8), ("e", 5)], Some("y")), true);
        assert_eq!(told(&held), "c9- b8 a1 +1");
    }

    #[test]
    fn a_log_that_is_held_counts_what_comes() {
        let old = log(&[2, 1]);
        let held = merge(&old, log(&[4, 3, 2, 1]), true);
        assert_eq!(told_log(&held), "2 1 +2 of 4");
        assert_eq!(told_log(&merge(&held, log(&[4, 3, 2, 1]), false)), "4* 3* 2 1 +0 of 4");
        assert_eq!(told_log(&merge(&held, page(Panel::Loading), false)), "another page");
    }

    #[test]
    fn an_outage_takes_nothing_away() {
        let failure = |transient| {
            let (code, message) = ("unavailable".to_owned(), "away".to_owned());
            page(Panel::Failed(Failure { code, message, request_id: None, transient }))
        };
        let old = list(&[("a", 1)], None);
        assert_eq!(told(&merge(&old, failure(true), false)), "a1 +0");
        assert_eq!(told(&merge(&old, failure(false), false)), "no list");
        assert_eq!(told(&merge(&failure(true), list(&[("a", 1)], None), true)), "a1 +0");
    }
}
