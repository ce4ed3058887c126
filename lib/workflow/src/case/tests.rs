use dg_domain::{
    GuardMode, NewEvent, Rules,
    append::{Ledger, Outcome},
};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{
    Action,
    command::{self, Caller, Circumstances, Command, EveryHour},
    fold::{self, Fold, TraceFacts},
};

const ID: &str = "a:exception:e";

/// A case on a finished trace: rejected, opened again, approved.
fn case(title: &str) -> Case {
    let tenant_id = TenantId::new("t").unwrap();
    let mut ledger = Ledger::new(tenant_id.clone(), LogSeq::START);
    let (mut events, mut actions, mut item, mut now) = (Vec::new(), Vec::new(), None, 1_000_000_000_000_000);
    let mut append = |event: Value, by: &str, item: &mut Option<Item>| {
        now += 60_000_000;
        let event = NewEvent::parse(event.to_string().as_bytes(), &Rules::edge(GuardMode::Precise)).unwrap();
        let Outcome::Stored(stored) = ledger.append(event, Micros::new(now), by) else { panic!("not stored") };
        let mut role = if crate::ids::is_companion(&stored.event.trace_id) { Role::Companion } else { Role::Subject };
        if fold::concerns(&stored).unwrap().as_deref() == Some(ID) {
            role = Role::Managed;
            let facts = TraceFacts { workflow: Some("refund".to_owned()), title: Some(title.to_owned()), entity: None };
            let step = Fold::default().apply(item.as_ref(), &stored, &facts).unwrap().unwrap();
            actions.push(json!({
                "action_id": step.action.action_id, "action_type": step.action.action_type, "note": step.action.note,
                "actor_account_id": step.action.account_id, "log_seq": stored.log_seq.get(), "payload": step.action.payload,
                "resulting_status": step.action.resulting_status, "round": step.action.round,
                "source_event_id": stored.event.event_id,
            }));
            *item = Some(step.item);
        }
        events.push(Filed { role, entry_hash: dg_ledger::entry_hash(&stored), event: (*stored).clone() });
        now
    };
    let sent = |number: usize, kind: &str, payload: Value| {
        json!({
            "event_id": format!("e-{number}"), "trace_id": "a", "event_type": kind, "occurred_at": "2026-05-04T09:00:00Z",
            "source": {"producer_id": "agent", "system": "shop"}, "actor": {"actor_type": "agent", "actor_id": "agent"},
            "idempotency_key": format!("k-{number}"), "payload": payload,
        })
    };
    let entity = json!({"entity_type": "order", "entity_id": "1"});
    append(
        sent(0, "TraceStarted", json!({"workflow": "refund", "title": title, "primary_entity": entity})),
        "agent",
        &mut item,
    );
    let policy = json!({"policy_id": "p", "policy_version": "1"});
    let asked = json!({"exception_id": "e", "reason": "late", "policy": policy, "evidence": [{"doc": "receipt 7"}]});
    append(sent(1, "ExceptionRequested", asked), "agent", &mut item);
    let mut at = append(sent(2, "TraceFinished", json!({"outcome": "success"})), "agent", &mut item);
    let because = |reason: &str| Command { reason: Some(reason.to_owned()), ..Command::default() };
    let moves = [(Action::Reject, "not this time"), (Action::Reopen, "new facts"), (Action::Approve, "all is well")];
    for (number, (action, reason)) in moves.into_iter().enumerate() {
        let boss = Caller {
            account_id: "anna".to_owned(),
            is_person: true,
            permissions: [
                "workflow_review",
                "workflow_assign",
                "workflow_override",
                "workflow_reopen",
                "workflow_escalate",
            ]
            .map(str::to_owned)
            .to_vec(),
            owner_id: None,
        };
        let key = format!("key-{number}");
        let about = Circumstances {
            tenant: "t",
            caller: &boss,
            key: &key,
            now: Micros::new(at),
            subject_open: false,
            requester_owner: None,
            form: None,
            hours: &EveryHour,
        };
        let phrase = Command { confirm_text: Some("REOPEN A:EXCEPTION:E".to_owned()), ..because(reason) };
        let drafts = command::decide(item.as_ref().unwrap(), action, &phrase, &about).unwrap();
        for draft in drafts {
            at = append(draft.to_json(), "anna", &mut item);
        }
    }
    let head = events.last().unwrap().event.log_seq;
    let told =
        json!({"category": "approval", "message": "Approved", "recipient_account_id": "anna", "status": "delivered"});
    Case {
        tenant_id,
        demo: false,
        item: item.unwrap(),
        overdue: false,
        actions,
        notifications: vec![told],
        events,
        head,
        applied: head,
        workflow_digest: Some(Hash32::of(b"items")),
    }
}

fn lines(profile: Profile, title: &str) -> String {
    let taken = Taken {
        exported_at: Micros::new(1_700_000_000_000_000),
        requested_by: "root".to_owned(),
        request_id: "req-1".to_owned(),
        generator: "decisiongraph 0".to_owned(),
        profile,
    };
    let mut out = String::new();
    write(&case(title), &taken, &mut out).unwrap();
    out
}

#[test]
fn a_case_holds_in_every_profile_and_form() {
    for profile in Profile::ALL {
        let lines = lines(profile, "Refund");
        let verdict = verify(lines.as_bytes()).unwrap();
        assert_eq!((verdict.cases, verdict.folded), (1, u64::from(profile == Profile::Full)), "{profile:?}");
        assert_eq!(verify(document(&lines).as_bytes()), Ok(verdict));
        let answer = format!("{{\"data\":{},\"request_id\":\"r\"}}", document(&lines));
        assert_eq!(verify(answer.as_bytes()), Ok(verdict));
        assert_eq!(lines.contains("anna"), profile == Profile::Full, "{profile:?}");
        assert_eq!(lines.contains("receipt 7"), profile == Profile::Full, "{profile:?}");
        assert_eq!(lines.contains("not this time"), profile != Profile::External, "{profile:?}");
    }
}

#[test]
fn what_was_removed_leaves_its_hash() {
    let lines = lines(Profile::External, "Refund");
    assert!(lines.contains(&Hash32::of(b"\"anna\"").prefixed()));
    assert!(lines.contains(&Hash32::of(b"\"not this time\"").prefixed()));
    let verdict = verify(lines.as_bytes()).unwrap();
    assert!(verdict.masked > 0 && verdict.entries == 0 && verdict.payloads > 0, "{verdict:?}");
}

/// Which part a line of a bundle belongs to.
fn part_at(lines: &str, at: usize) -> String {
    let before = &lines.as_bytes()[..at];
    let number = before.iter().filter(|byte| **byte == b'\n').count();
    read::split(lines.lines().nth(number).unwrap()).unwrap().0.to_owned()
}

/// Bytes of every line of a bundle and all around line ends, flipped in one bit: nothing passes, and the part is the one that
/// holds the byte. The property below draws others.
#[test]
fn a_flipped_bit_is_found_anywhere() {
    let lines = lines(Profile::Full, "Refund");
    let is_border = |at: usize| lines.as_bytes()[at.saturating_sub(2)..lines.len().min(at + 3)].contains(&b'\n');
    for at in (0..lines.len()).filter(|at| at % 11 == 0 || is_border(*at)) {
        flipped(&lines, at, 1 << (at % 8));
    }
}

fn flipped(lines: &str, at: usize, mask: u8) {
    let mut damaged = lines.as_bytes().to_vec();
    damaged[at] ^= mask;
    let fault = verify(&damaged).expect_err("found");
    assert_eq!(fault.part, part_at(lines, at), "byte {at} ^ {mask:#x}: {fault}");
}

proptest! {
    #[test]
    fn any_change_of_any_byte_is_found(at in any::<prop::sample::Index>(), mask in 1_u8..) {
        let lines = lines(Profile::Full, "Refund");
        flipped(&lines, at.index(lines.len()), mask);
    }

    #[test]
    fn any_cut_is_found(at in any::<prop::sample::Index>()) {
        let lines = lines(Profile::Full, "Refund");
        prop_assert!(verify(&lines.as_bytes()[..at.index(lines.len())]).is_err());
    }

    #[test]
    fn any_bytes_get_an_answer(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(verify(&bytes).is_err());
    }
}

/// Who changes a bundle and makes all hashes of lines anew, is still caught by the hashes of the log and by the fold.
fn forged(change: impl FnOnce(&mut Case)) -> Fault {
    let mut case = case("Refund");
    change(&mut case);
    let taken = Taken {
        exported_at: Micros::new(1),
        requested_by: "root".to_owned(),
        request_id: "r".to_owned(),
        generator: "g".to_owned(),
        profile: Profile::Full,
    };
    let mut out = String::new();
    write(&case, &taken, &mut out).unwrap();
    verify(out.as_bytes()).unwrap_err()
}

#[test]
fn a_forged_case_is_found() {
    assert_eq!(forged(|case| case.item.current_reason = Some("no".to_owned())).part, "workflow");
    assert_eq!(
        forged(|case| case.events[1].event.event.payload_json = "{}".to_owned()).reason,
        "the payload is not what was hashed"
    );
    assert_eq!(
        forged(|case| case.events[1].event.recorded_by = "eve".to_owned()).reason,
        "the entry is not what was hashed"
    );
    assert_eq!(forged(|case| case.events.swap(1, 2)).part, "events");
    assert_eq!(forged(|case| drop(case.actions.pop())).part, "workflow_actions");
    assert_eq!(forged(|case| drop(case.events.pop())).reason, "a trace of the review lacks its end");
    assert_eq!(forged(|case| case.actions[0]["note"] = json!("another")).part, "workflow_actions");
    assert_eq!(forged(|case| drop(case.events.remove(1))).part, "workflow_actions");
}

#[test]
fn a_set_knows_how_many_it_has() {
    let one = lines(Profile::Full, "Refund");
    let begin = Set::begin("t", (LogSeq::START, Hash32::of(b"items")), Micros::new(0));
    let mut set = Set::default();
    set.add(&one);
    set.add(&one);
    let whole = format!("{begin}{one}{one}{}", set.end(&begin));
    assert_eq!(verify(whole.as_bytes()).unwrap().cases, 2);
    assert!(verify(format!("{begin}{one}{}", set.end(&begin)).as_bytes()).is_err());
    assert!(verify(format!("{begin}{one}{one}").as_bytes()).is_err());
    assert!(verify(format!("{one}{one}").as_bytes()).is_err());
    assert_eq!(verify(whole.replacen("\"t\"", "\"u\"", 1).as_bytes()).unwrap_err().part, "end_of_set");
    let none = format!("{begin}{}", Set::default().end(&begin));
    assert_eq!(verify(none.as_bytes()).unwrap().cases, 0);
}

#[test]
fn a_page_is_text_and_nothing_else() {
    let hostile = [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "'><svg/onload=alert(1)>",
        "</title><script src=//evil.example></script>",
        "<style>*{display:none}</style>",
        "&lt;script&gt;",
        "<!-- <iframe src=javascript:alert(1)> -->",
        "\u{202e}evil\u{202c}`${1}`",
    ];
    for title in hostile {
        let page = html(&lines(Profile::Full, title));
        let tags = ["<script", "<img", "<svg", "<iframe", "<!--", "</title><s", "<link", "<a ", " src=x>", "\u{202e}"];
        for tag in tags {
            assert!(!page.contains(tag), "{title}: {tag}");
        }
        assert_eq!(page.matches("<style>").count(), 1);
        assert!(!page.contains("http://") && !page.contains("https://") && !page.contains("url("));
    }
    assert!(html(&lines(Profile::Full, "a<b")).contains("a&lt;b"));
}
