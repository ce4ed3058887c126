//! Walking through lists page by page.

use crate::{Client, ClientError, EventQuery, StoredEvent, TraceQuery, TraceRow};

/// The log from a position on, a page at a time.
#[derive(Debug)]
pub struct EventPages {
    client: Client,
    query: Option<EventQuery>,
}

/// The trace list, a page at a time.
#[derive(Debug)]
pub struct TracePages {
    client: Client,
    query: Option<TraceQuery>,
}

impl Client {
    /// Walks the log from `query.after` to `query.until`, or to where the log ends when the walk arrives there.
    #[must_use]
    pub fn event_pages(&self, query: EventQuery) -> EventPages {
        EventPages { client: self.clone(), query: Some(query) }
    }

    /// Walks the trace list. In the order of start every trace is seen once, whoever writes meanwhile; in the
    /// order of activity, traces that become active may be seen twice or not at all.
    #[must_use]
    pub fn trace_pages(&self, query: TraceQuery) -> TracePages {
        TracePages { client: self.clone(), query: Some(query) }
    }
}

impl EventPages {
    /// The next page, never empty; none at the end.
    ///
    /// # Errors
    /// As [`Client::events`]; the same page can be asked for again.
    pub async fn next(&mut self) -> Result<Option<Vec<StoredEvent>>, ClientError> {
        while let Some(query) = &mut self.query {
            let page = self.client.events(query).await?;
            match page.next_after {
                Some(after) if Some(after) != query.after => query.after = Some(after),
                _ => self.query = None,
            }
            if !page.events.is_empty() {
                return Ok(Some(page.events));
            }
        }
        Ok(None)
    }
}

impl TracePages {
    /// The next page, never empty; none at the end.
    ///
    /// # Errors
    /// As [`Client::traces`]; the same page can be asked for again.
    pub async fn next(&mut self) -> Result<Option<Vec<TraceRow>>, ClientError> {
        while let Some(query) = &mut self.query {
            let page = self.client.traces(query).await?.data;
            match page.next_cursor {
                Some(cursor) if query.cursor.as_ref() != Some(&cursor) => query.cursor = Some(cursor),
                _ => self.query = None,
            }
            if !page.traces.is_empty() {
                return Ok(Some(page.traces));
            }
        }
        Ok(None)
    }
}
