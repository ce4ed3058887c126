//! A recorder: who decides, what sends, and where events wait while the service is away.

use std::{
    future::{Future, IntoFuture},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use serde_json::Value;
use tokio::time::Instant;

use super::{
    event::{Event, EventOptions},
    payload::{
        ActionCommitted, ActionProposed, ApprovalRecorded, EntityObserved, ExceptionRequested, InputObserved, Payload,
        PolicyEvaluated, PrecedentCited, TraceFinished, TraceStarted,
    },
    trace::Trace,
};
use crate::{
    Actor, BatchMode, BatchResult, Client, ClientError, Health, RecordError, RetryPolicy, Source, Spool, SpoolError,
    StoredEvent, edge, spool::Sender,
};

/// What became of a recorded event.
///
/// Stored: `event` is what the log has. Spooled: the event is on this machine's disk and will be sent; `event`, and with it
/// its places, is none.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Its id: that of the event stored before, when it is a repeat.
    pub event_id: String,
    /// Its trace.
    pub trace_id: String,
    /// Its key.
    pub idempotency_key: String,
    /// As the log has it.
    pub event: Option<StoredEvent>,
    /// It had been stored before, and `event` is what was stored then.
    pub replayed: bool,
    /// Its place in the spool.
    pub spool_position: Option<u64>,
}

impl Recorded {
    /// Whether it waits in the spool.
    #[must_use]
    pub fn spooled(&self) -> bool {
        self.spool_position.is_some()
    }

    /// Its position in the log, once it is there.
    #[must_use]
    pub fn log_seq(&self) -> Option<i64> {
        self.event.as_ref().map(|event| event.log_seq)
    }

    /// Its place in the trace, once it is there.
    #[must_use]
    pub fn trace_seq(&self) -> Option<i64> {
        self.event.as_ref().map(|event| event.trace_seq)
    }
}

/// Records decisions of one actor, with one source, in one tenant. Clones are the same recorder.
///
/// Every call draws id and key once, and repeats with them, so that an answer that got lost is no event that is there twice.
/// Without a spool a call fails when the service stays away: whether the event was stored is open then, and the same call with the
/// same [`EventOptions::idempotency_key`] settles it.
///
/// A call that is dropped before its end may have taken effect, or not.
#[derive(Clone, Debug)]
pub struct Recorder {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    client: Client,
    actor: Actor,
    source: Source,
    spool: Option<(Spool, Sender)>,
    last_log_seq: AtomicI64,
}

impl Client {
    /// A recorder of this client's tenant.
    #[must_use]
    pub fn recorder(&self, actor: Actor, source: Source) -> Recorder {
        self.make_recorder(actor, source, None)
    }

    /// A recorder that goes on while the service is away: events wait in the spool and are sent in order later. Starts a
    /// task in the runtime that this is called in.
    ///
    /// # Errors
    /// [`SpoolError::OtherTenant`] unless the spool is for this client's tenant.
    pub fn recorder_with_spool(&self, actor: Actor, source: Source, spool: Spool) -> Result<Recorder, SpoolError> {
        let asked = self.tenant_id().unwrap_or_default();
        if spool.tenant_id() != asked {
            let (path, found) = (spool.path().to_owned(), spool.tenant_id().to_owned());
            return Err(SpoolError::OtherTenant { path, found, asked: asked.to_owned() });
        }
        let sender = Sender::start(spool.clone(), self);
        Ok(self.make_recorder(actor, source, Some((spool, sender))))
    }

    fn make_recorder(&self, actor: Actor, source: Source, spool: Option<(Spool, Sender)>) -> Recorder {
        let inner = Inner { client: self.clone(), actor, source, spool, last_log_seq: AtomicI64::new(0) };
        Recorder { inner: Arc::new(inner) }
    }
}

macro_rules! recording {
    ($($(#[$about:meta])* $name:ident: $payload:ident;)*) => {
        $($(#[$about])*
        pub fn $name(&self, trace_id: &str, payload: $payload) -> Record<'_> {
            self.payload(trace_id, payload)
        })*
    };
}

impl Recorder {
    /// The client that it sends with: for reading what was recorded.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.inner.client
    }

    /// The spool, if there is one: its status, dead letters, release.
    #[must_use]
    pub fn spool(&self) -> Option<&Spool> {
        self.inner.spool.as_ref().map(|(spool, _)| spool)
    }

    /// Opens a trace. With [`StartTrace::trace_id`] it is safe to repeat.
    pub fn start_trace(&self, started: TraceStarted) -> StartTrace<'_> {
        StartTrace { recorder: self, started, trace_id: None, repeatable: false, options: EventOptions::default() }
    }

    /// Goes on with a trace that was started before. Nothing is sent.
    #[must_use]
    pub fn open_trace(&self, trace_id: impl Into<String>) -> Trace {
        Trace::new(self.clone(), trace_id.into(), false)
    }

    /// Any event, its payload as it is.
    pub fn record(&self, trace_id: &str, event_type: &str, payload: Value) -> Record<'_> {
        Record::new(Target::Recorder(self, trace_id.to_owned()), event_type, Ok(payload))
    }

    recording! {
        /// The agent read something.
        observe_input: InputObserved;
        /// A thing plays a part.
        observe_entity: EntityObserved;
        /// A policy was evaluated.
        evaluate_policy: PolicyEvaluated;
        /// An exception to a policy is asked for.
        request_exception: ExceptionRequested;
        /// Somebody decided.
        record_approval: ApprovalRecorded;
        /// An earlier decision was taken into account.
        cite_precedent: PrecedentCited;
        /// The agent is about to do something.
        propose_action: ActionProposed;
        /// It was done, or not.
        commit_action: ActionCommitted;
    }

    /// The decision is over. Safe to repeat as it is.
    pub fn finish_trace(&self, trace_id: &str, payload: TraceFinished) -> Record<'_> {
        self.payload(trace_id, payload).idempotency_key(edge::fixed_key("finish", trace_id))
    }

    fn payload<P: Payload>(&self, trace_id: &str, payload: P) -> Record<'_> {
        Record::new(Target::Recorder(self, trace_id.to_owned()), P::EVENT_TYPE, serde_json::to_value(payload))
    }

    pub(super) fn build(&self, trace_id: &str, event_type: &str, payload: Value, options: EventOptions) -> Event {
        let Inner { actor, source, .. } = &*self.inner;
        Event::build(trace_id.to_owned(), event_type.to_owned(), payload, actor.clone(), source.clone(), options)
    }

    pub(super) fn source_of<'a>(&'a self, options: &'a EventOptions) -> &'a Source {
        options.source.as_ref().unwrap_or(&self.inner.source)
    }

    /// Appends one event: to the log, or to the spool when the service is away or the spool has something that must go first.
    ///
    /// # Errors
    /// [`ClientError`]: `invalid_event` for what can never be stored, what the service refused, and, without a spool,
    /// `unavailable` and the like when it stayed away. [`SpoolError`]: the spool did not take it.
    pub async fn append_event(&self, event: &Event) -> Result<Recorded, RecordError> {
        let body = event.encode()?;
        let recorded = |event_id: &str, stored: Option<StoredEvent>, replayed, spool_position| Recorded {
            event_id: event_id.to_owned(),
            trace_id: event.trace_id.clone(),
            idempotency_key: event.idempotency_key.clone(),
            event: stored,
            replayed,
            spool_position,
        };
        let direct = match &self.inner.spool {
            None => Some(self.inner.client.append_body(body.clone()).await?),
            Some((spool, _)) => {
                spool.check(&event.trace_id)?;
                match spool.is_empty() {
                    false => None,
                    true => match self.inner.client.retry(RetryPolicy::NEVER).append_body(body.clone()).await {
                        Ok(appended) => Some(appended),
                        Err(error) if error.is_transient() => None,
                        Err(error) => return Err(error.into()),
                    },
                }
            }
        };
        if let Some(appended) = direct {
            self.note(appended.event.log_seq);
            let event_id = appended.event.event_id.clone();
            return Ok(recorded(&event_id, Some(appended.event), appended.replayed, None));
        }
        let Some((spool, _)) = &self.inner.spool else { unreachable!("without a spool the answer was direct") };
        let trace_id = event.trace_id.clone();
        let position = spool.take_blocking(body, trace_id).await?;
        Ok(recorded(&event.event_id, None, false, Some(position)))
    }

    /// Appends at most 1,000 events and 8 MiB in one request, past the spool.
    ///
    /// # Errors
    /// As [`Client::append_batch`], and `invalid_event`.
    pub async fn append_events(&self, events: &[Event], mode: BatchMode) -> Result<BatchResult, ClientError> {
        let bodies: Vec<_> = events.iter().map(Event::encode).collect::<Result<_, _>>()?;
        let result = self.inner.client.append_bodies(bodies.iter().map(Vec::as_slice), mode).await?;
        self.note(result.last_log_seq);
        Ok(result)
    }

    fn note(&self, log_seq: i64) {
        self.inner.last_log_seq.fetch_max(log_seq, Ordering::AcqRel);
    }

    /// Waits until the spool holds nothing of what it has taken so far.
    ///
    /// # Errors
    /// `wait_timeout`; `details.last_error` is the code of what keeps events from being sent.
    pub async fn flush(&self, timeout: Duration) -> Result<(), ClientError> {
        match &self.inner.spool {
            Some((spool, _)) => flush(spool, spool.last_position(), timeout).await,
            None => Ok(()),
        }
    }

    /// Waits until every projection holds everything that this recorder appended so far, so that reads from now on see it.
    /// What waits in the spool is waited for first.
    ///
    /// # Errors
    /// `wait_timeout`, and the service's refusals.
    pub async fn wait_visible(&self, timeout: Duration) -> Result<Health, ClientError> {
        let end = Instant::now() + timeout;
        let mut log_seq = self.inner.last_log_seq.load(Ordering::Acquire);
        if let Some((spool, sender)) = &self.inner.spool {
            flush(spool, spool.last_position(), timeout).await?;
            log_seq = log_seq.max(sender.last_log_seq());
        }
        self.inner.client.wait_visible(log_seq, end.saturating_duration_since(Instant::now())).await
    }

    /// Waits until every projection holds this event.
    ///
    /// # Errors
    /// `wait_timeout`; [`SpoolError::TraceBlocked`] when the event waited in the spool, and the service refused it or one before it.
    pub async fn wait_visible_of(&self, recorded: &Recorded, timeout: Duration) -> Result<Health, RecordError> {
        let end = Instant::now() + timeout;
        let mut log_seq = recorded.log_seq();
        if let (Some((spool, sender)), Some(position)) = (&self.inner.spool, recorded.spool_position) {
            flush(spool, position, timeout).await?;
            spool.check(&recorded.trace_id)?;
            log_seq = Some(sender.last_log_seq());
        }
        let left = end.saturating_duration_since(Instant::now());
        Ok(self.inner.client.wait_visible(log_seq.unwrap_or_default(), left).await?)
    }

    /// Stops sending from the spool and waits for the request under way. What the spool holds stays on the disk and is sent
    /// by the next recorder that opens it. Without a spool there is nothing to close.
    pub async fn close(&self) {
        if let Some((_, sender)) = &self.inner.spool {
            sender.stop().await;
        }
    }
}

async fn flush(spool: &Spool, position: u64, timeout: Duration) -> Result<(), ClientError> {
    if spool.wait_sent(position, timeout).await {
        return Ok(());
    }
    let status = spool.status();
    let (code, said) = status.last_error.unzip();
    let message = format!(
        "{} events still wait in the spool after {timeout:?}: {}",
        status.waiting_events,
        said.as_deref().unwrap_or("they are being sent")
    );
    let mut error = ClientError::local("wait_timeout", message);
    error.details.insert("waiting_events".to_owned(), status.waiting_events.into());
    error.details.insert("last_error".to_owned(), code.into());
    Err(error)
}

/// What a pending call does with its event.
#[derive(Debug)]
pub(super) enum Target<'a> {
    Recorder(&'a Recorder, String),
    Trace(&'a Trace),
}

/// An event about to be recorded: `.await` records it.
#[derive(Debug)]
#[must_use = "nothing is recorded until it is awaited"]
pub struct Record<'a> {
    target: Target<'a>,
    event_type: String,
    payload: Result<Value, serde_json::Error>,
    options: EventOptions,
}

macro_rules! options {
    ($($(#[$about:meta])* $name:ident;)*) => {
        $($(#[$about])*
        pub fn $name(mut self, $name: impl Into<String>) -> Self {
            self.options.$name = Some($name.into());
            self
        })*
    };
}

impl<'a> Record<'a> {
    pub(super) fn new(target: Target<'a>, event_type: &str, payload: Result<Value, serde_json::Error>) -> Self {
        Self { target, event_type: event_type.to_owned(), payload, options: EventOptions::default() }
    }

    /// Everything that may be said besides the payload, at once. Replaces what was said before.
    pub fn options(mut self, options: EventOptions) -> Self {
        let key = options.idempotency_key.clone().or(self.options.idempotency_key);
        self.options = EventOptions { idempotency_key: key, ..options };
        self
    }

    options! {
        /// When it happened, RFC 3339.
        occurred_at;
        /// A key of your own, which makes the call repeatable across a crash.
        idempotency_key;
        /// An id of your own.
        event_id;
        /// Ties traces together.
        correlation_id;
        /// The event it follows from.
        causation_event_id;
    }

    /// Labels.
    pub fn tags<T: Into<String>>(mut self, tags: impl IntoIterator<Item = T>) -> Self {
        self.options.tags.extend(tags.into_iter().map(Into::into));
        self
    }

    async fn carry_out(self) -> Result<Recorded, RecordError> {
        let payload = self.payload.map_err(|error| ClientError::local("invalid_event", error.to_string()))?;
        match self.target {
            Target::Recorder(recorder, trace_id) => {
                let event = recorder.build(&trace_id, &self.event_type, payload, self.options);
                recorder.append_event(&event).await
            }
            Target::Trace(trace) => trace.append(&self.event_type, payload, self.options).await,
        }
    }
}

impl<'a> IntoFuture for Record<'a> {
    type Output = Result<Recorded, RecordError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.carry_out())
    }
}

/// A trace about to be opened: `.await` opens it.
#[derive(Debug)]
#[must_use = "no trace is opened until it is awaited"]
pub struct StartTrace<'a> {
    recorder: &'a Recorder,
    started: TraceStarted,
    trace_id: Option<String>,
    repeatable: bool,
    options: EventOptions,
}

impl<'a> StartTrace<'a> {
    /// A name of your own for the decision; else a new one.
    pub fn trace_id(mut self, trace_id: impl Into<String>) -> Self {
        self.trace_id = Some(trace_id.into());
        self
    }

    /// From the first event on, the n-th call on the trace has the key `step:<n>:<trace_id>`, so that a program that begins
    /// anew after a crash records the same decision once: give it the same `trace_id` and make the same calls in the same order. A
    /// call that says something else than before is refused with `idempotency_conflict`.
    pub fn repeatable(mut self) -> Self {
        self.repeatable = true;
        self
    }

    /// Everything that may be said besides the payload.
    pub fn options(mut self, options: EventOptions) -> Self {
        self.options = options;
        self
    }

    /// Labels.
    pub fn tags<T: Into<String>>(mut self, tags: impl IntoIterator<Item = T>) -> Self {
        self.options.tags.extend(tags.into_iter().map(Into::into));
        self
    }

    async fn carry_out(mut self) -> Result<Trace, RecordError> {
        let trace_id = self.trace_id.unwrap_or_else(edge::new_id);
        self.options.idempotency_key.get_or_insert_with(|| edge::fixed_key("start", &trace_id));
        let trace = Trace::new(self.recorder.clone(), trace_id, self.repeatable);
        let payload = serde_json::to_value(&self.started);
        let payload = payload.map_err(|error| ClientError::local("invalid_event", error.to_string()))?;
        trace.append(TraceStarted::EVENT_TYPE, payload, self.options).await?;
        Ok(trace)
    }
}

impl<'a> IntoFuture for StartTrace<'a> {
    type Output = Result<Trace, RecordError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.carry_out())
    }
}
