//! The turn of one endpoint: queues what is new for it, sends what is due, writes down how that ended, until nothing is left.
//!
//! What is queued moves with the cursor in one transaction, and what was taken is written down before anything forgets it: killed
//! anywhere, the next turn sends again what it cannot know to have been taken, under the same id.

use std::{collections::HashMap, time::Duration};

use dg_domain::LogSeq;
use dg_runtime::{CancellationToken, chance, clock};
use dg_storage::{
    StoreError,
    audit::By,
    listener::Nudges,
    webhooks::{
        DeliveryState, Webhook,
        courier::{Course, Due, Queued, Recorded, Served, Service},
    },
};
use dg_webhooks::{Message, Next, Policy, Target, Verdict, advance_id, event_id, event_type, retry_after};
use tokio::{
    task::JoinSet,
    time::{Instant, timeout_at},
};
use tracing::{info, warn};
use uuid::Uuid;

use super::{
    call::{Letter, Outcome},
    courier::Tools,
    message::compose,
};

/// Events looked at in one go, and messages queued ahead of their being sent.
const WINDOW: i64 = 500;
/// Messages that may wait; while there are more, the log waits.
const MOST_WAITING: i64 = 1_000;
/// Ended messages that are kept, of each kind.
const KEPT: i64 = 10_000;
/// After so many attempts old messages are forgotten.
const PRUNE_EVERY: u32 = 200;
/// How long a turn that ends early waits for answers: a slow endpoint must not hold up a stop.
const LAST_CALLS: Duration = Duration::from_secs(3);
/// Between two looks while attempts are under way.
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// One endpoint's turn.
pub(super) struct Turn {
    tools: Tools,
    served: Served,
    nudges: Nudges,
    /// What is on its way, with the tries that failed before.
    on_their_way: HashMap<Uuid, u32>,
    calls: JoinSet<Called>,
    /// Attempts since old messages were forgotten.
    attempts: u32,
}

struct Called {
    delivery_id: Uuid,
    outcome: Outcome,
    took: Duration,
}

impl Turn {
    pub(super) fn new(tools: Tools, served: Served, nudges: Nudges, attempts: u32) -> Self {
        Self { tools, served, nudges, on_their_way: HashMap::new(), calls: JoinSet::new(), attempts }
    }

    /// Serves the endpoint until nothing is left to do or `halt`; then what is on its way is waited for, for a moment. Answers how many
    /// attempts it made since old messages were forgotten.
    pub(super) async fn run(mut self, halt: CancellationToken) -> (u32, Result<(), StoreError>) {
        let outcome = self.serve(&halt).await;
        let mut written = Ok(());
        let deadline = Instant::now() + LAST_CALLS;
        // Whoever has not answered by then gets the message again, under the same id.
        while let Ok(Some(called)) = timeout_at(deadline, self.calls.join_next()).await {
            if let Ok(called) = called {
                let recorded = self.record(called).await;
                written = written.and(recorded);
            }
        }
        (self.attempts, outcome.and(written))
    }

    async fn serve(&mut self, halt: &CancellationToken) -> Result<(), StoreError> {
        while !halt.is_cancelled() {
            let store = &self.tools.store;
            let service = store.serve_webhook(&self.served).await?;
            let more = match &service {
                Some(service) => self.queue(service).await?,
                None => false,
            };
            if let Some(service) = &service {
                self.send(service).await?;
            }
            if self.calls.is_empty() {
                if more {
                    continue;
                }
                return Ok(());
            }
            tokio::select! {
                biased;
                () = halt.cancelled() => return Ok(()),
                Some(called) = self.calls.join_next() => self.ended(called).await?,
                () = look(&mut self.nudges) => {}
            }
            // What ended meanwhile is written down before looking again.
            while let Some(called) = self.calls.try_join_next() {
                self.ended(called).await?;
            }
        }
        Ok(())
    }

    /// Queues what the endpoint wants and has not been queued, as far as there is room. Answers whether there is more.
    async fn queue(&self, service: &Service) -> Result<bool, StoreError> {
        let store = &self.tools.store;
        let webhook = &service.webhook;
        let mut more = false;
        if let Some((from, until)) = webhook.replay {
            more |= self.queue_from(webhook, Course::Replay, from, until).await?;
        }
        if webhook.wants.events && service.head > webhook.last_log_seq {
            more |= self.queue_from(webhook, Course::Live, webhook.last_log_seq, service.head).await?;
        }
        if webhook.wants.projections
            && let Some(advance) = store.webhook_news(&self.served).await?
        {
            let data = format!(
                "{{\"tenant_id\":\"{}\",\"applied_seq\":{},\"head_seq\":{},\"projections\":{}}}",
                self.served.tenant,
                advance.applied_seq.get(),
                service.head.get(),
                advance.projections
            );
            let id = advance_id(webhook.webhook_id, &advance.projections);
            store.announce_advance(&self.served, &advance, id, &data, &self.ids()).await?;
        }
        Ok(more)
    }

    async fn queue_from(
        &self,
        webhook: &Webhook,
        course: Course,
        from: LogSeq,
        until: LogSeq,
    ) -> Result<bool, StoreError> {
        let store = &self.tools.store;
        let room = MOST_WAITING - store.waiting_deliveries(&self.served, MOST_WAITING).await?;
        if room <= 0 {
            return Ok(false);
        }
        let entries = store.log_entries(&self.served.tenant, from, until, room.min(WINDOW)).await?;
        let Some(last) = entries.last() else { return Ok(false) };
        let wanted = entries.iter().filter(|entry| webhook.wants.takes(entry.event_type, &entry.trace_id));
        let queued: Vec<Queued> = wanted
            .map(|entry| Queued {
                delivery_id: event_id(webhook.webhook_id, entry.log_seq),
                message_type: event_type(entry.event_type),
                log_seq: entry.log_seq,
            })
            .collect();
        store.queue_deliveries(&self.served, course, from, last.log_seq, &queued).await?;
        Ok(last.log_seq < until)
    }

    /// Sends what is due, as far as attempts may be made at the same time.
    async fn send(&mut self, service: &Service) -> Result<(), StoreError> {
        let probe = Policy::was_away(service.webhook.failures);
        let most = if probe { 1 } else { self.tools.at_once };
        let free = most.saturating_sub(self.on_their_way.len());
        if free == 0 {
            return Ok(());
        }
        let free = i64::try_from(free).unwrap_or(1);
        let due = self.tools.store.due_deliveries(&self.served, &self.ids(), free, probe).await?;
        if due.is_empty() {
            return Ok(());
        }
        let target = Target::parse(&service.webhook.url, self.tools.caller.reach());
        let messages = compose(&self.tools.store, &self.served, &due).await?;
        for (due, message) in due.into_iter().zip(messages) {
            match (message, &target) {
                (Some(message), Ok(target)) => self.launch(service, target.clone(), &due, message),
                (None, _) => self.refuse(&due, "the event cannot be shown").await?,
                (Some(_), Err(error)) => self.refuse(&due, &error.to_string()).await?,
            }
        }
        Ok(())
    }

    fn launch(&mut self, service: &Service, target: Target, due: &Due, message: Message) {
        let letter = Letter::signed(message, &service.secrets, clock::now().get().div_euclid(1_000_000));
        let (caller, delivery_id) = (self.tools.caller.clone(), due.delivery_id);
        self.on_their_way.insert(delivery_id, due.tries);
        self.calls.spawn(async move {
            let began = Instant::now();
            let outcome = caller.call(&target, letter).await;
            Called { delivery_id, outcome, took: began.elapsed() }
        });
    }

    /// A message that cannot be sent as things are fails without an attempt.
    async fn refuse(&mut self, due: &Due, reason: &str) -> Result<(), StoreError> {
        self.tools.metrics.attempted("address", Duration::ZERO);
        self.write(due.delivery_id, due.tries, None, reason.to_owned(), None, Duration::ZERO).await
    }

    async fn ended(&mut self, called: Result<Called, tokio::task::JoinError>) -> Result<(), StoreError> {
        match called {
            Ok(called) => self.record(called).await,
            Err(error) => {
                // A bug; what was on its way is found again by the next turn.
                warn!(error = &error as &dyn std::error::Error, "an attempt did not end well");
                Ok(())
            }
        }
    }

    async fn record(&mut self, called: Called) -> Result<(), StoreError> {
        let Called { delivery_id, outcome, took } = called;
        let tries = self.on_their_way.remove(&delivery_id).unwrap_or(0);
        match outcome {
            Outcome::Answered { status: status @ 200..=299, .. } => {
                self.tools.metrics.attempted("delivered", took);
                self.delivered(delivery_id, status, took).await
            }
            Outcome::Answered { status, retry_after: asked } => {
                self.tools.metrics.attempted("refused", took);
                let asked = asked.and_then(|value| retry_after(&value, clock::now()));
                self.write(delivery_id, tries, Some(status), format!("the endpoint answered {status}"), asked, took)
                    .await
            }
            Outcome::Failed(fault) => {
                self.tools.metrics.attempted(fault.as_str(), took);
                self.write(delivery_id, tries, None, fault.to_string(), None, took).await
            }
        }
    }

    async fn delivered(&mut self, delivery_id: Uuid, status: u16, took: Duration) -> Result<(), StoreError> {
        let state = DeliveryState::Delivered;
        let recorded = Recorded { delivery_id, state, wait: Duration::ZERO, status: Some(status), error: None, took };
        let standing = self.tools.store.record_attempt(&self.served, &recorded).await?;
        if standing.is_some_and(|standing| Policy::was_away(standing.failures_before)) {
            info!(tenant = %self.served.tenant, webhook_id = %self.served.webhook_id, "the endpoint takes webhooks again");
            self.tools.store.retry_pending(&self.served).await?;
        }
        self.prune().await
    }

    async fn write(
        &mut self,
        delivery_id: Uuid,
        tries: u32,
        status: Option<u16>,
        reason: String,
        asked: Option<Duration>,
        took: Duration,
    ) -> Result<(), StoreError> {
        let (state, wait) = match self.tools.schedule.next(tries.saturating_add(1), chance::fraction(), asked) {
            Next::Wait(wait) => (DeliveryState::Pending, wait),
            Next::Dead => (DeliveryState::Dead, Duration::ZERO),
        };
        let gone = status == Some(410);
        // One that is gone takes nothing with it: what was meant for it waits for whoever brings it back.
        let state = if gone { DeliveryState::Pending } else { state };
        let recorded = Recorded { delivery_id, state, wait, status, error: Some(reason), took };
        let standing = self.tools.store.record_attempt(&self.served, &recorded).await?;
        let (tenant, webhook_id) = (&self.served.tenant, self.served.webhook_id);
        if state == DeliveryState::Dead {
            self.tools.metrics.gave_up_message();
            let error = recorded.error.as_deref().unwrap_or_default();
            warn!(%tenant, %webhook_id, %delivery_id, error, "a webhook's message is a dead letter");
        }
        let Some(standing) = standing else { return Ok(()) };
        match self.tools.policy.judge(standing.failures, standing.failing_for, gone) {
            Verdict::GoOn => {}
            Verdict::Rest(rest) => self.tools.store.rest_webhook(&self.served, rest).await?,
            Verdict::Disable(reason) => {
                let by = By::of("dg-workflowd");
                if self.tools.store.disable_webhook(&self.served, &reason, &by).await? {
                    self.tools.metrics.gave_up_endpoint();
                    warn!(%tenant, %webhook_id, reason, "an endpoint is disabled");
                }
            }
        }
        self.prune().await
    }

    async fn prune(&mut self) -> Result<(), StoreError> {
        self.attempts += 1;
        if self.attempts >= PRUNE_EVERY {
            self.attempts = 0;
            for state in [DeliveryState::Delivered, DeliveryState::Dead] {
                self.tools.store.prune_deliveries(&self.served, state, KEPT).await?;
            }
        }
        Ok(())
    }

    fn ids(&self) -> Vec<Uuid> {
        self.on_their_way.keys().copied().collect()
    }
}

async fn look(nudges: &mut Nudges) {
    tokio::time::sleep(BETWEEN_LOOKS).await;
    nudges.changed().await;
}
