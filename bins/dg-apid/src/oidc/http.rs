//! Asking the issuer: over TLS unless it is on loopback, without following anything, within bounds.

use std::time::Duration;

use axum::http::{HeaderValue, Method, Request, StatusCode, header};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;

use super::settings::Place;

const CONNECT: Duration = Duration::from_secs(3);
/// Discovery documents, key sets and token answers are a few KiB.
const BYTES: usize = 1 << 20;
const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The way to one issuer.
#[derive(Clone, Debug)]
pub(super) enum Http {
    Tls(Client<HttpsConnector<HttpConnector>, Full<Bytes>>),
    /// On loopback.
    Plain(Client<HttpConnector, Full<Bytes>>),
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Bytes,
}

/// Why nothing did.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HttpError {
    #[error("{0} is not an address of this issuer's kind")]
    Address(String),
    #[error("{url} does not answer")]
    Connection { url: String, source: hyper_util::client::legacy::Error },
    #[error("the answer of {url} is too large or broke off")]
    Body { url: String, source: Box<dyn std::error::Error + Send + Sync> },
}

impl Http {
    /// A way to `issuer`, with the root certificates of the system.
    ///
    /// # Errors
    /// The system has none.
    pub(super) fn to(issuer: &Place) -> std::io::Result<Self> {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(CONNECT));
        let client = Client::builder(TokioExecutor::new());
        if issuer.scheme() == "http" {
            return Ok(Self::Plain(client.build(connector)));
        }
        connector.enforce_http(false);
        let tls = HttpsConnectorBuilder::new().with_native_roots()?.https_only().enable_http1();
        Ok(Self::Tls(client.build(tls.wrap_connector(connector))))
    }

    /// Asks for a document.
    ///
    /// # Errors
    /// Nothing came back; a status that is no success is an answer.
    pub(super) async fn get(&self, url: &str) -> Result<Answer, HttpError> {
        self.send(url, Request::get(url), Bytes::new()).await
    }

    /// Sends a form.
    ///
    /// # Errors
    /// As [`Http::get`].
    pub(super) async fn post(
        &self,
        url: &str,
        authorization: Option<HeaderValue>,
        form: String,
    ) -> Result<Answer, HttpError> {
        let request = Request::builder().method(Method::POST).uri(url).header(header::CONTENT_TYPE, FORM);
        let request =
            authorization.into_iter().fold(request, |request, value| request.header(header::AUTHORIZATION, value));
        self.send(url, request, form.into()).await
    }

    /// Whether an address is of the issuer's kind: one with TLS never leads to one without.
    pub(super) fn speaks(&self, place: &Place) -> bool {
        match self {
            Self::Tls(_) => place.scheme() == "https",
            Self::Plain(_) => place.scheme() == "http",
        }
    }

    async fn send(&self, url: &str, request: axum::http::request::Builder, body: Bytes) -> Result<Answer, HttpError> {
        let private = Place::of(url).is_some_and(|place| self.speaks(&place) && place.is_private());
        let request = request.header(header::ACCEPT, JSON).body(Full::new(body));
        let (true, Ok(request)) = (private, request) else { return Err(HttpError::Address(url.to_owned())) };
        let response = match self {
            Self::Tls(client) => client.request(request).await,
            Self::Plain(client) => client.request(request).await,
        };
        let response = response.map_err(|source| HttpError::Connection { url: url.to_owned(), source })?;
        let (status, body) = (response.status(), response.into_body());
        let body = whole(body).await.map_err(|source| HttpError::Body { url: url.to_owned(), source })?;
        Ok(Answer { status, body })
    }
}

async fn whole(body: Incoming) -> Result<Bytes, Box<dyn std::error::Error + Send + Sync>> {
    Ok(Limited::new(body, BYTES).collect().await?.to_bytes())
}
