//! `/admin/workflows…/export`: one case or many, in a form that can be checked without the service.

pub(crate) mod contract;

use std::io;

use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use dg_domain::TenantId;
use dg_http::gate::{Admin, TenantCaller};
use dg_http::params::Params;
use dg_http::path::Segments;
use dg_http::{ApiError, Reply, context};
use dg_storage::audit::{AuditKind, Outcome};
use dg_storage::workflow::{ItemFilter, ItemOrder, ItemPosition};
use dg_workflow::case::{self, Case, Profile, Set, Taken};
use futures_util::stream::poll_fn;
use serde_json::value::RawValue;
use tokio::sync::mpsc;
use tracing::warn;

use crate::app::App;
use crate::workflows::list::{FILTERS, filter};
use crate::workflows::unknown;

const EXPORT: &str = "workflow_export";
/// Cases of one export.
const MOST_CASES: usize = 50_000;
/// Items that are looked up at once.
const PAGE: i64 = 200;
/// Cases that wait for the connection to take them.
const QUEUE: usize = 4;
const EVENTS: [(&str, bool); 2] = [("item", false), ("trace", true)];
const NDJSON: HeaderValue = HeaderValue::from_static("application/x-ndjson; charset=utf-8");
const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");

#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Json,
    Ndjson,
    Html,
}

const FORMATS: [(&str, Format); 3] = [("json", Format::Json), ("ndjson", Format::Ndjson), ("html", Format::Html)];

/// One case.
pub(crate) async fn one(
    State(app): State<App>,
    Segments([workflow_id]): Segments<1>,
    RawQuery(query): RawQuery,
    caller: TenantCaller<Admin>,
) -> Result<Response, ApiError> {
    let given = Params::read(query.as_deref(), &[&["format", "profile", "events"]])?;
    caller.principal.require(EXPORT)?;
    let format = given.choice("format", &FORMATS)?.unwrap_or(Format::Json);
    let whole_trace = given.choice("events", &EVENTS)?.unwrap_or(false);
    let taken = taken(&given, &caller)?;
    let tenant = caller.tenant();
    let _turn = app.turns.take(tenant).await?;
    let case = app.store.workflow_case(tenant, &workflow_id, whole_trace, true).await?;
    let case = case.ok_or_else(|| unknown(&workflow_id))?;
    let mut lines = String::new();
    case::write(&case, &taken, &mut lines).map_err(ApiError::internal)?;
    let entry = caller.principal.by().note(AuditKind::Export, "workflow.export", Outcome::Done).tenant(tenant.as_str());
    let entry = entry.subject(&workflow_id).with("profile", taken.profile.as_str());
    app.store.note(vec![entry.with("format", given.text("format").unwrap_or("json"))]).await?;
    Ok(match format {
        Format::Json => {
            let document = RawValue::from_string(case::document(&lines)).map_err(ApiError::internal)?;
            Reply::ok(&document)?.into_response()
        }
        Format::Ndjson => ([(header::CONTENT_TYPE, NDJSON)], lines).into_response(),
        Format::Html => ([(header::CONTENT_TYPE, HTML)], case::html(&lines)).into_response(),
    })
}

/// Every case that a filter chooses, one after another.
pub(crate) async fn many(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    caller: TenantCaller<Admin>,
) -> Result<Response, ApiError> {
    let given = Params::read(query.as_deref(), &[FILTERS, &["profile", "events"]])?;
    caller.principal.require(EXPORT)?;
    let filter = filter(&given, &caller.principal)?;
    let whole_trace = given.choice("events", &EVENTS)?.unwrap_or(false);
    let taken = taken(&given, &caller)?;
    let tenant = caller.tenant().clone();
    let items = {
        let _turn = app.digest_turns.acquire().await.map_err(ApiError::internal)?;
        app.store.workflow_digest(&tenant).await?
    };
    let entry = caller.principal.by().note(AuditKind::Export, "workflow.export_many", Outcome::Asked);
    let entry = entry.tenant(tenant.as_str()).with("profile", taken.profile.as_str());
    let entry = FILTERS
        .iter()
        .filter_map(|name| Some((*name, given.text(name)?)))
        .fold(entry, |entry, (name, text)| entry.with(name, text));
    app.store.note(vec![entry]).await?;
    let begin = Set::begin(tenant.as_str(), items, taken.exported_at);
    let (out, mut pieces) = mpsc::channel(QUEUE);
    let set = Several { app, tenant, filter, whole_trace, taken, begin };
    tokio::spawn(async move {
        // Whoever reads it sees the connection break, and no end of the set.
        if let Err(error) = set.send(&out).await {
            warn!(%error, "an export of cases ended early");
            let _ = out.send(Err(error)).await;
        }
    });
    let body = Body::from_stream(poll_fn(move |cx| pieces.poll_recv(cx)));
    Ok(([(header::CONTENT_TYPE, NDJSON)], body).into_response())
}

struct Several {
    app: App,
    tenant: TenantId,
    filter: ItemFilter,
    whole_trace: bool,
    taken: Taken,
    begin: String,
}

impl Several {
    async fn send(&self, out: &mpsc::Sender<io::Result<String>>) -> io::Result<()> {
        let gone = |_| io::Error::from(io::ErrorKind::BrokenPipe);
        out.send(Ok(self.begin.clone())).await.map_err(gone)?;
        let mut set = Set::default();
        let mut order = ItemOrder { as_of: self.taken.exported_at, after: None };
        let mut count = 0;
        loop {
            let page = self.app.store.workflow_items(&self.tenant, &self.filter, &order, PAGE).await;
            let page = page.map_err(io::Error::other)?;
            for shown in &page.items {
                count += 1;
                if count > MOST_CASES {
                    return Err(io::Error::other("more cases than one export may have"));
                }
                // Gone by a rebuild in between, it is not counted either.
                let Some(case) = self.read(&shown.item.workflow_id).await? else { continue };
                let mut lines = String::new();
                case::write(&case, &self.taken, &mut lines).map_err(io::Error::other)?;
                set.add(&lines);
                out.send(Ok(lines)).await.map_err(gone)?;
            }
            match page.items.last().filter(|_| page.more) {
                Some(last) => order.after = Some(ItemPosition::of(&last.item, order.as_of)),
                None => break,
            }
        }
        out.send(Ok(set.end(&self.begin))).await.map_err(gone)
    }

    async fn read(&self, workflow_id: &str) -> io::Result<Option<Case>> {
        let case = self.app.store.workflow_case(&self.tenant, workflow_id, self.whole_trace, false);
        case.await.map_err(io::Error::other)
    }
}

fn taken(given: &Params, caller: &TenantCaller<Admin>) -> Result<Taken, ApiError> {
    let profiles = Profile::ALL.map(|profile| (profile.as_str(), profile));
    Ok(Taken {
        exported_at: dg_runtime::clock::now(),
        requested_by: caller.principal.account_id.clone(),
        request_id: context::request_id().as_str().to_owned(),
        generator: concat!("decisiongraph ", env!("CARGO_PKG_VERSION")).to_owned(),
        profile: given.choice("profile", &profiles)?.unwrap_or_default(),
    })
}
