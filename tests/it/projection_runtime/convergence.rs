//! Any history, any batch sizes, any kills, one or several workers and processes: the projections are those of the model.

use std::time::Duration;

use dg_testkit::history::Shape;
use dg_testkit::rng::Rng;
use dg_testkit::{Projectors, wait_for};

use super::ground::{DEADLINE, Ground, applied};
use super::histories::History;

/// Histories per configuration; there are four.
const HISTORIES: u64 = 50;

/// How a configuration is disturbed.
#[derive(Clone, Copy)]
struct Setup {
    processes: usize,
    workers: &'static str,
}

#[tokio::test(flavor = "multi_thread")]
async fn drill_one_worker_of_one_process() {
    converge(1, Setup { processes: 1, workers: "1" }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn drill_four_workers_of_one_process() {
    converge(2, Setup { processes: 1, workers: "4" }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn drill_one_worker_of_three_processes() {
    converge(3, Setup { processes: 3, workers: "1" }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn drill_four_workers_of_three_processes() {
    converge(4, Setup { processes: 3, workers: "4" }).await;
}

async fn converge(seed: u64, setup: Setup) {
    let rounds = if super::long() { 10 } else { 1 };
    for round in 0..rounds {
        Round::prepare(seed + 10 * round, setup).await.run().await;
    }
}

struct Round {
    ground: Ground,
    rng: Rng,
    histories: Vec<History>,
    projectors: Projectors,
}

impl Round {
    async fn prepare(seed: u64, setup: Setup) -> Self {
        let mut rng = Rng::new(seed);
        let ground = Ground::new().await;
        let mut histories = Vec::new();
        for number in 0..HISTORIES {
            let shape = Shape { traces: 2 + rng.below(6), longest: 2 + rng.below(12), ..Shape::default() };
            let history = History::generated(seed * 1000 + number, shape);
            ground.register(&history.tenant).await;
            histories.push(history);
        }
        let settings = [("DG__PROJECTOR__WORKERS", setup.workers), ("DG__PROJECTOR__POLL_EVERY_MS", "100")];
        let mut projectors = Projectors::new(&settings);
        for _ in 0..setup.processes {
            projectors.set("DG__PROJECTOR__BATCH_EVENTS", &batch(&mut rng));
            projectors.add(&ground.url).unwrap();
        }
        Self { ground, rng, histories, projectors }
    }

    /// Appends in random pieces, kills at random points, waits, and compares.
    async fn run(mut self) {
        let events: usize = self.histories.iter().map(|history| history.events.len()).sum();
        let mut appending = Rng::new(self.rng.bits());
        let killing = self.rng.clone();
        let (ground, projectors) = (&self.ground, &mut self.projectors);
        let (kills, ()) = tokio::join!(
            kill_until(ground, projectors, killing, i64::try_from(events).unwrap()),
            append(ground, &self.histories, &mut appending)
        );
        self.ground.caught_up(DEADLINE).await;
        self.ground.check(&self.histories).await;
        eprintln!("{} tenants, {events} events, {kills} kills", self.histories.len());
        assert!(kills >= 5, "only {kills} kills");
    }
}

/// A batch size with which a history takes one batch, or one per event, or anything between.
fn batch(rng: &mut Rng) -> String {
    let largest = *rng.pick(&[1, 4, 16, 64, 500]);
    (1 + rng.below(largest)).to_string()
}

/// Every tenant's events in order, tenants and pieces mixed.
async fn append(ground: &Ground, histories: &[History], rng: &mut Rng) {
    let mut open: Vec<(&History, usize)> = histories.iter().map(|history| (history, 0)).collect();
    while !open.is_empty() {
        let at = rng.below(open.len());
        let (history, from) = open[at];
        let until = (from + 1 + rng.below(40)).min(history.events.len());
        ground.append(&history.tenant, &history.events[from..until]).await;
        open[at].1 = until;
        if until == history.events.len() {
            open.swap_remove(at);
        }
    }
}

/// Kills one process after another, each time after a random number of events more were applied, and starts it again with
/// another batch size; until nearly all events are applied.
async fn kill_until(ground: &Ground, projectors: &mut Projectors, mut rng: Rng, events: i64) -> usize {
    let admin = ground.admin().await;
    let (mut kills, mut seen) = (0, 0);
    while seen < events * 9 / 10 {
        let next = seen + i64::try_from(1 + rng.below(120)).unwrap();
        seen = wait_for(DEADLINE, "more events to be applied", async || {
            let applied = applied(&admin).await;
            (applied >= next.min(events)).then_some(applied)
        })
        .await
        .unwrap();
        // Somewhere between two looks.
        tokio::time::sleep(Duration::from_micros(rng.bits() % 5_000)).await;
        let number = rng.below(projectors.count());
        projectors.set("DG__PROJECTOR__BATCH_EVENTS", &batch(&mut rng));
        projectors.restart(number).unwrap();
        kills += 1;
    }
    kills
}
