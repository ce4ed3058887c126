//! The screens about projections, failures, digests and runs, in each of their states, and the log.

use super::{NOW, check, event, failure, html, shell, tenant};
use crate::{
    model::{
        Body, Failure, Fields, Panel, Said, Shell, Viewer,
        events::{EventList, EventsPage, LogRow},
        failures::{FailureList, FailureRow, FailuresPage},
        projections::{DigestsNow, DigestsPage, Health, HealthRow, History, ProjectionsPage, Waiting, Written},
        runs::{Difference, DigestPair, ReplaysPage, RunDetail, RunLine, RunList, RunPage, RunState, Verdict},
    },
    place::{DigestsAt, EventsAt, FailuresAt, Place, ReplaysAt, RunAt, Screen},
};

fn admin(permissions: &[&str]) -> Shell {
    let permissions = permissions.iter().map(|one| (*one).to_owned()).collect();
    shell(|shell| {
        let (account_id, roles) = ("ada".to_owned(), vec!["admin".to_owned()]);
        shell.viewer = Some(Viewer { account_id, roles, permissions, development: false });
        shell.place = Place::of(&tenant(), Screen::Projections);
    })
}

fn forbidden() -> Failure {
    let (code, message) = ("forbidden".to_owned(), "the role admin is needed".to_owned());
    Failure { code, message, request_id: None, transient: false }
}

fn line(status: &str, verdict: Option<Verdict>) -> RunLine {
    RunLine {
        job_id: "j-1".to_owned(),
        projection: "all".to_owned(),
        mode: "verify".to_owned(),
        status: status.to_owned(),
        phase: "building".to_owned(),
        reason: "<b>monthly</b>".to_owned(),
        by: "ada".to_owned(),
        asked: Some(NOW),
        ended: None,
        reached: 1_204,
        target: Some(3_010),
        per_second: 602.0,
        left: Some(3.0),
        folded: 4_816,
        verdict,
    }
}

fn projections(health: Panel<Health>) -> Body {
    Body::Projections(Box::new(ProjectionsPage { tenant: tenant(), health }))
}

fn replays(asking: Option<(&str, &str)>, state: Panel<RunState>, list: Panel<RunList>) -> Body {
    let asking = asking.map(|(mode, of)| (mode.to_owned(), of.to_owned()));
    let at = ReplaysAt { asking, ..ReplaysAt::default() };
    Body::Replays(Box::new(ReplaysPage { tenant: tenant(), at, state, list }))
}

fn run(step: Option<&str>, run: RunDetail) -> Body {
    let at = RunAt { job_id: "j-1".to_owned(), step: step.map(str::to_owned) };
    Body::Run(Box::new(RunPage { tenant: tenant(), at, run: Panel::Ready(run) }))
}

fn detail(line: RunLine) -> RunDetail {
    RunDetail {
        line,
        started: Some(NOW),
        owner: "projector-1".to_owned(),
        attempt: 1,
        error: None,
        compared_at: None,
        digests: Vec::new(),
        difference: None,
        set_aside: None,
        generation: None,
        facts: vec![("Request", "req-9".to_owned())],
        trace_id: None,
    }
}

fn failures(act: Option<&str>, chosen: Option<Panel<FailureRow>>, list: Panel<FailureList>) -> Body {
    let at = FailuresAt { act: act.map(|act| (act.to_owned(), "f-1".to_owned())), ..FailuresAt::default() };
    Body::Failures(Box::new(FailuresPage { tenant: tenant(), at, list, chosen }))
}

fn aside(status: &str) -> FailureRow {
    FailureRow {
        failure_id: "f-1".to_owned(),
        projection: "trace_index".to_owned(),
        status: status.to_owned(),
        category: "poison".to_owned(),
        code: "payload_invalid".to_owned(),
        message: "<i>cannot</i> be read".to_owned(),
        log_seq: 3,
        event_id: "e-3".to_owned(),
        trace_id: "t/3".to_owned(),
        attempts: 2,
        first: Some(NOW),
        last: Some(NOW),
        decided: None,
        job_id: None,
    }
}

fn events(at: EventsAt, list: Panel<EventList>, waiting: usize) -> Body {
    Body::Events(Box::new(EventsPage { tenant: tenant(), at, list, waiting }))
}

#[test]
fn health_says_what_is_behind_and_who_waits() {
    let row = HealthRow {
        name: "trace_index".to_owned(),
        status: "lagging".to_owned(),
        state: "catching_up".to_owned(),
        applied: 12_000,
        pending: 7,
        lag: 6.25,
        digest: Some("sha256:0123456789abcdef0123456789".to_owned()),
        drift: Some(NOW),
        error: Some(("storage".to_owned(), "away".to_owned())),
        failures: 1,
        ..HealthRow::default()
    };
    let waiting = Waiting {
        failure_id: "f-1".to_owned(),
        projection: "trace_index".to_owned(),
        log_seq: 3,
        trace_id: "t".to_owned(),
        code: "poison".to_owned(),
    };
    let health = Health {
        status: "lagging".to_owned(),
        rows: vec![row],
        waiting: vec![waiting],
        open: vec![line("running", None)],
        ..Health::default()
    };
    let ready = html(admin(&[]), projections(Panel::Ready(health)));
    let present = [
        "12,000",
        "7 events",
        "6.2 s old",
        "sha256:0123456789abc…",
        "changed by other hands",
        "1 open, 0 accepted",
        "/t/acme/failures?do=retry&#38;failure=f-1",
        "1,204 of 3,010 events (40 %), 602 events/s, 3 s left",
        "value=\"1204\"",
        "&#60;b&#62;monthly",
        "Compare reviews with the log",
    ];
    check(&ready, &present, &["<b>", "style="]);
    check(&html(admin(&[]), projections(Panel::Loading)), &["Reading", "<noscript>"], &["id=\"health\""]);
    let broken = html(admin(&[]), projections(Panel::Failed(failure(true))));
    check(&broken, &["The read models could not be asked.", "storage", "req-7"], &[]);
}

#[test]
fn digests_are_computed_when_asked_for() {
    let body = |now, history| {
        let at = DigestsAt { now: true, ..DigestsAt::default() };
        Body::Digests(Box::new(DigestsPage { tenant: tenant(), at, now, history }))
    };
    let written =
        Written { drifted: true, digest: "rows:1".to_owned(), job_id: Some("j-1".to_owned()), ..Written::default() };
    let history = Panel::Ready(History { rows: vec![written], next: Some("c".to_owned()) });
    let now = DigestsNow { log_seq: 9, skipped: 2, rows: vec![("full_projection", "sha256:1".to_owned())] };
    let both = html(admin(&[]), body(Some(Panel::Ready(now)), history));
    let present =
        ["sha256:1", "without 2 events", "changed by other hands", "/t/acme/replays/j-1", "cursor=c", "Compute again"];
    check(&both, &present, &[]);
    let empty = html(admin(&[]), body(None, Panel::Ready(History::default())));
    check(&empty, &["Compute now", "Nothing was written down yet."], &["id=\"digests-now\""]);
    let failed = html(admin(&[]), body(Some(Panel::Failed(failure(false))), Panel::Loading));
    check(&failed, &["The digests could not be computed.", "Reading"], &[]);
}

#[test]
fn failures_are_decided_about_with_a_form() {
    let one = |status: &str| Panel::Ready(FailureList { rows: vec![aside(status)], next: None });
    let open = html(admin(&[]), failures(None, None, one("open")));
    let present =
        ["&#60;i&#62;cannot", "do=retry", "do=quarantine", "/t/acme/events?until=3#log-3", "/t/acme/traces/t%2F3"];
    check(&open, &present, &["id=\"do\"", "do=resolve"]);
    check(&html(admin(&[]), failures(None, None, one("quarantined"))), &["do=resolve"], &["do=retry"]);
    check(&html(admin(&[]), failures(None, None, one("resolved"))), &["settled"], &["do=resolve"]);
    let chosen = || Some(Panel::Ready(aside("open")));
    let quarantine = html(admin(&["projection_quarantine"]), failures(Some("quarantine"), chosen(), one("open")));
    let present =
        ["/t/acme/do/decide-failure", "QUARANTINE 3", "danger", "name=\"reason\"", "value=\"quarantine\"", "ada"];
    check(&quarantine, &present, &["disabled", "class=\"barred\""]);
    let barred = html(admin(&["projection_replay"]), failures(Some("quarantine"), chosen(), one("open")));
    check(&barred, &["disabled", "permission projection_quarantine"], &[]);
    let retry = html(admin(&["*"]), failures(Some("retry"), chosen(), one("open")));
    check(&retry, &["Try the event again"], &["name=\"phrase\"", "name=\"reason\""]);
    let none = html(admin(&[]), failures(None, None, Panel::Ready(FailureList::default())));
    check(&none, &["Every event was taken."], &[]);
    let refused = html(shell(|_| ()), failures(None, None, Panel::Failed(forbidden())));
    check(&refused, &["Only for administrators.", "the role admin"], &["Try again"]);
}

#[test]
fn a_run_is_asked_for_in_two_steps() {
    let state = || {
        let pending = vec![("trace_index".to_owned(), 7), ("context_graph".to_owned(), 0)];
        Panel::Ready(RunState { head: 3_010, pending, open: vec![line("running", None)] })
    };
    let list = || Panel::Ready(RunList { rows: vec![line("completed", Some(Verdict::Different))], next: None });
    let first = html(admin(&["*"]), replays(None, state(), list()));
    check(&first, &["id=\"choose\"", "method=\"get\"", "different", "/t/acme/replays/j-1"], &["id=\"do\""]);
    let rebuild = html(admin(&["*"]), replays(Some(("rebuild", "trace_index")), state(), list()));
    let present = [
        "/t/acme/do/start-run",
        "REBUILD TRACE_INDEX",
        "danger",
        "3,010 events",
        "trace_index lacks 7 events.",
        "in the way",
        "environment",
    ];
    check(&rebuild, &present, &["id=\"choose\"", "disabled", "context_graph lacks"]);
    let verify = html(admin(&["*"]), replays(Some(("verify", "all")), state(), list()));
    check(&verify, &["Nothing that readers see is touched."], &["name=\"phrase\""]);
    let catch_up = html(admin(&["*"]), replays(Some(("catch_up", "all")), state(), list()));
    check(&catch_up, &["CATCH_UP ALL", "name=\"until\""], &["danger"]);
    let reader = html(shell(|_| ()), replays(Some(("rebuild", "all")), state(), Panel::Failed(forbidden())));
    let present =
        ["disabled", "maya has reader", "permission projection_rebuild", "Only for administrators.", "1,204 of 3,010"];
    check(&reader, &present, &[]);
}

#[test]
fn what_was_typed_into_a_refused_form_comes_back() {
    let fields = [("form", "start"), ("reason", "after the restore"), ("phrase", "rebuild all")];
    let fields = Fields(fields.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec());
    let mut shell = admin(&["*"]);
    shell.said = Some(Said::Refused { failure: forbidden(), fields });
    let page = html(shell, replays(Some(("rebuild", "all")), Panel::Loading, Panel::Loading));
    check(&page, &["after the restore", "value=\"rebuild all\"", "Not done."], &[]);
}

#[test]
fn a_run_tells_where_it_is_and_what_came_out() {
    let running = html(admin(&["*"]), run(None, detail(line("running", None))));
    let present = ["aria-current=\"step\"", "do=pause", "do=cancel", "<progress", "req-9", "Verify of all"];
    check(&running, &present, &["do=resume", "id=\"verdict\""]);
    check(&html(admin(&["*"]), run(None, detail(line("paused", None)))), &["do=resume"], &["do=pause"]);
    let cancel = html(admin(&["*"]), run(Some("cancel"), detail(line("running", None))));
    check(&cancel, &["/t/acme/do/step-run", "Cancel the run", "name=\"reason\"", "within one batch"], &["disabled"]);
    check(
        &html(shell(|_| ()), run(Some("cancel"), detail(line("running", None)))),
        &["disabled", "maya has reader"],
        &[],
    );

    let pair = |name: &str, folded: &str, verdict| DigestPair {
        projection: name.to_owned(),
        seen: Some("sha256:1".to_owned()),
        folded: Some(folded.to_owned()),
        verdict,
    };
    let fields = vec![("title".to_owned(), Some("Refund".to_owned()), Some("another".to_owned()))];
    let difference =
        Difference { table: "dg_trace_summary".to_owned(), key: "k".to_owned(), fields, ..Difference::default() };
    let different = html(
        admin(&["*"]),
        run(
            None,
            RunDetail {
                compared_at: Some(3_010),
                digests: vec![pair("a", "sha256:1", Verdict::Equal), pair("b", "sha256:2", Verdict::Different)],
                difference: Some(difference),
                ..detail(line("completed", Some(Verdict::Different)))
            },
        ),
    );
    let present = ["at log position 3,010", "sha256:2", "equal", "different", "dg_trace_summary", "Refund", "another"];
    check(&different, &present, &["do=cancel"]);
    let failed = RunDetail { error: Some(("log_gap".to_owned(), "a hole".to_owned())), ..detail(line("failed", None)) };
    check(&html(admin(&["*"]), run(None, failed)), &["The run failed.", "log_gap", "a hole"], &[]);
}

#[test]
fn the_log_is_followed_held_and_filtered() {
    let row = |gap| LogRow { trace_id: "a/b".to_owned(), event: event(7), gap };
    let list = |rows| EventList { rows, head: 90, older: Some(8), searched_to: None };
    let following =
        html(shell(|shell| shell.live = true), events(EventsAt::default(), Panel::Ready(list(vec![row(None)])), 2));
    let present = [
        "following",
        "Show 2 new events",
        "/t/acme/events?until=90",
        "id=\"log-8\"",
        "/t/acme/traces/a%2Fb#seq-7",
        "Older",
    ];
    check(&following, &present, &["role=\"alert\""]);
    let at = EventsAt { until: Some(70), ..EventsAt::default() };
    let held = html(shell(|_| ()), events(at, Panel::Ready(list(vec![row(Some((3, 6)))])), 0));
    check(
        &held,
        &["held", "20 newer events since", "Jump to now", "Positions 3 to 6 are not in the log."],
        &["following"],
    );
    let at = EventsAt { trace_id: Some("none".to_owned()), ..EventsAt::default() };
    let searched = EventList { rows: Vec::new(), head: 90, older: Some(8), searched_to: Some(8) };
    let none = html(shell(|_| ()), events(at, Panel::Ready(searched), 0));
    check(
        &none,
        &["No event fits.", "searched back to position 9", "Search further back", "trace=none&#38;until=8"],
        &[],
    );
    let empty = html(shell(|_| ()), events(EventsAt::default(), Panel::Ready(EventList::default()), 0));
    check(&empty, &["No decision was recorded here yet."], &[]);
    check(
        &html(shell(|_| ()), events(EventsAt::default(), Panel::Failed(failure(true)), 0)),
        &["The log could not be read."],
        &[],
    );
}
