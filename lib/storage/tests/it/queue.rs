//! The queue of a tenant: its order, page by page, and how the server finds it.

use dg_domain::{Micros, TenantId};
use dg_storage::{
    Store,
    bench::RecordedAt,
    workflow::{ItemFilter, ItemOrder, ItemPosition},
};
use serde_json::json;

use crate::scratch::{DEADLINE, Scratch};

const LIST: &str = include_str!("../../../../sql/queries/workflow/list.sql");
const SUMMARY: &str = include_str!("../../../../sql/queries/workflow/summary.sql");
const BUCKETS: &str = include_str!("../../../../sql/queries/workflow/buckets.sql");
const HOUR_US: i64 = 3_600_000_000;
const NOW: Micros = Micros::new(1_790_000_000_000_000);
const PRIORITIES: [&str; 4] = ["urgent", "high", "normal", "low"];

fn asked(number: usize, at: Micros) -> [String; 2] {
    let started = json!({
        "workflow": "refund", "title": format!("Refund {number}"),
        "primary_entity": {"entity_type": "order", "entity_id": number.to_string()},
    });
    let asked = json!({
        "exception_id": "x", "policy": {"policy_id": "refunds", "policy_version": "3"},
        "reason": "the customer is right", "priority": PRIORITIES[number % PRIORITIES.len()],
    });
    [("TraceStarted", started), ("ExceptionRequested", asked)].map(|(kind, payload)| {
        let event = json!({
            "event_id": format!("{kind}-{number}"), "trace_id": format!("t-{number:05}"), "event_type": kind,
            "occurred_at": at.rfc3339(), "source": {"producer_id": "agent", "system": "shop"},
            "actor": {"actor_type": "agent", "actor_id": "agent"}, "idempotency_key": format!("{kind}-{number}"),
            "payload": payload,
        });
        event.to_string()
    })
}

/// So many open items; every third was recorded five hours ago, and is an hour late.
async fn filled(scratch: &Scratch, tenant: &TenantId, items: usize) -> Store {
    let daemon = scratch.store("dg_workflowd");
    let groups = [5, 1].map(|hours| {
        let at = Micros::new(NOW.get() - hours * HOUR_US);
        let of = |number: &usize| number.is_multiple_of(3) == (hours == 5);
        RecordedAt { at, events: (0..items).filter(of).flat_map(|number| asked(number, at)).collect() }
    });
    daemon.bench_record(tenant, &groups, "tester").await.unwrap();
    loop {
        let standing = daemon.workflow_standing().await.unwrap();
        let Some(behind) = standing.iter().find(|one| one.applied < one.head) else { return daemon };
        daemon.workflow_follow(behind).await.unwrap();
    }
}

#[tokio::test]
async fn pages_follow_one_another_from_the_overdue_to_the_least_urgent() {
    let scratch = Scratch::new().await;
    let tenant = scratch.tenant("t").await;
    filled(&scratch, &tenant, 40).await;
    let api = scratch.store("dg_apid");
    let filter = ItemFilter { only_open: true, ..ItemFilter::default() };
    for limit in [1, 3, 13, 14, 40] {
        let (mut after, mut seen) = (None, Vec::new());
        loop {
            let order = ItemOrder { as_of: NOW, after };
            let page = api.workflow_items(&tenant, &filter, &order, limit).await.unwrap();
            seen.extend(page.items.iter().map(|shown| {
                let place = ItemPosition::of(&shown.item, NOW);
                assert_eq!(shown.overdue, place.overdue);
                (!place.overdue, place.priority_rank, place.requested_at, place.workflow_id)
            }));
            after = page.items.last().map(|last| ItemPosition::of(&last.item, NOW));
            if !page.more {
                break;
            }
        }
        assert_eq!(seen.len(), 40, "{limit} at a time");
        assert!(seen.is_sorted(), "{limit} at a time: {seen:?}");
        assert_eq!(seen.iter().filter(|place| !place.0).count(), 14);
    }
    let overdue = ItemFilter { only_overdue: true, ..filter };
    let page = api.workflow_items(&tenant, &overdue, &ItemOrder { as_of: NOW, after: None }, 40).await.unwrap();
    assert_eq!((page.items.len(), page.more), (14, false));
    let summary = api.workflow_summary(&tenant, NOW).await.unwrap();
    assert_eq!((summary.total_count, summary.open_count, summary.overdue_count), (40, 40, 14));
}

#[tokio::test]
async fn a_page_reads_the_index_of_the_queue_and_a_summary_counts_no_items() {
    let scratch = Scratch::new().await;
    let tenant = scratch.tenant("t").await;
    filled(&scratch, &tenant, 3_000).await;
    let owner = scratch.raw("dg_owner").await;
    let (began, seen) =
        (std::time::Instant::now(), "SELECT relallvisible FROM pg_class WHERE relname = 'dg_workflow_items'");
    loop {
        owner.batch_execute("VACUUM ANALYZE dg_workflow_items").await.unwrap();
        if owner.query_one(seen, &[]).await.unwrap().get::<_, i32>(0) > 0 {
            break;
        }
        assert!(began.elapsed() < DEADLINE, "somebody still sees the items as they were");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let api = scratch.raw_of("dg_apid", "t").await;
    api.batch_execute("SET plan_cache_mode = force_custom_plan; SET enable_bitmapscan = off").await.unwrap();
    let moment = format!("'{}'", NOW.rfc3339());
    let place = format!("true, 1::smallint, {moment}, 't-00009:exception:x'");
    for after in ["NULL, NULL, NULL, NULL", &place] {
        let filters = vec!["NULL"; 17].join(", ");
        let arguments = format!("'t', {moment}, true, false, {filters}, false, NULL, {after}, 26");
        let plan = plan(&api, LIST, &arguments).await;
        assert!(plan.matches("using dg_workflow_items_queue_idx").count() >= 1, "{plan}");
        assert!(!plan.contains("Seq Scan on dg_workflow_items"), "{plan}");
    }
    // Nothing is late or short of time at this moment, so nothing of the items has to be read.
    let moment = format!("'{}'", Micros::new(NOW.get() - 2 * HOUR_US).rfc3339());
    for (sql, arguments) in [(SUMMARY, String::new()), (BUCKETS, ", 'ana', '{approver}'".to_owned())] {
        let plan = plan(&api, sql, &format!("'t', {moment}{arguments}")).await;
        assert!(plan.contains("Index Only Scan using dg_workflow_items_due_idx"), "{plan}");
        assert!(!plan.contains("Seq Scan on dg_workflow_items"), "{plan}");
    }
}

async fn plan(client: &tokio_postgres::Client, sql: &str, arguments: &str) -> String {
    client.batch_execute(&format!("DEALLOCATE ALL; PREPARE probe AS {sql}")).await.unwrap();
    let rows = client.query(&format!("EXPLAIN EXECUTE probe ({arguments})"), &[]).await.unwrap();
    rows.iter().map(|row| row.get::<_, String>(0)).collect::<Vec<_>>().join("\n")
}
