//! Following the log as it grows, over connections that come and go.

mod sse;

use std::{collections::VecDeque, time::Duration};

use futures_util::stream::{self, Stream};

use crate::{Client, ClientError, StoredEvent, retry};
use sse::{Message, Parser};

/// Which events to follow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FollowQuery {
    /// Begin after this position; 0 is the whole log, none begins with the next event.
    pub after: Option<i64>,
    /// Only these types; empty for all.
    pub event_types: Vec<String>,
    /// Only this trace.
    pub trace_id: Option<String>,
}

/// The log as it grows: every event once and in order. See [`Client::follow_events`].
#[derive(Debug)]
pub struct EventFollower {
    client: Client,
    query: FollowQuery,
    open: Option<(reqwest::Response, Parser)>,
    ready: VecDeque<Result<StoredEvent, ClientError>>,
    position: Option<i64>,
    failed: u32,
    pause: Duration,
    silence: Duration,
}

/// The service shows every ten seconds that a stream lives. Three times that is a connection that nobody serves.
const SILENCE: Duration = Duration::from_secs(30);

impl Client {
    /// Follows the log as it grows: from `after` on, or from the next event. When the connection is lost, or the service is
    /// away or restarts, it comes back by itself and goes on where it was, without a loss and without a repeat.
    ///
    /// ```no_run
    /// # async fn example(client: dg_client::Client) -> Result<(), dg_client::ClientError> {
    /// use dg_client::FollowQuery;
    ///
    /// let mut events = client.follow_events(FollowQuery { after: Some(0), ..FollowQuery::default() });
    /// while let Some(event) = events.next().await.transpose()? {
    ///     println!("{} {}", event.log_seq, event.event_type);
    /// }
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn follow_events(&self, query: FollowQuery) -> EventFollower {
        EventFollower {
            client: self.clone(),
            position: query.after,
            query,
            open: None,
            ready: VecDeque::new(),
            failed: 0,
            pause: Duration::ZERO,
            silence: SILENCE,
        }
    }
}

impl EventFollower {
    /// The next event. It never ends by itself: the answer is always `Some`, in the form of a stream.
    ///
    /// An error is what waiting would not mend: a token that has ended, a tenant that is closed, a position behind the end of
    /// the log. The next call tries again from the same place. It may be dropped at any time; no event is lost by that.
    ///
    /// # Errors
    /// The service's refusals.
    pub async fn next(&mut self) -> Option<Result<StoredEvent, ClientError>> {
        loop {
            if let Some(ready) = self.ready.pop_front() {
                if let Ok(event) = &ready {
                    self.position = Some(event.log_seq);
                }
                return Some(ready);
            }
            if let Err(error) = self.read_on().await {
                self.open = None;
                if !error.is_transient() {
                    return Some(Err(error));
                }
                self.failed = self.failed.saturating_add(1);
                self.pause = self.client.comeback(self.failed, error.retry_after_s);
                tracing::debug!(code = error.code, failed = self.failed, "the stream of events was cut off");
            }
        }
    }

    /// The position of the last event that was answered, or beyond it when the service said that nothing more was there.
    /// Whoever keeps it can go on from there in another process.
    #[must_use]
    pub fn position(&self) -> Option<i64> {
        self.position
    }

    /// The same as a [`Stream`].
    pub fn into_stream(self) -> impl Stream<Item = Result<StoredEvent, ClientError>> + Send {
        stream::unfold(self, async |mut follower| follower.next().await.map(|item| (item, follower)))
    }

    /// Takes one more piece of the stream, opening it first where there is none.
    async fn read_on(&mut self) -> Result<(), ClientError> {
        let Some((response, parser)) = &mut self.open else {
            tokio::time::sleep(self.pause).await;
            self.pause = Duration::ZERO;
            let response = self.client.open("/events/stream".to_owned(), self.params(), self.position).await?;
            self.open = Some((response, Parser::default()));
            return Ok(());
        };
        let cut = |what: &str| ClientError::local("unavailable", format!("the stream of events {what}"));
        let piece = tokio::time::timeout(self.silence, response.chunk()).await.map_err(|_| cut("fell silent"))?;
        let piece = piece.map_err(|_| cut("broke"))?.ok_or_else(|| cut("ended"))?;
        let messages = parser.feed(&piece).map_err(|_| cut("sent a message that never ends"))?;
        self.failed = 0;
        for message in messages {
            self.take(message);
        }
        Ok(())
    }

    fn take(&mut self, message: Message) {
        let id = message.id.and_then(|id| id.parse::<i64>().ok());
        // A repeat can only come from something in between; it was answered before.
        if message.data.is_some() && id.is_some_and(|id| self.last().is_some_and(|last| id <= last)) {
            return;
        }
        match message.data {
            None if self.ready.is_empty() => self.position = id.max(self.position),
            None => {}
            Some(data) => self.ready.push_back(serde_json::from_str(&data).map_err(|error| {
                let mut error =
                    ClientError::local("invalid_response", format!("an event of the stream cannot be read: {error}"));
                error.details.insert("log_seq".to_owned(), id.into());
                error
            })),
        }
    }

    /// The last position that is answered or about to be.
    fn last(&self) -> Option<i64> {
        self.ready.iter().rev().find_map(|event| event.as_ref().ok()).map(|event| event.log_seq).or(self.position)
    }

    fn params(&self) -> Vec<(&'static str, String)> {
        let mut params: Vec<_> =
            self.query.event_types.iter().map(|event_type| ("event_type", event_type.clone())).collect();
        params.extend(self.query.trace_id.iter().map(|trace_id| ("trace_id", trace_id.clone())));
        params
    }
}

impl Client {
    /// How long to stay away from a stream that was cut off so many times in a row.
    fn comeback(&self, failed: u32, asked_s: Option<u16>) -> Duration {
        let policy = crate::RetryPolicy { attempts: u32::MAX, budget: Duration::MAX, ..self.policy() };
        let asked = asked_s.map(|seconds| Duration::from_secs(seconds.into()));
        policy.pause(failed, asked, Duration::ZERO, retry::random()).unwrap_or(policy.longest_pause)
    }
}

#[cfg(test)]
mod tests;
