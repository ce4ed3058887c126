//! One stream: where it stands, what it waits for, when it ends.

use std::sync::Arc;

use bytes::Bytes;
use dg_domain::LogSeq;
use dg_storage::StoreError;
use tokio::{
    sync::{
        OwnedSemaphorePermit,
        broadcast::{self, error::RecvError},
    },
    time::{MissedTickBehavior, interval},
};
use tracing::debug;

use super::{
    filter::Filter,
    frame::{self, Piece},
    line::{Ended, LOOK, Line},
};
use crate::pages;

/// Events that are read from the log at once.
const PAGE: i64 = 500;

/// A stream under way.
pub(super) struct Follower {
    line: Line,
    filter: Filter,
    position: i64,
    tail: broadcast::Receiver<Arc<Piece>>,
}

impl Follower {
    pub(super) const fn new(line: Line, filter: Filter, position: i64, tail: broadcast::Receiver<Arc<Piece>>) -> Self {
        Self { line, filter, position, tail }
    }

    /// Streams until the client is gone or not allowed any more, or the service stops.
    pub(super) async fn run(mut self, seat: OwnedSemaphorePermit) {
        let closing = self.line.app.closing.clone();
        let ended = tokio::select! {
            () = closing.cancelled() => None,
            ended = self.follow() => ended.err(),
        };
        drop(seat);
        self.line.ended(ended.as_ref(), self.position);
    }

    async fn follow(&mut self) -> Result<(), Ended> {
        self.line.send(frame::greeting(self.position)).await?;
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
                _ = look.tick() => self.line.look(self.position).await?,
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
        if text.is_empty() { Ok(()) } else { self.line.send(text).await }
    }

    /// Reads from the log up to where it ends now.
    async fn catch_up(&mut self) -> Result<(), Ended> {
        loop {
            match self.read_on().await {
                Ok(None) => return Ok(()),
                Ok(Some(text)) if text.is_empty() => {}
                Ok(Some(text)) => self.line.send(text).await?,
                Err(error) => {
                    debug!(error = &error as &dyn std::error::Error, "a stream waits for the database");
                    tokio::time::sleep(LOOK).await;
                    self.line.look(self.position).await?;
                }
            }
        }
    }

    /// Reads one page; `None` at the end of the log.
    async fn read_on(&mut self) -> Result<Option<Bytes>, StoreError> {
        let (store, tenant, filter) = (&self.line.app.store, &self.line.tenant, &self.filter);
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
}
