//! Serves connections within bounds, upgrades included.

use std::{convert::Infallible, io, pin::pin, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use dg_runtime::CancellationToken;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tokio_util::task::TaskTracker;
use tower::ServiceExt;
use tracing::debug;

use super::peer::Peer;

/// Connections that are no live page; a browser opens up to six.
const CONNECTIONS: usize = 2000;
/// For the head of a connection's next request, idling included.
const HEAD: Duration = Duration::from_secs(30);
/// Bytes of a head; an address may have 4 KiB.
const HEAD_BYTES: usize = 16 * 1024;
/// After the stop, for requests that are on their way: they are answered, and no connection without one is kept any longer.
const ON_THEIR_WAY: Duration = Duration::from_millis(300);
/// After running out of file descriptors or the like.
const PAUSE: Duration = Duration::from_millis(200);

/// Serves `router` until `stop`, then until what is under way is answered. Live pages end by themselves.
///
/// # Errors
/// None; what goes wrong concerns one connection.
pub(crate) async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) -> io::Result<()> {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD).max_header_size(HEAD_BYTES);
    let http = Arc::new(http);
    let open = TaskTracker::new();
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let next = async {
            let seat = Arc::clone(&room).acquire_owned().await;
            (seat, listener.accept().await)
        };
        let (seat, accepted) = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            next = next => next,
        };
        let Ok((stream, address)) = accepted else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        // Frames are written whole; waiting to fill a packet only adds delay.
        drop(stream.set_nodelay(true));
        let (http, router, stop) = (Arc::clone(&http), router.clone(), stop.clone());
        open.spawn(async move {
            let _seat = seat;
            if let Err(error) = converse(&http, stream, Peer(address.ip()), router, stop).await {
                debug!("a connection broke off: {error}");
            }
        });
    }
    drop(listener);
    open.close();
    open.wait().await;
    Ok(())
}

async fn converse(
    http: &http1::Builder,
    stream: TcpStream,
    peer: Peer,
    router: Router,
    stop: CancellationToken,
) -> hyper::Result<()> {
    let stopping = stop.clone();
    let service = service_fn(move |request| answer(router.clone(), request, peer, stopping.clone()));
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service).with_upgrades());
    let moment = async {
        stop.cancelled().await;
        tokio::time::sleep(ON_THEIR_WAY).await;
    };
    tokio::select! {
        biased;
        ended = connection.as_mut() => return ended,
        () = moment => connection.as_mut().graceful_shutdown(),
    }
    connection.await
}

async fn answer(
    router: Router,
    request: hyper::Request<Incoming>,
    peer: Peer,
    stop: CancellationToken,
) -> Result<Response, Infallible> {
    let mut request: Request = request.map(Body::new);
    request.extensions_mut().insert(peer);
    let mut response = router.oneshot(request).await?;
    // An upgrade says in that header what it is.
    if stop.is_cancelled() && response.status() != StatusCode::SWITCHING_PROTOCOLS {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response)
}
