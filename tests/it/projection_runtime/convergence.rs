//! Any history, any batch sizes, any kills, one or several workers and processes, by catch-up or by rebuild: the projections are
//! those of the model.

use std::time::Duration;

use dg_testkit::history::Shape;
use dg_testkit::rng::Rng;
use dg_testkit::{Projectors, wait_for};

use super::ground::{DEADLINE, Ground, applied};
use super::histories::History;
use super::runs::Runs;

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
    let rounds = if super::long() { 6 } else { 1 };
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
        let settings = [
            ("DG__PROJECTOR__WORKERS", setup.workers),
            ("DG__PROJECTOR__RUN_THREADS", setup.workers),
            ("DG__PROJECTOR__RUNS", setup.workers),
            ("DG__PROJECTOR__POLL_EVERY_MS", "100"),
        ];
        let mut projectors = Projectors::new(&settings);
        for _ in 0..setup.processes {
            set_batches(&mut projectors, &mut rng);
            projectors.add(&ground.url).unwrap();
        }
        Self { ground, rng, histories, projectors }
    }

    /// Appends in random pieces, kills at random points, waits, and compares; then the same while everything is rebuilt.
    async fn run(mut self) {
        let most: Vec<usize> = self.histories.iter().map(|history| history.events.len() * 4 / 5).collect();
        let all: Vec<usize> = self.histories.iter().map(|history| history.events.len()).collect();
        let none = vec![0; most.len()];
        let events = i64::try_from(most.iter().sum::<usize>()).unwrap();
        let admin = self.ground.admin().await;
        let mut appending = Rng::new(self.rng.bits());

        let mut kills = Kills { rng: Rng::new(self.rng.bits()), every: 120, until: events * 9 / 10, done: 0 };
        tokio::join!(
            kills.go(&mut self.projectors, async || applied(&admin).await),
            append(&self.ground, &self.histories, (&none, &most), &mut appending)
        );
        self.ground.caught_up(DEADLINE).await;
        let so_far: Vec<History> = self.histories.iter().zip(&most).map(|(one, until)| one.until(*until)).collect();
        self.ground.check(&so_far).await;
        assert!(kills.done >= 5, "only {} kills", kills.done);
        eprintln!("{} tenants, {events} events, {} kills during catch-up", self.histories.len(), kills.done);

        let runs = Runs::of(&self.ground).await;
        let mut jobs = Vec::new();
        for history in &self.histories {
            jobs.push(runs.ask(&history.tenant, "rebuild", "all").await);
        }
        let until = i64::try_from(jobs.len()).unwrap() - 3;
        let mut kills = Kills { rng: Rng::new(self.rng.bits()), every: 10, until, done: 0 };
        tokio::join!(
            kills.go(&mut self.projectors, async || runs.over().await),
            append(&self.ground, &self.histories, (&most, &all), &mut appending)
        );
        let rebuilt = runs.completed(&jobs).await;
        let resumed = rebuilt.iter().filter(|run| run.attempt > 0).count();
        self.ground.caught_up(DEADLINE).await;
        self.ground.check(&self.histories).await;
        assert_eq!(self.ground.generations().await, [2]);
        eprintln!("{} kills during the rebuilds, {resumed} runs resumed", kills.done);

        let mut jobs = Vec::new();
        for history in self.histories.iter().step_by(if super::long() { 1 } else { 5 }) {
            jobs.push(runs.ask(&history.tenant, "verify", "all").await);
        }
        for run in runs.completed(&jobs).await {
            assert_eq!(run.result["equal"], true, "{run:?}");
        }
        self.ground.tidied_up(DEADLINE).await;
    }
}

/// Batch sizes with which a history takes one batch, or one per event, or anything between.
fn set_batches(projectors: &mut Projectors, rng: &mut Rng) {
    for key in ["DG__PROJECTOR__BATCH_EVENTS", "DG__PROJECTOR__RUN_BATCH_EVENTS"] {
        let largest = *rng.pick(&[1, 4, 16, 64, 500]);
        projectors.set(key, &(1 + rng.below(largest)).to_string());
    }
}

/// Every tenant's events from one position to another, in order; tenants and pieces mixed.
async fn append(ground: &Ground, histories: &[History], (from, until): (&[usize], &[usize]), rng: &mut Rng) {
    let mut open: Vec<(usize, usize)> = from.iter().copied().enumerate().collect();
    open.retain(|(number, from)| *from < until[*number]);
    while !open.is_empty() {
        let at = rng.below(open.len());
        let (number, from) = open[at];
        let (history, end) = (&histories[number], until[number]);
        let next = (from + 1 + rng.below(40)).min(end);
        ground.append(&history.tenant, &history.events[from..next]).await;
        open[at].1 = next;
        if next == end {
            open.swap_remove(at);
        }
    }
}

/// Kills one process after another, each time after a random number of steps more were done, and starts it again with other
/// batch sizes; until nearly all is done.
struct Kills {
    rng: Rng,
    /// Most steps between two kills.
    every: usize,
    until: i64,
    done: usize,
}

impl Kills {
    async fn go(&mut self, projectors: &mut Projectors, mut steps: impl AsyncFnMut() -> i64) {
        let mut seen = 0;
        while seen < self.until {
            let next = (seen + i64::try_from(1 + self.rng.below(self.every)).unwrap()).min(self.until);
            seen = wait_for(DEADLINE, "more to be done", async || Some(steps().await).filter(|seen| *seen >= next))
                .await
                .unwrap();
            // Somewhere between two looks.
            tokio::time::sleep(Duration::from_micros(self.rng.bits() % 5_000)).await;
            set_batches(projectors, &mut self.rng);
            projectors.restart(self.rng.below(projectors.count())).unwrap();
            self.done += 1;
        }
    }
}
