mod knowledge;

use dg_domain::{Micros, TenantId};

use super::to_html;
use crate::{
    model::{
        Body, Entity, EventRow, Failure, Fields, Freshness, Notice, Panel, Said, Shell, Standing, Timeline, TraceHead,
        TraceList, TracePage, TraceRow, TracesPage, View, Viewer,
        audit::{AuditEntry, AuditList, AuditPage},
        inbox::{InboxList, InboxPage, InboxRow},
        notifications::{NotificationList, NotificationRow, NotificationsPage},
        overview::{OverviewPage, ProjectionRow, Reviews, Waiting},
        review::{DecisionForm, Effect, FormField, Happening, Item, ReviewPage},
        studio::{StudioPage, TemplateRow, Trial},
        tabs::TabView,
    },
    place::{AuditFilter, InboxFilter, Place, Screen, TraceFilter},
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
fn notifications_are_read_one_by_one_or_all() {
    let page = |unread, list| {
        Body::Notifications(Box::new(NotificationsPage { tenant: tenant(), unread, cursor: None, list }))
    };
    let row = |id: &str, read| NotificationRow {
        notification_id: id.to_owned(),
        workflow_id: "w".to_owned(),
        trace_id: "t/1".to_owned(),
        category: "deadline risk".to_owned(),
        message: "<u>near</u>".to_owned(),
        at: Some(NOW),
        read,
        instead_of: (!read).then(|| "ben".to_owned()),
    };
    let list =
        NotificationList { rows: vec![row("n-2", false), row("n-1", true)], next: Some("c".to_owned()), unread: 4 };
    let some = html(shell(|_| ()), page(false, Panel::Ready(list)));
    let present = [
        "4 unread notifications",
        "/t/acme/do/read-notifications",
        "value=\"n-2\"",
        "instead of ben",
        "name=\"key\" value=\"key-read-all\"",
        "/t/acme/reviews/w",
    ];
    check(&some, &present, &["<u>", "value=\"n-1\""]);
    let none = html(shell(|_| ()), page(false, Panel::Ready(NotificationList::default())));
    check(&none, &["You were not told anything yet."], &["Mark all"]);
    let read = html(shell(|_| ()), page(true, Panel::Ready(NotificationList::default())));
    check(&read, &["You have read everything.", "Show all"], &[]);
    let failed = html(shell(|_| ()), page(true, Panel::Failed(failure(true))));
    check(&failed, &["could not be read"], &[]);
}

#[test]
fn the_audit_tells_who_did_what() {
    let page = |list| {
        let filter = AuditFilter { principal: Some("maya".to_owned()), ..AuditFilter::default() };
        Body::Audit(Box::new(AuditPage { tenant: tenant(), filter, cursor: None, list }))
    };
    let entry = AuditEntry {
        seq: 7,
        at: Some(NOW),
        kind: "act".to_owned(),
        action: "account.create".to_owned(),
        outcome: "done".to_owned(),
        principal: "maya".to_owned(),
        agent: Some("console".to_owned()),
        subject: "<s>night</s>".to_owned(),
        about: Some("acme".to_owned()),
        address: Some("10.0.0.7".to_owned()),
        details: "{}".to_owned(),
        entry_hash: "ab12".to_owned(),
        request_id: Some("r-9".to_owned()),
    };
    let list = AuditList { rows: vec![entry], next: Some("c".to_owned()) };
    let some = html(shell(|_| ()), page(Panel::Ready(list)));
    let present = [
        "account.create",
        "through console",
        "in acme",
        "10.0.0.7",
        "ab12",
        "r-9",
        "Clear filters",
        "cursor=c",
        "<caption",
    ];
    check(&some, &present, &["<s>"]);
    let none = html(shell(|_| ()), page(Panel::Ready(AuditList::default())));
    check(&none, &["No row fits."], &["<table"]);
    let forbidden = Failure { code: "forbidden".to_owned(), ..failure(false) };
    let no = html(shell(|_| ()), page(Panel::Failed(forbidden)));
    check(&no, &["may not read the audit", "audit_read"], &["Try again"]);
}

#[test]
fn the_studio_shows_the_review_that_it_would_be() {
    let page = |templates, trial| {
        let (trace_id, template_id) = (Some("t/1".to_owned()), Some("incident-review".to_owned()));
        Body::Studio(Box::new(StudioPage { tenant: tenant(), trace_id, template_id, templates, trial }))
    };
    let template = TemplateRow {
        template_id: "incident-review".to_owned(),
        title: "<b>Incident</b>".to_owned(),
        version: 0,
        enabled: true,
        definition: "{}".to_owned(),
    };
    let trial = Trial {
        signals: vec!["it failed".to_owned()],
        workflow_id: "t/1:incident".to_owned(),
        exists: false,
        title: "Look at it".to_owned(),
        reason: "odd".to_owned(),
        priority: "high".to_owned(),
        sla_hours: 6,
        account: None,
        role: Some("approver".to_owned()),
        existing: vec![("t/1:exception:x".to_owned(), "approved".to_owned())],
        precedents: vec![("t-9".to_owned(), "success".to_owned())],
        as_of: 12,
    };
    let body = |trial| page(Panel::Ready(vec![template.clone()]), Some(Panel::Ready(trial)));
    let may = |shell: &mut Shell| shell.viewer.as_mut().unwrap().permissions = vec!["workflow_assign".to_owned()];
    let drafted = html(shell(may), body(trial.clone()));
    let present = [
        "it failed",
        "everybody with the role approver, priority high, within 6 hours.",
        "t/1:exception:x",
        "/t/acme/traces/t-9",
        "/t/acme/do/start-review",
        "value=\"Look at it\"",
        "value=\"t/1\"",
        "built in",
        "As of log position 12.",
    ];
    check(&drafted, &present, &["<b>Incident", "id=\"may-not\""]);
    check(
        &html(shell(|_| ()), body(trial.clone())),
        &["You may not start a review", "workflow_assign"],
        &["id=\"start\""],
    );
    let there = Trial { exists: true, ..trial.clone() };
    check(&html(shell(may), body(there)), &["This review is open already", "t/1:incident"], &["id=\"start\""]);
    let fields = [("form", "start-review"), ("title", "Typed"), ("reason", "because")];
    let fields = Fields(fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    let refused = shell(|shell| {
        may(shell);
        shell.said = Some(Said::Refused { failure: failure(false), fields });
    });
    check(
        &html(refused, body(trial)),
        &["Not done.", "value=\"Typed\"", ">because</textarea>"],
        &["value=\"Look at it\""],
    );
    let waiting = html(shell(may), page(Panel::Loading, Some(Panel::Failed(failure(true)))));
    check(&waiting, &["The review could not be tried.", "bone"], &[]);
}

fn asked_item() -> Item {
    let happening = Happening {
        log_seq: 9,
        at: Some(NOW),
        what: "comment".to_owned(),
        by: "ben".to_owned(),
        words: "<em>look</em>".to_owned(),
        evidence: vec!["link crm://7".to_owned()],
        status: "requested".to_owned(),
    };
    Item {
        title: "<b>Refund</b>".to_owned(),
        reason: "promised".to_owned(),
        requester: "agent:bot".to_owned(),
        recorded_by: "bot".to_owned(),
        trace_id: "t/1".to_owned(),
        policy: "refund-limit 3".to_owned(),
        status: "requested".to_owned(),
        priority: "high".to_owned(),
        due: Some(NOW),
        overdue: true,
        role: Some("approver".to_owned()),
        round: 1,
        version: 4,
        request_hash: "ab12".to_owned(),
        ballots: (2, vec!["eva".to_owned()]),
        four_eyes: true,
        companion: Some("c/1".to_owned()),
        allowed: ["approve", "reject", "override", "comment", "claim", "unclaim"].map(str::to_owned).into(),
        signals: vec!["digest_mismatch".to_owned()],
        template: Some(("exception_follow_up".to_owned(), 0)),
        feed: vec![happening],
        told: vec![(Some(NOW), "Somebody asks".to_owned(), "role approver".to_owned())],
        ..Item::default()
    }
}

fn review(doing: Option<&str>, item: Item, form: Option<DecisionForm>, effect: Option<Effect>) -> Body {
    Body::Review(Box::new(ReviewPage {
        tenant: tenant(),
        workflow_id: "t/1:exception:x".to_owned(),
        doing: doing.map(str::to_owned),
        item: Panel::Ready(item),
        form: form.map(Panel::Ready),
        effect,
    }))
}

fn reviewer(permissions: &[&str]) -> Shell {
    shell(|shell| {
        shell.place = Place::of(&tenant(), Screen::review("t/1:exception:x"));
        shell.viewer.as_mut().unwrap().permissions = permissions.iter().map(|name| (*name).to_owned()).collect();
    })
}

#[test]
fn an_item_says_what_is_asked_and_what_can_be_done() {
    let page = html(reviewer(&["workflow_review"]), review(None, asked_item(), None, None));
    let present = [
        "promised",
        "agent:bot",
        "an exception to refund-limit 3",
        "1 of 2 have approved: eva.",
        "digest mismatch",
        "link crm://7",
        "everybody with the role approver",
        "overdue",
        "/t/acme/traces/c%2F1",
        "?do=approve#doing",
        "id=\"off-override\"",
        "needs the permission workflow_override",
        "role approver: Somebody asks",
    ];
    check(&page, &present, &["<b>Refund", "<em>look", "?do=unclaim", "?do=reopen", "id=\"doing\""]);
    let reading = html(reviewer(&[]), review(Some("approve"), asked_item(), None, None));
    check(&reading, &["It cannot be done: needs the permission workflow_review."], &["/do/review"]);
    let held = Item { claimed_by: Some("ben".to_owned()), ..asked_item() };
    let held = html(reviewer(&["*"]), review(Some("approve"), held, None, None));
    check(&held, &["It cannot be done: ben looks at it."], &["/do/review", "?do=claim"]);
    let own = Item { recorded_by: "maya".to_owned(), claimed_by: Some("maya".to_owned()), ..asked_item() };
    let own = html(reviewer(&["*"]), review(None, own, None, None));
    check(&own, &["you asked for it yourself", "?do=unclaim"], &["?do=claim"]);
    let paused = Item { due: None, paused: Some(3_600_000_000), overdue: false, ..asked_item() };
    check(&html(reviewer(&[]), review(None, paused, None, None)), &["The clock stands still; 1 h"], &["overdue"]);
    let broken = ReviewPage {
        item: Panel::Failed(failure(true)),
        form: None,
        effect: None,
        doing: None,
        tenant: tenant(),
        workflow_id: "w".to_owned(),
    };
    check(&html(reviewer(&[]), Body::Review(Box::new(broken))), &["The item could not be read."], &[]);
}

#[test]
fn a_decision_has_the_form_of_its_template_and_says_what_would_come_of_it() {
    let field = |key: &str, kind: &str, on: &[&str]| FormField {
        key: key.to_owned(),
        label: format!("The {key}"),
        kind: kind.to_owned(),
        required: true,
        on: on.iter().map(|word| (*word).to_owned()).collect(),
        choices: if kind == "choice" { vec![("a".to_owned(), "An a".to_owned())] } else { Vec::new() },
    };
    let form = DecisionForm {
        options: vec![("part".to_owned(), "In part".to_owned(), "approve".to_owned())],
        fields: vec![field("amount", "integer", &["approve"]), field("why", "choice", &["reject"])],
        conditions: vec![field("discount", "decimal", &[])],
        checklist: vec![("order".to_owned(), "The order".to_owned(), true)],
        evidence: vec!["link".to_owned()],
    };
    let effect = Effect::Would {
        status: "approved".to_owned(),
        events: vec!["ApprovalRecorded".to_owned()],
        tells: vec!["bot: decided".to_owned()],
    };
    let approve = html(reviewer(&["*"]), review(Some("approve"), asked_item(), Some(form.clone()), Some(effect)));
    let present = [
        "/t/acme/do/review",
        "name=\"version\" value=\"4\"",
        "name=\"request_hash\" value=\"ab12\"",
        "form:integer:amount",
        "condition:decimal:discount",
        "value=\"order\"",
        "In part",
        "of the kind link",
        "Recorded: ApprovalRecorded.",
        "bot: decided",
    ];
    check(&approve, &present, &["form:choice:why", "id=\"phrase\""]);
    let reject =
        html(reviewer(&["*"]), review(Some("reject"), asked_item(), Some(form), Some(Effect::Not("no".to_owned()))));
    check(
        &reject,
        &["form:choice:why", "An a", "It would be refused: no."],
        &["form:integer:amount", "condition:", "In part"],
    );
    let overrides = html(reviewer(&["*"]), review(Some("override"), asked_item(), None, None));
    check(&overrides, &["OVERRIDE T/1:EXCEPTION:X", "maya does this in acme, production"], &[]);
    check(
        &html(reviewer(&["*"]), review(Some("reopen"), asked_item(), None, None)),
        &["is not possible where it stands"],
        &[],
    );
}

#[test]
fn an_inbox_has_queues_rows_and_a_form_for_several() {
    let page = |filter, list| {
        let counts = Panel::Ready(vec![("all", Some(12_000)), ("mine", Some(3)), ("closed", None)]);
        Body::Inbox(Box::new(InboxPage { tenant: tenant(), filter, cursor: None, counts, list }))
    };
    let row = InboxRow {
        workflow_id: "t/1:exception:x".to_owned(),
        title: "<b>Refund</b>".to_owned(),
        status: "escalated".to_owned(),
        priority: "urgent".to_owned(),
        policy: "refund-limit 3".to_owned(),
        requester: "bot".to_owned(),
        requested: Some(NOW),
        due: Some(Micros::new(NOW.get() - 7_200_000_000)),
        overdue: true,
        assignee: "role approver".to_owned(),
        claimed_by: Some("ben".to_owned()),
    };
    let list = || Panel::Ready(InboxList { rows: vec![row.clone()], next: Some("c".to_owned()) });
    let some = html(reviewer(&["workflow_review"]), page(InboxFilter::default(), list()));
    let present = [
        "12,000",
        "/t/acme/inbox?view=mine",
        "/t/acme/reviews/t%2F1:exception:x",
        "overdue",
        "2 h ago",
        "ben looks at it",
        "/t/acme/do/review-many",
        "cursor=c",
    ];
    check(&some, &present, &["<b>Refund"]);
    let reading = html(reviewer(&[]), page(InboxFilter::of("mine"), list()));
    check(&reading, &["aria-current=\"page\""], &["review-many", "type=\"checkbox\""]);
    let none = || Panel::Ready(InboxList::default());
    check(&html(reviewer(&[]), page(InboxFilter::default(), none())), &["Nobody waits for a decision."], &[]);
    check(&html(reviewer(&[]), page(InboxFilter::of("mine"), none())), &["Nothing is in this queue.", "Show all"], &[]);
    check(
        &html(reviewer(&[]), page(InboxFilter::default(), Panel::Failed(failure(true)))),
        &["could not be read"],
        &[],
    );
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

mod steering;
