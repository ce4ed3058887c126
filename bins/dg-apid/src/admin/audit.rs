//! `/admin/audit`: who administered what, who was refused, who signed in, who took data out.

pub(crate) mod contract;

use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use dg_domain::Micros;
use dg_http::gate::{AccountCaller, Admin, Principal};
use dg_http::params::{self, Params};
use dg_http::{ApiError, Code, Reply, cursor};
use dg_storage::audit::{AuditFilter, AuditKind, AuditOrder, AuditRow, Outcome};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::grants::AUDIT_READ;
use crate::app::App;
use crate::words;

const FILTERS: &[&str] = &["kind", "action", "outcome", "principal", "subject", "about_tenant", "since", "until"];
const PAGE: i64 = 100;
const LARGEST_PAGE: i64 = 1_000;
/// Rows of one part of an export.
const EXPORTED: i64 = 5_000;
/// Where the next part of an export begins; not there after the last one.
const NEXT_AFTER: HeaderName = HeaderName::from_static("x-dg-next-after-seq");

/// A row with all that was hashed, so that a reader can hash it again.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditEntry)]
struct RowJson<'a> {
    about_tenant: Option<&'a str>,
    action: &'a str,
    address: Option<&'a str>,
    agent: Option<&'a str>,
    audit_seq: i64,
    #[schema(schema_with = words::object_or_text)]
    details: DetailsJson<'a>,
    entry_hash: String,
    #[schema(schema_with = words::audit_kind)]
    kind: &'a str,
    #[schema(schema_with = words::audit_outcome)]
    outcome: &'a str,
    previous_hash: String,
    principal: Option<&'a str>,
    #[schema(format = DateTime)]
    recorded_at: String,
    request_id: Option<&'a str>,
    subject: Option<&'a str>,
}

/// The object as it is stored; a text that is none, which only other hands can have made it, as a string.
#[derive(Serialize)]
#[serde(untagged)]
enum DetailsJson<'a> {
    Object(&'a RawValue),
    Text(&'a str),
}

#[derive(Serialize, ToSchema)]
struct Listed<'a> {
    entries: Vec<RowJson<'a>>,
    next_cursor: Option<String>,
}

/// One page of rows, newest first unless asked otherwise.
pub(crate) async fn list(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    caller: AccountCaller<Admin>,
) -> Result<Reply, ApiError> {
    let given = Params::read(query.as_deref(), &[FILTERS, &["order", "after_seq", "limit", "cursor"]])?;
    let orders = [("newest", AuditOrder::Newest), ("oldest", AuditOrder::Oldest)];
    let order = given.choice("order", &orders)?.unwrap_or(AuditOrder::Newest);
    let limit = given.integer("limit", 1..=LARGEST_PAGE)?.unwrap_or(PAGE);
    let list = if order == AuditOrder::Newest { "audit" } else { "audit-oldest" };
    let from = match given.text("cursor") {
        Some(text) => Some(place(list, text)?),
        None => given.integer("after_seq", 0..=i64::MAX)?,
    };
    let filter = filter(&given, &caller.principal)?;
    let mut rows = app.store.audit(&filter, order, from, limit + 1).await?;
    let more = i64::try_from(rows.len()).is_ok_and(|found| found > limit);
    if more {
        rows.pop();
    }
    let last = rows.last().filter(|_| more);
    let next_cursor = last.map(|row| cursor::write(list, &[&row.entry.audit_seq.to_string()]));
    Reply::ok(&Listed { entries: rows.iter().map(RowJson::of).collect(), next_cursor })
}

/// A part of the audit as lines, oldest first. That it was taken out is a row itself.
pub(crate) async fn export(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    caller: AccountCaller<Admin>,
) -> Result<Response, ApiError> {
    let given = Params::read(query.as_deref(), &[FILTERS, &["after_seq", "until_seq"]])?;
    let after = given.integer("after_seq", 0..=i64::MAX)?.unwrap_or(0);
    let until = given.integer("until_seq", 0..=i64::MAX)?.unwrap_or(i64::MAX);
    let filter = filter(&given, &caller.principal)?;
    let mut rows = app.store.audit(&filter, AuditOrder::Oldest, Some(after), EXPORTED).await?;
    let full = i64::try_from(rows.len()).is_ok_and(|found| found == EXPORTED);
    rows.retain(|row| row.entry.audit_seq <= until);
    let next = rows.last().filter(|row| full && row.entry.audit_seq < until).map(|row| row.entry.audit_seq);
    let mut lines = Vec::with_capacity(rows.len() * 512);
    for row in &rows {
        serde_json::to_writer(&mut lines, &RowJson::of(row)).map_err(ApiError::internal)?;
        lines.push(b'\n');
    }
    let entry = caller.principal.by().note(AuditKind::Export, "audit.export", Outcome::Done);
    let entry = entry.with("rows", rows.len()).with("after_seq", after);
    let entry = match rows.last() {
        Some(last) => entry.with("last_seq", last.entry.audit_seq),
        None => entry,
    };
    let entry = FILTERS
        .iter()
        .filter_map(|name| Some((*name, given.text(name)?)))
        .fold(entry, |entry, (name, text)| entry.with(name, text));
    app.store.note(vec![entry]).await?;
    let media = HeaderValue::from_static("application/x-ndjson; charset=utf-8");
    let mut response = ([(header::CONTENT_TYPE, media)], Body::from(lines)).into_response();
    if let Some(next) = next {
        response.headers_mut().insert(NEXT_AFTER, HeaderValue::from(next));
    }
    Ok(response)
}

/// What to look for. Somebody who may not use every tenant sees what is about theirs, and nothing about the installation.
fn filter(given: &Params, who: &Principal) -> Result<AuditFilter, ApiError> {
    who.require(AUDIT_READ)?;
    let words = |names: &[&'static str]| names.iter().map(|name| (*name, *name)).collect::<Vec<_>>();
    let kinds = words(&AuditKind::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>());
    let outcomes = words(&Outcome::ALL.iter().map(|outcome| outcome.as_str()).collect::<Vec<_>>());
    let owned = |name: &str| given.text(name).map(str::to_owned);
    let about_tenants = match (given.text("about_tenant"), who.may_use("*")) {
        (Some(tenant), everywhere) if everywhere || who.may_use(tenant) => Some(vec![tenant.to_owned()]),
        (Some(tenant), _) => {
            return Err(ApiError::new(Code::Forbidden, format!("the account may not use the tenant {tenant}")));
        }
        (None, true) => None,
        (None, false) => Some(who.tenant_ids.clone()),
    };
    Ok(AuditFilter {
        kind: given.choice("kind", &kinds)?.map(str::to_owned),
        action: owned("action"),
        outcome: given.choice("outcome", &outcomes)?.map(str::to_owned),
        principal: owned("principal"),
        subject: owned("subject"),
        about_tenants,
        since: instant(given, "since")?,
        until: instant(given, "until")?,
    })
}

fn instant(given: &Params, name: &str) -> Result<Option<Micros>, ApiError> {
    let bad = || params::bad(name, format!("the parameter {name} must be a time such as 2026-05-04T09:00:00Z"));
    given.text(name).map(|text| Micros::parse_rfc3339(text).ok_or_else(bad)).transpose()
}

fn place(list: &str, text: &str) -> Result<i64, ApiError> {
    let foreign = || params::bad("cursor", "the parameter cursor is not one that this service gave".to_owned());
    let parts = cursor::read(list, text).ok_or_else(foreign)?;
    let [seq] = parts.as_slice() else { return Err(foreign()) };
    seq.parse().map_err(|_| foreign())
}

impl<'a> RowJson<'a> {
    fn of(row: &'a AuditRow) -> Self {
        let entry = &row.entry;
        Self {
            about_tenant: entry.about_tenant.as_deref(),
            action: &entry.action,
            address: entry.address.as_deref(),
            agent: entry.agent.as_deref(),
            audit_seq: entry.audit_seq,
            details: DetailsJson::of(&entry.details_json),
            entry_hash: row.entry_hash.hex(),
            kind: &entry.kind,
            outcome: &entry.outcome,
            previous_hash: entry.previous_hash.hex(),
            principal: entry.principal.as_deref(),
            recorded_at: entry.recorded_at.rfc3339(),
            request_id: entry.request_id.as_deref(),
            subject: entry.subject.as_deref(),
        }
    }
}

impl<'a> DetailsJson<'a> {
    fn of(text: &'a str) -> Self {
        // Written anew it must be the same text: a reader hashes what it gets.
        let written = serde_json::from_str::<Value>(text).ok().filter(Value::is_object).map(|value| value.to_string());
        let same = written.as_deref() == Some(text);
        match serde_json::from_str(text) {
            Ok(raw) if same => Self::Object(raw),
            _ => Self::Text(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_come_as_they_are_stored() {
        let check = |text: &str| serde_json::to_string(&DetailsJson::of(text)).unwrap();
        assert_eq!(check(r#"{"a":1,"b":["x"]}"#), r#"{"a":1,"b":["x"]}"#);
        assert_eq!(check(r#"{"a": 1}"#), r#""{\"a\": 1}""#);
        assert_eq!(check("nonsense\n"), r#""nonsense\n""#);
    }

    #[test]
    fn who_may_not_use_every_tenant_sees_their_own() {
        let all = || vec!["*".to_owned()];
        let everybody = Principal { permissions: all(), tenant_ids: all(), ..Principal::default() };
        let some = Principal { permissions: all(), tenant_ids: vec!["acme".to_owned()], ..Principal::default() };
        let check = |who: &Principal, query: &str| {
            let given = Params::read(Some(query), &[FILTERS]).unwrap();
            filter(&given, who).map(|filter| filter.about_tenants).map_err(|error| error.code())
        };
        assert_eq!(check(&everybody, ""), Ok(None));
        assert_eq!(check(&everybody, "about_tenant=x"), Ok(Some(vec!["x".to_owned()])));
        assert_eq!(check(&some, ""), Ok(Some(vec!["acme".to_owned()])));
        assert_eq!(check(&some, "about_tenant=acme"), Ok(Some(vec!["acme".to_owned()])));
        assert_eq!(check(&some, "about_tenant=x"), Err(Code::Forbidden));
        assert_eq!(check(&Principal::default(), ""), Err(Code::Forbidden));
        assert_eq!(check(&everybody, "kind=nonsense"), Err(Code::InvalidArgument));
        assert_eq!(check(&everybody, "since=yesterday"), Err(Code::InvalidArgument));
    }
}
