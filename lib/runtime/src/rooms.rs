//! Owns a daemon's tasks and ends them together.

use std::collections::HashMap;
use std::future::Future;
use std::time::Duration;

use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use crate::exit::{Failure, chain};
use crate::notify;

/// The tasks of a daemon under one stop token.
///
/// A room that ends unasked takes the daemon with it: half a daemon looks healthy.
#[derive(Debug)]
pub struct Rooms {
    stop: CancellationToken,
    grace: Duration,
    tasks: JoinSet<Result<(), Failure>>,
    names: HashMap<Id, &'static str>,
}

#[derive(Debug, thiserror::Error)]
enum Ended {
    #[error("room {0} ended unasked")]
    Unasked(&'static str),
    #[error("room {name} panicked")]
    Panicked {
        name: &'static str,
        #[source]
        source: JoinError,
    },
}

impl Rooms {
    /// No rooms yet; after a stop they have `grace` to end by themselves.
    #[must_use]
    pub fn new(stop: CancellationToken, grace: Duration) -> Self {
        Self { stop, grace, tasks: JoinSet::new(), names: HashMap::new() }
    }

    /// A token for a room; cancelled when the daemon stops.
    #[must_use]
    pub fn stop(&self) -> CancellationToken {
        self.stop.child_token()
    }

    /// Starts a room. It watches [`stop`](Self::stop) and returns `Ok` once it has come; its log lines carry its name.
    pub fn spawn<E: Into<Failure>>(
        &mut self,
        name: &'static str,
        room: impl Future<Output = Result<(), E>> + Send + 'static,
    ) {
        let span = tracing::info_span!("room", room = name);
        let task = self.tasks.spawn(async move { room.await.map_err(Into::into) }.instrument(span));
        self.names.insert(task.id(), name);
    }

    /// Waits for the stop token or the first room to end, then stops the rest.
    ///
    /// # Errors
    /// A room ended or failed before the stop: with the code of its failure, 75 when it simply ended, 70 when it panicked.
    pub async fn run(mut self) -> Result<(), Failure> {
        let first = tokio::select! {
            biased;
            () = self.stop.cancelled() => None,
            ended = self.tasks.join_next_with_id() => ended,
        };
        let asked = self.stop.is_cancelled();
        self.stop.cancel();
        notify::stopping();
        let verdict = match first {
            Some(ended) => self.verdict(ended, asked),
            None => Ok(()),
        };
        let grace = self.grace;
        if tokio::time::timeout(grace, self.drain()).await.is_err() {
            tracing::warn!(grace_ms = grace.as_millis(), "rooms still open after the grace period; closing now");
            self.tasks.shutdown().await;
        }
        verdict
    }

    async fn drain(&mut self) {
        while let Some(ended) = self.tasks.join_next_with_id().await {
            if let Err(failure) = self.verdict(ended, true) {
                tracing::warn!("while stopping: {}", chain(&failure));
            }
        }
    }

    fn verdict(&self, ended: Result<(Id, Result<(), Failure>), JoinError>, asked: bool) -> Result<(), Failure> {
        match ended {
            Ok((_, Err(failure))) => Err(failure),
            Ok((_, Ok(()))) if asked => Ok(()),
            Ok((id, Ok(()))) => Err(Failure::retry(Ended::Unasked(self.name(id)))),
            Err(source) => Err(Failure::bug(Ended::Panicked { name: self.name(source.id()), source })),
        }
    }

    fn name(&self, id: Id) -> &'static str {
        self.names.get(&id).copied().unwrap_or("unknown")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;

    fn rooms(stop: &CancellationToken) -> Rooms {
        let mut rooms = Rooms::new(stop.clone(), Duration::from_millis(50));
        let waits = rooms.stop();
        rooms.spawn("waits", async move {
            waits.cancelled().await;
            Ok::<_, Failure>(())
        });
        rooms
    }

    #[tokio::test]
    async fn a_stop_ends_all_rooms() {
        let stop = CancellationToken::new();
        let rooms = rooms(&stop);
        stop.cancel();
        rooms.run().await.unwrap();
    }

    #[tokio::test]
    async fn a_room_that_ends_takes_the_daemon_with_it() {
        let stop = CancellationToken::new();
        let mut rooms = rooms(&stop);
        rooms.spawn("leaves", async { Ok::<_, Failure>(()) });
        let failure = rooms.run().await.unwrap_err();
        assert_eq!((failure.exit(), failure.to_string().as_str()), (Exit::Retry, "room leaves ended unasked"));
        assert!(stop.is_cancelled());
    }

    #[tokio::test]
    async fn a_failure_keeps_its_code() {
        let mut rooms = rooms(&CancellationToken::new());
        rooms.spawn("fails", async { Err(Failure::config("schema is newer")) });
        assert_eq!(rooms.run().await.unwrap_err().exit(), Exit::Config);
    }

    #[tokio::test]
    async fn a_room_that_does_not_stop_is_closed_after_the_grace_period() {
        let stop = CancellationToken::new();
        let mut rooms = rooms(&stop);
        rooms.spawn("stays", std::future::pending::<Result<(), Failure>>());
        stop.cancel();
        rooms.run().await.unwrap();
    }

    #[tokio::test]
    async fn a_panic_is_a_bug() {
        async fn breaks() -> Result<(), Failure> {
            panic!("on purpose")
        }
        let mut rooms = rooms(&CancellationToken::new());
        rooms.spawn("breaks", breaks());
        assert_eq!(rooms.run().await.unwrap_err().exit(), Exit::Bug);
    }
}
