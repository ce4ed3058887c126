//! Items of human review: commands, timers and rebuilds against a real log.

use dg_domain::{EventType, Hash32, Micros, NewEvent, TenantId, append::Outcome};
use dg_storage::{
    Store,
    log::{AppendStage, EventFilter},
    workflow::{Act, Acted, Declined, ItemFilter, ItemOrder, NewFile, ToStart},
};
use dg_workflow::{
    Action, Assignment, Item, Kind, Priority, Status, Terms,
    command::{Caller, Command, Refusal, Start},
};
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

use crate::{
    events::{parse, request},
    scratch::Scratch,
};

pub(crate) struct Case {
    pub(crate) scratch: Scratch,
    pub(crate) tenant: TenantId,
    pub(crate) api: Store,
    pub(crate) daemon: Store,
    stage: AppendStage,
    _stop: CancellationToken,
}

pub(crate) fn caller(account: &str, permissions: &[&str]) -> Caller {
    Caller {
        account_id: account.to_owned(),
        is_person: true,
        permissions: permissions.iter().map(|name| (*name).to_owned()).collect(),
        owner_id: None,
    }
}

fn sent(id: &str, kind: &str, trace: &str, payload: &Value) -> NewEvent {
    parse(&json!({
        "event_id": id, "trace_id": trace, "event_type": kind, "occurred_at": "2026-05-04T09:00:00Z",
        "source": {"producer_id": "agent", "system": "shop"}, "actor": {"actor_type": "agent", "actor_id": "agent"},
        "idempotency_key": id, "payload": payload,
    }))
}

pub(crate) fn started(trace: &str) -> NewEvent {
    let entity = json!({"entity_type": "order", "entity_id": "17"});
    let payload = json!({"workflow": "refund", "title": "Refund of order 17", "primary_entity": entity});
    sent(&format!("{trace}-0"), "TraceStarted", trace, &payload)
}

pub(crate) fn exception(trace: &str, id: &str) -> NewEvent {
    let policy = json!({"policy_id": "refunds", "policy_version": "3"});
    let payload = json!({"exception_id": id, "policy": policy, "reason": "the customer is right"});
    sent(&format!("{trace}-{id}"), "ExceptionRequested", trace, &payload)
}

fn finished(trace: &str) -> NewEvent {
    sent(&format!("{trace}-end"), "TraceFinished", trace, &json!({"outcome": "success"}))
}

pub(crate) fn because(reason: &str) -> Command {
    Command { reason: Some(reason.to_owned()), ..Command::default() }
}

impl Case {
    pub(crate) async fn new() -> Self {
        let scratch = Scratch::new().await;
        let tenant = scratch.tenant("t").await;
        let (stage, stop) = scratch.stage_with(|config| config.clock = || Micros::new(dg_now()));
        let (api, daemon) = (scratch.store("dg_apid"), scratch.store("dg_workflowd"));
        Self { scratch, tenant, api, daemon, stage, _stop: stop }
    }

    pub(crate) async fn send(&self, events: Vec<NewEvent>) {
        let outcomes = self.stage.append(request(&self.tenant, events)).await.unwrap();
        assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Stored(_))), "{outcomes:?}");
    }

    pub(crate) async fn follow(&self) {
        loop {
            let standing = self.daemon.workflow_standing().await.unwrap();
            let Some(behind) = standing.iter().find(|tenant| tenant.applied < tenant.head) else { return };
            self.daemon.workflow_follow(behind).await.unwrap();
        }
    }

    pub(crate) async fn act(
        &self,
        id: &str,
        action: Action,
        command: &Command,
        by: &Caller,
        key: &str,
    ) -> Result<Acted, Declined> {
        let act = Act { tenant: &self.tenant, workflow_id: id, action, command, caller: by, key };
        self.api.act(&act).await.unwrap()
    }

    async fn item(&self, id: &str) -> Item {
        self.api.workflow_item(&self.tenant, id).await.unwrap().unwrap().item
    }

    async fn types(&self, trace: &str) -> Vec<EventType> {
        let filter = EventFilter { trace_id: Some(trace.to_owned()), limit: 100, ..EventFilter::default() };
        let page = self.api.events(&self.tenant, &filter).await.unwrap();
        page.iter().map(|event| event.event.event_type).collect()
    }

    /// The tables are the fold of the log.
    pub(crate) async fn verified(&self) {
        let rebuilt = self.daemon.workflow_verify(&self.tenant).await.unwrap();
        assert!(rebuilt.is_equal(), "{rebuilt:?}");
        assert_eq!(rebuilt.set_aside, 0);
    }
}

#[tokio::test]
async fn an_exception_is_approved_in_its_trace_and_in_its_companion() {
    let case = Case::new().await;
    case.send(vec![started("a"), exception("a", "ex")]).await;
    case.follow().await;
    let id = "a:exception:ex";
    let item = case.item(id).await;
    assert_eq!(
        (item.status, item.priority, item.title.as_str()),
        (Status::Requested, Priority::High, "Refund of order 17")
    );
    assert_eq!(item.sla.due_at, Some(Micros::new(item.requested_at.get() + 4 * 3_600_000_000)));
    let ana = caller("ana", &["workflow_review"]);
    let refused = case.act(id, Action::Override, &because("r"), &ana, "k0").await.unwrap_err();
    assert!(matches!(refused, Declined::Refused(Refusal::Permission { needed: "workflow_override" })));
    let done = case.act(id, Action::Approve, &because("fine"), &ana, "k1").await.unwrap();
    assert_eq!((done.item.status, done.replayed), (Status::Approved, false));
    // The same request again is the same act.
    let again = case.act(id, Action::Approve, &because("fine"), &ana, "k1").await.unwrap();
    assert_eq!((again.event_id, again.replayed), (done.event_id, true));
    // Another one comes too late.
    let late = case.act(id, Action::Reject, &because("no"), &ana, "k2").await.unwrap_err();
    assert!(matches!(late, Declined::Refused(Refusal::Illegal { status: Status::Approved, .. })), "{late}");
    assert_eq!(case.types("a").await.last(), Some(&EventType::ApprovalRecorded));
    use EventType::{ApprovalRecorded, TraceFinished, TraceStarted, WorkflowActionRecorded};
    assert_eq!(case.types("review:a:exception:ex").await, [TraceStarted, ApprovalRecorded, TraceFinished]);
    case.verified().await;
    // What is said afterwards has a place of its own, and reopening begins another round.
    let comment = Command { note: Some("well done @bob".to_owned()), ..Command::default() };
    case.act(id, Action::Comment, &comment, &ana, "k3").await.unwrap();
    assert_eq!(case.types("review:a:exception:ex:after").await, [TraceStarted, WorkflowActionRecorded]);
    let chief = caller("chief", &["*"]);
    let phrase = because("was wrong");
    let refused = case.act(id, Action::Reopen, &phrase, &chief, "k4").await.unwrap_err();
    assert!(matches!(refused, Declined::Refused(Refusal::Phrase { .. })), "{refused}");
    let phrase = Command { confirm_text: Some("REOPEN A:EXCEPTION:EX".to_owned()), ..phrase };
    let open = case.act(id, Action::Reopen, &phrase, &chief, "k5").await.unwrap();
    assert_eq!((open.item.status, open.item.round), (Status::Requested, 2));
    let phrase = Command { confirm_text: Some(" OVERRIDE A:EXCEPTION:EX".to_owned()), ..because("now") };
    let done = case.act(id, Action::Override, &phrase, &chief, "k6").await.unwrap();
    assert_eq!(done.item.status, Status::Overridden);
    assert_eq!(
        case.types("review:a:exception:ex:r2").await,
        [TraceStarted, WorkflowActionRecorded, ApprovalRecorded, TraceFinished]
    );
    case.verified().await;
}

#[tokio::test]
async fn a_finished_trace_is_reviewed_decided_and_reviewed_again() {
    let case = Case::new().await;
    case.send(vec![started("a"), exception("a", "ex"), finished("a")]).await;
    // Nobody followed yet: a command brings the items up to date by itself.
    let ana = caller("ana", &["workflow_review", "workflow_assign"]);
    let done = case.act("a:exception:ex", Action::Reject, &because("no"), &ana, "k1").await.unwrap();
    assert_eq!(done.item.status, Status::Rejected);
    let start = Start {
        trace_id: "a".to_owned(),
        subject_type: "trace_review".to_owned(),
        subject_id: "incident_triage".to_owned(),
        template_id: "incident_triage".to_owned(),
        template_description: None,
        workflow_kind: Kind::IncidentReview,
        title: "What happened".to_owned(),
        reason: "look at it".to_owned(),
        priority: Priority::Normal,
        assigned: Assignment { account_id: None, role: Some("writer".to_owned()) },
        policy: None,
        sla_hours: 2,
        terms: Terms::standard(false),
        simulation: Map::new(),
        evidence: vec![json!({"kind": "file", "sha256": Hash32::of(b"x").hex()})],
    };
    let begin = async |key: &str, start: &Start| {
        let asked = ToStart { tenant: &case.tenant, start: start.clone(), caller: &ana, key };
        case.api.start_review(&asked).await.unwrap()
    };
    // What is shown for it has to be there.
    let refused = begin("s0", &start).await.unwrap_err();
    assert!(matches!(&refused, Declined::Files(problems) if problems[0].pointer == "/evidence/0/sha256"), "{refused}");
    let file = NewFile { sha256: Hash32::of(b"x"), media_type: "text/plain", content: b"x", put_by: "ana" };
    case.api.put_workflow_file(&case.tenant, &file).await.unwrap();
    let begin = async |key: &str| begin(key, &start).await.unwrap();
    let first = begin("s1").await;
    assert!(first.created);
    assert_eq!(first.item.metadata["request"]["evidence"][0]["size_bytes"], json!(1));
    assert_eq!(
        (first.item.workflow_id.as_str(), first.item.assigned.role.as_deref()),
        ("a:trace_review:incident_triage", Some("writer"))
    );
    let second = begin("s2").await;
    assert!(!second.created);
    let bob = caller("bob", &["workflow_review"]);
    let id = "a:trace_review:incident_triage";
    case.act(id, Action::Approve, &because("all is well"), &bob, "k2").await.unwrap();
    let third = begin("s3").await;
    assert_eq!((third.created, third.item.workflow_id.as_str()), (true, "a:trace_review:incident_triage:r2"));
    // Not by whoever started it.
    let own = case.act(&third.item.workflow_id, Action::Approve, &because("mine"), &ana, "k3").await.unwrap_err();
    assert!(matches!(own, Declined::Refused(Refusal::SelfApproval)), "{own}");
    case.verified().await;
}

#[tokio::test]
async fn approvals_from_outside_and_events_that_do_not_fit_move_nothing() {
    let case = Case::new().await;
    case.send(vec![started("a"), exception("a", "ex")]).await;
    let approval = |id: &str, decision: &str| {
        let subject = json!({"subject_type": "exception", "subject_id": "ex"});
        let approver = json!({"actor_type": "person", "actor_id": "ana"});
        let payload = json!({"approval_id": id, "subject": subject, "approver": approver, "decision": decision, "reason": "\u{0}"});
        sent(id, "ApprovalRecorded", "a", &payload)
    };
    case.send(vec![approval("p1", "approved"), approval("p2", "rejected")]).await;
    case.follow().await;
    let item = case.item("a:exception:ex").await;
    assert_eq!((item.status, item.version, item.external.len()), (Status::Requested, 1, 2));
    let actions = case.api.workflow_actions(&case.tenant, "a:exception:ex", 0, 10).await.unwrap();
    let types: Vec<_> = actions.iter().map(|action| action.action_type.as_str()).collect();
    assert_eq!(types, ["requested", "external_approval", "external_approval"]);
    case.verified().await;
}

#[tokio::test]
async fn the_clock_warns_once_and_escalates_rung_by_rung() {
    let case = Case::new().await;
    case.send(vec![started("a"), exception("a", "ex")]).await;
    case.follow().await;
    let id = "a:exception:ex";
    assert_eq!(case.daemon.workflow_fire(&case.tenant).await.unwrap().escalated, 0);
    // Deadlines are moved by the rules: the item's own command.
    let chief = caller("chief", &["*"]);
    let at = |minutes: i64| Micros::new(dg_now() + minutes * 60_000_000);
    let soon = Command { due_at: Some(at(10)), ..because("hurry") };
    case.act(id, Action::Extend, &soon, &chief, "k1").await.unwrap();
    let fired = case.daemon.workflow_fire(&case.tenant).await.unwrap();
    assert_eq!((fired.warned, fired.escalated), (1, 0));
    assert_eq!(case.daemon.workflow_fire(&case.tenant).await.unwrap().warned, 0);
    let past = Command { due_at: Some(at(-5)), ..because("too late") };
    case.act(id, Action::Extend, &past, &chief, "k2").await.unwrap();
    let standing = case.daemon.workflow_standing().await.unwrap();
    assert_eq!(standing.len(), 1, "{standing:?}");
    let fired = case.daemon.workflow_fire(&case.tenant).await.unwrap();
    assert_eq!((fired.warned, fired.escalated), (0, 1));
    assert_eq!(case.daemon.workflow_fire(&case.tenant).await.unwrap().escalated, 0);
    let item = case.item(id).await;
    assert_eq!((item.status, item.sla.escalation_level, item.sla.escalation_count), (Status::Escalated, 1, 1));
    // As much time again, and somebody higher is told.
    let past = Command { due_at: Some(at(-300)), ..because("much too late") };
    case.act(id, Action::Extend, &past, &chief, "k3").await.unwrap();
    assert_eq!(case.daemon.workflow_fire(&case.tenant).await.unwrap().escalated, 1);
    let item = case.item(id).await;
    assert_eq!((item.sla.escalation_level, item.priority), (2, Priority::Urgent));
    let standing = case.daemon.workflow_standing().await.unwrap();
    assert!(
        standing.iter().all(|tenant| tenant.next_timer_at.is_none() && tenant.applied == tenant.head),
        "{standing:?}"
    );
    case.verified().await;
    let rebuilt = case.daemon.workflow_rebuild(&case.tenant, "test").await.unwrap();
    assert!(rebuilt.is_equal() && rebuilt.replaced);
    case.verified().await;
}

#[tokio::test]
async fn asking_for_changes_stops_the_clock_until_the_requester_answers() {
    let case = Case::new().await;
    case.send(vec![started("a"), exception("a", "ex")]).await;
    let id = "a:exception:ex";
    let ana = caller("ana", &["workflow_review"]);
    let asked = case.act(id, Action::RequestChange, &because("more"), &ana, "k1").await.unwrap();
    assert_eq!((asked.item.status, asked.item.sla.due_at), (Status::ChangesRequested, None));
    assert!(asked.item.sla.paused_us.unwrap() > 3 * 3_600_000_000);
    let nobody = caller("zoe", &[]);
    let refused = case.act(id, Action::Resubmit, &because("here"), &nobody, "k2").await.unwrap_err();
    assert!(matches!(refused, Declined::Refused(Refusal::Permission { .. })), "{refused}");
    let agent = caller("tester", &[]);
    let back = case.act(id, Action::Resubmit, &because("here"), &agent, "k3").await.unwrap();
    assert_eq!(back.item.status, Status::Requested);
    assert!(back.item.sla.due_at.is_some() && back.item.sla.paused_us.is_none());
    let own = case.act(id, Action::Approve, &because("mine"), &caller("tester", &["*"]), "k4").await.unwrap_err();
    assert!(matches!(own, Declined::Refused(Refusal::SelfApproval)), "{own}");
    let stale = Command { version: Some(1), ..because("old") };
    let refused = case.act(id, Action::Approve, &stale, &ana, "k5").await.unwrap_err();
    assert!(matches!(refused, Declined::Refused(Refusal::Version { seen: 1, .. })), "{refused}");
    let secret = because("token sk-live-4f8a9c2d7e1b6a5f3c8d9e2b7a4f1c6d");
    let refused = case.act(id, Action::Approve, &secret, &ana, "k6").await.unwrap_err();
    assert!(matches!(refused, Declined::Invalid(_)), "{refused}");
    assert_eq!(case.item(id).await.status, Status::Requested);
    let page = case
        .api
        .workflow_items(
            &case.tenant,
            &ItemFilter { only_open: true, ..ItemFilter::default() },
            &ItemOrder { as_of: Micros::new(dg_now()), after: None },
            10,
        )
        .await
        .unwrap();
    assert_eq!((page.items.len(), page.more), (1, false));
    case.verified().await;
    drop(case.scratch);
}

/// The time of this machine, which is the database's here.
pub(crate) fn dg_now() -> i64 {
    let since = std::time::UNIX_EPOCH.elapsed().unwrap();
    i64::try_from(since.as_micros()).unwrap()
}
