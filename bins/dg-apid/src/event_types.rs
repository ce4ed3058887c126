//! `GET /event-types`: which events there are, and the exact shape of each as JSON Schema.

pub(crate) mod contract;
mod schema;

use axum::extract::State;
use dg_domain::EventType;
use dg_http::gate::{AccountCaller, AnyRole};
use dg_http::params::NoParams;
use dg_http::path::Segments;
use dg_http::{ApiError, Code, Reply};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

pub(crate) use schema::{components, example};

use crate::app::App;
use crate::words;

#[derive(Serialize, ToSchema)]
struct Listed {
    event_types: Vec<Named>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = EventType)]
struct Named {
    #[schema(schema_with = words::event_type)]
    event_type: &'static str,
    about: &'static str,
}

#[derive(Serialize, ToSchema)]
struct Shown {
    #[schema(schema_with = words::event_type)]
    event_type: &'static str,
    about: &'static str,
    /// JSON Schema (2020-12) of a whole event of the type as it is sent.
    #[schema(value_type = Object)]
    event_schema: Value,
    /// The same of its payload alone.
    #[schema(value_type = Object)]
    payload_schema: Value,
}

/// Lists the event types, in the order of the contract.
pub(crate) async fn list(State(_): State<App>, _: AccountCaller<AnyRole>, _: NoParams) -> Result<Reply, ApiError> {
    let named = |kind: EventType| Named { event_type: kind.as_str(), about: kind.about() };
    Reply::ok(&Listed { event_types: EventType::ALL.map(named).into() })
}

/// Describes one event type.
pub(crate) async fn show(
    State(_): State<App>,
    Segments([event_type]): Segments<1>,
    _: AccountCaller<AnyRole>,
    _: NoParams,
) -> Result<Reply, ApiError> {
    let unknown =
        |_| ApiError::new(Code::NotFound, "there is no such event type").with("event_type", event_type.as_str());
    let kind: EventType = event_type.parse().map_err(unknown)?;
    Reply::ok(&Shown {
        event_type: kind.as_str(),
        about: kind.about(),
        event_schema: schema::standalone(schema::event(kind, schema::BESIDE)),
        payload_schema: schema::standalone(schema::payload(kind, schema::BESIDE)),
    })
}
