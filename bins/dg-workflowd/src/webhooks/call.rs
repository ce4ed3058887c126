//! One attempt: a POST on a connection of its own, to an address that was checked.
//!
//! No general client is used, because what matters here is what those do by themselves: the name is looked up once, each address is
//! checked and only a checked one is connected to, so that a name cannot lead outside when it is checked and inside when
//! it is used; redirects are answers like others; proxies of the environment are not asked.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use dg_webhooks::{Message, Reach, Secret, Target, signatures};
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, body::Incoming, header};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsConnector;

/// What of an answer's body is read, so that its sender is not cut off.
const ANSWER_BYTES: usize = 64 << 10;

/// What makes the attempts.
#[derive(Clone)]
pub(crate) struct Caller {
    tls: TlsConnector,
    reach: Reach,
    connect_timeout: Duration,
    timeout: Duration,
}

/// What is sent: JSON.
#[derive(Clone, Debug)]
pub(crate) struct Letter {
    /// Headers of its own, by name.
    headers: Vec<(&'static str, String)>,
    body: Bytes,
}

impl Letter {
    /// What Standard Webhooks ask for: `timestamp` is that of the attempt, in seconds since 1970.
    pub(crate) fn signed(message: Message, secrets: &[Secret], timestamp: i64) -> Self {
        let Message { message_id, body } = message;
        let signature = signatures(secrets, &message_id, timestamp, body.as_bytes());
        let headers = vec![
            ("webhook-id", message_id),
            ("webhook-timestamp", timestamp.to_string()),
            ("webhook-signature", signature),
        ];
        Self { headers, body: Bytes::from(body) }
    }

    /// Nothing but the body.
    pub(crate) fn plain(body: String) -> Self {
        Self { headers: Vec::new(), body: Bytes::from(body) }
    }
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The endpoint answered.
    Answered {
        status: u16,
        /// The header `retry-after`.
        retry_after: Option<String>,
    },
    /// It did not.
    Failed(Fault),
}

/// Why there was no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    #[error("no answer within {0} ms")]
    Timeout(u64),
    #[error("no connection within {0} ms")]
    ConnectTimeout(u64),
    #[error("the address leads to a network where webhooks may not go")]
    Address,
    #[error("the name cannot be resolved: {0}")]
    Name(String),
    #[error("cannot connect: {0}")]
    Connect(String),
    #[error("no encrypted connection: {0}")]
    Tls(String),
    #[error("the exchange broke off: {0}")]
    Http(String),
}

impl Fault {
    /// The label in metrics.
    pub(crate) const fn as_str(&self) -> &'static str {
        match self {
            Self::Timeout(_) | Self::ConnectTimeout(_) => "timeout",
            Self::Address => "address",
            Self::Name(_) => "name",
            Self::Connect(_) => "connect",
            Self::Tls(_) => "tls",
            Self::Http(_) => "http",
        }
    }
}

impl Caller {
    /// Trusts the certificates that the system trusts.
    pub(crate) fn new(reach: Reach, connect_timeout: Duration, timeout: Duration) -> Self {
        let mut roots = RootCertStore::empty();
        let found = rustls_native_certs::load_native_certs();
        let (trusted, ignored) = roots.add_parsable_certificates(found.certs);
        if trusted == 0 {
            tracing::warn!(ignored, "the system has no trusted certificates; webhooks by https will fail");
        }
        Self::trusting(roots, reach, connect_timeout, timeout)
    }

    fn trusting(roots: RootCertStore, reach: Reach, connect_timeout: Duration, timeout: Duration) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the provider supports the default versions of TLS")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self { tls: TlsConnector::from(Arc::new(tls)), reach, connect_timeout, timeout }
    }

    /// How far it reaches.
    pub(crate) const fn reach(&self) -> Reach {
        self.reach
    }

    /// Makes one attempt.
    pub(crate) async fn call(&self, target: &Target, letter: Letter) -> Outcome {
        match timeout(self.timeout, self.exchange(target, letter)).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(fault)) => Outcome::Failed(fault),
            Err(_) => Outcome::Failed(Fault::Timeout(millis(self.timeout))),
        }
    }

    async fn exchange(&self, target: &Target, letter: Letter) -> Result<Outcome, Fault> {
        let connecting = timeout(self.connect_timeout, self.connect(target));
        let stream = connecting.await.map_err(|_| Fault::ConnectTimeout(millis(self.connect_timeout)))??;
        if !target.is_https() {
            return post(stream, target, letter).await;
        }
        let broken = |error: &dyn std::error::Error| Fault::Tls(error.to_string());
        let name = ServerName::try_from(target.host_name()).map_err(|error| broken(&error))?;
        let stream = self.tls.connect(name, stream).await.map_err(|error| broken(&error))?;
        post(stream, target, letter).await
    }

    /// Connects to the first address that answers, of those where webhooks may go.
    async fn connect(&self, target: &Target) -> Result<TcpStream, Fault> {
        let addresses: Vec<SocketAddr> = match target.ip() {
            Some(ip) => vec![SocketAddr::new(ip, target.port())],
            None => {
                let found = tokio::net::lookup_host((target.host_name(), target.port())).await;
                found.map_err(|error| Fault::Name(error.to_string()))?.collect()
            }
        };
        let allowed: Vec<SocketAddr> =
            addresses.iter().copied().filter(|address| self.reach.covers(address.ip())).collect();
        if allowed.is_empty() {
            return Err(if addresses.is_empty() { Fault::Name("no address".to_owned()) } else { Fault::Address });
        }
        let stream = TcpStream::connect(&*allowed).await.map_err(|error| Fault::Connect(error.to_string()))?;
        // What fails here only makes it slower.
        let _ = stream.set_nodelay(true);
        Ok(stream)
    }
}

async fn post<S>(stream: S, target: &Target, letter: Letter) -> Result<Outcome, Fault>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let broken = |error: hyper::Error| Fault::Http(dg_runtime::exit::chain(&error));
    let handshake = hyper::client::conn::http1::Builder::new()
        .max_buf_size(ANSWER_BYTES)
        .handshake::<_, Full<Bytes>>(TokioIo::new(stream));
    let (mut sender, connection) = handshake.await.map_err(broken)?;
    let driver = tokio::spawn(connection);
    let guard = AbortOnDrop(driver.abort_handle());
    let mut request = Request::post(target.path_and_query())
        .header(header::HOST, target.authority())
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::USER_AGENT, concat!("DecisionGraph/", env!("CARGO_PKG_VERSION")))
        .header(header::CONNECTION, "close");
    for (name, value) in &letter.headers {
        request = request.header(*name, value);
    }
    let request = request.body(Full::new(letter.body)).map_err(|error| Fault::Http(error.to_string()))?;
    let mut answer: Response<Incoming> = sender.send_request(request).await.map_err(broken)?;
    let retry_after = answer.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
    let outcome = Outcome::Answered { status: answer.status().as_u16(), retry_after: retry_after.map(str::to_owned) };
    // The head has said it all. Of the body so much is taken that its sender is not cut off, and an endless one is left alone.
    tokio::spawn(async move {
        let _guard = guard;
        let mut read = 0;
        let drain = async {
            while let Some(Ok(frame)) = answer.body_mut().frame().await {
                read += frame.data_ref().map_or(0, Bytes::len);
                if read >= ANSWER_BYTES {
                    break;
                }
            }
        };
        let _ = timeout(Duration::from_secs(1), drain).await;
    });
    Ok(outcome)
}

struct AbortOnDrop(tokio::task::AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    fn caller(reach: Reach) -> Caller {
        Caller::trusting(RootCertStore::empty(), reach, Duration::from_millis(500), Duration::from_millis(1_000))
    }

    fn letter() -> Letter {
        let secrets = [Secret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap()];
        Letter::signed(Message { message_id: "m".to_owned(), body: "{}".to_owned() }, &secrets, 7)
    }

    /// A server that reads a request's head and answers these bytes, and then says nothing more.
    async fn serving(answer: &'static [u8]) -> (String, tokio::task::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"{}") {
                head.push(stream.read_u8().await.unwrap());
            }
            stream.write_all(answer).await.unwrap();
            // Until the caller has gone.
            let _ = stream.read_u8().await;
            String::from_utf8(head).unwrap()
        });
        (format!("http://{address}/hook?a=b"), task)
    }

    async fn call(url: &str) -> Outcome {
        let target = Target::parse(url, Reach::Anywhere).unwrap();
        caller(Reach::Anywhere).call(&target, letter()).await
    }

    #[tokio::test]
    async fn sends_what_standard_webhooks_ask_for() {
        let (url, task) = serving(b"HTTP/1.1 204 No Content\r\n\r\n").await;
        assert_eq!(call(&url).await, Outcome::Answered { status: 204, retry_after: None });
        let head = task.await.unwrap();
        assert!(head.starts_with("POST /hook?a=b HTTP/1.1\r\n"), "{head}");
        let signature = "webhook-signature: v1,".to_owned();
        for line in ["webhook-id: m\r", "webhook-timestamp: 7\r", &signature, "content-type: application/json\r"] {
            assert!(head.contains(&format!("\r\n{line}")), "{line}\n{head}");
        }
    }

    #[tokio::test]
    async fn a_plain_letter_has_no_headers_of_webhooks() {
        let (url, task) = serving(b"HTTP/1.1 200 OK\r\n\r\n").await;
        let target = Target::parse(&url, Reach::Anywhere).unwrap();
        let outcome = caller(Reach::Anywhere).call(&target, Letter::plain("{}".to_owned())).await;
        assert!(matches!(outcome, Outcome::Answered { status: 200, .. }));
        assert!(!task.await.unwrap().contains("webhook-"));
    }

    #[tokio::test]
    async fn a_redirect_is_an_answer_and_an_endless_body_is_left_alone() {
        let (url, _) = serving(
            b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1/\r\nretry-after: 9\r\ncontent-length: 5\r\n\r\n",
        )
        .await;
        assert_eq!(call(&url).await, Outcome::Answered { status: 302, retry_after: Some("9".to_owned()) });
    }

    #[tokio::test]
    async fn who_does_not_answer_is_not_waited_for() {
        let (url, _task) = serving(b"").await;
        assert_eq!(call(&url).await, Outcome::Failed(Fault::Timeout(1_000)));
        let (url, _task) = serving(b"nonsense\r\n\r\n").await;
        assert!(matches!(call(&url).await, Outcome::Failed(Fault::Http(_))));
    }

    #[tokio::test]
    async fn addresses_are_checked_when_connecting() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"] {
            // As if it had been allowed when it was made, or its name led elsewhere then.
            let target = Target::parse(&format!("https://{host}:{port}/"), Reach::Anywhere).unwrap();
            let outcome = caller(Reach::Public).call(&target, letter()).await;
            assert_eq!(outcome, Outcome::Failed(Fault::Address), "{host}");
        }
        let accepted = timeout(Duration::from_millis(50), listener.accept()).await;
        assert!(accepted.is_err(), "nobody connected");
    }

    #[tokio::test]
    async fn a_certificate_that_nobody_trusts_is_refused() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}/", listener.local_addr().unwrap());
        let task = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        });
        assert!(matches!(call(&url).await, Outcome::Failed(Fault::Tls(_))), "http where https is said");
        task.await.unwrap();
    }
}
