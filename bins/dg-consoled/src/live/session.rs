//! One open page: a tree of nodes, what it shows, and the loop that keeps both current.

mod tree;
mod waits;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::extract::ws::{Message, WebSocket};
use dg_runtime::{backoff::Backoff, chance, clock, prometheus_client::metrics::counter::Counter};
use tokio::sync::mpsc;

use super::{
    frames::{self, Heard, Told},
    history::Move,
    merge::merge,
    rate::Rate,
};
use crate::{
    app::App,
    model::{Body, Freshness, Neighbours, Panel, View, tabs::TabView},
    pages::Ask,
    people::Person,
    place::Place,
    pulse::Subscription,
    source::{self, Found, SignedOut},
};
use tree::Tree;
use waits::{Waited, news, of, send, until, work};

/// A browser says something at least this often, or its socket is closed.
const SILENCE: Duration = Duration::from_secs(75);
/// "3 min ago" is worded anew, and silence is noticed, this often.
const TICK: Duration = Duration::from_secs(20);
/// Trying again while the service is away.
const AGAIN: Backoff = Backoff { first: Duration::from_millis(800), cap: Duration::from_secs(5) };

/// Why a page was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Closed {
    /// The browser went away.
    ByBrowser,
    /// We closed with this code.
    With(u16),
}

/// A read of the whole page; none when there was no news.
type Reading = Waited<Option<Result<Found, SignedOut>>>;

struct Session {
    app: Arc<App>,
    person: Arc<Person>,
    socket: WebSocket,
    edits: Counter,
    /// What is shown, as last built or last given to the tree; none before the first answer.
    shown: Option<(Tree, View)>,
    place: Place,
    /// The step of the browser that led here.
    step: u32,
    /// Set when the browser must be told address and title.
    tell: bool,
    reading: Option<Reading>,
    /// A read of what stands beside a trace, when that took longer than its page.
    beside: Option<Waited<Panel<Vec<Neighbours>>>>,
    /// There is news that the read under way may have missed.
    again: bool,
    /// When to read again while the service is away, and how often that was in vain.
    retry: Option<Instant>,
    /// When to read again because what is shown changes without the log.
    refresh: Option<Instant>,
    failed: u32,
    follows: Option<Subscription>,
    hold: bool,
    moves: (mpsc::UnboundedSender<Move>, mpsc::UnboundedReceiver<Move>),
    asks: (mpsc::Sender<Ask>, mpsc::Receiver<Ask>),
}

/// Serves one page until it is closed.
pub(super) async fn run(app: Arc<App>, person: Arc<Person>, place: Place, socket: WebSocket, edits: Counter) -> Closed {
    let mut session = Session {
        app,
        person,
        socket,
        edits,
        shown: None,
        place,
        step: 0,
        tell: true,
        reading: None,
        beside: None,
        again: false,
        retry: None,
        refresh: None,
        failed: 0,
        follows: None,
        hold: false,
        moves: mpsc::unbounded_channel(),
        asks: mpsc::channel(8),
    };
    session.read_all();
    let closed = session.serve().await;
    if let Closed::With(code) = closed {
        frames::close(session.socket, code).await;
    }
    closed
}

impl Session {
    async fn serve(&mut self) -> Closed {
        let (stop, gone) = (self.app.stop.clone(), self.person.gone.clone());
        let mut rate = Rate::new(Instant::now());
        let mut heard_at = Instant::now();
        let mut tick = tokio::time::interval(TICK);
        loop {
            if let Err(closed) = self.send_changes().await {
                return closed;
            }
            tokio::select! {
                biased;
                () = stop.cancelled() => return Closed::With(frames::GOING),
                () = gone.cancelled() => return Closed::With(frames::SIGN_IN),
                frame = self.socket.recv() => {
                    heard_at = Instant::now();
                    if !rate.take(heard_at) {
                        return Closed::With(frames::TOO_FAST);
                    }
                    match frame {
                        Some(Ok(Message::Text(text))) => match frames::read(&text) {
                            Some(heard) => self.hear(heard),
                            None => return Closed::With(frames::BAD_FRAME),
                        },
                        Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                        Some(Ok(Message::Binary(_))) => return Closed::With(frames::BAD_FRAME),
                        Some(Ok(Message::Close(_)) | Err(_)) | None => return Closed::ByBrowser,
                    }
                }
                found = of(&mut self.reading) => {
                    self.reading = None;
                    match found {
                        Some(Ok(found)) => self.found(found),
                        Some(Err(SignedOut)) if self.person.development => self.retry_later(),
                        Some(Err(SignedOut)) => return Closed::With(frames::SIGN_IN),
                        None => self.nothing_new(),
                    }
                    if std::mem::take(&mut self.again) {
                        self.look_again();
                    }
                }
                neighbours = of(&mut self.beside) => {
                    self.beside = None;
                    self.change(|view| if let Body::Trace(page) = &mut view.body { page.neighbours = neighbours });
                }
                () = news(&mut self.follows) => self.pulse(),
                Some(step) = self.moves.1.recv() => self.moved(step).await,
                Some(ask) = self.asks.1.recv() => self.asked(ask),
                () = until(self.retry) => self.read_all(),
                () = until(self.refresh) => {
                    self.refresh = None;
                    self.look_again();
                }
                () = work(&mut self.shown) => {}
                _ = tick.tick() => {
                    if heard_at.elapsed() > SILENCE {
                        return Closed::With(frames::SILENT);
                    }
                    self.change(|view| view.shell.now = clock::now());
                }
            }
        }
    }

    /// Sends the edits that bring the browser's page to what is shown, and its address when that changed.
    async fn send_changes(&mut self) -> Result<(), Closed> {
        let Some((tree, view)) = &mut self.shown else { return Ok(()) };
        let bytes = tree.edits();
        let told = std::mem::take(&mut self.tell).then(|| {
            let path = view.shell.place.href();
            // An address nobody knows stays as it was typed.
            let path = if view.shell.place == Place::Unknown { String::new() } else { path };
            frames::text(&Told::Page { path: &path, title: &view.title, step: self.step })
        });
        if !bytes.is_empty() {
            self.edits.inc_by(u64::try_from(bytes.len()).unwrap_or(0));
            send(&mut self.socket, Message::Binary(bytes.into())).await?;
        }
        match told {
            Some(told) => send(&mut self.socket, told).await,
            None => Ok(()),
        }
    }

    fn hear(&mut self, heard: Heard) {
        match heard {
            Heard::Event(event) => {
                if let Some((tree, _)) = &self.shown {
                    tree.happen(*event);
                }
            }
            Heard::Go(going) => {
                self.step = going.step;
                self.go(Place::parse(&going.path));
            }
            Heard::Hold(hold) => {
                let was = std::mem::replace(&mut self.hold, hold);
                if was && !hold && self.waits() {
                    self.read_all();
                }
            }
            Heard::Alive => {}
        }
    }

    async fn moved(&mut self, step: Move) {
        let told = frames::text(&Told::Moved { path: &step.path, replace: step.replace });
        // A socket that is gone is noticed by the next turn of the loop.
        let _ = send(&mut self.socket, told).await;
        self.go(Place::parse(&step.path));
    }

    fn go(&mut self, place: Place) {
        self.beside = None;
        self.place = place;
        self.hold = false;
        self.failed = 0;
        self.tell = false;
        self.read_all();
        self.change(|view| view.shell.refreshing = true);
    }

    fn asked(&mut self, ask: Ask) {
        if ask == Ask::ShowWaiting {
            self.hold = false;
        }
        self.read_all();
        self.change(|view| view.shell.refreshing = true);
    }

    fn waits(&self) -> bool {
        match self.shown.as_ref().map(|(_, view)| &view.body) {
            Some(Body::Traces(page)) => {
                page.waiting > 0 || page.list.ready().is_some_and(|list| list.rows.iter().any(|row| row.left))
            }
            Some(Body::Events(page)) => page.waiting > 0,
            _ => false,
        }
    }

    /// Somebody's log or projections moved, or the service went or came.
    fn pulse(&mut self) {
        let Some(follows) = &mut self.follows else { return };
        let pulse = follows.pulse.borrow_and_update().clone();
        let back = self.shown.as_ref().is_some_and(|(_, view)| view.shell.outage.is_some());
        if let Some(outage) = pulse.outage {
            return self.change(|view| view.shell.outage = Some(outage));
        }
        if pulse.known && (back || self.older_than(pulse.applied, pulse.head)) {
            self.look_again_or_say(pulse.head);
        }
    }

    /// Looks again, or says how old what is shown has become where looking costs too much.
    fn look_again_or_say(&mut self, head: i64) {
        let Some((_, view)) = self.shown.as_ref().filter(|(_, view)| view.body.is_still()) else {
            return self.look_again();
        };
        let (Freshness::Current { applied } | Freshness::Behind { applied, .. }) = view.shell.freshness else { return };
        self.change(|view| {
            view.shell.outage = None;
            view.shell.freshness = Freshness::of(applied, head);
        });
    }

    fn older_than(&self, applied: i64, head: i64) -> bool {
        match self.shown.as_ref().map(|(_, view)| view.shell.freshness) {
            Some(Freshness::Current { applied: shown }) => shown < applied || shown < head,
            Some(Freshness::Behind { applied: shown, head: known }) => shown != applied || known != head,
            Some(Freshness::Unknown) | None => true,
        }
    }

    /// Reads what is shown once more; a trace only when it has something new.
    fn look_again(&mut self) {
        if self.reading.is_some() {
            self.again = true;
            return;
        }
        let Some((_, View { shell, body: Body::Trace(page), .. })) = &self.shown else { return self.read_all() };
        // The other views show more than the trace's own events.
        let settled = page.tab == TabView::Timeline
            && matches!(shell.freshness, Freshness::Current { .. })
            && shell.outage.is_none()
            && page.head.ready().is_some();
        let newest = page
            .timeline
            .ready()
            .filter(|timeline| timeline.next.is_none())
            .and_then(|timeline| timeline.events.last());
        let Some(newest) = newest.filter(|_| settled).map(|event| event.trace_seq) else { return self.read_all() };
        let (person, place, trace_id) = (Arc::clone(&self.person), self.place.clone(), page.trace_id.clone());
        let client = person.client.tenant(page.tenant.as_str());
        self.reading = Some(Box::pin(async move {
            if source::has_news(&client, &trace_id, newest).await {
                Some(source::read(&person, &place).await)
            } else {
                None
            }
        }));
    }

    fn read_all(&mut self) {
        let (person, place) = (Arc::clone(&self.person), self.place.clone());
        self.again = false;
        self.retry = None;
        self.refresh = None;
        self.reading = Some(Box::pin(async move { Some(source::read(&person, &place).await) }));
    }

    fn found(&mut self, found: Found) {
        match found.outage {
            Some(_) => self.retry_later(),
            None => self.failed = 0,
        }
        let again = found.body.again().filter(|_| found.outage.is_none());
        self.refresh = again.map(|after| Instant::now() + after);
        self.place = found.place.clone();
        self.follow(matches!(found.body, Body::Notice(_)));
        let mut view = self.app.view(&self.person, found);
        view.shell.live = true;
        if view.shell.freshness == Freshness::Unknown
            && view.shell.outage.is_none()
            && let Some(pulse) = self.follows.as_ref().map(|follows| follows.pulse.borrow()).filter(|pulse| pulse.known)
        {
            // What does not come from a read model is as current as the log.
            view.shell.freshness = Freshness::of(pulse.applied, pulse.head);
        }
        let beside = matches!(&view.body, Body::Trace(page) if page.tab == TabView::Timeline && page.neighbours == Panel::Loading && page.timeline.ready().is_some());
        match &mut self.shown {
            None => {
                let asks = self.asks.0.clone();
                let tree = Tree::new(view.clone(), self.place.href(), asks, self.moves.0.clone());
                self.shown = Some((tree, view));
                self.tell = true;
            }
            Some((tree, shown)) => {
                let same = shown.shell.place == view.shell.place;
                if same {
                    // Forms that somebody is filling in stay the same forms.
                    view.shell.key.clone_from(&shown.shell.key);
                    view.body = merge(&shown.body, view.body, self.hold);
                    if view.shell.outage.is_some() && view.shell.freshness == Freshness::Unknown {
                        view.shell.freshness = shown.shell.freshness;
                        view.title.clone_from(&shown.title);
                    }
                }
                self.tell |= !same || shown.title != view.title || tree.step() != self.step;
                tree.arrived(&self.place.href(), self.step);
                tree.show(view.clone());
                *shown = view;
            }
        }
        if beside {
            self.read_beside();
        }
    }

    /// The trace on show did not change; what is shown is as current as the log.
    fn nothing_new(&mut self) {
        let Some(pulse) = self.follows.as_ref().map(|follows| follows.pulse.borrow().clone()) else { return };
        self.change(|view| view.shell.freshness = Freshness::of(pulse.applied, pulse.head));
    }

    /// Reads what stands beside the trace on show, if the page did not wait for it.
    fn read_beside(&mut self) {
        let Some((_, View { body: Body::Trace(page), .. })) = &self.shown else { return };
        let (client, tenant) = (self.person.client.tenant(page.tenant.as_str()), page.tenant.clone());
        let trace_id = page.trace_id.clone();
        self.beside = Some(Box::pin(async move { source::neighbours(&client, &tenant, &trace_id).await }));
    }

    fn retry_later(&mut self) {
        self.retry = Some(Instant::now() + AGAIN.delay(self.failed, chance::fraction()));
        self.failed += 1;
    }

    /// Follows the tenant of the place, and no other; a page that only says something follows nobody.
    fn follow(&mut self, notice: bool) {
        let tenant = self.place.tenant().filter(|_| !notice);
        if self.follows.as_ref().map(|follows| &follows.tenant) != tenant {
            self.follows = tenant.map(|tenant| self.app.pulses.subscribe(tenant, &self.person.client));
        }
    }

    fn change(&mut self, change: impl FnOnce(&mut View)) {
        if let Some((tree, view)) = &mut self.shown {
            let before = view.clone();
            change(view);
            if *view != before {
                tree.show(view.clone());
            }
        }
    }
}
