//! One keep-alive connection that costs as little as possible: client and service share the machine's cores.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{
    HeaderMap, Method, Request, Response, StatusCode,
    body::Incoming,
    client::conn::http1::{SendRequest, handshake},
};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use tokio::net::TcpStream;

use super::scratch::Suite;
use crate::failure::{Exit, Failure};

/// A connection to the suite's API, as its administrator.
pub(super) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    host: String,
    authorization: String,
    tenant: String,
}

impl Connection {
    pub(super) async fn open(suite: &Suite, tenant: &str) -> Result<Self, Failure> {
        let host = suite.api_url().trim_start_matches("http://").trim_end_matches('/').to_owned();
        let authorization = format!("Bearer {}", suite.admin_token());
        Ok(Self { sender: connect(&host).await?, host, authorization, tenant: tenant.to_owned() })
    }

    /// Connects anew, after the service ended it.
    pub(super) async fn reopen(&mut self) -> Result<(), Failure> {
        self.sender = connect(&self.host).await?;
        Ok(())
    }

    /// The same connection for another tenant.
    pub(super) fn turn_to(&mut self, tenant: &str) {
        tenant.clone_into(&mut self.tenant);
    }

    /// Sends one request and reads the whole answer.
    pub(super) async fn post(&mut self, path: &str, body: Bytes) -> Result<(StatusCode, Bytes), Failure> {
        self.send(Method::POST, path, body).await
    }

    /// The same with what the service says of its own time.
    pub(super) async fn post_timed(&mut self, path: &str, body: Bytes) -> Result<Answer, Failure> {
        self.send_timed(Method::POST, path, body).await
    }

    /// The same without a body.
    pub(super) async fn get(&mut self, path: &str) -> Result<(StatusCode, Bytes), Failure> {
        let answer = self.get_timed(path).await?;
        Ok((answer.status, answer.body))
    }

    /// The same with what the service says of its own time.
    pub(super) async fn get_timed(&mut self, path: &str) -> Result<Answer, Failure> {
        self.send_timed(Method::GET, path, Bytes::new()).await
    }

    /// The document of an answer that has to be a success.
    pub(super) async fn get_json<T: DeserializeOwned>(&mut self, path: &str) -> Result<T, Failure> {
        let (status, answer) = self.get(path).await?;
        accept(status, &answer)?;
        Ok(serde_json::from_slice(&answer)?)
    }

    /// Asks for an answer that does not end.
    pub(super) async fn follow(mut self, path: &str) -> Result<Incoming, Failure> {
        let answer = self.request(Method::GET, path, Bytes::new()).await?;
        if answer.status().is_success() {
            return Ok(answer.into_body());
        }
        let message = format!("{path} was answered with {}", answer.status());
        Err(Failure::new(Exit::Data, "unexpected_answer", message))
    }

    async fn send(&mut self, method: Method, path: &str, body: Bytes) -> Result<(StatusCode, Bytes), Failure> {
        let answer = self.send_timed(method, path, body).await?;
        Ok((answer.status, answer.body))
    }

    async fn send_timed(&mut self, method: Method, path: &str, body: Bytes) -> Result<Answer, Failure> {
        let sent = Instant::now();
        let answer = self.request(method, path, body).await?;
        let (status, at_server) = (answer.status(), at_server(answer.headers()));
        let body = answer.into_body().collect().await.map_err(broken)?.to_bytes();
        Ok(Answer { status, body, took: sent.elapsed(), at_server })
    }

    async fn request(&mut self, method: Method, path: &str, body: Bytes) -> Result<Response<Incoming>, Failure> {
        let mut request = Request::builder()
            .method(&method)
            .uri(path)
            .header("host", &self.host)
            .header("authorization", &self.authorization)
            .header("x-tenant-id", &self.tenant);
        if method == Method::POST {
            request = request.header("content-type", "application/json");
        }
        let request = request
            .body(Full::new(body))
            .map_err(|error| Failure::new(Exit::Software, "internal_error", error.to_string()))?;
        self.sender.ready().await.map_err(broken)?;
        self.sender.send_request(request).await.map_err(broken)
    }
}

/// An answer and its times.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Bytes,
    /// From sending to the last byte.
    pub(super) took: Duration,
    /// What the service says it took there.
    pub(super) at_server: Option<Duration>,
}

/// Reads `server-timing: total;dur=1.234`, milliseconds.
fn at_server(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("server-timing")?.to_str().ok()?;
    let millis: f64 = text.strip_prefix("total;dur=")?.parse().ok()?;
    Duration::try_from_secs_f64(millis / 1000.0).ok()
}

async fn connect(host: &str) -> Result<SendRequest<Full<Bytes>>, Failure> {
    let stream = TcpStream::connect(host).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(broken)?;
    tokio::spawn(connection);
    Ok(sender)
}

/// Takes a success, and an append of which nothing was rejected.
pub(super) fn accept(status: StatusCode, answer: &[u8]) -> Result<(), Failure> {
    if status.is_success() && !contains(answer, b"\"rejected\",") {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&answer[..answer.len().min(400)]).into_owned();
    Err(Failure::new(Exit::Data, "unexpected_answer", format!("the scratch suite answered {status}: {text}")))
}

/// Whether an answer holds a text.
pub(super) fn contains(text: &[u8], needle: &[u8]) -> bool {
    text.windows(needle.len()).any(|window| window == needle)
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err takes")]
pub(super) fn broken(error: hyper::Error) -> Failure {
    Failure::new(Exit::Unavailable, "unavailable", format!("the scratch suite's API: {error}"))
}
