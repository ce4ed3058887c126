//! What the status file says.

use std::path::Path;

use serde::Serialize;

use crate::policy::{ChildState, Ending, Phase, Suite};
use crate::postgres::Places;

/// The whole file.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct Status<'a> {
    pid: u32,
    state: &'static str,
    ready: bool,
    postgres: Option<Server<'a>>,
    children: Vec<ChildStatus<'a>>,
}

#[derive(Debug, PartialEq, Serialize)]
struct Server<'a> {
    data_dir: &'a Path,
    socket_dir: &'a Path,
}

#[derive(Debug, PartialEq, Serialize)]
struct ChildStatus<'a> {
    name: &'a str,
    kind: &'static str,
    pid: Option<u32>,
    state: &'static str,
    restarts: u32,
    ready: bool,
    last_exit: Option<String>,
    status: Option<&'a str>,
}

impl<'a> Status<'a> {
    /// `notes` are the children's own words, in the order of the table.
    pub(crate) fn of(suite: &'a Suite, notes: &'a [Option<String>], places: Option<&'a Places>) -> Self {
        let children: Vec<_> = suite.children().iter().zip(notes).map(|(child, note)| of_child(child, note)).collect();
        let down = suite.children().iter().any(|child| child.phase == Phase::Down);
        let state = match (suite.is_stopping(), suite.all_up(), down) {
            (true, ..) => "stopping",
            (_, true, _) => "ready",
            (_, _, true) => "degraded",
            _ => "starting",
        };
        let postgres = places.map(|places| Server { data_dir: &places.data_dir, socket_dir: &places.socket_dir });
        Self { pid: std::process::id(), state, ready: state == "ready", postgres, children }
    }

    /// One line of JSON.
    pub(crate) fn to_json(&self) -> String {
        // Paths that are not UTF-8 are refused with the table, and nothing else can fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}

fn of_child<'a>(child: &'a ChildState, note: &'a Option<String>) -> ChildStatus<'a> {
    ChildStatus {
        name: &child.name,
        kind: child.kind.as_str(),
        pid: child.pid,
        state: match child.phase {
            Phase::Waiting => "waiting",
            Phase::Starting => "starting",
            Phase::Ready => "ready",
            Phase::Done => "done",
            Phase::Backoff { .. } => "backoff",
            Phase::Down => "down",
            Phase::Stopping { .. } => "stopping",
            Phase::Stopped => "stopped",
        },
        restarts: child.restarts,
        ready: child.is_up(),
        last_exit: child.last_ending.as_ref().map(describe),
        status: note.as_deref(),
    }
}

/// `exit 75`, `signal 9`, `cannot start: …`
pub(crate) fn describe(ending: &Ending) -> String {
    match ending {
        Ending::Code(code) => format!("exit {code}"),
        Ending::Signal(number) => format!("signal {number}"),
        Ending::Unstarted { reason, .. } => format!("cannot start: {reason}"),
    }
}
