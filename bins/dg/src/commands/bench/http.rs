//! One keep-alive connection that costs as little as possible: client and service share the machine's cores.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{
    Request, StatusCode,
    client::conn::http1::{SendRequest, handshake},
};
use hyper_util::rt::TokioIo;
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
        let stream = TcpStream::connect(&host).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(broken)?;
        tokio::spawn(connection);
        let authorization = format!("Bearer {}", suite.admin_token());
        Ok(Self { sender, host, authorization, tenant: tenant.to_owned() })
    }

    /// Sends one request and reads the whole answer.
    pub(super) async fn post(&mut self, path: &str, body: Bytes) -> Result<(StatusCode, Bytes), Failure> {
        let request = Request::post(path)
            .header("host", &self.host)
            .header("authorization", &self.authorization)
            .header("x-tenant-id", &self.tenant)
            .header("content-type", "application/json")
            .body(Full::new(body))
            .map_err(|error| Failure::new(Exit::Software, "internal_error", error.to_string()))?;
        self.sender.ready().await.map_err(broken)?;
        let answer = self.sender.send_request(request).await.map_err(broken)?;
        let status = answer.status();
        let body = answer.into_body().collect().await.map_err(broken)?.to_bytes();
        Ok((status, body))
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err takes")]
fn broken(error: hyper::Error) -> Failure {
    Failure::new(Exit::Unavailable, "unavailable", format!("the scratch suite's API: {error}"))
}
