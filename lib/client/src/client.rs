//! The client itself: connections, headers, envelopes, and trying again.

mod envelope;

use std::{borrow::Cow, fmt, sync::Arc, time::Duration};

use reqwest::{Method, header};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{ClientError, RetryPolicy, Secret, edge, retry};
use envelope::Envelope;

/// Settings of a [`Client`] beyond address and token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// For one attempt, from its first byte to the last of the answer. Reads may ask the service to wait 30 s.
    pub timeout: Duration,
    /// For one connection attempt.
    pub connect_timeout: Duration,
    /// When and how often a call is repeated.
    pub retry: RetryPolicy,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(35),
            connect_timeout: Duration::from_secs(3),
            retry: RetryPolicy::default(),
        }
    }
}

/// How current the projections behind a read must be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Freshness {
    /// Answer at once; [`Meta`] tells how far the projection has come.
    #[default]
    Now,
    /// Wait until this position is in the projection, at most `wait_ms` (up to 30,000); then `projection_out_of_date`.
    AtLeast {
        /// Position in the tenant's log.
        log_seq: i64,
        /// Longest wait.
        wait_ms: u32,
    },
    /// Refuse with `projection_out_of_date` unless everything in the log is in the projection.
    Strict,
}

/// How far the projection behind an answer had come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    /// Position up to which the answer holds every event.
    pub applied_seq: i64,
    /// Generation of the projection; a rebuild makes the next one.
    #[serde(default)]
    pub generation: i64,
    /// Last position of the tenant's log.
    pub head_seq: i64,
    /// The answer is as it was when the log ended here; none for the present.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of_log_seq: Option<i64>,
}

/// An answer from a projection, with how current it is.
#[derive(Clone, Debug)]
pub struct Fresh<T> {
    /// What was asked for.
    pub data: T,
    /// How current it is.
    pub meta: Meta,
}

/// Connections to one service with one token, seen from one tenant.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
    tenant: Option<String>,
    request_id: Option<String>,
    idempotency_key: Option<String>,
    freshness: Freshness,
    as_of: Option<i64>,
    session: Option<Secret>,
    retry: RetryPolicy,
}

struct Inner {
    http: reqwest::Client,
    base_url: String,
    token: Secret,
    timeout: Duration,
}

/// For answers that end when they end; silence is watched for by whoever reads them.
const UNBOUNDED: Duration = Duration::from_secs(60 * 60 * 24 * 365);

/// Whether a call may be made twice.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// Reads, and writes that the service recognises when they come again.
    Safe,
    /// Only while nothing has reached the service.
    Unsent,
}

/// One call, ready to be made several times.
pub(crate) struct Call {
    method: Method,
    path: String,
    query: Vec<(&'static str, String)>,
    body: Option<(Cow<'static, str>, Arc<[u8]>)>,
    repeat: Repeat,
}

impl Client {
    /// A client of the service at `base_url` (`http://host:port`, with or without a path before `/api`).
    ///
    /// # Errors
    /// `invalid_argument` when `base_url` is not an http address or `token` cannot be sent in a header.
    pub fn new(base_url: &str, token: impl Into<Secret>) -> Result<Self, ClientError> {
        Self::with_options(base_url, token, Options::default())
    }

    /// [`Client::new`] with other settings.
    ///
    /// # Errors
    /// As [`Client::new`].
    pub fn with_options(base_url: &str, token: impl Into<Secret>, options: Options) -> Result<Self, ClientError> {
        let token = token.into();
        let base_url = check_base_url(base_url)?;
        if header::HeaderValue::from_str(token.expose()).is_err() {
            return Err(ClientError::local("invalid_argument", "the token holds characters that no token has"));
        }
        let http = reqwest::Client::builder()
            .timeout(options.timeout)
            .connect_timeout(options.connect_timeout)
            .redirect(reqwest::redirect::Policy::none()) // a redirect would carry the token elsewhere
            .no_proxy()
            .user_agent(concat!("dg-client/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|source| ClientError::transport(&base_url, source))?;
        let inner = Inner { http, base_url, token, timeout: options.timeout };
        let (tenant, request_id, idempotency_key) = (None, None, None);
        let (freshness, as_of, session, retry) = (Freshness::Now, None, None, options.retry);
        Ok(Self { inner: Arc::new(inner), tenant, request_id, idempotency_key, freshness, as_of, session, retry })
    }

    /// The same connections, seen from `tenant`.
    #[must_use]
    pub fn tenant(&self, tenant: impl Into<String>) -> Self {
        Self { tenant: Some(tenant.into()), ..self.clone() }
    }

    /// The same connections; reads of projections meet `freshness`.
    #[must_use]
    pub fn freshness(&self, freshness: Freshness) -> Self {
        Self { freshness, ..self.clone() }
    }

    /// The same connections; traces, graph and precedents are as they were when the log ended at this position.
    #[must_use]
    pub fn as_of(&self, log_seq: Option<i64>) -> Self {
        Self { as_of: log_seq, ..self.clone() }
    }

    /// The same connections; calls carry this request id, so that one id can be followed through several processes.
    #[must_use]
    pub fn request_id(&self, request_id: impl Into<String>) -> Self {
        Self { request_id: Some(request_id.into()), ..self.clone() }
    }

    /// The same connections; a POST that is made again with this key is answered as it was, and not carried out again. What an
    /// answer shows only once is not kept: its repeat is a `conflict` with the `status` that there was in its details. 1 to 255
    /// visible characters of ASCII but quotes.
    #[must_use]
    pub fn idempotency_key(&self, key: impl Into<String>) -> Self {
        Self { idempotency_key: Some(key.into()), ..self.clone() }
    }

    /// The same connections; calls are made in the name of the person whose session this is. Needs a token with the
    /// permission `principal_assert`, whose account signed the person in.
    ///
    /// # Errors
    /// `invalid_argument` when `session` cannot be sent in a header.
    pub fn in_the_name_of(&self, session: impl Into<Secret>) -> Result<Self, ClientError> {
        let session = session.into();
        if header::HeaderValue::from_str(session.expose()).is_err() {
            return Err(ClientError::local("invalid_argument", "the session holds characters that no session has"));
        }
        Ok(Self { session: Some(session), ..self.clone() })
    }

    /// The same tenant and settings with another person's token; connections are shared.
    ///
    /// # Errors
    /// `invalid_argument` when `token` cannot be sent in a header.
    pub fn with_token(&self, token: impl Into<Secret>) -> Result<Self, ClientError> {
        let token = token.into();
        if header::HeaderValue::from_str(token.expose()).is_err() {
            return Err(ClientError::local("invalid_argument", "the token holds characters that no token has"));
        }
        let Inner { http, base_url, timeout, .. } = &*self.inner;
        let inner = Inner { http: http.clone(), base_url: base_url.clone(), token, timeout: *timeout };
        Ok(Self { inner: Arc::new(inner), ..self.clone() })
    }

    /// The same connections; calls are repeated as this says.
    #[must_use]
    pub fn retry(&self, retry: RetryPolicy) -> Self {
        Self { retry, ..self.clone() }
    }

    pub(crate) fn policy(&self) -> RetryPolicy {
        self.retry
    }

    /// Where the service is.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.inner.base_url
    }

    /// The tenant of this view.
    #[must_use]
    pub fn tenant_id(&self) -> Option<&str> {
        self.tenant.as_deref()
    }

    /// One probe, `livez` or `readyz`: whether it answered 200, and its text. Needs neither token nor tenant, and is
    /// not repeated.
    ///
    /// # Errors
    /// When nothing answered.
    pub async fn probe(&self, name: &str) -> Result<(bool, String), ClientError> {
        let url = format!("{}/{name}", self.inner.base_url);
        let broken = |source| ClientError::transport(&self.inner.base_url, source);
        let answer = self.inner.http.get(url).send().await.map_err(broken)?;
        let ok = answer.status().is_success();
        Ok((ok, answer.text().await.map_err(broken)?))
    }

    /// A read of the log or of tables.
    pub(crate) async fn get<T: DeserializeOwned>(
        &self,
        path: String,
        query: Vec<(&'static str, String)>,
    ) -> Result<T, ClientError> {
        let call = Call { method: Method::GET, path, query, body: None, repeat: Repeat::Safe };
        Ok(self.call(&call).await?.data)
    }

    /// A read of a projection.
    pub(crate) async fn get_fresh<T: DeserializeOwned>(
        &self,
        path: String,
        mut query: Vec<(&'static str, String)>,
    ) -> Result<Fresh<T>, ClientError> {
        match self.freshness {
            Freshness::Now => {}
            Freshness::Strict => query.push(("freshness", "strict".to_owned())),
            Freshness::AtLeast { log_seq, wait_ms } => {
                query.push(("min_log_seq", log_seq.to_string()));
                query.push(("wait_ms", wait_ms.to_string()));
            }
        }
        if let Some(log_seq) = self.as_of {
            query.push(("as_of_log_seq", log_seq.to_string()));
        }
        let call = Call { method: Method::GET, path, query, body: None, repeat: Repeat::Safe };
        let envelope = self.call(&call).await?;
        Ok(Fresh { data: envelope.data, meta: envelope.meta.unwrap_or_default() })
    }

    /// A write with a JSON body.
    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: String,
        query: Vec<(&'static str, String)>,
        body: &(impl Serialize + ?Sized),
        repeat: Repeat,
    ) -> Result<T, ClientError> {
        let bytes = serde_json::to_vec(body)
            .map_err(|error| ClientError::local("invalid_argument", format!("the body is not JSON: {error}")))?;
        self.post_bytes(path, query, "application/json", bytes, repeat).await
    }

    /// A change of something that is there.
    pub(crate) async fn patch<T: DeserializeOwned>(
        &self,
        path: String,
        body: &(impl Serialize + ?Sized),
    ) -> Result<T, ClientError> {
        let bytes = serde_json::to_vec(body)
            .map_err(|error| ClientError::local("invalid_argument", format!("the body is not JSON: {error}")))?;
        let body = Some(("application/json".into(), bytes.into()));
        let call = Call { method: Method::PATCH, path, query: Vec::new(), body, repeat: Repeat::Safe };
        Ok(self.call(&call).await?.data)
    }

    /// Something under an id of the caller's choice. Done twice, it is done.
    pub(crate) async fn put<T: DeserializeOwned>(
        &self,
        path: String,
        body: &(impl Serialize + ?Sized),
    ) -> Result<T, ClientError> {
        let bytes = serde_json::to_vec(body)
            .map_err(|error| ClientError::local("invalid_argument", format!("the body is not JSON: {error}")))?;
        let body = Some(("application/json".into(), bytes.into()));
        let call = Call { method: Method::PUT, path, query: Vec::new(), body, repeat: Repeat::Safe };
        Ok(self.call(&call).await?.data)
    }

    /// A removal. Done twice, the second one answers `not_found`.
    pub(crate) async fn delete<T: DeserializeOwned>(&self, path: String) -> Result<T, ClientError> {
        let call = Call { method: Method::DELETE, path, query: Vec::new(), body: None, repeat: Repeat::Unsent };
        Ok(self.call(&call).await?.data)
    }

    /// A read that answers lines instead of an envelope, with the value of the header that tells where to go on.
    pub(crate) async fn lines(
        &self,
        path: String,
        query: Vec<(&'static str, String)>,
        next: &str,
    ) -> Result<(Vec<u8>, Option<String>), ClientError> {
        let call = Call { method: Method::GET, path, query, body: None, repeat: Repeat::Safe };
        let answer = self.send(&call, &self.call_id()).await?;
        let next = answer.headers().get(next).and_then(|value| value.to_str().ok()).map(ToOwned::to_owned);
        let head = envelope::Head::of(&answer);
        let bytes = answer.bytes().await.map_err(|source| ClientError::transport(&self.inner.base_url, source))?;
        if (200..300).contains(&head.status) {
            return Ok((bytes.to_vec(), next));
        }
        envelope::decode::<serde::de::IgnoredAny>(&head, &bytes).map(|_| (Vec::new(), None))
    }

    /// A write whose body is there already.
    pub(crate) async fn post_bytes<T: DeserializeOwned>(
        &self,
        path: String,
        query: Vec<(&'static str, String)>,
        media: impl Into<Cow<'static, str>>,
        bytes: Vec<u8>,
        repeat: Repeat,
    ) -> Result<T, ClientError> {
        let call = Call { method: Method::POST, path, query, body: Some((media.into(), bytes.into())), repeat };
        Ok(self.call(&call).await?.data)
    }

    async fn call<T: DeserializeOwned>(&self, call: &Call) -> Result<Envelope<T>, ClientError> {
        let mut failed = 0;
        let mut spent = Duration::ZERO;
        let request_id = self.call_id();
        loop {
            let mut error = match self.attempt(call, &request_id).await {
                Ok(envelope) => return Ok(envelope),
                Err(error) => error,
            };
            failed += 1;
            error.request_id.get_or_insert_with(|| request_id.clone());
            if !(error.is_transient() && (call.repeat == Repeat::Safe || error.is_unsent())) {
                return Err(error);
            }
            let asked = error.retry_after_s.map(|seconds| Duration::from_secs(seconds.into()));
            let Some(pause) = self.retry.pause(failed, asked, spent, retry::random()) else { return Err(error) };
            let pause_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
            tracing::debug!(code = error.code, failed, pause_ms, path = call.path, "trying {} again", call.path);
            tokio::time::sleep(pause).await;
            spent += pause;
        }
    }

    /// One request id names all attempts of a call, so that the service's log shows them together.
    fn call_id(&self) -> String {
        self.request_id.clone().unwrap_or_else(edge::new_id)
    }

    async fn attempt<T: DeserializeOwned>(&self, call: &Call, request_id: &str) -> Result<Envelope<T>, ClientError> {
        let answer = self.send(call, request_id).await?;
        let head = envelope::Head::of(&answer);
        let bytes = answer.bytes().await.map_err(|source| ClientError::transport(&self.inner.base_url, source))?;
        envelope::decode(&head, &bytes)
    }

    async fn send(&self, call: &Call, request_id: &str) -> Result<reqwest::Response, ClientError> {
        let request = self.request(call, request_id).header(header::ACCEPT, "application/json");
        request.send().await.map_err(|source| ClientError::transport(&self.inner.base_url, source))
    }

    fn request(&self, call: &Call, request_id: &str) -> reqwest::RequestBuilder {
        let Inner { http, base_url, token, .. } = &*self.inner;
        let mut request = http
            .request(call.method.clone(), format!("{base_url}/api/v1{}", call.path))
            .query(&call.query)
            .header("x-request-id", request_id)
            .bearer_auth(token.expose());
        if let Some(tenant) = &self.tenant {
            request = request.header("x-tenant-id", tenant);
        }
        if let Some(session) = &self.session {
            request = request.header("x-dg-session", session.expose());
        }
        if let Some(key) = self.idempotency_key.as_ref().filter(|_| call.method == Method::POST) {
            request = request.header("idempotency-key", key);
        }
        if let Some((media, bytes)) = &call.body {
            request = request.header(header::CONTENT_TYPE, &**media).body(bytes.to_vec());
        }
        request
    }

    /// An answer that goes on: its body is read piece by piece, for as long as it takes.
    pub(crate) async fn open(
        &self,
        path: String,
        query: Vec<(&'static str, String)>,
        last_event_id: Option<i64>,
    ) -> Result<reqwest::Response, ClientError> {
        let call = Call { method: Method::GET, path, query, body: None, repeat: Repeat::Safe };
        let Inner { base_url, timeout, .. } = &*self.inner;
        let mut request = self.request(&call, &self.call_id()).header(header::ACCEPT, "text/event-stream");
        if let Some(id) = last_event_id {
            request = request.header("last-event-id", id);
        }
        let begun = tokio::time::timeout(*timeout, request.timeout(UNBOUNDED).send()).await;
        let late = || ClientError::local("timeout", format!("no answer from {base_url} in time"));
        let answer = begun.map_err(|_| late())?.map_err(|source| ClientError::transport(base_url, source))?;
        let head = envelope::Head::of(&answer);
        if (200..300).contains(&head.status) {
            return Ok(answer);
        }
        let bytes = answer.bytes().await.map_err(|source| ClientError::transport(base_url, source))?;
        Err(envelope::decode::<serde::de::IgnoredAny>(&head, &bytes).err().unwrap_or_else(late))
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base_url", &self.inner.base_url).field("tenant", &self.tenant).finish()
    }
}

fn check_base_url(text: &str) -> Result<String, ClientError> {
    let refuse = |why: &str| ClientError::local("invalid_argument", format!("{text:?} is not an API address: {why}"));
    let url = reqwest::Url::parse(text.trim()).map_err(|error| refuse(&error.to_string()))?;
    if url.scheme() != "http" {
        return Err(refuse("only http:// is supported"));
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return Err(refuse("it must hold nothing but scheme, host, port and path"));
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_checked_and_trimmed() {
        for (text, expected) in [
            ("http://127.0.0.1:4100", Some("http://127.0.0.1:4100")),
            (" http://localhost:4100/ ", Some("http://localhost:4100")),
            ("http://proxy/dg/", Some("http://proxy/dg")),
            ("127.0.0.1:4100", None),
            ("ftp://host", None),
            ("http://user:secret@host", None),
            ("http://host/?x=1", None),
        ] {
            assert_eq!(check_base_url(text).ok().as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn debug_tells_no_secret() {
        let client = Client::new("http://127.0.0.1:1", "dg_abc_def").unwrap().tenant("t");
        assert!(!format!("{client:?} {:?}", client.inner.token).contains("dg_abc"));
    }
}
