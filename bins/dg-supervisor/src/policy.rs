//! Decides when children are started, restarted, given up and stopped.
//!
//! This is a state machine without effects: [`Suite::step`] takes what happened and the time, and answers what to do.
//! Times are counted from the supervisor's start.
//!
//! A child starts when everything it comes after is up. One that ends is started again after 100 ms, doubling to 10 s, or to
//! 2 s when it had come up before it ended; ten healthy seconds forget the past. A database that was up is started again at once, then at least once a second, because
//! after a crash it refuses until the last of its old processes has gone. Exit codes 78 (configuration) and 64 (usage) stay
//! down: another start would end the same way. A stop goes against the start order, and the database goes last.

mod child;

use std::time::Duration;

use crate::table::{Child, Kind, Ready};
pub(crate) use child::{ChildState, Phase};

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// Time has passed.
    Tick,
    /// The child runs under this process id.
    Spawned(usize, u32),
    /// The child said that it is up.
    Ready(usize),
    /// The child has ended, or could not be started.
    Ended(usize, Ending),
    /// The supervisor was asked to stop.
    Stop,
    /// The supervisor was asked to reload.
    Reload,
}

/// How a child ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Code(i32),
    Signal(i32),
    /// It never ran; the sentence says why. `hopeless` when another try cannot help.
    Unstarted {
        reason: String,
        hopeless: bool,
    },
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Start(usize),
    /// The child's own stop signal.
    Stop(usize),
    /// For a database: drop everything and end.
    Quit(usize),
    Kill(usize),
    Reload(usize),
}

/// All children and where they are.
#[derive(Debug)]
pub(crate) struct Suite {
    children: Vec<ChildState>,
    stopping: bool,
}

impl Suite {
    pub(crate) fn new(table: &[Child], predecessors: &[Vec<usize>]) -> Self {
        let children =
            table.iter().zip(predecessors).map(|(child, after)| ChildState::new(child, after.clone())).collect();
        Self { children, stopping: false }
    }

    /// Takes note of `event` at `now` and answers what follows from it, in order.
    pub(crate) fn step(&mut self, now: Duration, event: Event) -> Vec<Action> {
        let mut actions = Vec::new();
        match event {
            Event::Tick => {}
            Event::Spawned(at, pid) => self.children[at].spawned(now, pid),
            Event::Ready(at) => self.children[at].up(now),
            Event::Ended(at, ending) => self.children[at].ended(now, ending, self.stopping),
            Event::Stop => self.stop(),
            Event::Reload => actions.extend(self.running_daemons().map(Action::Reload)),
        }
        if self.stopping {
            self.continue_stopping(now, &mut actions);
        } else {
            self.start_what_can_be(now, &mut actions);
        }
        actions
    }

    /// When [`Event::Tick`] is due if nothing else happens after the step at `now`. What was due by then has been decided,
    /// or waits for another child.
    pub(crate) fn next_tick(&self, now: Duration) -> Option<Duration> {
        self.children.iter().filter_map(ChildState::deadline).filter(|due| *due > now).min()
    }

    /// Whether a stop was asked for and nothing runs any more.
    pub(crate) fn finished(&self) -> bool {
        self.stopping && self.children.iter().all(|child| !child.is_alive())
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping
    }

    pub(crate) fn children(&self) -> &[ChildState] {
        &self.children
    }

    /// Whether every child is up.
    pub(crate) fn all_up(&self) -> bool {
        self.children.iter().all(ChildState::is_up)
    }

    fn running_daemons(&self) -> impl Iterator<Item = usize> {
        let alive = |child: &ChildState| child.is_alive() && child.kind != Kind::Oneshot;
        self.children.iter().enumerate().filter(move |(_, child)| alive(child)).map(|(at, _)| at)
    }

    fn start_what_can_be(&mut self, now: Duration, actions: &mut Vec<Action>) {
        for at in 0..self.children.len() {
            let may = self.children[at].wants_start(now)
                && self.children[at].after.iter().all(|before| self.children[*before].is_up());
            if may {
                self.children[at].phase = Phase::Starting;
                actions.push(Action::Start(at));
            }
        }
    }

    fn stop(&mut self) {
        self.stopping = true;
        for child in &mut self.children {
            if !child.is_alive() {
                child.phase = match child.phase {
                    Phase::Done | Phase::Down => child.phase,
                    _ => Phase::Stopped,
                };
            }
        }
    }

    /// Signals every child that nothing running depends on, and escalates where the grace period is over.
    fn continue_stopping(&mut self, now: Duration, actions: &mut Vec<Action>) {
        for at in 0..self.children.len() {
            match self.children[at].phase {
                // A child between start and its process id is signalled as soon as it has one.
                Phase::Starting | Phase::Ready if self.children[at].pid.is_some() && !self.is_needed(at) => {
                    self.children[at].stopping(now);
                    actions.push(Action::Stop(at));
                }
                Phase::Stopping { until, escalated } if until <= now => {
                    let child = &mut self.children[at];
                    let gentle = child.kind == Kind::Postgres && !escalated;
                    child.phase = Phase::Stopping { until: now + child.grace, escalated: true };
                    actions.push(if gentle { Action::Quit(at) } else { Action::Kill(at) });
                }
                _ => {}
            }
        }
    }

    fn is_needed(&self, at: usize) -> bool {
        let database = self.children[at].kind == Kind::Postgres;
        self.children
            .iter()
            .enumerate()
            .any(|(other, child)| other != at && child.is_alive() && (database || child.after.contains(&at)))
    }
}

#[cfg(test)]
mod tests;
