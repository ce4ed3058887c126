//! What a session waits for, each wait endless when there is nothing to wait for.

use std::{
    future::Future,
    pin::Pin,
    time::{Duration, Instant},
};

use axum::extract::ws::{Message, WebSocket};

use super::{super::frames, Closed, tree::Tree};
use crate::{model::View, pulse::Subscription};

/// A browser that takes longer to accept a frame is gone.
const SEND: Duration = Duration::from_secs(15);

/// A read under way; dropping it gives it up.
pub(super) type Waited<T> = Pin<Box<dyn Future<Output = T>>>;

pub(super) async fn of<T>(waited: &mut Option<Waited<T>>) -> T {
    match waited {
        Some(waited) => waited.await,
        None => std::future::pending().await,
    }
}

pub(super) async fn news(follows: &mut Option<Subscription>) {
    match follows {
        // The sender lives as long as there is a subscription.
        Some(follows) => {
            if follows.pulse.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
        None => std::future::pending().await,
    }
}

pub(super) async fn until(retry: Option<Instant>) {
    match retry {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}

pub(super) async fn work(shown: &mut Option<(Tree, View)>) {
    match shown {
        Some((tree, _)) => tree.work().await,
        None => std::future::pending().await,
    }
}

pub(super) async fn send(socket: &mut WebSocket, message: Message) -> Result<(), Closed> {
    match tokio::time::timeout(SEND, socket.send(message)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err(Closed::ByBrowser),
        Err(_) => Err(Closed::With(frames::SILENT)),
    }
}
