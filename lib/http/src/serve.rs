//! Listening, serving connections, and letting them finish.

use std::convert::Infallible;
use std::error::Error;
use std::io;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use axum::serve::{Listener, ListenerExt};
use dg_runtime::CancellationToken;
use dg_runtime::config::Listen;
use dg_runtime::handed::Handed;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_io_timeout::TimeoutStream;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;
use tracing::{debug, info, warn};

use crate::peer::{Peer, PeerAddress};

/// After the stop, for requests that are on their way: they are answered, and no connection without one is kept any longer.
const ON_THEIR_WAY: Duration = Duration::from_millis(300);

/// Bounds on connections.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// How many there may be; more wait in the backlog.
    pub connections: usize,
    /// How long a connection may take for the head of its next request, idling included.
    pub head_timeout: Duration,
    /// How long a client may take nothing of an answer before it is cut off.
    pub stall: Duration,
    /// Bytes of a request's head.
    pub head_bytes: usize,
    /// How long requests may go on after the stop.
    pub grace: Duration,
}

/// A bound listener that does not serve yet.
#[derive(Debug)]
pub enum Bound {
    /// TCP.
    Tcp(TcpListener),
    /// A socket file.
    #[cfg(unix)]
    Unix(tokio::net::UnixListener, std::path::PathBuf),
}

impl Bound {
    /// Binds an address. A socket file on which nobody answers any more is taken over.
    ///
    /// # Errors
    /// The address is taken or not ours.
    pub async fn bind(listen: &Listen) -> io::Result<Self> {
        match listen {
            Listen::Tcp(address) => Ok(Self::Tcp(TcpListener::bind(address).await?)),
            Listen::Unix(path) => bind_socket_file(path),
        }
    }

    /// Takes a listener from the service manager.
    ///
    /// # Errors
    /// The system does not tell where it listens.
    pub fn handed(handed: Handed) -> io::Result<Self> {
        match handed {
            Handed::Tcp(listener) => Ok(Self::Tcp(TcpListener::from_std(listener)?)),
            #[cfg(unix)]
            Handed::Unix(listener) => {
                let path = listener.local_addr()?.as_pathname().map(Path::to_owned).unwrap_or_default();
                Ok(Self::Unix(tokio::net::UnixListener::from_std(listener)?, path))
            }
        }
    }

    /// `http://127.0.0.1:4100` or `unix:/path`.
    ///
    /// # Errors
    /// The system does not tell.
    pub fn address(&self) -> io::Result<String> {
        match self {
            Self::Tcp(listener) => Ok(format!("http://{}", listener.local_addr()?)),
            #[cfg(unix)]
            Self::Unix(_, path) => Ok(format!("unix:{}", path.display())),
        }
    }

    /// Serves until `stop`, then until every request is answered or the grace period is over.
    pub async fn serve(self, router: Router, bounds: Bounds, stop: CancellationToken) {
        match self {
            Self::Tcp(listener) => {
                // Answers are written whole; waiting to fill a packet only adds delay.
                let quick = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
                serve(quick, router, bounds, stop).await;
            }
            #[cfg(unix)]
            Self::Unix(listener, _) => serve(listener, router, bounds, stop).await,
        }
    }
}

#[cfg(unix)]
fn bind_socket_file(path: &Path) -> io::Result<Bound> {
    match std::os::unix::net::UnixStream::connect(path) {
        Ok(_) => return Err(io::Error::new(io::ErrorKind::AddrInUse, format!("{} is in use", path.display()))),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => std::fs::remove_file(path)?,
        Err(_) => {}
    }
    Ok(Bound::Unix(tokio::net::UnixListener::bind(path)?, path.to_owned()))
}

#[cfg(not(unix))]
fn bind_socket_file(_: &Path) -> io::Result<Bound> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "socket files are not supported on this system"))
}

async fn serve<L>(mut listener: L, router: Router, bounds: Bounds, stop: CancellationToken)
where
    L: Listener,
    L::Addr: PeerAddress,
{
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(bounds.head_timeout).max_header_size(bounds.head_bytes);
    let open = TaskTracker::new();
    let room = Arc::new(Semaphore::new(bounds.connections));
    loop {
        let next = async {
            let seat = room.clone().acquire_owned().await;
            (seat, listener.accept().await)
        };
        let (seat, (stream, address)) = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            next = next => next,
        };
        let router = router.clone();
        let peer = Peer(address.host());
        let stopping = stop.clone();
        let service = service_fn(move |request| answer(router.clone(), request, peer, stopping.clone()));
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(bounds.stall));
        let connection = http.serve_connection(TokioIo::new(Box::pin(stream)), service);
        let stop = stop.clone();
        open.spawn(async move {
            let _seat = seat;
            match converse(connection, stop).await {
                Err(error) if took_nothing(&error) => info!("a client takes nothing; cut off"),
                Err(error) => debug!(error = &error as &dyn Error, "a connection broke off"),
                Ok(()) => {}
            }
        });
    }
    drop(listener);
    info!(connections = open.len(), "no new connections; finishing what is under way");
    open.close();
    if timeout(bounds.grace, open.wait()).await.is_err() {
        warn!(grace_ms = bounds.grace.as_millis(), "requests still open after the grace period; closing now");
    }
}

/// Serves one connection to its end. After the stop it ends with the answer that is under way or on its way.
async fn converse<I, S>(connection: http1::Connection<I, S>, stop: CancellationToken) -> hyper::Result<()>
where
    I: hyper::rt::Read + hyper::rt::Write + Unpin,
    S: hyper::service::HttpService<hyper::body::Incoming, ResBody = axum::body::Body>,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let mut connection = pin!(connection);
    let moment = async {
        stop.cancelled().await;
        sleep(ON_THEIR_WAY).await;
    };
    tokio::select! {
        biased;
        ended = connection.as_mut() => return ended,
        () = moment => connection.as_mut().graceful_shutdown(),
    }
    connection.await
}

/// Whether writing to the client timed out.
fn took_nothing(error: &hyper::Error) -> bool {
    let cause = error.source().and_then(|source| source.downcast_ref::<io::Error>());
    cause.is_some_and(|cause| cause.kind() == io::ErrorKind::TimedOut)
}

async fn answer(
    router: Router,
    mut request: hyper::Request<hyper::body::Incoming>,
    peer: Peer,
    stop: CancellationToken,
) -> Result<Response, Infallible> {
    request.extensions_mut().insert(peer);
    let mut response = router.oneshot(request.map(axum::body::Body::new) as Request).await?;
    if stop.is_cancelled() {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;
    use tokio::sync::oneshot;

    const BOUNDS: Bounds = Bounds {
        connections: 8,
        head_timeout: Duration::from_secs(10),
        stall: Duration::from_secs(1),
        head_bytes: 8192,
        grace: Duration::from_secs(10),
    };

    async fn bound() -> (Bound, String) {
        let bound = Bound::bind(&Listen::parse("127.0.0.1:0").unwrap()).await.unwrap();
        let address = bound.address().unwrap();
        (bound, address.strip_prefix("http://").unwrap().to_owned())
    }

    #[tokio::test]
    async fn a_request_under_way_is_answered_after_the_stop() {
        let (bound, address) = bound().await;
        let (begun, has_begun) = oneshot::channel::<()>();
        let (go, may_go) = oneshot::channel::<()>();
        let parts = Arc::new(std::sync::Mutex::new(Some((begun, may_go))));
        let slow = get(move || async move {
            let (begun, may_go) = parts.lock().unwrap().take().unwrap();
            begun.send(()).unwrap();
            may_go.await.unwrap();
            "done"
        });
        let stop = CancellationToken::new();
        let server = tokio::spawn(bound.serve(Router::new().route("/", slow), BOUNDS, stop.clone()));
        let mut client = TcpStream::connect(&address).await.unwrap();
        client.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        has_begun.await.unwrap();
        stop.cancel();
        go.send(()).unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        assert!(answer.ends_with("done"), "{answer}");
        server.await.unwrap();
        assert!(TcpStream::connect(&address).await.is_err());
    }

    #[tokio::test]
    async fn a_connection_that_was_made_before_the_stop_still_gets_its_answer() {
        let (bound, address) = bound().await;
        let stop = CancellationToken::new();
        let router = Router::new().route("/", get(|| async { "done" }));
        let server = tokio::spawn(bound.serve(router, BOUNDS, stop.clone()));
        let ask = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";
        let mut kept = TcpStream::connect(&address).await.unwrap();
        kept.write_all(ask).await.unwrap();
        let mut head = [0; 1];
        kept.read_exact(&mut head).await.unwrap();
        // Accepted in the order of connecting: an answer on a later one says that this one was accepted too.
        let mut fresh = TcpStream::connect(&address).await.unwrap();
        let mut later = TcpStream::connect(&address).await.unwrap();
        later.write_all(ask).await.unwrap();
        later.read_exact(&mut head).await.unwrap();
        stop.cancel();
        for client in [&mut fresh, &mut kept] {
            client.write_all(ask).await.unwrap();
            let mut answer = String::new();
            client.read_to_string(&mut answer).await.unwrap();
            assert!(answer.ends_with("done") && answer.contains("connection: close"), "{answer}");
        }
        server.await.unwrap();
    }

    #[tokio::test]
    async fn who_does_not_take_an_answer_is_cut_off() {
        let (bound, address) = bound().await;
        let large = get(|| async { vec![0_u8; 64 << 20] });
        let stop = CancellationToken::new();
        let bounds = Bounds { stall: Duration::from_millis(100), ..BOUNDS };
        let server = tokio::spawn(bound.serve(Router::new().route("/", large), bounds, stop.clone()));
        let mut client = TcpStream::connect(&address).await.unwrap();
        client.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        // Ends well before the grace period: nothing is under way any more.
        stop.cancel();
        timeout(BOUNDS.grace / 2, server).await.unwrap().unwrap();
        let mut answer = Vec::new();
        let cut_off = client.read_to_end(&mut answer).await.map_or(true, |_| answer.len() < 64 << 20);
        assert!(cut_off);
    }

    #[tokio::test]
    async fn a_head_that_is_too_large_is_refused() {
        let (bound, address) = bound().await;
        let stop = CancellationToken::new();
        let server = tokio::spawn(bound.serve(Router::new(), BOUNDS, stop.clone()));
        let mut client = TcpStream::connect(&address).await.unwrap();
        let head = format!("GET / HTTP/1.1\r\nhost: x\r\nx-long: {}\r\n\r\n", "x".repeat(9000));
        client.write_all(head.as_bytes()).await.unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
        stop.cancel();
        server.await.unwrap();
    }
}
