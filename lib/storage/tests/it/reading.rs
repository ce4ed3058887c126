//! Reading the log back.

use dg_domain::{EventType, LogSeq, NewEvent, TraceSeq, append::Outcome};
use dg_storage::log::EventFilter;

use crate::{
    events::{event, request, trace},
    scratch::Scratch,
};

fn seq(raw: i64) -> LogSeq {
    LogSeq::new(raw).unwrap()
}

#[tokio::test]
async fn what_was_stored_is_read_back_to_the_field() {
    let scratch = Scratch::new().await;
    let tenant = scratch.tenant("t").await;
    let (stage, _stop) = scratch.stage();
    let mut rich: NewEvent = event("plain", "TraceStarted", "tr/1", None);
    rich.event_id = "e\"1 ä".to_owned();
    rich.tags = vec!["b".to_owned(), "a\"ä".to_owned(), "b".to_owned()];
    rich.source.subsystem = Some("sub".to_owned());
    rich.correlation_id = Some("corr".to_owned());
    rich.causation_event_id = Some("cause".to_owned());
    rich.schema_version = 7;
    let outcomes = stage.append(request(&tenant, vec![rich.clone()])).await.unwrap();
    let Outcome::Stored(stored) = &outcomes[0] else { unreachable!("{outcomes:?}") };
    let store = scratch.store("dg_projectord");
    let read = store.event(&tenant, "e\"1 ä").await.unwrap().unwrap();
    assert_eq!(&read, stored.as_ref());
    assert_eq!(read.event, NewEvent { trace_seq: Some(TraceSeq::START), ..rich });
    assert_eq!((read.recorded_by.as_str(), read.log_seq), ("tester", seq(1)));
    let row = scratch
        .raw("dg_admin")
        .await
        .query_one("SELECT entry_hash, occurred_at, (occurred_instant AT TIME ZONE 'UTC')::text FROM dg_event_log", &[])
        .await
        .unwrap();
    assert_eq!(row.get::<_, &[u8]>(0), dg_ledger::entry_hash(&read).as_bytes());
    assert_eq!(row.get::<_, &str>(1), "2026-01-01T02:00:00.5+02:00");
    assert_eq!(row.get::<_, &str>(2), "2026-01-01 00:00:00.5");
    assert_eq!(store.event(&tenant, "other").await.unwrap(), None);
}

#[tokio::test]
async fn pages_are_bounded_by_position_type_and_trace() {
    let scratch = Scratch::new().await;
    let tenant = scratch.tenant("t").await;
    let other = scratch.tenant("other").await;
    let (stage, _stop) = scratch.stage();
    stage.append(request(&other, trace("a", 1))).await.unwrap();
    for (a, b) in trace("a", 3).into_iter().zip(trace("b", 3)) {
        stage.append(request(&tenant, vec![a, b])).await.unwrap();
    }
    let store = scratch.store("dg_apid");
    let positions = async |filter: EventFilter| -> Vec<i64> {
        store.events(&tenant, &filter).await.unwrap().iter().map(|event| event.log_seq.get()).collect()
    };
    let all = EventFilter { limit: 100, ..EventFilter::default() };
    assert_eq!(positions(all.clone()).await, [1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(positions(EventFilter { after: seq(2), until: Some(seq(5)), ..all.clone() }).await, [3, 4, 5]);
    assert_eq!(positions(EventFilter { after: seq(2), limit: 2, ..all.clone() }).await, [3, 4]);
    let started = EventFilter { event_type: Some(EventType::TraceStarted), ..all.clone() };
    assert_eq!(positions(started).await, [1, 2]);
    let of_b = EventFilter { trace_id: Some("b".to_owned()), ..all.clone() };
    assert_eq!(positions(of_b.clone()).await, [2, 4, 6, 8]);
    assert_eq!(positions(EventFilter { after: seq(2), until: Some(seq(6)), ..of_b }).await, [4, 6]);
    let tail = store.trace_events(&tenant, "a", Some(TraceSeq::new(1).unwrap()), 1).await.unwrap();
    assert_eq!(tail.iter().map(|event| (event.log_seq.get(), event.trace_seq.get())).collect::<Vec<_>>(), [(5, 2)]);
    assert_eq!(store.trace_events(&tenant, "a", None, 10).await.unwrap().len(), 4);
    assert_eq!(store.trace_events(&tenant, "none", None, 10).await.unwrap(), []);
}
