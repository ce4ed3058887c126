//! The append stage against the pure rules: whatever a cache remembers or forgets, and whoever else appends, the outcomes
//! are those of one ledger that knows everything.

use std::sync::atomic::{AtomicU32, Ordering};

use dg_domain::{
    LogSeq, Micros, NewEvent, TenantId,
    append::{Ledger, Outcome},
};
use dg_storage::log::{AppendError, AppendMode, AppendStage, EventFilter};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};

use crate::{
    events::{atomic, event, request},
    scratch::{CLOCK, Scratch},
};

/// Which stage, which tenant, in which mode, which events.
type Offer = (usize, usize, bool, Vec<(u8, u8, u8, Option<i64>)>);

fn offers() -> impl Strategy<Value = Vec<Offer>> {
    let events = prop::collection::vec((0..40_u8, 0..8_u8, 0..5_u8, prop::option::weighted(0.5, 0..8_i64)), 1..12);
    prop::collection::vec((0..2_usize, 0..2_usize, prop::bool::weighted(0.3), events), 1..25)
}

fn build((id, kind, trace, seq): (u8, u8, u8, Option<i64>)) -> NewEvent {
    let kind = match kind {
        0..3 => "TraceStarted",
        3 => "TraceFinished",
        _ => "InputObserved",
    };
    let mut event = event(&format!("e{}", id % 30), kind, &format!("t{trace}"), seq);
    // Some ids come with another key, and some keys with another id.
    event.idempotency_key = format!("k{id}");
    event
}

async fn appended(stage: &AppendStage, tenant: &TenantId, whole: bool, events: Vec<NewEvent>) -> Answer {
    let request = if whole { atomic(tenant, events) } else { request(tenant, events) };
    assert_eq!(request.mode == AppendMode::Atomic, whole);
    match stage.append(request).await {
        Ok(outcomes) => Answer::Outcomes(outcomes),
        Err(AppendError::Aborted(why)) => Answer::Aborted(why),
        Err(other) => unreachable!("{other:?}"),
    }
}

#[derive(Debug, PartialEq)]
enum Answer {
    Outcomes(Vec<Outcome>),
    Aborted(Vec<Option<dg_domain::Violation>>),
}

fn expected(ledger: &mut Ledger, at: Micros, whole: bool, events: Vec<NewEvent>) -> Answer {
    if whole {
        return ledger.append_atomic(events, at, "tester").map_or_else(Answer::Aborted, Answer::Outcomes);
    }
    Answer::Outcomes(events.into_iter().map(|event| ledger.append(event, at, "tester")).collect())
}

#[test]
fn two_forgetful_stages_decide_like_one_ledger() {
    static CASE: AtomicU32 = AtomicU32::new(0);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (scratch, stages) = runtime.block_on(async {
        let scratch = Scratch::new().await;
        // So small that heads are forgotten all the time.
        let stages = [2, 3].map(|traces| scratch.stage_with(|config| config.cached_traces = traces).0);
        (scratch, stages)
    });
    let mut runner = TestRunner::new(Config { cases: 48, failure_persistence: None, ..Config::default() });
    let run = runner.run(&offers(), |offers| {
        runtime.block_on(async {
            let case = CASE.fetch_add(1, Ordering::Relaxed);
            let tenants = [scratch.tenant(&format!("a{case}")).await, scratch.tenant(&format!("b{case}")).await];
            let mut ledgers = tenants.clone().map(|tenant| Ledger::new(tenant, LogSeq::START));
            for (stage, tenant, whole, events) in offers {
                let events: Vec<NewEvent> = events.into_iter().map(build).collect();
                let answer = appended(&stages[stage], &tenants[tenant], whole, events.clone()).await;
                prop_assert_eq!(answer, expected(&mut ledgers[tenant], CLOCK(), whole, events));
            }
            for (tenant, ledger) in tenants.iter().zip(&ledgers) {
                let filter = EventFilter { limit: 10_000, ..EventFilter::default() };
                let stored = scratch.store("dg_apid").events(tenant, &filter).await.unwrap();
                prop_assert_eq!(stored.len(), usize::try_from(ledger.last().get()).unwrap());
            }
            Ok(())
        })
    });
    run.unwrap();
    assert_eq!(stages.map(|stage| stage.stats().redone), [0, 0]);
}
