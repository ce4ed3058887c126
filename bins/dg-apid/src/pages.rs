//! Pages of events, bounded by number and by size: a thousand events of a mebibyte each are not one answer.

use dg_domain::{LogSeq, StoredEvent, TenantId, TraceSeq};
use dg_http::ApiError;

use crate::app::App;

/// A page ends with the chunk that reaches this size.
const PAGE_BYTES: usize = 16 << 20;
/// Read first, to learn how large the events are: a page of a hundred, and the one that tells whether there are more.
const FIRST_CHUNK: usize = 101;

/// Events in order.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) events: Vec<StoredEvent>,
    more: bool,
}

/// Where an event stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Position {
    pub(crate) log_seq: LogSeq,
    pub(crate) trace_seq: TraceSeq,
}

impl Position {
    fn of(stored: &StoredEvent) -> Self {
        Self { log_seq: stored.log_seq, trace_seq: stored.trace_seq }
    }
}

impl Page {
    /// Where the next page starts; `None` when there is none.
    pub(crate) fn last_of_more(&self) -> Option<&StoredEvent> {
        self.events.last().filter(|_| self.more)
    }
}

/// Reads events of one trace.
///
/// # Errors
/// The database's, or `rate_limited`.
pub(crate) async fn of_trace(
    app: &App,
    tenant: &TenantId,
    trace_id: &str,
    after: Option<TraceSeq>,
    limit: i64,
) -> Result<Page, ApiError> {
    gather(limit, |last, limit| {
        let after = last.map(|last| last.trace_seq).or(after);
        async move {
            let _turn = app.turns.take(tenant).await?;
            Ok(app.store.trace_events(tenant, trace_id, after, limit).await?)
        }
    })
    .await
}

/// Reads up to `limit` events, fewer when they are large. `fetch` reads a number of events after one.
///
/// # Errors
/// What `fetch` fails with.
pub(crate) async fn gather<F, E>(limit: i64, fetch: impl Fn(Option<Position>, i64) -> F) -> Result<Page, E>
where
    F: Future<Output = Result<Vec<StoredEvent>, E>>,
{
    let limit = usize::try_from(limit).unwrap_or(0);
    let mut page = Page { events: Vec::new(), more: false };
    let (mut bytes, mut chunk) = (0, FIRST_CHUNK);
    loop {
        // One more than asked for tells whether there are more.
        let wanted = (limit + 1 - page.events.len()).min(chunk);
        let fetched = fetch(page.events.last().map(Position::of), i64::try_from(wanted).unwrap_or(i64::MAX)).await?;
        let at_end = fetched.len() < wanted;
        bytes += fetched.iter().map(size).sum::<usize>();
        page.events.extend(fetched);
        if page.events.len() > limit {
            page.events.truncate(limit);
            page.more = true;
            return Ok(page);
        }
        if at_end {
            return Ok(page);
        }
        if bytes >= PAGE_BYTES {
            page.more = true;
            return Ok(page);
        }
        let usual = (bytes / page.events.len().max(1)).max(1);
        chunk = ((PAGE_BYTES - bytes) / usual).max(1);
    }
}

fn size(stored: &StoredEvent) -> usize {
    1_024 + stored.event.payload_json.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use dg_domain::{GuardMode, Micros, NewEvent, Rules};

    const LAST: i64 = 300;

    fn event(log_seq: i64, bytes: usize) -> StoredEvent {
        let text = format!(
            r#"{{"event_id":"e","trace_id":"t","event_type":"TraceFinished","occurred_at":"2026-01-01T00:00:00Z",
               "source":{{"producer_id":"p","system":"s"}},"actor":{{"actor_type":"agent","actor_id":"a"}},
               "idempotency_key":"k","payload":{{"outcome":"success","x":"{}"}}}}"#,
            "x".repeat(bytes)
        );
        StoredEvent {
            tenant_id: TenantId::new("t").unwrap(),
            log_seq: LogSeq::new(log_seq).unwrap(),
            trace_seq: TraceSeq::START,
            recorded_at: Micros::new(0),
            recorded_by: "p".to_owned(),
            event: NewEvent::parse(text.as_bytes(), &Rules::edge(GuardMode::Precise)).unwrap(),
        }
    }

    async fn check(limit: i64, bytes: usize) -> (usize, Option<i64>) {
        let fetch = |last: Option<Position>, limit: i64| async move {
            let first = last.map_or(0, |last| last.log_seq.get()) + 1;
            Ok::<_, ()>((first..first + limit).take_while(|at| *at <= LAST).map(|at| event(at, bytes)).collect())
        };
        let page = gather(limit, fetch).await.unwrap();
        assert!(page.events.iter().zip(1..).all(|(event, at)| event.log_seq.get() == at));
        (page.events.len(), page.last_of_more().map(|event| event.log_seq.get()))
    }

    #[tokio::test]
    async fn a_page_is_bounded_by_number_and_size() {
        assert_eq!(check(7, 10).await, (7, Some(7)));
        assert_eq!(check(150, 10).await, (150, Some(150)));
        assert_eq!(check(299, 10).await, (299, Some(299)));
        assert_eq!(check(300, 10).await, (300, None));
        assert_eq!(check(1000, 10).await, (300, None));
        let (events, next) = check(1000, 200_000).await;
        assert!(events < 150 && next == Some(i64::try_from(events).unwrap()), "{events}");
    }
}
