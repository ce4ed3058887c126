//! One stream: where it stands, what it waits for, when it ends.

use std::{sync::Arc, time::Duration};

use axum::http::HeaderMap;
use bytes::Bytes;
use dg_domain::{LogSeq, TenantId};
use dg_http::gate::{Reader, Role, StreamCaller};
use dg_storage::StoreError;
use tokio::{
    sync::{
        OwnedSemaphorePermit,
        broadcast::{self, error::RecvError},
        mpsc,
    },
    time::{Instant, MissedTickBehavior, interval},
};
use tracing::{debug, info};

use super::{
    filter::Filter,
    frame::{self, Piece},
};
use crate::{app::App, pages};

/// Something is sent at least this often, so that proxies and clients know that the stream lives.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// How often the caller's right to read is looked at again.
const LOOK: Duration = Duration::from_secs(1);
/// Events that are read from the log at once.
const PAGE: i64 = 500;

/// A stream under way.
pub(super) struct Follower {
    app: App,
    tenant: TenantId,
    credentials: HeaderMap,
    filter: Filter,
    position: i64,
    tail: broadcast::Receiver<Arc<Piece>>,
    out: mpsc::Sender<Bytes>,
    /// When something was sent last.
    sent: Instant,
}

/// Why a stream ends.
enum Ended {
    /// The client is gone.
    Gone,
    /// The caller may not read any more.
    Refused,
    /// The tail is gone; the client comes back.
    Lost,
}

impl Follower {
    pub(super) fn new(
        app: App,
        caller: &StreamCaller<Reader>,
        credentials: HeaderMap,
        filter: Filter,
        position: i64,
        tail: broadcast::Receiver<Arc<Piece>>,
        out: mpsc::Sender<Bytes>,
    ) -> Self {
        let tenant = caller.tenant().clone();
        Self { app, tenant, credentials, filter, position, tail, out, sent: Instant::now() }
    }

    /// Streams until the client is gone or not allowed any more, or the service stops.
    pub(super) async fn run(mut self, seat: OwnedSemaphorePermit) {
        let closing = self.app.closing.clone();
        let ended = tokio::select! {
            () = closing.cancelled() => None,
            ended = self.follow() => ended.err(),
        };
        drop(seat);
        let (tenant, log_seq) = (&self.tenant, self.position);
        match ended {
            Some(Ended::Refused) => info!(%tenant, log_seq, "a stream's caller may not read any more; cut off"),
            Some(Ended::Lost) => info!(%tenant, log_seq, "a stream's tail ended; cut off"),
            Some(Ended::Gone) | None => debug!(%tenant, log_seq, "a stream ended"),
        }
    }

    async fn follow(&mut self) -> Result<(), Ended> {
        self.send(frame::greeting(self.position)).await?;
        self.catch_up().await?;
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                piece = self.tail.recv() => match piece {
                    Ok(piece) => self.take(&piece).await?,
                    // Too slow for the tail, not for the log.
                    Err(RecvError::Lagged(_)) => self.catch_up().await?,
                    Err(RecvError::Closed) => return Err(Ended::Lost),
                },
                _ = look.tick() => self.look().await?,
            }
        }
    }

    async fn take(&mut self, piece: &Piece) -> Result<(), Ended> {
        if piece.last <= self.position {
            return Ok(());
        }
        if piece.first > self.position + 1 {
            // What is between came before this stream joined, or was missed.
            return self.catch_up().await;
        }
        let text = piece.after(self.position, &self.filter);
        self.position = piece.last;
        if text.is_empty() { Ok(()) } else { self.send(text).await }
    }

    /// Reads from the log up to where it ends now.
    async fn catch_up(&mut self) -> Result<(), Ended> {
        loop {
            match self.read_on().await {
                Ok(None) => return Ok(()),
                Ok(Some(text)) if text.is_empty() => {}
                Ok(Some(text)) => self.send(text).await?,
                Err(error) => {
                    debug!(error = &error as &dyn std::error::Error, "a stream waits for the database");
                    tokio::time::sleep(LOOK).await;
                    self.look().await?;
                }
            }
        }
    }

    /// Reads one page; `None` at the end of the log.
    async fn read_on(&mut self) -> Result<Option<Bytes>, StoreError> {
        let (store, tenant, filter) = (&self.app.store, &self.tenant, &self.filter);
        let until = store.head(tenant).await?;
        if until.get() <= self.position {
            return Ok(None);
        }
        let after = LogSeq::new(self.position).unwrap_or(LogSeq::START);
        let page = pages::gather(PAGE, |last, limit| {
            let filter = filter.to_read(last.map_or(after, |last| last.log_seq), until, limit);
            async move { store.events(tenant, &filter).await }
        });
        let page = page.await?;
        let text = Piece::of(&page.events).map(|piece| piece.after(self.position, filter)).unwrap_or_default();
        self.position = page.last_of_more().map_or(until, |last| last.log_seq).get();
        Ok(Some(text))
    }

    /// Looks whether the caller may still read, and shows that the stream lives.
    async fn look(&mut self) -> Result<(), Ended> {
        let now = dg_runtime::clock::now();
        match self.app.gate.enter_tenant(&self.credentials, Role::Reader, now).await {
            // That the database does not answer is no refusal.
            Err(error) if error.code().status().is_client_error() => return Err(Ended::Refused),
            Ok(_) | Err(_) => {}
        }
        if self.sent.elapsed() < HEARTBEAT {
            return if self.out.is_closed() { Err(Ended::Gone) } else { Ok(()) };
        }
        self.send(frame::position(self.position)).await
    }

    async fn send(&mut self, text: Bytes) -> Result<(), Ended> {
        // A client that takes nothing is cut off where it is connected, and then this fails.
        self.out.send(text).await.map_err(|_| Ended::Gone)?;
        self.sent = Instant::now();
        Ok(())
    }
}
