//! Waiting: until a read sees an event, until a person has decided.

use std::time::Duration;

use tokio::time::Instant;

use crate::{
    Actor, Client, ClientError, Freshness, Health, RetryPolicy, StoredEvent, TraceQuery, rows::decision::Decision,
};

/// Which decision to wait for.
#[derive(Clone, Debug)]
pub struct DecisionQuery {
    /// Which exception or action.
    pub subject_id: String,
    /// `exception` or `action`, where the id alone is not enough.
    pub subject_type: Option<String>,
    /// The accounts whose word counts. Give it: without it, anybody who may write to the trace can decide.
    pub recorded_by: Option<Vec<String>>,
    /// The longest pause between two looks.
    pub poll: Duration,
}

impl DecisionQuery {
    /// Whatever is decided about this exception or action, by anybody.
    pub fn new(subject_id: impl Into<String>) -> Self {
        let subject_id = subject_id.into();
        Self { subject_id, subject_type: None, recorded_by: None, poll: Duration::from_secs(2) }
    }

    /// Only the word of these accounts counts.
    #[must_use]
    pub fn recorded_by<T: Into<String>>(self, accounts: impl IntoIterator<Item = T>) -> Self {
        Self { recorded_by: Some(accounts.into_iter().map(Into::into).collect()), ..self }
    }

    fn is_answered_by(&self, event: &StoredEvent) -> bool {
        let subject = &event.payload_value()["subject"];
        event.event_type == "ApprovalRecorded"
            && subject["subject_id"] == self.subject_id.as_str()
            && self.subject_type.as_deref().is_none_or(|kind| subject["subject_type"] == kind)
            && self.recorded_by.as_ref().is_none_or(|accounts| event.recorded_by.iter().any(|by| accounts.contains(by)))
    }
}

impl Client {
    /// Waits until every projection holds the event at a position of the log, so that reads from now on see it.
    ///
    /// # Errors
    /// `wait_timeout` when it did not happen in time, and the service's refusals.
    pub async fn wait_visible(&self, log_seq: i64, timeout: Duration) -> Result<Health, ClientError> {
        let end = Instant::now() + timeout;
        let mut pause = Duration::from_millis(50);
        loop {
            match self.look(log_seq, end).await {
                Ok(health) if health.projections.iter().all(|projection| projection.last_log_seq >= log_seq) => {
                    return Ok(health);
                }
                Ok(_) => {}
                Err(error) if error.code == "projection_out_of_date" => {}
                Err(error) => return Err(error),
            }
            if Instant::now() + pause >= end {
                let message = format!("position {log_seq} was not visible within {timeout:?}");
                let mut error = ClientError::local("wait_timeout", message);
                error.details.insert("log_seq".to_owned(), log_seq.into());
                return Err(error);
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(1));
        }
    }

    /// The service does the waiting: a read that demands the position comes back when it is there. The look at all
    /// projections afterwards is for those that are not behind that read.
    async fn look(&self, log_seq: i64, end: Instant) -> Result<Health, ClientError> {
        let left = end.saturating_duration_since(Instant::now());
        let wait_ms = u32::try_from(left.as_millis().min(10_000)).unwrap_or_default();
        let asking = self.until(end).as_of(None).freshness(Freshness::AtLeast { log_seq, wait_ms });
        asking.traces(&TraceQuery { limit: Some(1), ..TraceQuery::default() }).await?;
        self.until(end).health().await
    }

    /// Waits until the trace holds an `ApprovalRecorded` about the subject, and answers the first one that counts.
    ///
    /// # Errors
    /// `wait_timeout` when nobody has decided in time, and the service's refusals.
    pub async fn wait_for_decision(
        &self,
        trace_id: &str,
        query: &DecisionQuery,
        timeout: Duration,
    ) -> Result<Decision, ClientError> {
        let end = Instant::now() + timeout;
        let (mut pause, mut after) = (query.poll.min(Duration::from_millis(200)), None);
        loop {
            match self.until(end).trace_events(trace_id, after, Some(1000)).await {
                Ok(page) => {
                    after = page.events.last().map(|event| event.trace_seq).or(after);
                    if let Some(event) = page.events.into_iter().find(|event| query.is_answered_by(event)) {
                        return Ok(decision(event));
                    }
                    if page.next_after_trace_seq.is_some() {
                        continue;
                    }
                }
                Err(error) if error.code == "not_found" && error.details.contains_key("trace_id") => {}
                Err(error) => return Err(error),
            }
            if Instant::now() + pause >= end {
                let subject = query.subject_id.as_str();
                let message = format!("no decision about {subject} within {timeout:?}");
                let mut error = ClientError::local("wait_timeout", message);
                error.details.insert("trace_id".to_owned(), trace_id.into());
                error.details.insert("subject_id".to_owned(), subject.into());
                return Err(error);
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 3 / 2).min(query.poll);
        }
    }

    /// Patient with a service that is away, but not beyond what is left of a wait.
    fn until(&self, end: Instant) -> Self {
        let budget = end.saturating_duration_since(Instant::now());
        self.retry(RetryPolicy { attempts: 1000, budget, ..RetryPolicy::default() })
    }
}

fn decision(event: StoredEvent) -> Decision {
    let payload = event.payload_value();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let approver = &payload["approver"];
    Decision {
        decision: text(&payload["decision"]),
        approver: Actor::new(text(&approver["actor_type"]), text(&approver["actor_id"])),
        recorded_by: event.recorded_by.clone(),
        reason: payload["reason"].as_str().map(ToOwned::to_owned),
        event,
    }
}
