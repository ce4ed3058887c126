//! What is counted while items change, against counting all of them.

use dg_domain::{Micros, TenantId};
use dg_storage::{DatabaseConfig, Store, migrate};
use dg_testkit::postgres::Postgres;
use dg_workflow::{
    Action, Assignment,
    command::{Command, phrase},
};
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, TestRunner},
};
use tokio_postgres::{Client, NoTls, types::ToSql};

use crate::workflow::{Case, because, caller, dg_now, exception, started};

const SUMMARY: &str = "
    SELECT count(*) AS total_count,
           count(*) FILTER (WHERE state.open) AS open_count,
           count(*) FILTER (WHERE state.open AND sla_due_at < $2) AS overdue_count,
           count(*) FILTER (WHERE state.open AND sla_due_at >= $2 AND sla_due_at < $2 + interval '30 minutes') AS due_soon_count,
           count(*) FILTER (WHERE status = 'requested' AND claimed_by IS NULL) AS requested_count,
           count(*) FILTER (WHERE status = 'requested' AND claimed_by IS NOT NULL) AS in_review_count,
           count(*) FILTER (WHERE status = 'changes_requested') AS changes_requested_count,
           count(*) FILTER (WHERE status = 'escalated') AS escalated_count,
           count(*) FILTER (WHERE status = 'approved') AS approved_count,
           count(*) FILTER (WHERE status = 'rejected') AS rejected_count,
           count(*) FILTER (WHERE status = 'overridden') AS overridden_count,
           (SELECT count(*) FROM dg_workflow_notifications AS notification WHERE notification.tenant_id = $1) AS notification_count,
           min(requested_at) FILTER (WHERE state.open) AS oldest_open_at
    FROM dg_workflow_items
    CROSS JOIN LATERAL (SELECT status IN ('requested', 'changes_requested', 'escalated') AS open) AS state
    WHERE tenant_id = $1";
const BUCKETS: &str = "
    SELECT count(*) FILTER (WHERE open AND NOT snoozed AND (item.assigned_account_id = $3 OR item.claimed_by = $3)) AS mine,
           count(*) FILTER (WHERE open AND NOT snoozed AND item.assigned_account_id IS NULL AND item.assigned_role = ANY ($4)) AS my_roles,
           count(*) FILTER (WHERE open AND NOT snoozed AND item.assigned_account_id IS NULL AND item.claimed_by IS NULL) AS unassigned,
           count(*) FILTER (WHERE open AND NOT snoozed AND item.sla_due_at < $2) AS overdue,
           count(*) FILTER (WHERE open AND NOT snoozed AND item.sla_due_at >= $2 AND item.sla_due_at < $2 + interval '30 minutes') AS due_soon,
           count(*) FILTER (WHERE NOT snoozed AND item.status = 'escalated') AS escalated,
           count(*) FILTER (WHERE NOT snoozed AND item.status = 'changes_requested') AS changes_requested,
           count(*) FILTER (WHERE item.status = 'changes_requested' AND item.requested_by = $3) AS waiting_for_requester,
           count(*) FILTER (WHERE open AND snoozed) AS snoozed,
           count(*) FILTER (WHERE item.resolved_at >= $2 - interval '7 days') AS recently_closed,
           count(*) FILTER (WHERE open) AS all_open
    FROM dg_workflow_items AS item
    LEFT JOIN dg_workflow_snoozes AS snooze
        ON snooze.tenant_id = item.tenant_id AND snooze.account_id = $3 AND snooze.workflow_key = item.workflow_key
           AND snooze.until > $2
    CROSS JOIN LATERAL (SELECT item.resolved_at IS NULL AS open, snooze.until IS NOT NULL AS snoozed) AS state
    WHERE item.tenant_id = $1 AND (item.resolved_at IS NULL OR item.resolved_at >= $2 - interval '7 days')";
/// Names of a summary's numbers and of a row of buckets, in the order of their statements.
const NUMBERS: usize = 12;
const QUEUES: usize = 11;
const ITEMS: usize = 12;
const PEOPLE: [&str; 2] = ["ana", "ben"];
const ACTIONS: [Action; 10] = [
    Action::Approve,
    Action::Reject,
    Action::RequestChange,
    Action::Resubmit,
    Action::Reassign,
    Action::Escalate,
    Action::Extend,
    Action::Override,
    Action::Reopen,
    Action::Comment,
];

#[derive(Clone, Debug)]
enum Step {
    Act { action: usize, item: usize, by: usize, minutes: i64 },
    Claim { item: usize, by: usize },
    GiveBack { item: usize, by: usize },
    Snooze { item: usize, by: usize, minutes: i64 },
    Fire,
    Rebuild,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let (item, by, minutes) = (0..ITEMS, 0..PEOPLE.len(), -90..90_i64);
    let step = prop_oneof![
        12 => (0..ACTIONS.len(), item.clone(), by.clone(), minutes)
            .prop_map(|(action, item, by, minutes)| Step::Act { action, item, by, minutes }),
        4 => (item.clone(), by.clone()).prop_map(|(item, by)| Step::Claim { item, by }),
        2 => (item.clone(), by.clone()).prop_map(|(item, by)| Step::GiveBack { item, by }),
        4 => (item, by, 1..90_i64).prop_map(|(item, by, minutes)| Step::Snooze { item, by, minutes }),
        2 => Just(Step::Fire),
        1 => Just(Step::Rebuild),
    ];
    prop::collection::vec(step, 160)
}

fn workflow_id(item: usize) -> String {
    format!("t{item}:exception:ex")
}

/// The row of numbers that a statement answers.
async fn counted(client: &Client, sql: &str, numbers: usize, params: &[&(dyn ToSql + Sync)]) -> Vec<i64> {
    let row = client.query_one(sql, params).await.unwrap();
    (0..numbers).map(|place| row.get(place)).collect()
}

/// What the store says of a tenant is what counting all of its items says; the answer is its summary.
async fn compare(api: &Store, raw: &Client, tenant: &TenantId, as_of: Micros) -> Vec<i64> {
    let (id, at) =
        (tenant.as_str(), std::time::UNIX_EPOCH + std::time::Duration::from_micros(as_of.get().unsigned_abs()));
    let found = api.workflow_summary(tenant, as_of).await.unwrap();
    let numbers = [
        found.total_count,
        found.open_count,
        found.overdue_count,
        found.due_soon_count,
        found.requested_count,
        found.in_review_count,
        found.changes_requested_count,
        found.escalated_count,
        found.approved_count,
        found.rejected_count,
        found.overridden_count,
        found.notification_count,
    ];
    let expected = counted(raw, SUMMARY, NUMBERS, &[&id, &at]).await;
    assert_eq!(numbers.as_slice(), expected);
    let oldest: Option<std::time::SystemTime> = raw.query_one(SUMMARY, &[&id, &at]).await.unwrap().get(NUMBERS);
    let oldest = oldest.map(|at| i64::try_from(at.duration_since(std::time::UNIX_EPOCH).unwrap().as_micros()).unwrap());
    assert_eq!(found.oldest_open_at.map(Micros::get), oldest);
    for person in PEOPLE {
        let roles = vec!["approver".to_owned(), "admin".to_owned()];
        let found = api.workflow_buckets(tenant, person, &roles, as_of).await.unwrap();
        let numbers = [
            found.mine,
            found.my_roles,
            found.unassigned,
            found.overdue,
            found.due_soon,
            found.escalated,
            found.changes_requested,
            found.waiting_for_requester,
            found.snoozed,
            found.recently_closed,
            found.all_open,
        ];
        let expected = counted(raw, BUCKETS, QUEUES, &[&id, &at, &person, &roles]).await;
        assert_eq!(numbers.as_slice(), expected, "of {person}");
    }
    numbers.to_vec()
}

async fn take(case: &Case, nth: usize, step: &Step) {
    let chief = |by: &usize| caller(PEOPLE[*by], &["*"]);
    match step {
        Step::Act { action, item, by, minutes } => {
            let (action, assigned) = (
                ACTIONS[*action],
                match minutes.rem_euclid(4) {
                    0 => Assignment { account_id: Some("ana".to_owned()), role: None },
                    1 => Assignment { account_id: Some("zoe".to_owned()), role: None },
                    2 => Assignment { account_id: None, role: Some("approver".to_owned()) },
                    _ => Assignment { account_id: None, role: Some("auditor".to_owned()) },
                },
            );
            let command = Command {
                note: Some("seen".to_owned()),
                assigned: if matches!(action, Action::Reassign) { assigned } else { Assignment::default() },
                due_at: matches!(action, Action::Extend).then(|| Micros::new(dg_now() + minutes * 60_000_000)),
                confirm_text: phrase(action, &workflow_id(*item)),
                ..because("it is right")
            };
            // Many are refused where the item stands, and count nothing then.
            let _ = case.act(&workflow_id(*item), action, &command, &chief(by), &format!("key-{nth}")).await;
        }
        Step::Claim { item, by } => {
            case.api.claim_item(&case.tenant, &workflow_id(*item), PEOPLE[*by], 900.0).await.unwrap();
        }
        Step::GiveBack { item, by } => {
            case.api.unclaim_item(&case.tenant, &workflow_id(*item), PEOPLE[*by]).await.unwrap();
        }
        Step::Snooze { item, by, minutes } => {
            let until = Micros::new(dg_now() + minutes * 60_000_000);
            case.api.snooze_item(&case.tenant, &workflow_id(*item), PEOPLE[*by], until).await.unwrap();
        }
        Step::Fire => {
            case.daemon.workflow_fire(&case.tenant).await.unwrap();
        }
        Step::Rebuild => {
            case.daemon.workflow_rebuild(&case.tenant, "test").await.unwrap();
        }
    }
}

#[tokio::test]
async fn whatever_is_done_the_counts_are_those_of_the_items() {
    let case = Case::new().await;
    let raw = case.scratch.raw_of("dg_apid", "t").await;
    let other = case.scratch.tenant("u").await;
    let raw_other = case.scratch.raw_of("dg_apid", "u").await;
    let nothing = compare(&case.api, &raw, &case.tenant, Micros::new(dg_now())).await;
    assert_eq!(nothing, vec![0; NUMBERS]);
    for item in 0..ITEMS {
        let trace = format!("t{item}");
        case.send(vec![started(&trace), exception(&trace, "ex")]).await;
    }
    case.follow().await;
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        prop::test_runner::TestRng::from_seed(prop::test_runner::RngAlgorithm::ChaCha, &[7; 32]),
    );
    let steps = steps().new_tree(&mut runner).unwrap().current();
    let mut seen = vec![0; NUMBERS];
    for (nth, step) in steps.iter().enumerate() {
        take(&case, nth, step).await;
        let now = compare(&case.api, &raw, &case.tenant, Micros::new(dg_now())).await;
        seen.iter_mut().zip(now).for_each(|(most, now)| *most = now.max(*most));
    }
    assert!(seen.iter().all(|most| *most > 0), "the walk leaves something out: {seen:?}");
    let rebuilt = case.daemon.workflow_rebuild(&case.tenant, "test").await.unwrap();
    assert!(rebuilt.is_equal());
    compare(&case.api, &raw, &case.tenant, Micros::new(dg_now())).await;
    assert_eq!(compare(&case.api, &raw_other, &other, Micros::new(dg_now())).await, vec![0; NUMBERS]);
    case.verified().await;
}

/// What was there before anything was counted is counted, and goes on to be.
#[tokio::test]
async fn items_of_before_are_counted() {
    let server = Postgres::start().unwrap();
    dg_storage::bootstrap::prepare(&server.admin_url(), "old").await.unwrap();
    let owner = DatabaseConfig::new(server.url("old", "dg_owner"));
    migrate::run_to(&owner, 20).await.unwrap();
    let (client, connection) = tokio_postgres::connect(&server.url("old", "dg_owner"), NoTls).await.unwrap();
    tokio::spawn(connection);
    let filled = "
        INSERT INTO dg_tenants (tenant_id, created_by) VALUES ('a', 'x'), ('b', 'x');
        INSERT INTO dg_tenant_heads (tenant_id) VALUES ('a'), ('b');
        INSERT INTO dg_workflow_runtime (tenant_id) VALUES ('a'), ('b');
        INSERT INTO dg_workflow_items (tenant_id, workflow_key, workflow_id, trace_key, trace_id, workflow_kind, workflow_name,
            subject_type, subject_id, status, priority_rank, title, requested_by, assigned_account_id, assigned_role, requested_at,
            sla_due_at, updated_at, resolved_at, escalation_level, round, version, last_source_log_seq, item_json)
        SELECT chr(97 + n % 2), gen_random_uuid(), 'w' || n, gen_random_uuid(), 't' || n, 'exception_review', 'w', 's', 's',
            (ARRAY['requested', 'escalated', 'changes_requested', 'approved', 'rejected', 'overridden'])[1 + n % 6], 1, 't', 'x',
            CASE WHEN n % 5 = 0 THEN 'ana' END, (ARRAY['approver', 'admin', NULL])[1 + n % 3], now() - n * interval '1 hour',
            now() + (n - 20) * interval '10 minutes', now(), CASE WHEN n % 6 > 2 THEN now() END, 0, 1, 1, 1, '{}'
        FROM generate_series(1, 60) AS n;
        INSERT INTO dg_workflow_notifications (tenant_id, notification_id, workflow_key, workflow_id, trace_id, category, message,
            payload_json, dedupe_key, dedupe_hash, created_at)
        SELECT 'a', gen_random_uuid(), gen_random_uuid(), 'w', 't', 'comment', 'm', '{}', 'k', gen_random_uuid(), now()
        FROM generate_series(1, 7)";
    client.batch_execute(filled).await.unwrap();
    migrate::run(&owner).await.unwrap();
    let api = Store::open(&DatabaseConfig::new(server.url("old", "dg_apid"))).unwrap();
    for (tenant, told) in [("a", 7), ("b", 0)] {
        let tenant = TenantId::new(tenant).unwrap();
        let summary = compare(&api, &client, &tenant, Micros::new(dg_now())).await;
        assert_eq!((summary[0], summary[NUMBERS - 1]), (30, told));
    }
    client
        .batch_execute("DELETE FROM dg_workflow_items WHERE workflow_id < 'w3'; DELETE FROM dg_workflow_notifications")
        .await
        .unwrap();
    client
        .batch_execute("UPDATE dg_workflow_items SET status = 'approved' WHERE resolved_at IS NOT NULL")
        .await
        .unwrap();
    for tenant in ["a", "b"] {
        let summary = compare(&api, &client, &TenantId::new(tenant).unwrap(), Micros::new(dg_now())).await;
        assert_eq!(summary[NUMBERS - 1], 0);
    }
}
