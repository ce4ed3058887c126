use super::*;
use crate::table::StopSignal;

/// The suite in small: a database, a oneshot on it, two daemons after that.
struct Bench {
    suite: Suite,
    now: Duration,
}

fn child(name: &str, kind: Kind) -> Child {
    Child {
        name: name.to_owned(),
        command: vec![],
        kind,
        env: std::collections::BTreeMap::new(),
        after: vec![],
        ready: None,
        stop_signal: StopSignal::Term,
        stop_grace_ms: 5_000,
    }
}

const PG: usize = 0;
const INIT: usize = 1;
const STORE: usize = 2;
const API: usize = 3;

impl Bench {
    fn new() -> Self {
        let table = [("pg", Kind::Postgres), ("init", Kind::Oneshot), ("store", Kind::Daemon), ("api", Kind::Daemon)];
        let table: Vec<Child> = table.into_iter().map(|(name, kind)| child(name, kind)).collect();
        let predecessors = vec![vec![], vec![PG], vec![INIT], vec![INIT, STORE]];
        Self { suite: Suite::new(&table, &predecessors), now: Duration::ZERO }
    }

    fn after(&mut self, ms: u64, event: Event) -> Vec<Action> {
        self.now += Duration::from_millis(ms);
        self.suite.step(self.now, event)
    }

    fn step(&mut self, event: Event) -> Vec<Action> {
        self.after(0, event)
    }

    /// Starts a child that may start, and lets it say that it is up.
    fn bring_up(&mut self, at: usize) -> Vec<Action> {
        self.step(Event::Spawned(at, 100 + u32::try_from(at).unwrap()));
        match self.suite.children()[at].kind {
            Kind::Oneshot => self.step(Event::Ended(at, Ending::Code(0))),
            Kind::Daemon | Kind::Postgres => self.step(Event::Ready(at)),
        }
    }

    fn all_up() -> Self {
        let mut bench = Self::new();
        bench.step(Event::Tick);
        for at in [PG, INIT, STORE, API] {
            bench.bring_up(at);
        }
        assert!(bench.suite.all_up());
        bench
    }

    fn wait_ms(&self) -> Option<u128> {
        self.suite.next_tick(self.now).map(|due| (due - self.now).as_millis())
    }

    /// Lets a child end and waits for its next start; answers how long that took.
    fn restart_after(&mut self, at: usize, ending: Ending) -> u128 {
        if self.step(Event::Ended(at, ending)) == [Action::Start(at)] {
            return 0;
        }
        let wait = self.wait_ms().unwrap();
        assert_eq!(self.after(u64::try_from(wait).unwrap(), Event::Tick), [Action::Start(at)]);
        wait
    }
}

#[test]
fn children_start_when_what_they_need_is_up() {
    let mut bench = Bench::new();
    assert_eq!(bench.step(Event::Tick), [Action::Start(PG)]);
    assert_eq!(bench.step(Event::Spawned(PG, 1)), []);
    assert_eq!(bench.step(Event::Ready(PG)), [Action::Start(INIT)]);
    assert_eq!(bench.bring_up(INIT), [Action::Start(STORE)]);
    assert_eq!(bench.bring_up(STORE), [Action::Start(API)]);
    assert!(!bench.suite.all_up());
    bench.bring_up(API);
    assert!(bench.suite.all_up());
}

#[test]
fn a_oneshot_is_repeated_until_it_ends_well() {
    let mut bench = Bench::new();
    bench.step(Event::Tick);
    bench.bring_up(PG);
    bench.step(Event::Spawned(INIT, 5));
    assert_eq!(bench.restart_after(INIT, Ending::Code(75)), 100);
    assert_eq!(bench.restart_after(INIT, Ending::Code(1)), 200);
    assert_eq!(bench.bring_up(INIT), [Action::Start(STORE)]);
}

#[test]
fn failures_slow_a_child_down_and_health_forgets_them() {
    let mut bench = Bench::all_up();
    let waits: Vec<u128> = (0..9).map(|_| bench.restart_after(API, Ending::Signal(9))).collect();
    assert_eq!(waits, [100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]);
    bench.bring_up(API);
    bench.after(10_000, Event::Tick);
    assert_eq!(bench.restart_after(API, Ending::Code(0)), 100);
    assert_eq!(bench.suite.children()[API].restarts, 10);
}

#[test]
fn a_daemon_that_was_up_is_missed_for_two_seconds_at_most() {
    let mut bench = Bench::all_up();
    let mut waits = Vec::new();
    for _ in 0..8 {
        waits.push(bench.restart_after(API, Ending::Signal(9)));
        bench.bring_up(API);
    }
    assert_eq!(waits, [100, 200, 400, 800, 1_600, 2_000, 2_000, 2_000]);
}

#[test]
fn a_database_comes_back_at_once_and_never_waits_long() {
    let mut bench = Bench::all_up();
    let waits: Vec<u128> = (0..7).map(|_| bench.restart_after(PG, Ending::Signal(9))).collect();
    assert_eq!(waits, [0, 100, 200, 400, 800, 1_000, 1_000]);
    // Its users are left alone: they reconnect.
    assert_eq!(bench.suite.children()[STORE].phase, Phase::Ready);
}

#[test]
fn a_child_waits_for_its_database_without_spinning() {
    let mut bench = Bench::all_up();
    bench.step(Event::Ended(PG, Ending::Signal(9)));
    bench.step(Event::Ended(STORE, Ending::Code(75)));
    bench.step(Event::Ended(INIT, Ending::Code(0)));
    bench.suite.children[STORE].after = vec![PG];
    assert_eq!(bench.after(500, Event::Tick), []);
    assert_eq!(bench.wait_ms(), None);
    assert_eq!(bench.bring_up(PG), [Action::Start(STORE)]);
}

#[test]
fn what_cannot_heal_stays_down() {
    for ending in [Ending::Code(78), Ending::Code(64), Ending::Unstarted { reason: "no".to_owned(), hopeless: true }] {
        let mut bench = Bench::all_up();
        assert_eq!(bench.step(Event::Ended(STORE, ending)), []);
        assert_eq!(bench.suite.children()[STORE].phase, Phase::Down);
        assert_eq!(bench.wait_ms(), None);
    }
}

#[test]
fn a_stop_goes_backwards_and_the_database_last() {
    let mut bench = Bench::all_up();
    assert_eq!(bench.step(Event::Stop), [Action::Stop(API)]);
    assert_eq!(bench.step(Event::Ended(API, Ending::Code(0))), [Action::Stop(STORE)]);
    assert_eq!(bench.step(Event::Ended(STORE, Ending::Signal(15))), [Action::Stop(PG)]);
    assert!(!bench.suite.finished());
    assert_eq!(bench.step(Event::Ended(PG, Ending::Code(0))), []);
    assert!(bench.suite.finished());
}

#[test]
fn a_child_that_does_not_stop_is_killed_and_a_database_asked_once_more() {
    let mut bench = Bench::all_up();
    bench.step(Event::Stop);
    assert_eq!(bench.wait_ms(), Some(5_000));
    assert_eq!(bench.after(5_000, Event::Tick), [Action::Kill(API)]);
    bench.step(Event::Ended(API, Ending::Signal(9)));
    bench.step(Event::Ended(STORE, Ending::Code(0)));
    assert_eq!(bench.after(5_000, Event::Tick), [Action::Quit(PG)]);
    assert_eq!(bench.after(5_000, Event::Tick), [Action::Kill(PG)]);
}

#[test]
fn a_stop_waits_for_a_child_that_is_being_made() {
    let mut bench = Bench::new();
    bench.step(Event::Tick);
    assert_eq!(bench.step(Event::Stop), []);
    assert!(!bench.suite.finished());
    assert_eq!(bench.step(Event::Spawned(PG, 7)), [Action::Stop(PG)]);
}

#[test]
fn nothing_is_started_once_stopping() {
    let mut bench = Bench::all_up();
    bench.step(Event::Ended(STORE, Ending::Code(1)));
    bench.step(Event::Stop);
    assert_eq!(bench.suite.children()[STORE].phase, Phase::Stopped);
    assert_eq!(bench.after(60_000, Event::Ended(API, Ending::Code(1))), [Action::Stop(PG)]);
}

#[test]
fn a_reload_reaches_what_runs() {
    let mut bench = Bench::all_up();
    assert_eq!(bench.step(Event::Reload), [Action::Reload(PG), Action::Reload(STORE), Action::Reload(API)]);
}
