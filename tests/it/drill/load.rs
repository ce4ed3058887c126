//! Writers that never give up: each event is repeated, with the same key, until it is acknowledged.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use dg_testkit::history::{Shape, generate};
use dg_testkit::wait_for;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::api::Api;

const WRITERS: u64 = 8;

pub(super) struct Load {
    writers: JoinSet<Vec<Value>>,
    stop: Arc<AtomicBool>,
    acknowledged: Arc<AtomicUsize>,
}

impl Load {
    pub(super) fn start(tenant: &Api) -> Self {
        let (stop, acknowledged) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let mut writers = JoinSet::new();
        for seed in 0..WRITERS {
            writers.spawn(write(tenant.clone(), seed, Arc::clone(&stop), Arc::clone(&acknowledged)));
        }
        Self { writers, stop, acknowledged }
    }

    pub(super) async fn acknowledged_at_least(&self, count: usize) {
        let what = format!("{count} acknowledged events");
        wait_for(Duration::from_secs(60), &what, async || {
            (self.acknowledged.load(Ordering::Relaxed) >= count).then_some(())
        })
        .await
        .unwrap();
    }

    /// Lets every writer finish what it began and answers what was acknowledged.
    pub(super) async fn finish(self) -> Vec<Value> {
        self.stop.store(true, Ordering::Relaxed);
        self.writers.join_all().await.into_iter().flatten().collect()
    }

    /// Stops the writers although nobody answers them any more.
    pub(super) async fn abandon(self) -> Vec<Value> {
        self.finish().await
    }
}

async fn write(tenant: Api, seed: u64, stop: Arc<AtomicBool>, acknowledged: Arc<AtomicUsize>) -> Vec<Value> {
    let mut found = Vec::new();
    for chapter in 0.. {
        let shape = Shape { traces: 20, ..Shape::default() };
        let mut events = generate(1000 + seed + WRITERS * chapter, shape);
        // Sequence numbers are the server's in every second chapter.
        if chapter % 2 == 1 {
            for event in &mut events {
                event.as_object_mut().unwrap().remove("trace_seq");
            }
        }
        for batch in events.chunks(5) {
            if stop.load(Ordering::Relaxed) {
                return found;
            }
            match append(&tenant, batch, &stop).await {
                Some(results) => found.extend(results),
                None => return found,
            }
            acknowledged.fetch_add(batch.len(), Ordering::Relaxed);
        }
    }
    found
}

/// Repeats until every event of the batch is acknowledged; `None` when it is told to stop before.
async fn append(tenant: &Api, batch: &[Value], stop: &AtomicBool) -> Option<Vec<Value>> {
    let body = json!({"events": batch});
    let mut refused = 0;
    loop {
        match tenant.try_post("/api/v1/events:batch", &body).await {
            Ok(answer) if answer.status == 200 => {
                assert_eq!(answer.data()["rejected"], 0, "{}", answer.text);
                return Some(answer.data()["results"].as_array().unwrap().clone());
            }
            Ok(answer) if matches!(answer.status, 429 | 503) => {
                assert!(answer.header("retry-after").is_some(), "{}", answer.text)
            }
            Ok(answer) => unreachable!("{} {}", answer.status, answer.text),
            // No connection: the daemon or its supervisor's next one is on the way.
            Err(_) => refused += 1,
        }
        // With nobody there, the end of the test must not wait for an answer.
        if stop.load(Ordering::Relaxed) && refused > 3 {
            return None;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
