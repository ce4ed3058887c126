use dg_domain::Micros;

use super::{NOW, check, failure, html, shell, tenant};
use crate::{
    model::{
        Body, Fields, Panel, Said, Shell,
        inbox::{InboxList, InboxPage, InboxRow},
        review::{DecisionForm, Effect, FormField, Happening, Item, ReviewPage},
        studio::{StudioPage, TemplateRow, Trial},
    },
    place::{InboxFilter, Place, Screen},
};

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
        let viewer = shell.viewer.as_mut().unwrap();
        viewer.roles = vec!["writer".to_owned()];
        viewer.permissions = permissions.iter().map(|name| (*name).to_owned()).collect();
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
    // The service gives cases to administrators alone, whatever else somebody may do.
    let mut admin = reviewer(&["workflow_export"]);
    admin.viewer.as_mut().unwrap().roles = vec!["admin".to_owned()];
    let taking = html(admin, review(None, asked_item(), None, None));
    check(&taking, &["/t/acme/case.ndjson?workflow_id=t%2F1:exception:x", "/t/acme/case.html?"], &[]);
    let writing = html(reviewer(&["workflow_export"]), review(None, asked_item(), None, None));
    check(&writing, &["needs the permission workflow_review"], &["case.ndjson", "case.html"]);
    let reading = html(reviewer(&[]), review(Some("approve"), asked_item(), None, None));
    check(&reading, &["It cannot be done: needs the permission workflow_review."], &["/do/review", "case.ndjson"]);
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
    let may = |shell: &mut Shell| {
        let viewer = shell.viewer.as_mut().unwrap();
        (viewer.roles, viewer.permissions) = (vec!["writer".to_owned()], vec!["workflow_assign".to_owned()]);
    };
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
        &["You may not start a review", "the role writer"],
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
