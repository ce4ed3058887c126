//! The database goes away, a process is paused, a network is cut: nothing is applied twice, nothing is left out, and
//! everything goes on by itself.

use std::time::{Duration, Instant};

use dg_storage::locks::lease::FREED_AFTER;
use dg_testkit::history::Shape;
use dg_testkit::rng::Rng;
use dg_testkit::{Durability, FaultProxy, Projectors, wait_for};
use tokio_util::sync::CancellationToken;

use super::ground::{DEADLINE, Ground, applied};
use super::histories::History;

/// From the moment an owner falls silent until another has caught up for it: the server lets go of the locks, and as long
/// again for a transaction that the silent one left open, with the work itself on top.
const TAKEN_OVER: Duration = Duration::from_secs(2 * FREED_AFTER.as_secs() + 10);

/// From the moment the database is there again until everything is caught up: a pause between attempts, and the work.
const CAUGHT_UP: Duration = Duration::from_secs(20);

const BATCHES: [(&str, &str); 2] = [("DG__PROJECTOR__BATCH_EVENTS", "7"), ("DG__PROJECTOR__POLL_EVERY_MS", "200")];

#[tokio::test(flavor = "multi_thread")]
async fn drill_the_database_is_stopped() {
    outage(|ground| ground.server.stop()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn drill_the_database_is_killed() {
    outage(|ground| ground.server.kill9()).await;
}

/// The owner is paused at any moment until it has lost its locks, for which nobody but the clock is needed. It must not take
/// up where it was when it goes on, and must be good for work again.
#[tokio::test(flavor = "multi_thread")]
async fn drill_an_owner_is_paused() {
    let drill = Drill::start().await;
    let mut projectors = Projectors::start(&drill.ground.url, 2, &BATCHES).unwrap();
    let mut rng = Rng::new(7);
    for round in 0..rounds(2) {
        let (silent, other) = (round % 2, (round + 1) % 2);
        // Whoever will be paused owns everything: the other one comes back to nothing.
        projectors.restart(other).unwrap();
        let load = drill.load();
        drill.working(&mut rng).await;
        projectors.pause(silent);
        let paused = Instant::now();
        let events = load.finish().await;
        drill.ground.caught_up(TAKEN_OVER.saturating_sub(paused.elapsed())).await;
        eprintln!("round {round}: {events} events, taken over {} ms after the pause", paused.elapsed().as_millis());
        projectors.resume(silent);
        drill.alone(&mut projectors, silent, other).await;
    }
    drill.check().await;
}

/// The owner's way to the database goes dead, then ends, then is there again.
#[tokio::test(flavor = "multi_thread")]
async fn drill_a_network_is_cut() {
    let drill = Drill::start().await;
    let proxy = FaultProxy::before(drill.ground.server).unwrap();
    let mut projectors = Projectors::new(&BATCHES);
    let silent = projectors.add(&proxy.url(&drill.ground.url, drill.ground.server)).unwrap();
    let other = projectors.add(&drill.ground.url).unwrap();
    let mut rng = Rng::new(8);
    for round in 0..rounds(1) {
        projectors.restart(other).unwrap();
        let load = drill.load();
        drill.working(&mut rng).await;
        proxy.hold();
        let held = Instant::now();
        let events = load.finish().await;
        drill.ground.caught_up(TAKEN_OVER.saturating_sub(held.elapsed())).await;
        eprintln!("round {round}: {events} events, taken over {} ms after the cut", held.elapsed().as_millis());
        let load = drill.load();
        proxy.cut();
        drill.working(&mut rng).await;
        proxy.pass();
        load.finish().await;
        drill.alone(&mut projectors, silent, other).await;
    }
    drill.check().await;
}

/// Somebody holds the rows of one tenant and does not move. That tenant waits, and nobody else does.
#[tokio::test(flavor = "multi_thread")]
async fn drill_rows_are_held() {
    let ground = Ground::new().await;
    let histories: Vec<History> = (0..6).map(|seed| History::generated(seed, Shape::default())).collect();
    for history in &histories {
        ground.register(&history.tenant).await;
    }
    let (held, others) = histories.split_first().unwrap();
    ground.append(&held.tenant, &held.events[..1]).await;
    let projectors = Projectors::start(&ground.url, 1, &BATCHES).unwrap();
    ground.caught_up(DEADLINE).await;

    let holder = ground.role_of("dg_projectord", "h-0000").await;
    holder.batch_execute("BEGIN").await.unwrap();
    let hold = "SELECT 1 FROM dg_projection_cursors WHERE tenant_id = 'h-0000' FOR UPDATE";
    assert!(!holder.query(hold, &[]).await.unwrap().is_empty());
    ground.append(&held.tenant, &held.events[1..]).await;
    for number in 1..20 {
        for other in others {
            let piece = other.events.len() / 20;
            ground.append(&other.tenant, &other.events[(number - 1) * piece..number * piece]).await;
        }
        let began = Instant::now();
        ground.caught_up_but(held.tenant.as_str(), DEADLINE).await;
        assert!(began.elapsed() < Duration::from_secs(5), "the others wait for a tenant whose rows are held");
    }
    holder.batch_execute("ROLLBACK").await.unwrap();
    ground.caught_up(DEADLINE).await;
    ground.check(&histories[..1]).await;
    drop(projectors);
}

async fn outage(end: impl Fn(&Ground) + Send + 'static) {
    let drill = Drill::start().await;
    let mut projectors = Projectors::start(&drill.ground.url, 2, &BATCHES).unwrap();
    let mut rng = Rng::new(9);
    for round in 0..rounds(1) {
        let load = drill.load();
        drill.working(&mut rng).await;
        tokio::task::block_in_place(|| end(&drill.ground));
        // As long as an outage lasts; there is no state to wait for.
        tokio::time::sleep(Duration::from_secs(if super::long() { 60 } else { 6 })).await;
        tokio::task::block_in_place(|| drill.ground.server.start_again().unwrap());
        let back = Instant::now();
        let events = load.finish().await;
        drill.ground.caught_up(CAUGHT_UP.saturating_sub(back.elapsed())).await;
        eprintln!("round {round}: {events} events, caught up {} ms after the outage", back.elapsed().as_millis());
    }
    for number in 0..projectors.count() {
        assert!(projectors.is_running(number), "projector {number} has ended");
    }
    drill.check().await;
}

fn rounds(short: usize) -> usize {
    if super::long() { 5 * short } else { short }
}

/// Some tenants, and a history for each that is appended bit by bit.
struct Drill {
    ground: std::sync::Arc<Ground>,
    histories: std::sync::Arc<tokio::sync::Mutex<Vec<Growing>>>,
}

/// A history of which the first `appended` events are in the log.
struct Growing {
    history: History,
    appended: usize,
}

/// Appends until it is told to finish.
struct Load {
    task: tokio::task::JoinHandle<usize>,
    stop: CancellationToken,
}

impl Drill {
    async fn start() -> Self {
        let ground = Ground::apart(Durability::Durable).await;
        let mut histories = Vec::new();
        for seed in 0..8 {
            let shape = Shape { traces: if super::long() { 4_000 } else { 600 }, longest: 10, ..Shape::default() };
            let history = History::generated(seed, shape);
            ground.register(&history.tenant).await;
            histories.push(Growing { history, appended: 0 });
        }
        Self { ground: ground.into(), histories: std::sync::Arc::new(histories.into()) }
    }

    /// Starts to append; one load at a time.
    fn load(&self) -> Load {
        let stop = CancellationToken::new();
        let (ground, histories, until) = (self.ground.clone(), self.histories.clone(), stop.clone());
        let task = tokio::spawn(async move {
            let mut histories = histories.lock().await;
            let mut appended = 0;
            while !until.is_cancelled() {
                for growing in histories.iter_mut() {
                    let from = growing.appended;
                    let events = &growing.history.events[from..(from + 10).min(growing.history.events.len())];
                    ground.append(&growing.history.tenant, events).await;
                    growing.appended += events.len();
                    appended += events.len();
                }
            }
            appended
        });
        Load { task, stop }
    }

    /// Waits until a random number of events more are projected.
    async fn working(&self, rng: &mut Rng) {
        let admin = self.ground.admin().await;
        let enough = applied(&admin).await + i64::try_from(100 + rng.below(300)).unwrap();
        let what = "the projectors to be in the middle of their work";
        wait_for(DEADLINE, what, async || (applied(&admin).await >= enough).then_some(())).await.unwrap();
        tokio::time::sleep(Duration::from_micros(rng.bits() % 10_000)).await;
    }

    /// Both are alive, and the one that was silent does all the work while the other is stopped.
    async fn alone(&self, projectors: &mut Projectors, silent: usize, other: usize) {
        assert!(projectors.is_running(silent) && projectors.is_running(other), "somebody has ended");
        assert_eq!(projectors.stop(other).unwrap().code(), Some(0), "{}", projectors.log(other));
        self.load().finish().await;
        self.ground.caught_up(CAUGHT_UP).await;
        projectors.restart(other).unwrap();
    }

    async fn check(&self) {
        let histories = self.histories.lock().await;
        let appended: Vec<History> = histories.iter().map(|grown| grown.history.until(grown.appended)).collect();
        self.ground.check(&appended).await;
    }
}

impl Load {
    /// Lets it finish what it began and answers how many events were acknowledged.
    async fn finish(self) -> usize {
        self.stop.cancel();
        self.task.await.unwrap()
    }
}
