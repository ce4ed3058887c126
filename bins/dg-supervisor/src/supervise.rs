//! Joins policy and mechanics: carries out what the policy answers and tells it what happened.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant};

use dg_runtime::address_file::write_whole;
use dg_runtime::{CancellationToken, Failure, notify, signals};
use nix::fcntl::{Flock, FlockArg};
use tokio::sync::{mpsc, watch};
use tokio::task::LocalSet;

use crate::policy::{Action, Event, Phase, Suite};
use crate::postgres::Places;
use crate::process::{Launcher, Order, Report, SocketDir};
use crate::status::{Status, describe};
use crate::table::Table;

#[derive(Debug, thiserror::Error)]
#[error("another supervisor runs the table {0}")]
struct AlreadySupervised(PathBuf);

/// Runs the table until it is asked to stop and everything is gone.
///
/// All work happens on the calling thread: children ask the kernel to be told when the thread that made them ends, so that
/// thread has to be the one that lives longest.
///
/// # Errors
/// 75 when another supervisor runs the same table, or the system refuses a socket or a signal handler.
pub(crate) fn run(path: &Path, table: Table, status_file: Option<PathBuf>) -> Result<(), Failure> {
    let _lock = Flock::lock(File::open(path)?, FlockArg::LockExclusiveNonblock)
        .map_err(|_| Failure::retry(AlreadySupervised(path.to_owned())))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, async { Supervisor::new(path, table, status_file)?.run().await })
}

struct Supervisor {
    suite: Suite,
    launcher: Rc<Launcher>,
    /// Where the task of each living child takes orders.
    orders: Vec<Option<mpsc::Sender<Order>>>,
    /// What each child last said about itself.
    notes: Vec<Option<String>>,
    places: Option<Places>,
    began: Instant,
    reports: mpsc::Receiver<Report>,
    stop: CancellationToken,
    reload: watch::Receiver<u64>,
    status_file: Option<PathBuf>,
    written: String,
    announced: bool,
}

impl Supervisor {
    fn new(path: &Path, table: Table, status_file: Option<PathBuf>) -> Result<Self, Failure> {
        let count = table.children.len();
        let suite = Suite::new(&table.children, &table.predecessors());
        let (sender, reports) = mpsc::channel(256);
        Ok(Self {
            suite,
            launcher: Rc::new(Launcher::new(table, SocketDir::of_table(path, status_file.as_deref())?, sender)?),
            orders: vec![None; count],
            notes: vec![None; count],
            places: None,
            began: Instant::now(),
            reports,
            stop: signals::stop_token()?,
            reload: signals::reload()?,
            status_file,
            written: String::new(),
            announced: false,
        })
    }

    async fn run(mut self) -> Result<(), Failure> {
        let mut now = self.take(Event::Tick);
        while !self.suite.finished() {
            self.tell();
            let event = self.next_event(now).await;
            if let Some(event) = event {
                now = self.take(event);
            }
        }
        self.tell();
        tracing::info!("all children are gone");
        Ok(())
    }

    /// Waits for something to happen. `None` for what concerns the status only.
    async fn next_event(&mut self, now: Duration) -> Option<Event> {
        let due = self.suite.next_tick(now).map(|due| self.began + due);
        let tick = async {
            match due {
                Some(due) => tokio::time::sleep_until(due.into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = self.stop.cancelled(), if !self.suite.is_stopping() => {
                notify::stopping();
                Some(Event::Stop)
            }
            // The launcher holds a sender, so the channel stays open.
            Some(report) = self.reports.recv() => self.note(report),
            Ok(()) = self.reload.changed() => Some(Event::Reload),
            () = tick => Some(Event::Tick),
        }
    }

    fn note(&mut self, report: Report) -> Option<Event> {
        match report {
            Report::Event(event) => Some(event),
            Report::Note(at, text) => {
                self.notes[at] = Some(text);
                None
            }
            Report::Places(places) => {
                self.places = Some(places);
                None
            }
        }
    }

    fn take(&mut self, event: Event) -> Duration {
        self.log(&event);
        let now = self.began.elapsed();
        let ended = if let Event::Ended(at, _) = &event { Some(*at) } else { None };
        for action in self.suite.step(now, event) {
            self.perform(action);
        }
        if let Some(child) = ended.map(|at| &self.suite.children()[at]).filter(|child| child.phase == Phase::Down) {
            tracing::error!(child = child.name, "{} stays down until its configuration is changed", child.name);
        }
        now
    }

    fn perform(&mut self, action: Action) {
        let (at, order) = match action {
            Action::Start(at) => {
                self.notes[at] = None;
                self.orders[at] = Some(Launcher::start(&self.launcher, at));
                return;
            }
            Action::Stop(at) => (at, Order::Stop),
            Action::Quit(at) => (at, Order::Quit),
            Action::Kill(at) => (at, Order::Kill),
            Action::Reload(at) => (at, Order::Reload),
        };
        // A child that does not take its few orders has just ended, and its ending is on the way.
        if let Some(orders) = &self.orders[at] {
            let _ = orders.try_send(order);
        }
    }

    fn log(&self, event: &Event) {
        let name = |at: &usize| self.suite.children()[*at].name.as_str();
        match event {
            Event::Spawned(at, pid) => tracing::info!(child = name(at), pid, "{} started", name(at)),
            Event::Ready(at) => tracing::info!(child = name(at), "{} is ready", name(at)),
            Event::Ended(at, ending) => {
                let how = describe(ending);
                let asked = self.suite.is_stopping() || how == "exit 0";
                if asked {
                    tracing::info!(child = name(at), "{} ended: {how}", name(at));
                } else {
                    tracing::warn!(child = name(at), "{} ended: {how}", name(at));
                }
            }
            Event::Reload => tracing::info!("passing the reload on"),
            Event::Tick | Event::Stop => {}
        }
    }

    /// Tells the service manager and the status file, when there is news.
    fn tell(&mut self) {
        if self.suite.all_up() && !self.announced {
            self.announced = true;
            tracing::info!("all children are up");
            notify::ready("all children are up");
        }
        let Some(path) = &self.status_file else { return };
        let json = Status::of(&self.suite, &self.notes, self.places.as_ref()).to_json();
        if json == self.written {
            return;
        }
        match write_whole(path, format!("{json}\n").as_bytes()) {
            Ok(()) => self.written = json,
            Err(error) => tracing::warn!(%error, "the status file could not be written"),
        }
    }
}
