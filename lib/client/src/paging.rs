//! Walking through lists page by page, or item by item.

use futures_util::stream::{self, Stream};

use crate::{Client, ClientError, Edge, EdgeCursor, EdgeQuery, EventQuery, StoredEvent, TraceQuery, TraceRow};

/// The log from a position on, a page at a time.
#[derive(Debug)]
pub struct EventPages {
    client: Client,
    query: Option<EventQuery>,
}

/// The events of a trace, a page at a time.
#[derive(Debug)]
pub struct TraceEventPages {
    client: Client,
    trace_id: String,
    limit: Option<u32>,
    after: Option<Option<i64>>,
}

/// The trace list, a page at a time.
#[derive(Debug)]
pub struct TracePages {
    client: Client,
    query: Option<TraceQuery>,
}

/// The edges of a node, a page at a time.
#[derive(Debug)]
pub struct EdgePages {
    client: Client,
    node: (String, String),
    query: Option<EdgeQuery>,
}

impl Client {
    /// Walks the log from `query.after` to `query.until`, or to where the log ends when the walk arrives there.
    ///
    /// ```no_run
    /// # async fn example(client: dg_client::Client) -> Result<(), dg_client::ClientError> {
    /// use dg_client::EventQuery;
    ///
    /// let mut pages = client.event_pages(EventQuery::default());
    /// while let Some(events) = pages.next().await? {
    ///     println!("{} events", events.len());
    /// }
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn event_pages(&self, query: EventQuery) -> EventPages {
        EventPages { client: self.clone(), query: Some(query) }
    }

    /// Walks the events of a trace, behind `after_trace_seq`, so many at a time.
    #[must_use]
    pub fn trace_event_pages(
        &self,
        trace_id: impl Into<String>,
        after_trace_seq: Option<i64>,
        limit: Option<u32>,
    ) -> TraceEventPages {
        TraceEventPages { client: self.clone(), trace_id: trace_id.into(), limit, after: Some(after_trace_seq) }
    }

    /// Walks the trace list. In the order of start every trace is seen once, whoever writes meanwhile; in the
    /// order of activity, traces that become active may be seen twice or not at all.
    #[must_use]
    pub fn trace_pages(&self, query: TraceQuery) -> TracePages {
        TracePages { client: self.clone(), query: Some(query) }
    }

    /// Walks the edges of a node, by position in the log.
    #[must_use]
    pub fn edge_pages(&self, node_type: impl Into<String>, node_id: impl Into<String>, query: EdgeQuery) -> EdgePages {
        EdgePages { client: self.clone(), node: (node_type.into(), node_id.into()), query: Some(query) }
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

impl TraceEventPages {
    /// The next page, never empty; none at the end.
    ///
    /// # Errors
    /// As [`Client::trace_events`]; the same page can be asked for again.
    pub async fn next(&mut self) -> Result<Option<Vec<StoredEvent>>, ClientError> {
        while let Some(after) = self.after {
            let page = self.client.trace_events(&self.trace_id, after, self.limit).await?;
            self.after = page.next_after_trace_seq.filter(|next| Some(*next) != after).map(Some);
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

impl EdgePages {
    /// The next page, never empty; none at the end.
    ///
    /// # Errors
    /// As [`Client::edges`]; the same page can be asked for again.
    pub async fn next(&mut self) -> Result<Option<Vec<Edge>>, ClientError> {
        while let Some(query) = &mut self.query {
            let page = self.client.edges(&self.node.0, &self.node.1, query).await?.data;
            let same = |next: &EdgeCursor| query.cursor.as_ref() == Some(next);
            match page.next_cursor {
                Some(cursor) if !same(&cursor) => query.cursor = Some(cursor),
                _ => self.query = None,
            }
            if !page.edges.is_empty() {
                return Ok(Some(page.edges));
            }
        }
        Ok(None)
    }
}

macro_rules! into_stream {
    ($($pages:ident: $item:ty;)*) => {
        $(impl $pages {
            /// What the pages hold, one by one, as a [`Stream`]. After an error it goes on with the page that failed.
            pub fn into_stream(self) -> impl Stream<Item = Result<$item, ClientError>> + Send {
                stream::unfold((self, Vec::new().into_iter()), async |(mut pages, mut page)| {
                    loop {
                        if let Some(item) = page.next() {
                            return Some((Ok(item), (pages, page)));
                        }
                        match pages.next().await {
                            Ok(Some(next)) => page = next.into_iter(),
                            Ok(None) => return None,
                            Err(error) => return Some((Err(error), (pages, page))),
                        }
                    }
                })
            }
        })*
    };
}

into_stream! {
    EventPages: StoredEvent;
    TraceEventPages: StoredEvent;
    TracePages: TraceRow;
    EdgePages: Edge;
}
