mod knowledge;
mod managed;
mod outside;
mod reviews;
mod steering;
mod told;

use dg_domain::{Micros, TenantId};

use super::to_html;
use crate::{
    model::{
        Body, Entity, EventRow, Failure, Fields, Freshness, Notice, Panel, Said, Shell, Standing, Timeline, TraceHead,
        TraceList, TracePage, TraceRow, TracesPage, View, Viewer,
        overview::{OverviewPage, ProjectionRow, Reviews, Waiting},
        tabs::TabView,
    },
    place::{Place, Screen, TraceFilter},
    story,
};

const NOW: Micros = Micros::new(1_800_000_000_000_000);

fn tenant() -> TenantId {
    TenantId::new("acme").unwrap()
}

fn shell(change: impl FnOnce(&mut Shell)) -> Shell {
    let viewer = Viewer {
        account_id: "maya".to_owned(),
        roles: vec!["reader".to_owned()],
        permissions: Vec::new(),
        development: false,
    };
    let mut shell = Shell {
        viewer: Some(viewer),
        tenants: vec![tenant(), TenantId::new("beta").unwrap()],
        place: Place::of(&tenant(), Screen::traces()),
        environment: "production".to_owned(),
        csrf: "form-token".to_owned(),
        freshness: Freshness::Current { applied: 1204 },
        outage: None,
        refreshing: false,
        live: false,
        now: NOW,
        key: "key".to_owned(),
        said: None,
    };
    change(&mut shell);
    shell
}

fn failure(transient: bool) -> Failure {
    let (code, message) = ("storage".to_owned(), "the database is away".to_owned());
    Failure { code, message, request_id: Some("req-7".to_owned()), transient }
}

fn row() -> TraceRow {
    TraceRow {
        trace_id: "a/b".to_owned(),
        title: "<script>alert(1)</script>".to_owned(),
        workflow: "refund".to_owned(),
        entity: Entity { id: "order-1".to_owned(), kind: "order in shop".to_owned() },
        standing: Standing::Open,
        event_count: 12_000,
        last_log_seq: 7,
        last_event_type: "InputObserved".to_owned(),
        last_at: Some(Micros::new(NOW.get() - 240_000_000)),
        left: false,
        fresh: false,
    }
}

fn traces(list: Panel<TraceList>, waiting: usize) -> Body {
    Body::Traces(Box::new(TracesPage { tenant: tenant(), filter: TraceFilter::default(), cursor: None, list, waiting }))
}

fn trace(timeline: Panel<Timeline>, head: Panel<TraceHead>) -> Body {
    let neighbours = Panel::Failed(failure(true));
    Body::Trace(Box::new(TracePage {
        tenant: tenant(),
        trace_id: "t-1".to_owned(),
        head,
        timeline,
        neighbours,
        tab: TabView::Timeline,
    }))
}

fn event(trace_seq: i64) -> EventRow {
    let payload = r#"{"outcome":"success","summary":"all good"}"#;
    EventRow {
        trace_seq,
        log_seq: trace_seq + 1,
        event_id: format!("e-{trace_seq}"),
        event_type: "TraceFinished".to_owned(),
        story: story::tell("TraceFinished", payload),
        at: Some(NOW),
        occurred_at: NOW.rfc3339(),
        since_previous: Some(7_200_000_000),
        actor: "agent:bot".to_owned(),
        fields: vec![("event_id", format!("e-{trace_seq}"))],
        caused_by: Some(0),
        payload: story::laid_out(payload),
        fresh: false,
    }
}

fn html(shell: Shell, body: Body) -> String {
    to_html(View { title: "Title".to_owned(), shell, body })
}

fn check(html: &str, present: &[&str], absent: &[&str]) {
    for text in present {
        assert!(html.contains(text), "{text} is missing in {html}");
    }
    for text in absent {
        assert!(!html.contains(text), "{text} is in {html}");
    }
}

#[test]
fn a_row_tells_a_trace_and_nothing_is_markup() {
    let body = traces(
        Panel::Ready(TraceList { rows: vec![row()], next: Some("c 1".to_owned()), total: Some((37, false)) }),
        0,
    );
    let html = html(shell(|_| ()), body);
    let present = [
        "/t/acme/traces/a%2Fb",
        "order in shop",
        "12,000",
        "4 min ago",
        "InputObserved",
        "cursor=c%201",
        "of 37 traces",
        "<caption",
        "Older",
    ];
    check(&html, &present, &["<script>", "style=", "Newest", "id=\"waiting\""]);
}

#[test]
fn the_frame_says_who_where_and_how_fresh() {
    let body = || traces(Panel::Ready(TraceList::default()), 0);
    let own = html(shell(|_| ()), body());
    let present =
        ["maya: reader", "Sign out", "value=\"form-token\"", "/t/beta\"", "as read", "No decision was recorded"];
    check(&own, &present, &["Development reader", "class=\"badge\"", "progress"]);
    let live = html(shell(|shell| shell.live = true), body());
    check(&live, &["live", "log position 1204"], &["as read"]);
    let behind = html(shell(|shell| shell.freshness = Freshness::Behind { applied: 90, head: 100 }), body());
    check(&behind, &["Shown as of log position 90, 10 events behind.", "catching up"], &[]);
    let reading = html(shell(|shell| shell.refreshing = true), body());
    check(&reading, &["class=\"progress\""], &[]);
    let development = html(
        shell(|shell| {
            shell.environment = "dev".to_owned();
            shell.viewer = Some(Viewer {
                account_id: String::new(),
                roles: Vec::new(),
                permissions: Vec::new(),
                development: true,
            });
        }),
        body(),
    );
    check(&development, &["Development reader.", "class=\"badge\"", "href=\"/sign-in\""], &["Sign out"]);
}

fn form_refused() -> Said {
    let fields = [("form", "read-all"), ("up_to", "n-9")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    Said::Refused { failure: failure(false), fields: Fields(fields.into()) }
}

#[test]
fn what_came_of_a_form_is_said_on_top() {
    let body = || traces(Panel::Ready(TraceList::default()), 0);
    let place = || Place::of(&tenant(), Screen::traces()).saying(Some("s-1".to_owned()));
    let done =
        shell(|shell| (shell.place, shell.said) = (place(), Some(Said::Done("It is <b>approved</b>.".to_owned()))));
    check(&html(done, body()), &["role=\"status\"", "Done.", "href=\"/t/acme/traces\""], &["<b>", "said=s-1"]);
    let refused = shell(|shell| (shell.place, shell.said) = (place(), Some(form_refused())));
    assert_eq!((refused.typed("read-all", "up_to"), refused.typed("other", "up_to")), ("n-9", ""));
    assert!(refused.chosen("read-all", "up_to", "n-9") && !refused.chosen("read-all", "up_to", "n-8"));
    check(&html(refused, body()), &["role=\"alert\"", "Not done.", "The database is away.", "req-7"], &["Done."]);
}

#[test]
fn an_overview_says_what_waits_and_what_is_wrong() {
    let page = |reviews, projections| {
        let traces = Panel::Ready(vec![row()]);
        Body::Overview(Box::new(OverviewPage { tenant: tenant(), reviews, projections, traces }))
    };
    let item = Waiting {
        workflow_id: "w".to_owned(),
        title: "<i>Refund</i>".to_owned(),
        priority: "urgent".to_owned(),
        due: Some(Micros::new(NOW.get() - 60_000_000)),
        overdue: true,
    };
    let reviews = Reviews { open: 12_000, overdue: 1, oldest: Some(NOW), next: vec![item], ..Reviews::default() };
    let rows = [("trace_summary", "failed", 3), ("context_graph", "ok", 0)].map(|(name, status, failures)| {
        ProjectionRow { name: name.to_owned(), status: status.to_owned(), applied: 7, pending: failures, failures }
    });
    let ready = html(shell(|_| ()), page(Panel::Ready(reviews), Panel::Ready(rows.into())));
    check(
        &ready,
        &["12,000", "overdue", "urgent, due", "3 open failures", "3 events", "chip alert", "/t/acme/traces/a%2Fb"],
        &["<i>"],
    );
    let calm = html(shell(|_| ()), page(Panel::Ready(Reviews::default()), Panel::Loading));
    check(&calm, &["Nobody waits for a decision", "nothing waits", "bone"], &["chip alert"]);
    let broken = html(shell(|_| ()), page(Panel::Failed(failure(true)), Panel::Failed(failure(false))));
    check(&broken, &["The reviews could not be read.", "The read models could not be asked.", "Latest activity"], &[]);
}

#[test]
fn an_outage_keeps_what_was_read() {
    let body = traces(Panel::Ready(TraceList { rows: vec![row()], ..TraceList::default() }), 0);
    let html = html(shell(|shell| shell.outage = Some(failure(true))), body);
    check(&html, &["The service does not answer.", "last state that was read", "offline", "order-1"], &[]);
}

#[test]
fn lists_load_fail_and_wait() {
    let loading = html(shell(|_| ()), traces(Panel::Loading, 0));
    check(&loading, &["Reading the list", "class=\"bone\"", "<noscript>"], &["id=\"traces\""]);
    let failed = html(shell(|_| ()), traces(Panel::Failed(failure(false)), 0));
    check(&failed, &["The database is away.", "storage", "req-7", "Try again"], &["Try now"]);
    let retried = html(shell(|shell| shell.live = true), traces(Panel::Failed(failure(true)), 0));
    check(&retried, &["Try now", "keeps trying"], &[]);
    let left = TraceRow { left: true, ..row() };
    let waiting = html(shell(|_| ()), traces(Panel::Ready(TraceList { rows: vec![left], ..TraceList::default() }), 2));
    check(&waiting, &["Show 2 new traces", "no longer fits the filter"], &[]);
}

#[test]
fn a_timeline_does_not_need_the_projections() {
    let timeline = Timeline { events: vec![event(500), event(501)], from: 500, next: Some(1000) };
    let html = html(shell(|_| ()), trace(Panel::Ready(timeline), Panel::Failed(failure(true))));
    let present = [
        "<h1>t-1</h1>",
        "The summary could not be read; the timeline does not need it.",
        "The graph could not be read.",
        "id=\"seq-500\"",
        "2 h later",
        "all good",
        "&#34;outcome&#34;: &#34;success&#34;",
        "Caused by ",
        "?from=1000",
        "From the start",
    ];
    check(&html, &present, &[]);
}

#[test]
fn notices_help() {
    let say = |notice| html(shell(|shell| shell.place = Place::Unknown), Body::Notice(notice));
    check(&say(Notice::NotFound), &["Not found", "granted per tenant"], &["id=\"tenants\""]);
    check(&say(Notice::NoTenant), &["dg tenants create"], &[]);
    check(&say(Notice::Failed(failure(true))), &["Not available", "The database is away."], &[]);
}
