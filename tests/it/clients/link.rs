//! A connection to the service that can be made to fail.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Stands between clients and the service; ends with its drop.
pub(super) struct Link {
    pub(super) url: String,
    state: watch::Sender<State>,
    /// So many answers will be lost, each with its connection.
    lose: Arc<AtomicUsize>,
    _task: JoinSet<()>,
}

#[derive(Clone, Copy)]
struct State {
    down: bool,
    /// Connections of an earlier time are cut.
    era: usize,
}

impl Link {
    pub(super) async fn to(api_url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (state, lose) = (watch::Sender::new(State { down: false, era: 0 }), Arc::new(AtomicUsize::new(0)));
        let mut task = JoinSet::new();
        task.spawn(accept(listener, api_url.replace("http://", ""), state.subscribe(), Arc::clone(&lose)));
        Self { url, state, lose, _task: task }
    }

    /// Nothing gets through, and what is open is cut.
    pub(super) fn down(&self) {
        self.state.send_modify(|state| *state = State { down: true, era: state.era + 1 });
    }

    pub(super) fn up(&self) {
        self.state.send_modify(|state| state.down = false);
    }

    /// What is open is cut; new connections get through.
    pub(super) fn cut(&self) {
        self.state.send_modify(|state| state.era += 1);
    }

    /// The next requests reach the service, and their answers are lost.
    pub(super) fn lose(&self, answers: usize) {
        self.lose.store(answers, Ordering::SeqCst);
    }
}

async fn accept(listener: TcpListener, service: String, state: watch::Receiver<State>, lose: Arc<AtomicUsize>) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        let (now, mut state, lose, service) = (*state.borrow(), state.clone(), Arc::clone(&lose), service.clone());
        if now.down {
            continue; // accepted and closed
        }
        connections.spawn(async move {
            let Ok(server) = TcpStream::connect(service).await else { return };
            let (from_client, to_client) = client.into_split();
            let (from_server, to_server) = server.into_split();
            tokio::select! {
                () = pump(from_client, to_server, None) => {}
                () = pump(from_server, to_client, Some(lose)) => {}
                _ = state.wait_for(|state| state.era != now.era) => {}
            }
        });
    }
}

async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, lose: Option<Arc<AtomicUsize>>) {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let Ok(length @ 1..) = from.read(&mut buffer).await else { return };
        let take_one = |left: usize| left.checked_sub(1);
        let lost =
            lose.as_ref().is_some_and(|lose| lose.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take_one).is_ok());
        if lost || to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}
