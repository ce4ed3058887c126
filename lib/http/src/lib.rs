//! axum glue of the service API: what every route shares, and no route.
//!
//! A request passes [`edge`] (id, time limit, panics, compression, access line) and [`gate`] (account, tenant, role,
//! [`limits`]); a handler reads it with
//! [`params`], [`path`], [`media`] and [`body`], and answers with a [`Reply`] or an [`ApiError`]. There is one way from a
//! failure to a response, in [`error`], so that every answer of the service has an envelope and a request id.

pub mod body;
mod code;
pub mod context;
pub mod contract;
pub mod cursor;
pub mod download;
pub mod edge;
pub mod error;
pub mod etag;
pub mod event_json;
pub mod freshness;
pub mod gate;
pub mod limits;
pub mod media;
pub mod metrics;
pub mod params;
pub mod password;
pub mod path;
pub mod peer;
pub mod refusals;
pub mod reply;
mod request_id;
pub mod serve;
pub mod setup;
pub mod token;
pub mod turns;

pub use code::Code;
pub use context::{address, request_id};
pub use error::ApiError;
pub use reply::{Meta, Reply};
pub use request_id::RequestId;
