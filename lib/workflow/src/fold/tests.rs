use std::collections::BTreeMap;

use dg_domain::{
    GuardMode, LogSeq, Micros, NewEvent, Rules, TenantId, TraceSeq,
    append::{Ledger, Outcome},
    keys,
};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{
    Action, Assignment, Kind, Priority, Terms,
    command::{self, Caller, Circumstances, Command, EveryHour, Refusal, Start},
    digest::{self, Digest},
    draft::Draft,
    timer,
};

/// A log and the items that were folded out of it, step by step.
struct World {
    ledger: Ledger,
    log: Vec<StoredEvent>,
    items: BTreeMap<String, Item>,
    finished: bool,
    now: i64,
}

fn caller(name: &str, permissions: &[&str]) -> Caller {
    Caller {
        account_id: name.to_owned(),
        is_person: name != "agent",
        permissions: permissions.iter().map(|name| (*name).to_owned()).collect(),
        owner_id: None,
    }
}

impl World {
    fn new() -> Self {
        let tenant = TenantId::new("t").unwrap();
        let ledger = Ledger::new(tenant, LogSeq::START);
        let (log, items) = (Vec::new(), BTreeMap::new());
        Self { ledger, log, items, finished: false, now: 1_000_000_000_000_000 }
    }

    fn sent(&mut self, kind: &str, payload: &Value) {
        let number = self.log.len();
        let event = json!({
            "event_id": format!("e-{number}"), "trace_id": "a", "event_type": kind, "occurred_at": "2026-05-04T09:00:00Z",
            "source": {"producer_id": "agent", "system": "shop"}, "actor": {"actor_type": "agent", "actor_id": "agent"},
            "idempotency_key": format!("k-{number}"), "payload": payload,
        });
        self.append(&event, "agent");
    }

    fn append(&mut self, event: &Value, by: &str) {
        self.now += 60_000_000;
        let event = NewEvent::parse(event.to_string().as_bytes(), &Rules::edge(GuardMode::Precise)).unwrap();
        let outcome = self.ledger.append(event, Micros::new(self.now), by);
        let Outcome::Stored(stored) = outcome else { panic!("{outcome:?}") };
        let fold = Fold::default();
        if let Some(step) = self.step(fold, &stored) {
            self.items.insert(step.item.workflow_id.clone(), step.item);
        }
        self.log.push((*stored).clone());
    }

    fn step(&self, fold: Fold, event: &StoredEvent) -> Option<Step> {
        let id = concerns(event).unwrap()?;
        fold.apply(self.items.get(&id), event, &TraceFacts::default()).unwrap()
    }

    fn start(&mut self) {
        let entity = json!({"entity_type": "order", "entity_id": "1"});
        self.sent("TraceStarted", &json!({"workflow": "refund", "title": "t", "primary_entity": entity}));
    }

    fn ask(&mut self, id: &str, reason: &str) {
        let policy = json!({"policy_id": "p", "policy_version": "1"});
        self.sent("ExceptionRequested", &json!({"exception_id": id, "policy": policy, "reason": reason}));
    }

    fn about<'a>(&self, caller: &'a Caller, key: &'a str) -> Circumstances<'a> {
        Circumstances {
            tenant: "t",
            caller,
            key,
            now: Micros::new(self.now),
            subject_open: !self.finished,
            requester_owner: None,
            form: None,
            hours: &EveryHour,
        }
    }

    fn act(&mut self, id: &str, action: Action, command: &Command, by: &Caller) -> Result<(), Refusal> {
        let key = format!("key-{}", self.log.len());
        let item = self.items[id].clone();
        let drafts = command::decide(&item, action, command, &self.about(by, &key))?;
        self.take(&drafts, &by.account_id);
        Ok(())
    }

    fn take(&mut self, drafts: &[Draft], by: &str) {
        for draft in drafts {
            self.append(&draft.to_json(), by);
        }
    }

    /// The same log folded again in one go.
    fn folded(&self) -> BTreeMap<String, Item> {
        let mut items: BTreeMap<String, Item> = BTreeMap::new();
        for event in &self.log {
            let Some(id) = concerns(event).unwrap() else { continue };
            if let Some(step) = Fold::default().apply(items.get(&id), event, &TraceFacts::default()).unwrap() {
                items.insert(id, step.item);
            }
        }
        items
    }

    fn digest(items: &BTreeMap<String, Item>) -> dg_domain::Hash32 {
        let mut digest = Digest::default();
        items.values().for_each(|item| digest.add(&digest::canonical(item).unwrap()));
        digest.finish()
    }
}

/// A command that lacks nothing.
fn whole(action: Action, item: &Item) -> Command {
    let other = if item.assigned.account_id.as_deref() == Some("zoe") { "yan" } else { "zoe" };
    Command {
        reason: Some("because".to_owned()),
        note: Some("note".to_owned()),
        evidence: vec![json!({"locator": "x"})],
        assigned: Assignment { account_id: Some(other.to_owned()), role: None },
        confirm_text: command::phrase(action, &item.workflow_id),
        priority: Some(Priority::Low),
        ..Command::default()
    }
}

const PEOPLE_DO: [Action; 11] = [
    Action::Approve,
    Action::Reject,
    Action::Override,
    Action::RequestChange,
    Action::Resubmit,
    Action::Comment,
    Action::Reassign,
    Action::Escalate,
    Action::Extend,
    Action::Reopen,
    Action::Attach,
];

/// How to bring an item to a state.
fn brought_to(status: Status) -> World {
    let mut world = World::new();
    world.start();
    world.ask("x", "r");
    let chief = caller("chief", &["*"]);
    let path = match status {
        Status::Requested => vec![],
        Status::ChangesRequested => vec![Action::RequestChange],
        Status::Escalated => vec![Action::Escalate],
        Status::Approved => vec![Action::Approve],
        Status::Rejected => vec![Action::Reject],
        Status::Overridden => vec![Action::Override],
    };
    for action in path {
        let command = whole(action, &world.items["a:exception:x"]);
        world.act("a:exception:x", action, &command, &chief).unwrap();
    }
    assert_eq!(world.items["a:exception:x"].status, status);
    world
}

/// Every state × action × permission × input (workflow, sections 5.1 and 7).
#[test]
fn the_table_of_moves() {
    use Action::*;
    let moves = |action: Action, status: Status| -> Option<Status> {
        let open = [Status::Requested, Status::ChangesRequested, Status::Escalated].contains(&status);
        match action {
            Approve => open.then_some(Status::Approved),
            Reject => open.then_some(Status::Rejected),
            Override => open.then_some(Status::Overridden),
            RequestChange => open.then_some(Status::ChangesRequested),
            Resubmit => (status == Status::ChangesRequested).then_some(Status::Requested),
            Escalate => open.then_some(Status::Escalated),
            Reassign | Extend => open.then_some(status),
            Comment | Attach => Some(status),
            Reopen => (!open).then_some(Status::Requested),
            Route => None,
        }
    };
    let needed = |action: Action| match action {
        Approve | Reject | RequestChange | Comment | Attach | Resubmit => "workflow_review",
        Reassign => "workflow_assign",
        Escalate | Extend => "workflow_escalate",
        Override | Reopen => "workflow_override",
        Route => "",
    };
    let all = ["workflow_review", "workflow_assign", "workflow_escalate", "workflow_override", "workflow_export"];
    let (mut allowed, mut refused) = (0, 0);
    for status in Status::ALL {
        for action in PEOPLE_DO {
            for held in all.map(|name| vec![name]).into_iter().chain([vec![], vec!["*"]]) {
                let mut world = brought_to(status);
                let id = "a:exception:x";
                let item = world.items[id].clone();
                let by = caller("ana", &held);
                let what = format!("{action} of {status} with {held:?}");
                let may = held.contains(&"*") || held.contains(&needed(action));
                let whole = whole(action, &item);
                // What is missing is told, and only to who may.
                for (lacking, at) in [
                    (Command { reason: None, note: None, ..whole.clone() }, "/reason"),
                    (Command { reason: Some(" ".to_owned()), note: Some(" ".to_owned()), ..whole.clone() }, "/reason"),
                    (Command { reason: Some("x".repeat(4_001)), ..whole.clone() }, "/reason"),
                    (Command { evidence: vec![], ..whole.clone() }, "/evidence"),
                    (Command { assigned: Assignment::default(), ..whole.clone() }, "/assigned_account_id"),
                    (Command { priority: None, ..whole.clone() }, "/due_at"),
                    (Command { confirm_text: Some("YES".to_owned()), ..whole.clone() }, "phrase"),
                ] {
                    let needs = match at {
                        "/reason" if lacking.reason.is_none() || lacking.reason.as_deref() == Some(" ") => {
                            !matches!(action, Reassign | Attach)
                                && (action != Comment || lacking.note.as_deref() != Some("note"))
                        }
                        "/reason" => true,
                        "/evidence" => action == Attach,
                        "/assigned_account_id" => action == Reassign,
                        "/due_at" => action == Extend,
                        _ => matches!(action, Override | Reopen),
                    };
                    if !needs {
                        continue;
                    }
                    let answer = world.act(id, action, &lacking, &by).unwrap_err();
                    let expected = match (may, moves(action, status)) {
                        (false, _) => matches!(answer, Refusal::Permission { .. }),
                        (true, None) => matches!(answer, Refusal::Illegal { .. }),
                        (true, Some(_)) if at == "phrase" => matches!(answer, Refusal::Phrase { .. }),
                        (true, Some(_)) => matches!(answer, Refusal::Input(_)),
                    };
                    assert!(expected, "{what} lacking {at}: {answer:?}");
                    assert_eq!(world.items[id], item, "{what}: what is refused changes nothing");
                    refused += 1;
                }
                let stale = Command { version: Some(item.version - 1), ..whole.clone() };
                let answer = world.act(id, action, &stale, &by).unwrap_err();
                assert!(
                    matches!((may, &answer), (true, Refusal::Version { .. }) | (false, Refusal::Permission { .. })),
                    "{what}: {answer:?}"
                );
                match (may, moves(action, status), world.act(id, action, &whole, &by)) {
                    (true, Some(next), Ok(())) => {
                        assert_eq!(world.items[id].status, next, "{what}");
                        assert!(world.items[id].version > item.version, "{what}");
                        allowed += 1;
                    }
                    (true, None, Err(Refusal::Illegal { status: told, allowed })) => {
                        assert_eq!(told, status, "{what}");
                        assert!(allowed.iter().all(|action| moves(*action, status).is_some()), "{what}");
                        assert!(!allowed.contains(&action), "{what}");
                        refused += 1;
                    }
                    (false, _, Err(Refusal::Permission { needed: told })) => {
                        assert_eq!(told, needed(action), "{what}");
                        refused += 1;
                    }
                    (.., answer) => panic!("{what}: {answer:?}"),
                }
                assert_eq!(world.folded(), world.items, "{what}");
            }
        }
    }
    assert!(allowed > 60 && refused > 800, "{allowed} allowed, {refused} refused");
}

#[test]
fn the_same_thing_of_another_kind_cannot_be_overridden() {
    for status in Status::ALL {
        assert_eq!(Action::Override.leads_to(status, Kind::IncidentReview), None);
    }
}

#[test]
fn several_have_to_approve_and_each_counts_once_and_for_what_they_saw() {
    let mut world = World::new();
    world.start();
    world.ask("x", "r");
    let id = "a:exception:x";
    world.items.get_mut(id).unwrap().terms = Terms { required_approvals: 2, ..Terms::standard(false) };
    let [ana, bob] = ["ana", "bob"].map(|name| caller(name, &["workflow_review"]));
    let approve = |world: &mut World, by: &Caller| {
        let command = whole(Action::Approve, &world.items[id]);
        world.act(id, Action::Approve, &command, by)
    };
    approve(&mut world, &ana).unwrap();
    assert_eq!((world.items[id].status, world.items[id].ballots.len()), (Status::Requested, 1));
    assert_eq!(approve(&mut world, &ana), Err(Refusal::SecondBallot));
    let own = Caller { owner_id: Some("ana".to_owned()), ..caller("bot", &["workflow_review"]) };
    assert_eq!(
        approve(&mut world, &own),
        Err(Refusal::SecondBallot),
        "whoever answers for a bot has one ballot with it"
    );
    // Something else is asked for: what was said about the other thing is void.
    world.ask("x", "another reason");
    assert_eq!(world.items[id].ballots.len(), 0);
    approve(&mut world, &bob).unwrap();
    assert_eq!(world.items[id].status, Status::Requested);
    approve(&mut world, &ana).unwrap();
    assert_eq!(world.items[id].status, Status::Approved);
    let finished = world.log.iter().filter(|event| event.event.event_type == EventType::TraceFinished).count();
    assert_eq!(finished, 1, "the companion is finished once, by the last ballot");
    let copies = world.log.iter().filter(|event| event.event.trace_id == "a");
    assert_eq!(copies.filter(|event| event.event.event_type == EventType::ApprovalRecorded).count(), 1);
}

#[test]
fn four_eyes_see_through_owners() {
    let mut world = World::new();
    world.start();
    world.ask("x", "r");
    let id = "a:exception:x";
    let item = world.items[id].clone();
    let refused = |by: &Caller, owner: Option<&str>| {
        let about = Circumstances { requester_owner: owner, ..world.about(by, "k") };
        command::decide(&item, Action::Approve, &whole(Action::Approve, &item), &about) == Err(Refusal::SelfApproval)
    };
    let ana = caller("ana", &["*"]);
    assert!(refused(&caller("agent", &["*"]), None), "the account itself");
    assert!(refused(&ana, Some("ana")), "who answers for the agent");
    assert!(refused(&Caller { owner_id: Some("agent".to_owned()), ..ana.clone() }, None));
    assert!(
        refused(&Caller { owner_id: Some("zoe".to_owned()), ..ana.clone() }, Some("zoe")),
        "both are of one person"
    );
    assert!(!refused(&ana, None) && !refused(&ana, Some("zoe")));
}

#[test]
fn a_retry_makes_the_same_events() {
    let mut world = World::new();
    world.start();
    world.ask("x", "r");
    let item = world.items["a:exception:x"].clone();
    let ana = caller("ana", &["*"]);
    for action in PEOPLE_DO {
        let command = whole(action, &item);
        let (Ok(one), Ok(two)) = (
            command::decide(&item, action, &command, &world.about(&ana, "k")),
            command::decide(&item, action, &command, &world.about(&ana, "k")),
        ) else {
            continue;
        };
        assert_eq!(one, two);
        let other = command::decide(&item, action, &command, &world.about(&ana, "other")).unwrap();
        for (one, other) in one.iter().zip(&other) {
            assert_ne!(one.idempotency_key, other.idempotency_key, "{action}");
            assert_ne!(one.event_id, other.event_id, "{action}");
        }
        let keys: std::collections::HashSet<_> = one.iter().map(|draft| &draft.idempotency_key).collect();
        assert_eq!(keys.len(), one.len(), "{action}");
    }
}

/// Anything that anybody may do, in any order.
#[derive(Clone, Debug)]
enum Move {
    Act { action: Action, person: usize, whole: bool },
    AskAgain(bool),
    Outside(bool),
    Finish,
    Start,
    TimePasses,
}

fn any_move() -> impl Strategy<Value = Move> {
    prop_oneof![
        8 => (0..PEOPLE_DO.len(), 0..4_usize, prop::bool::weighted(0.9))
            .prop_map(|(action, person, whole)| Move::Act { action: PEOPLE_DO[action], person, whole }),
        2 => any::<bool>().prop_map(Move::AskAgain),
        1 => any::<bool>().prop_map(Move::Outside),
        1 => Just(Move::Finish),
        1 => Just(Move::Start),
        3 => Just(Move::TimePasses),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    /// No sequence of commands reaches a state that is none, and the fold of the log is the tables after each.
    #[test]
    fn no_sequence_leads_astray(moves in prop::collection::vec(any_move(), 1..40)) {
        let mut world = World::new();
        world.start();
        world.ask("x", "r");
        let people = [
            caller("ana", &["workflow_review"]),
            caller("bob", &["workflow_review", "workflow_assign", "workflow_escalate"]),
            caller("chief", &["*"]),
            caller("agent", &[]),
        ];
        for one in moves {
            let ids: Vec<String> = world.items.keys().cloned().collect();
            match one {
                Move::Act { action, person, whole: complete } => {
                    for id in &ids {
                        let item = world.items[id].clone();
                        let mut command = whole(action, &item);
                        if !complete {
                            command.reason = None;
                            command.confirm_text = None;
                        }
                        if world.act(id, action, &command, &people[person]).is_err() {
                            prop_assert_eq!(&world.items[id], &item);
                        }
                    }
                }
                Move::AskAgain(other) if !world.finished => world.ask("x", if other { "other" } else { "r" }),
                Move::Outside(approved) if !world.finished => {
                    let subject = json!({"subject_type": "exception", "subject_id": "x"});
                    let before = world.items["a:exception:x"].clone();
                    world.sent("ApprovalRecorded", &json!({
                        "approval_id": "x", "subject": subject, "decision": if approved { "approved" } else { "rejected" },
                        "approver": {"actor_type": "person", "actor_id": "chief"},
                    }));
                    let after = &world.items["a:exception:x"];
                    prop_assert_eq!((after.status, after.version), (before.status, before.version));
                }
                Move::Finish if !world.finished => {
                    world.sent("TraceFinished", &json!({"outcome": "success"}));
                    world.finished = true;
                }
                Move::Start => {
                    let subject_id = format!("incident_triage:{}", world.items.len());
                    let start = Start {
                        trace_id: "a".to_owned(), subject_type: "trace_review".to_owned(), subject_id,
                        template_id: "incident_triage".to_owned(), template_description: None,
                        workflow_kind: Kind::IncidentReview, title: "t".to_owned(), reason: "r".to_owned(),
                        priority: Priority::Normal, assigned: Assignment::default(), policy: None, sla_hours: 1,
                        terms: Terms { required_approvals: 2, ..Terms::standard(false) }, simulation: Map::new(),
                        evidence: Vec::new(),
                    };
                    if world.items.len() < 4 {
                        let (_, drafts) = command::start(&start, &world.about(&people[2], "k")).unwrap();
                        world.take(&drafts, "chief");
                    }
                }
                Move::TimePasses => {
                    world.now += 3 * 3_600_000_000;
                    for id in &ids {
                        let item = world.items[id].clone();
                        let now = Micros::new(world.now);
                        if let Some((at, timer::Timer::Escalate(rung))) = timer::next(&item, None, now)
                            && at <= now
                        {
                            let drafts = command::timed_out(&item, rung, "t", now);
                            world.take(&drafts, ids::TIMER);
                            prop_assert_eq!(world.items[id].status, Status::Escalated);
                            prop_assert_eq!(world.items[id].sla.escalation_level, item.sla.escalation_level + 1);
                        }
                    }
                }
                _ => {}
            }
            for item in world.items.values() {
                prop_assert_eq!(item.status.is_open(), item.resolved_at.is_none());
                prop_assert_eq!(item.status.is_open(), item.decision.is_none());
                prop_assert!(item.sla.due_at.is_none() || item.sla.paused_us.is_none());
                prop_assert!(item.round >= 1 && item.version >= 1);
                prop_assert!(i64::try_from(item.ballots.len()).unwrap() <= item.terms.required_approvals);
            }
            let folded = world.folded();
            prop_assert_eq!(&folded, &world.items);
            prop_assert_eq!(World::digest(&folded), World::digest(&world.items));
        }
    }
}

/// What a companion's head says is what the item thinks of it.
#[test]
fn companions_are_started_and_finished_once() {
    let mut world = brought_to(Status::Approved);
    let id = "a:exception:x";
    let chief = caller("chief", &["*"]);
    for action in [Action::Comment, Action::Comment, Action::Reopen, Action::Reject, Action::Attach] {
        let command = whole(action, &world.items[id]);
        world.act(id, action, &command, &chief).unwrap();
    }
    let mut traces: BTreeMap<&str, Vec<EventType>> = BTreeMap::new();
    for event in &world.log {
        traces.entry(event.event.trace_id.as_str()).or_default().push(event.event.event_type);
    }
    use EventType::{ApprovalRecorded, ExceptionRequested, TraceFinished, TraceStarted, WorkflowActionRecorded};
    let expected: Vec<(&str, Vec<EventType>)> = vec![
        ("a", vec![TraceStarted, ExceptionRequested, ApprovalRecorded, ApprovalRecorded]),
        ("review:a:exception:x", vec![TraceStarted, ApprovalRecorded, TraceFinished]),
        ("review:a:exception:x:after", vec![TraceStarted, WorkflowActionRecorded, WorkflowActionRecorded]),
        ("review:a:exception:x:r2", vec![TraceStarted, WorkflowActionRecorded, ApprovalRecorded, TraceFinished]),
        ("review:a:exception:x:r2:after", vec![TraceStarted, WorkflowActionRecorded]),
    ];
    assert_eq!(traces.into_iter().collect::<Vec<_>>(), expected);
    let head = world.ledger.head_of(&keys::trace_key("review:a:exception:x")).unwrap();
    assert!(head.finished && head.next_seq > TraceSeq::START);
}
