//! Events on this machine's disk, until the service has them.
//!
//! A spool is a directory with four files and one owner, the same for every client library (ADR 23):
//!
//! | file | holds |
//! |---|---|
//! | `lock` | locked as long as the spool is open |
//! | `events` | every event in the order in which it was taken, each on the disk before its caller is told yes |
//! | `position` | up to where the service has answered for them |
//! | `dead-letters.ndjson` | events that the service refused for good, each with its error; nothing is ever removed from it |
//!
//! **Every event arrives exactly once and in order, or its caller was told no.** In order: events leave in the order in
//! which they were taken. Exactly once: an event keeps its idempotency key, so one that is sent again, because an answer
//! or the position was lost, is recognised.
//!
//! **What follows a refused event.** A trace in the log must not have a hole that nobody can see. When the service refuses
//! an event for good, everything that the spool holds of the same trace goes to the dead letters too, and the next call on
//! that trace gets [`SpoolError::TraceBlocked`], until somebody has looked and calls [`Spool::release`]. Other traces go on.
//!
//! Not taken: one file per event (an fsync of a directory each, and no order), a database (a dependency for four files),
//! segments that are unlinked one by one (they make every bound an approximation).

mod disk;
mod error;
mod letter;
mod mark;
mod queue;
mod record;
mod sender;

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde_json::{Map, Value, json, value::RawValue};
use tokio::sync::watch;

pub use error::{SpoolDamage, SpoolError};
pub use letter::{DeadLetter, LetterReason};
pub(crate) use sender::Sender;

use crate::{Event, RecordError, edge};
use disk::Disk;
use letter::Released;
use queue::{Bounds, Place, Queue, Space};
use record::Damage;

/// Bounds of a [`Spool`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpoolOptions {
    /// Of the waiting events and dead letters together. The file of the events may be twice as long for a moment.
    pub max_bytes: usize,
    /// Of the waiting events.
    pub max_events: usize,
}

impl Default for SpoolOptions {
    fn default() -> Self {
        Self { max_bytes: 64 << 20, max_events: 100_000 }
    }
}

/// How a spool stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpoolStatus {
    /// Taken and not answered for.
    pub waiting_events: usize,
    /// What they and the dead letters take of `max_bytes`.
    pub waiting_bytes: usize,
    /// Events that wait for somebody to look.
    pub dead_letters: usize,
    /// Traces that take nothing until they are released.
    pub blocked_traces: Vec<String>,
    /// Code and text of what keeps events from leaving at the moment.
    pub last_error: Option<(String, String)>,
}

/// A directory of this machine in which events wait for the service. Every event arrives exactly once and in order, or its
/// caller was told no. Clones are the same spool.
///
/// Its methods touch the disk, and [`Spool::append`] waits for it. A [`Recorder`](crate::Recorder) calls them where that
/// stops nobody.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use dg_client::{Actor, Entity, Event, Source, Spool, SpoolOptions, TraceStarted};
///
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("spool");
/// let spool = Spool::open(&path, "default", SpoolOptions::default())?;
/// let event = Event::new(
///     "refund-17",
///     TraceStarted::new("refund", "Refund of order 17", Entity::new("order", "17")),
///     Actor::new("agent", "refund-agent"),
///     Source::new("refund-agent", "shop"),
/// );
/// assert_eq!(spool.append(&event)?, 1);
/// assert_eq!(spool.status().waiting_events, 1);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Spool {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    path: PathBuf,
    tenant_id: String,
    state: Mutex<State>,
    changed: watch::Sender<()>,
}

#[derive(Debug)]
struct State {
    queue: Queue,
    disk: Disk,
    unusable: Option<&'static str>,
    last_error: Option<(String, String)>,
}

/// An event that waits.
#[derive(Clone, Debug)]
struct Waiting {
    position: u64,
    body: Vec<u8>,
    trace_id: String,
}

const BAD_DISK: &str = "met a disk that cannot even take a write back; open it again when the disk is well";

impl Spool {
    /// Opens the spool of a tenant in a directory of its own, made if it is not there. On a local disk: locks and syncs are
    /// only as good as the file system.
    ///
    /// # Errors
    /// [`SpoolError::Locked`], [`SpoolError::Corrupt`], [`SpoolError::OtherTenant`], or [`SpoolError::WriteFailed`] when the disk refuses.
    pub fn open(path: impl AsRef<Path>, tenant_id: &str, options: SpoolOptions) -> Result<Self, SpoolError> {
        let path = path.as_ref().to_owned();
        if !cfg!(unix) {
            return Err(SpoolError::Unusable { path, why: "needs a POSIX system" });
        }
        let bounds = Bounds { max_bytes: options.max_bytes, max_events: options.max_events };
        let state = open(&path, tenant_id, bounds)?;
        let shared =
            Shared { path, tenant_id: tenant_id.to_owned(), state: Mutex::new(state), changed: watch::Sender::new(()) };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Its directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.shared.path
    }

    /// Whose events it holds. A spool is never sent to another tenant.
    #[must_use]
    pub fn tenant_id(&self) -> &str {
        &self.shared.tenant_id
    }

    /// Takes an event and answers its position: 1, 2, 3 … over the life of the spool. When this returns, the event is on
    /// the disk.
    ///
    /// # Errors
    /// [`ClientError`](crate::ClientError) `invalid_event` for what no service would ever take; [`SpoolError::TraceBlocked`],
    /// [`SpoolError::Full`], [`SpoolError::WriteFailed`]: the event was not taken.
    pub fn append(&self, event: &Event) -> Result<u64, RecordError> {
        Ok(self.take(&event.encode()?, &event.trace_id)?)
    }

    /// Refuses what [`Spool::append`] would refuse for the trace, whatever the event.
    ///
    /// # Errors
    /// [`SpoolError::TraceBlocked`], or that the spool cannot be used any more.
    pub fn check(&self, trace_id: &str) -> Result<(), SpoolError> {
        self.state().check(&self.shared.path, trace_id)
    }

    pub(crate) fn take(&self, body: &[u8], trace_id: &str) -> Result<u64, SpoolError> {
        let mut state = self.state();
        state.check(&self.shared.path, trace_id)?;
        let State { queue, disk, .. } = &mut *state;
        let position = queue.last + 1;
        let record = record::frame(position, body);
        if let Some((limit, value)) = queue.no_room(record.len()) {
            let (path, waiting_events) = (self.shared.path.clone(), queue.waiting.len());
            return Err(SpoolError::Full { path, limit, value: value as u64, waiting_events });
        }
        if let Err(source) = disk.write_events(queue.end, &record) {
            // The file is as it was before, on the disk too, or nothing more is taken.
            let outcome_unknown = disk.take_back(queue.end).is_err();
            if outcome_unknown {
                state.unusable = Some(BAD_DISK);
            }
            return Err(SpoolError::WriteFailed { outcome_unknown, source });
        }
        queue.took(Place { position, offset: queue.end, size: record.len() });
        drop(state);
        self.nudge();
        Ok(position)
    }

    /// [`Spool::append`] for an encoded event, where waiting for the disk stops nobody.
    pub(crate) async fn take_blocking(&self, body: Vec<u8>, trace_id: String) -> Result<u64, SpoolError> {
        sender::blocking(self, move |spool| spool.take(&body, &trace_id)).await
    }

    /// The dead letters that wait for somebody to look, of one trace or all, in the order of their positions.
    #[must_use]
    pub fn dead_letters(&self, trace_id: Option<&str>) -> Vec<DeadLetter> {
        let mut letters = self.state().queue.letters.clone();
        letters.retain(|letter| trace_id.is_none_or(|trace_id| letter.trace_id() == trace_id));
        letters.sort_by_key(|letter| letter.position);
        letters
    }

    /// Lets a blocked trace take events again, and answers the dead letters it had. They stay in the file and are not sent:
    /// whoever wants them in the log repairs them and appends them again, in order.
    ///
    /// # Errors
    /// [`SpoolError::StillWaiting`]; [`SpoolError::WriteFailed`], and the trace is still blocked.
    pub fn release(&self, trace_id: &str) -> Result<Vec<DeadLetter>, SpoolError> {
        let letters = self.dead_letters(Some(trace_id));
        if letters.is_empty() {
            return Ok(letters);
        }
        let mut state = self.state();
        let all = state.queue.waiting.len();
        if state.peek(&self.shared.path, all, usize::MAX)?.iter().any(|waiting| waiting.trace_id == trace_id) {
            return Err(SpoolError::StillWaiting { trace_id: trace_id.to_owned() });
        }
        state.write_letter(&Released { released: trace_id.to_owned(), at: edge::now() })?;
        state.queue.forget(trace_id);
        Ok(letters)
    }

    /// How it stands.
    #[must_use]
    pub fn status(&self) -> SpoolStatus {
        let state = self.state();
        let queue = &state.queue;
        SpoolStatus {
            waiting_events: queue.waiting.len(),
            waiting_bytes: queue.used(),
            dead_letters: queue.letters.len(),
            blocked_traces: queue.blocked_traces(),
            last_error: state.last_error.clone().filter(|_| !queue.waiting.is_empty()),
        }
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.state().queue.waiting.is_empty()
    }

    /// The position of the last event that was taken, 0 before the first.
    #[must_use]
    pub fn last_position(&self) -> u64 {
        self.state().queue.last
    }

    /// Waits until everything up to `position` has been answered for; false when time ran out.
    pub(crate) async fn wait_sent(&self, position: u64, timeout: Duration) -> bool {
        let sent = |state: &State| state.queue.waiting.front().is_none_or(|first| first.position > position);
        let wait = self.wait(|state| sent(state) || state.unusable.is_some());
        let _ = tokio::time::timeout(timeout, wait).await;
        sent(&self.state())
    }

    /// Waits until `ready` holds, which is looked at whenever the spool changes.
    async fn wait(&self, ready: impl Fn(&State) -> bool) {
        let mut changed = self.shared.changed.subscribe();
        while !ready(&self.state()) && changed.changed().await.is_ok() {}
    }

    fn peek(&self, max_events: usize, max_bytes: usize) -> Result<Vec<Waiting>, SpoolError> {
        self.state().peek(&self.shared.path, max_events, max_bytes)
    }

    /// Everything up to `position` has been answered for. A disk that refuses to be told is not an error: the events would
    /// be sent once more after a restart, and recognised.
    fn acknowledge(&self, position: u64) -> Result<(), SpoolError> {
        let mut state = self.state();
        state.check_usable(&self.shared.path)?;
        state.queue.acknowledge(position);
        if state.disk.move_mark(position).is_ok() {
            state.give_space_back();
        }
        drop(state);
        self.nudge();
        Ok(())
    }

    /// Makes a dead letter of an event, and blocks its trace. The event still waits until it is acknowledged.
    fn bury(&self, waiting: &Waiting, error: Map<String, Value>, reason: LetterReason) -> Result<(), SpoolError> {
        let mut state = self.state();
        state.check_usable(&self.shared.path)?;
        if state.queue.is_buried(waiting.position) {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&waiting.body).into_owned();
        let body = RawValue::from_string(text).map_err(|_| self.unreadable())?;
        let letter = DeadLetter { position: waiting.position, reason, error, body, at: edge::now() };
        state.write_letter(&letter)?;
        state.queue.keep(letter);
        Ok(())
    }

    /// Why an event must not be sent: the error of an earlier one of its trace, or its own. None when it may.
    fn refusal_before(&self, waiting: &Waiting) -> Option<Map<String, Value>> {
        self.state().queue.refusal_before(&waiting.trace_id, waiting.position).cloned()
    }

    fn tell(&self, error: Option<(String, String)>) {
        self.state().last_error = error;
    }

    fn unreadable(&self) -> SpoolError {
        unreadable(&self.shared.path)
    }

    /// Makes everybody who waits look again.
    fn nudge(&self) {
        self.shared.changed.send_replace(());
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn check(&self, path: &Path, trace_id: &str) -> Result<(), SpoolError> {
        self.check_usable(path)?;
        let Some(refused) = self.queue.blocked(trace_id) else { return Ok(()) };
        Err(SpoolError::TraceBlocked { trace_id: trace_id.to_owned(), refused: refused.clone() })
    }

    fn check_usable(&self, path: &Path) -> Result<(), SpoolError> {
        let Some(why) = self.unusable else { return Ok(()) };
        Err(SpoolError::Unusable { path: path.to_owned(), why })
    }

    fn peek(&mut self, path: &Path, max_events: usize, max_bytes: usize) -> Result<Vec<Waiting>, SpoolError> {
        self.check_usable(path)?;
        let mut found = Vec::new();
        for place in self.queue.oldest(max_events, max_bytes) {
            let bytes = self.disk.read_events(place.offset, place.size).map_err(refused)?;
            let record = record::read(&bytes, 0).filter(|record| record.position == place.position);
            let body = record.ok_or_else(|| unreadable(path))?.body.to_vec();
            let trace_id = letter::trace_of(&body).ok_or_else(|| unreadable(path))?;
            found.push(Waiting { position: place.position, body, trace_id });
        }
        Ok(found)
    }

    fn give_space_back(&mut self) {
        let Self { queue, disk, .. } = self;
        match queue.space() {
            Space::Keep => {}
            Space::Empty => {
                let before = queue.end;
                queue.emptied();
                if disk.empty_events(queue.end).is_err() {
                    queue.end = before;
                }
            }
            Space::Rewrite(parts) => match disk.rewrite_events(&parts) {
                Ok(durable) => {
                    queue.rewritten();
                    if !durable {
                        self.unusable =
                            Some("met a disk that cannot promise the new file; open it again when the disk is well");
                    }
                }
                Err(error) => tracing::debug!(%error, "the spool could not be made shorter"),
            },
        }
    }

    fn write_letter(&mut self, line: &impl serde::Serialize) -> Result<(), SpoolError> {
        let mut bytes = serde_json::to_vec(line).map_err(|error| refused(error.into()))?;
        bytes.push(b'\n');
        let end = self.queue.letters_end;
        if let Err(source) = self.disk.write_letter(end, &bytes) {
            if self.disk.take_letter_back(end).is_err() {
                self.unusable = Some(BAD_DISK);
            }
            return Err(refused(source));
        }
        self.queue.letters_end += bytes.len();
        Ok(())
    }
}

fn open(path: &Path, tenant_id: &str, bounds: Bounds) -> Result<State, SpoolError> {
    let damaged = |source: Damage| SpoolError::Corrupt { path: path.to_owned(), source: source.into() };
    let opened = Disk::open(path).map_err(refused)?;
    let (mut disk, found) = opened.ok_or_else(|| SpoolError::Locked { path: path.to_owned() })?;
    let (lines, letters_end) = letter::lines(&found.letters).map_err(damaged)?;
    let (records, mut end) = record::recover(&found.events).map_err(damaged)?;
    if let Some((_, head)) = records.first() {
        let head = owner(head).ok_or_else(|| damaged(Damage::Beginning))?;
        if head != tenant_id {
            let (path, asked) = (path.to_owned(), tenant_id.to_owned());
            return Err(SpoolError::OtherTenant { path, found: head, asked });
        }
    }
    disk.settle(end, letters_end).map_err(refused)?;
    let head = record::frame(0, json!({"format": 1, "tenant_id": tenant_id}).to_string().as_bytes());
    let mut queue = if records.is_empty() {
        disk.write_events(0, &head).map_err(refused)?;
        end = head.len();
        let first = record::recover(&head).map_err(damaged)?.0;
        Queue::new(bounds, &first, end, found.mark)
    } else {
        Queue::new(bounds, &records, end, found.mark)
    };
    queue.read_letters(lines, letters_end);
    Ok(State { queue, disk, unusable: None, last_error: None })
}

/// The tenant that the first record of a file names.
fn owner(head: &record::Record<'_>) -> Option<String> {
    let value: Value = serde_json::from_slice(head.body).ok().filter(|_| head.position == 0)?;
    (value["format"] == 1).then(|| value["tenant_id"].as_str().map(ToOwned::to_owned))?
}

fn refused(source: io::Error) -> SpoolError {
    SpoolError::WriteFailed { outcome_unknown: false, source }
}

fn unreadable(path: &Path) -> SpoolError {
    SpoolError::Unusable { path: path.to_owned(), why: "holds an event that cannot be read any more" }
}

#[cfg(test)]
mod tests;
