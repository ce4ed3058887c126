//! `POST /events:batch`: up to a thousand events in one request.

mod answer;
pub(crate) mod contract;
mod document;

use axum::extract::{RawQuery, Request, State};
use bytes::Bytes;
use dg_domain::append::Outcome;
use dg_domain::{NewEvent, Rules, Violation};
use dg_http::gate::{TenantCaller, Writer};
use dg_http::media::{self, Media};
use dg_http::params::{self, NoParams, Params};
use dg_http::{ApiError, Reply, body};
use dg_storage::log::{AppendError, AppendMode};

use self::document::Document;
use crate::app::App;
use crate::ingest::{from_outside, submit};

/// Bodies up to this size are read on the spot; larger ones would keep other requests of the thread waiting.
const ON_THE_SPOT: usize = 256 << 10;
const MODES: [(&str, AppendMode); 2] = [("independent", AppendMode::Independent), ("atomic", AppendMode::Atomic)];

/// Appends the events in the body.
pub(crate) async fn append(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    caller: TenantCaller<Writer>,
    request: Request,
) -> Result<Reply, ApiError> {
    let asked = Params::read(query.as_deref(), &[&["mode"]])?.choice("mode", &MODES)?;
    let media = media::of_body(request.headers(), &[Media::Json, Media::Ndjson])?;
    let text = body::read(request, app.config.max_batch_bytes).await?;
    let mut document = read(text, media, caller.rules(), caller.batch_events(app.config.max_events_per_batch)).await?;
    let history = caller.brings_history();
    document.items =
        document.items.into_iter().map(|item| item.and_then(|event| from_outside(event, history))).collect();
    let mode = agree(asked, document.mode)?;
    caller.charge_all(document.items.len())?;
    let decided = match mode {
        AppendMode::Independent => independent(&app, &caller, document.items).await,
        AppendMode::Atomic => atomic(&app, &caller, document.items).await,
    }?;
    app.metrics.batch(&decided);
    answer::independent(&decided)
}

/// Says of each event in the body whether its shape, its values and its size would be taken, and stores nothing. What depends on
/// the log (numbers, keys that were used before, finished traces) is not looked at.
pub(crate) async fn validate(
    State(app): State<App>,
    caller: TenantCaller<Writer>,
    _: NoParams,
    request: Request,
) -> Result<Reply, ApiError> {
    let media = media::of_body(request.headers(), &[Media::Json, Media::Ndjson])?;
    let text = body::read(request, app.config.max_batch_bytes).await?;
    let mut document = read(text, media, caller.rules(), caller.batch_events(app.config.max_events_per_batch)).await?;
    let history = caller.brings_history();
    document.items =
        document.items.into_iter().map(|item| item.and_then(|event| from_outside(event, history))).collect();
    caller.charge_all(document.items.len())?;
    answer::validated(&document.items)
}

/// What became of each item, in the order of the document.
type Decided = Vec<Result<Outcome, Violation>>;

async fn read(text: Bytes, media: Media, rules: Rules, most: usize) -> Result<Document, ApiError> {
    if text.len() <= ON_THE_SPOT {
        return Document::read(&text, media, &rules, most);
    }
    let reading = tokio::task::spawn_blocking(move || Document::read(&text, media, &rules, most));
    reading.await.map_err(ApiError::internal)?
}

fn agree(query: Option<AppendMode>, document: Option<AppendMode>) -> Result<AppendMode, ApiError> {
    match (query, document) {
        (Some(query), Some(document)) if query != document => {
            Err(params::bad("mode", "the parameter mode and the key mode of the body disagree".to_owned()))
        }
        (query, document) => Ok(query.or(document).unwrap_or(AppendMode::Independent)),
    }
}

async fn independent(
    app: &App,
    caller: &TenantCaller<Writer>,
    items: Vec<Result<NewEvent, Violation>>,
) -> Result<Decided, ApiError> {
    let mut decided: Vec<Option<Result<Outcome, Violation>>> = Vec::with_capacity(items.len());
    let mut events = Vec::with_capacity(items.len());
    for item in items {
        decided.push(match item {
            Ok(event) => {
                events.push(event);
                None
            }
            Err(violation) => Some(Err(violation)),
        });
    }
    let expected = events.len();
    let outcomes =
        if events.is_empty() { Vec::new() } else { submit(app, caller, events, AppendMode::Independent).await? };
    if outcomes.len() != expected {
        return Err(ApiError::internal("the append stage gave too few answers"));
    }
    let mut outcomes = outcomes.into_iter();
    Ok(decided.into_iter().filter_map(|item| item.or_else(|| outcomes.next().map(Ok))).collect())
}

async fn atomic(
    app: &App,
    caller: &TenantCaller<Writer>,
    items: Vec<Result<NewEvent, Violation>>,
) -> Result<Decided, ApiError> {
    if items.iter().any(Result::is_err) {
        return Err(answer::refused(items.into_iter().map(Result::err)));
    }
    let events = items.into_iter().flatten().collect();
    match submit(app, caller, events, AppendMode::Atomic).await {
        Ok(outcomes) => Ok(outcomes.into_iter().map(Ok).collect()),
        Err(AppendError::Aborted(violations)) => Err(answer::refused(violations.into_iter())),
        Err(other) => Err(other.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dg_http::Code;

    #[test]
    fn query_and_body_agree_on_the_mode() {
        let (independent, atomic) = (AppendMode::Independent, AppendMode::Atomic);
        assert_eq!(agree(None, None).unwrap(), independent);
        assert_eq!(agree(Some(atomic), None).unwrap(), atomic);
        assert_eq!(agree(None, Some(atomic)).unwrap(), atomic);
        assert_eq!(agree(Some(atomic), Some(atomic)).unwrap(), atomic);
        assert_eq!(agree(Some(atomic), Some(independent)).unwrap_err().code(), Code::InvalidArgument);
    }
}
