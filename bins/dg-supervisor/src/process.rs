//! Starts children, signals them, and reports what becomes of them.

mod notices;
mod output;
mod sockets;
mod spawn;

use std::cell::OnceCell;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::rc::Rc;

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use tokio::process::Child as Process;
use tokio::sync::mpsc;

use crate::policy::{Ending, Event};
use crate::postgres::{self, Places, Server};
use crate::table::{Child, Kind, Ready, StopSignal, Table};
use notices::Notices;
pub(crate) use sockets::SocketDir;
pub(crate) use spawn::die_with_parent;

/// What the task of a child tells the supervisor.
#[derive(Debug)]
pub(crate) enum Report {
    Event(Event),
    /// The child's own words about its state.
    Note(usize, String),
    /// Where the private server really is.
    Places(Places),
}

/// What the supervisor asks of a running child.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Order {
    Stop,
    Quit,
    Kill,
    Reload,
}

/// Everything needed to start any child of the table.
pub(crate) struct Launcher {
    table: Table,
    reports: mpsc::Sender<Report>,
    sockets: SocketDir,
    server: OnceCell<Server>,
}

impl Launcher {
    pub(crate) fn new(table: Table, sockets: SocketDir, reports: mpsc::Sender<Report>) -> io::Result<Self> {
        if let Some(log_dir) = &table.log_dir {
            std::fs::create_dir_all(log_dir)?;
        }
        Ok(Self { table, reports, sockets, server: OnceCell::new() })
    }

    /// Starts a child in a task of its own, which reports `Spawned`, `Ready` and finally `Ended`. Answers where it takes orders.
    pub(crate) fn start(launcher: &Rc<Self>, at: usize) -> mpsc::Sender<Order> {
        let (sender, orders) = mpsc::channel(8);
        let launcher = Rc::clone(launcher);
        tokio::task::spawn_local(async move {
            let ending = launcher.live(at, orders).await;
            launcher.report(Event::Ended(at, ending)).await;
        });
        sender
    }

    /// One life of a child, from its preparation to its end.
    async fn live(&self, at: usize, mut orders: mpsc::Receiver<Order>) -> Ending {
        let child = &self.table.children[at];
        if child.kind == Kind::Postgres
            && let Err(error) = self.prepare_server().await
        {
            return Ending::Unstarted { reason: dg_runtime::exit::chain(&error), hopeless: error.is_hopeless() };
        }
        let (mut process, mut notices, pid) = match self.spawn(child) {
            Ok(spawned) => spawned,
            Err(error) => return Ending::Unstarted { reason: error.to_string(), hopeless: false },
        };
        self.report(Event::Spawned(at, pid.as_raw().unsigned_abs())).await;
        let mut up = false;
        let status = loop {
            tokio::select! {
                status = process.wait() => break status,
                Some(order) = orders.recv() => obey(child, pid, order),
                () = self.server_up(child, pid), if child.ready() == Ready::Postgres && !up => {
                    up = true;
                    self.report(Event::Ready(at)).await;
                }
                notice = notices.next() => {
                    if let Some(text) = notice.status {
                        let _ = self.reports.send(Report::Note(at, text)).await;
                    }
                    if notice.ready {
                        self.report(Event::Ready(at)).await;
                    }
                }
            }
        };
        if child.kind != Kind::Postgres {
            // What the child started itself goes with it. A server's processes end by themselves, in order.
            let _ = killpg(pid, Signal::SIGKILL);
        }
        ending(status)
    }

    async fn prepare_server(&self) -> Result<(), postgres::ServerError> {
        let Some(section) = &self.table.postgres else { return Ok(()) };
        if self.server.get().is_none() {
            let server = Server::prepare(section).await?;
            let _ = self.reports.send(Report::Places(server.places().clone())).await;
            // Nobody else fills it: there is one server and it has one life at a time.
            let _ = self.server.set(server);
        }
        match self.server.get() {
            Some(server) => server.clear_the_way().await,
            None => Ok(()),
        }
    }

    async fn server_up(&self, child: &Child, pid: Pid) {
        match self.server.get() {
            Some(server) if child.kind == Kind::Postgres => server.up(pid).await,
            _ => std::future::pending().await,
        }
    }

    fn spawn(&self, child: &Child) -> io::Result<(Process, Notices, Pid)> {
        let places = self.server.get().map(Server::places);
        let notices = match child.ready() {
            Ready::Notify => Notices::bind(&self.sockets.socket(&child.name))?,
            Ready::Exit | Ready::Postgres | Ready::Spawned => Notices::none(),
        };
        let mut command = match self.server.get() {
            Some(server) if child.kind == Kind::Postgres => server.command(),
            _ => spawn::command(child, places),
        };
        spawn::shield(&mut command, child.kind, notices.path());
        output::connect(&mut command, &child.name, self.table.log_dir.as_deref())?;
        let mut process = command.spawn()?;
        output::relay(&child.name, &mut process);
        let raw =
            process.id().and_then(|id| i32::try_from(id).ok()).ok_or_else(|| io::Error::other("no process id"))?;
        Ok((process, notices, Pid::from_raw(raw)))
    }

    async fn report(&self, event: Event) {
        // The receiver is only gone when the supervisor is.
        let _ = self.reports.send(Report::Event(event)).await;
    }
}

/// Signals a child that has not been waited for, so its process id is still its own.
fn obey(child: &Child, pid: Pid, order: Order) {
    let signal = match order {
        Order::Stop if child.kind == Kind::Postgres => Signal::SIGINT,
        Order::Stop => match child.stop_signal {
            StopSignal::Term => Signal::SIGTERM,
            StopSignal::Int => Signal::SIGINT,
            StopSignal::Quit => Signal::SIGQUIT,
        },
        Order::Quit => Signal::SIGQUIT,
        Order::Kill => Signal::SIGKILL,
        Order::Reload => Signal::SIGHUP,
    };
    if let Err(error) = kill(pid, signal) {
        tracing::debug!(child = child.name, %error, "the child could not be signalled");
    }
}

fn ending(status: io::Result<ExitStatus>) -> Ending {
    match status {
        Ok(status) => match (status.code(), status.signal()) {
            (Some(code), _) => Ending::Code(code),
            (None, number) => Ending::Signal(number.unwrap_or_default()),
        },
        Err(error) => Ending::Unstarted { reason: error.to_string(), hopeless: false },
    }
}
