//! The turn of one tenant: sends what is due and writes down how that ended, until nothing is left.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use dg_runtime::{CancellationToken, chance, clock};
use dg_storage::{
    StoreError,
    listener::Nudges,
    workflow::{Attempted, Due, TellingScope},
};
use dg_webhooks::{Next, Target, retry_after};
use dg_workflow::telling::Channel;
use tokio::{
    task::JoinSet,
    time::{Instant, timeout_at},
};
use tracing::{info, warn};
use uuid::Uuid;

use super::{
    mail::NotTaken,
    message::{Links, for_chat, for_mail, for_webhook},
    teller::Tools,
};
use crate::webhooks::{Letter, Outcome};

/// Messages to one place at the same time: one that hangs leaves room for the others.
const TO_ONE_PLACE: usize = 4;
/// Notifications in one message.
const TOGETHER: i64 = 50;
/// How long a turn that ends early waits for answers: a slow receiver must not hold up a stop.
const LAST_CALLS: Duration = Duration::from_secs(3);
/// Between two looks while messages are on their way.
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// One tenant's turn.
pub(super) struct Turn {
    tools: Tools,
    scope: TellingScope,
    nudges: Nudges,
    on_their_way: HashMap<Uuid, String>,
    calls: JoinSet<Called>,
}

struct Called {
    due: Due,
    end: End,
    took: Duration,
}

/// How an attempt ended.
enum End {
    Taken,
    NotTaken { not: NotTaken, asked: Option<Duration> },
    Nowhere(&'static str),
}

impl Turn {
    pub(super) fn new(tools: Tools, scope: TellingScope, nudges: Nudges) -> Self {
        Self { tools, scope, nudges, on_their_way: HashMap::new(), calls: JoinSet::new() }
    }

    /// Delivers until nothing is left to do or `halt`; then what is on its way is waited for, for a moment.
    pub(super) async fn run(mut self, halt: CancellationToken) -> Result<(), StoreError> {
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
        outcome.and(written)
    }

    async fn serve(&mut self, halt: &CancellationToken) -> Result<(), StoreError> {
        while !halt.is_cancelled() {
            let left = self.send().await?;
            if self.calls.is_empty() {
                return Ok(());
            }
            tokio::select! {
                biased;
                () = halt.cancelled() => return Ok(()),
                Some(called) = self.calls.join_next() => self.ended(called).await?,
                () = look(&mut self.nudges), if !left => {}
            }
            // What ended meanwhile is written down before looking again.
            while let Some(called) = self.calls.try_join_next() {
                self.ended(called).await?;
            }
        }
        Ok(())
    }

    /// Sends what is due, as far as there is room. Answers whether something was left for want of it.
    async fn send(&mut self) -> Result<bool, StoreError> {
        let mut left = false;
        loop {
            let free = self.tools.at_once.saturating_sub(self.on_their_way.len());
            if free == 0 {
                return Ok(true);
            }
            let ids: Vec<Uuid> = self.on_their_way.keys().copied().collect();
            let busy = self.busy();
            let limit = i64::try_from(free).unwrap_or(1);
            let due = self.tools.store.due_tellings(&self.scope, &ids, &busy, limit, TOGETHER).await?;
            if due.is_empty() {
                return Ok(left || !busy.is_empty());
            }
            for due in due {
                // Of several for one place in one look, some may have to wait.
                if self.going_to(&due.place()) < TO_ONE_PLACE {
                    self.launch(due);
                } else {
                    left = true;
                }
            }
        }
    }

    fn going_to(&self, place: &str) -> usize {
        self.on_their_way.values().filter(|other| *other == place).count()
    }

    fn busy(&self) -> Vec<String> {
        let places: HashSet<&String> = self.on_their_way.values().collect();
        places.into_iter().filter(|place| self.going_to(place) >= TO_ONE_PLACE).cloned().collect()
    }

    fn launch(&mut self, due: Due) {
        self.on_their_way.insert(due.message_id, due.place());
        let (tools, tenant) = (self.tools.clone(), self.scope.tenant.clone());
        self.calls.spawn(async move {
            let began = Instant::now();
            let links = Links(tools.item_url.clone());
            let end = match due.channel {
                Channel::Email => by_mail(&tools, &due, || for_mail(&tenant, &due, &links)).await,
                Channel::Webhook => {
                    let timestamp = clock::now().get().div_euclid(1_000_000);
                    let letter = Letter::signed(for_webhook(&tenant, &due, &links), &due.seal.secrets, timestamp);
                    by_call(&tools, due.target.as_deref(), letter).await
                }
                Channel::Chat => {
                    let letter = Letter::plain(for_chat(&tenant, &due, &links));
                    by_call(&tools, due.seal.url.as_deref(), letter).await
                }
            };
            Called { due, end, took: began.elapsed() }
        });
    }

    async fn ended(&mut self, called: Result<Called, tokio::task::JoinError>) -> Result<(), StoreError> {
        match called {
            Ok(called) => self.record(called).await,
            Err(error) => {
                // A bug; the next turn finds what was on its way.
                warn!(error = &error as &dyn std::error::Error, "an attempt did not end well");
                Ok(())
            }
        }
    }

    async fn record(&mut self, called: Called) -> Result<(), StoreError> {
        let Called { due, end, took } = called;
        let (outcome, attempted) = match end {
            End::Taken => ("delivered", Attempted::Delivered),
            End::Nowhere(reason) => ("suppressed", Attempted::Suppressed(reason.to_owned())),
            End::NotTaken { not, .. } if not.for_ever => (not.outcome, Attempted::Failed(not.reason)),
            End::NotTaken { not, asked } => {
                let next = self.tools.schedule.next(due.tries.saturating_add(1), chance::fraction(), asked);
                let attempted = match next {
                    Next::Wait(wait) => Attempted::Wait(wait, not.reason),
                    Next::Dead => Attempted::Failed(not.reason),
                };
                (not.outcome, attempted)
            }
        };
        self.tools.metrics.attempted(due.channel, outcome, took);
        let recorded = self.tools.store.record_telling(&self.scope, &due, &attempted, clock::now()).await;
        // Only what is written down is not sent again.
        self.on_their_way.remove(&due.message_id);
        recorded?;
        let (tenant, message_id, channel) = (&self.scope.tenant, due.message_id, due.channel.as_str());
        match &attempted {
            Attempted::Failed(error) => {
                self.tools.metrics.gave_up(due.channel);
                warn!(%tenant, %message_id, channel, error, "a message about notifications is a dead letter");
            }
            Attempted::Suppressed(reason) => {
                info!(%tenant, %message_id, channel, reason, "a notification goes nowhere")
            }
            Attempted::Delivered | Attempted::Wait(..) => {}
        }
        Ok(())
    }
}

async fn by_mail(tools: &Tools, due: &Due, mail: impl FnOnce() -> super::message::Mail) -> End {
    let Some(mailer) = &tools.mailer else { return End::Nowhere("no mail server is set: workflow.smtp_host") };
    let Some(to) = due.target.as_deref() else { return End::Nowhere("the person has no address any more") };
    match mailer.send(to, &mail()).await {
        Ok(()) => End::Taken,
        Err(not) => End::NotTaken { not, asked: None },
    }
}

async fn by_call(tools: &Tools, url: Option<&str>, letter: Letter) -> End {
    let Some(url) = url else { return End::Nowhere("the channel has no address any more") };
    let not = |outcome, reason| NotTaken { for_ever: false, outcome, reason };
    let target = match Target::parse(url, tools.caller.reach()) {
        Ok(target) => target,
        Err(error) => return End::NotTaken { not: not("address", error.to_string()), asked: None },
    };
    match tools.caller.call(&target, letter).await {
        Outcome::Answered { status: 200..=299, .. } => End::Taken,
        Outcome::Answered { status, retry_after: asked } => {
            let asked = asked.and_then(|value| retry_after(&value, clock::now()));
            End::NotTaken { not: not("refused", format!("the receiver answered {status}")), asked }
        }
        Outcome::Failed(fault) => End::NotTaken { not: not(fault.as_str(), fault.to_string()), asked: None },
    }
}

async fn look(nudges: &mut Nudges) {
    tokio::time::sleep(BETWEEN_LOOKS).await;
    nudges.changed().await;
}
