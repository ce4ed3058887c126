//! A PostgreSQL socket that can be made to fail: passes bytes on, holds them back, or cuts every connection.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::{KitError, Postgres};

/// The name PostgreSQL clients look for in the directory they are given as host.
const SOCKET: &str = ".s.PGSQL.5432";

/// What happens to the bytes of every connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// They go on.
    Pass,
    /// They wait, in both directions, and so does whoever sent them.
    Hold,
    /// The connection ends at once; new ones too.
    Cut,
}

/// Stands between clients and one server; ends with its drop.
#[derive(Debug)]
pub struct FaultProxy {
    dir: TempDir,
    mode: watch::Sender<Mode>,
    open: Arc<AtomicUsize>,
    _tasks: JoinSet<()>,
}

impl FaultProxy {
    /// Opens a socket in a directory of its own in front of `server`.
    ///
    /// # Errors
    /// When the directory or the socket cannot be made.
    pub fn before(server: &Postgres) -> Result<Self, KitError> {
        let dir =
            tempfile::Builder::new().prefix("dg-fp-").tempdir().map_err(KitError::io("cannot make a directory"))?;
        let listener =
            UnixListener::bind(dir.path().join(SOCKET)).map_err(KitError::io("cannot open the proxy's socket"))?;
        let mode = watch::Sender::new(Mode::Pass);
        let open = Arc::new(AtomicUsize::new(0));
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, server.socket_dir().join(SOCKET), mode.subscribe(), Arc::clone(&open)));
        Ok(Self { dir, mode, open, _tasks: tasks })
    }

    /// The directory to connect to instead of the server's own.
    #[must_use]
    pub fn socket_dir(&self) -> &Path {
        self.dir.path()
    }

    /// `url`, which names the server's socket, through this proxy.
    #[must_use]
    pub fn url(&self, url: &str, server: &Postgres) -> String {
        let encode = |path: &Path| path.to_string_lossy().replace('/', "%2F");
        url.replace(&encode(server.socket_dir()), &encode(self.socket_dir()))
    }

    /// Lets everything through again.
    pub fn pass(&self) {
        self.mode.send_replace(Mode::Pass);
    }

    /// Holds every byte back from now on, as a dead network does.
    pub fn hold(&self) {
        self.mode.send_replace(Mode::Hold);
    }

    /// Ends every connection now and refuses new ones until [`FaultProxy::pass`].
    pub fn cut(&self) {
        self.mode.send_replace(Mode::Cut);
    }

    /// How many connections are open.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }
}

async fn accept(listener: UnixListener, server: PathBuf, mode: watch::Receiver<Mode>, open: Arc<AtomicUsize>) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        let (server, mode, open) = (server.clone(), mode.clone(), Arc::clone(&open));
        connections.spawn(async move {
            open.fetch_add(1, Ordering::Relaxed);
            carry(client, &server, mode).await;
            open.fetch_sub(1, Ordering::Relaxed);
        });
    }
}

async fn carry(client: UnixStream, server: &Path, mut mode: watch::Receiver<Mode>) {
    let Ok(server) = UnixStream::connect(server).await else { return };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let (up, down) = (pump(from_client, to_server, mode.clone()), pump(from_server, to_client, mode.clone()));
    tokio::select! {
        () = up => {}
        () = down => {}
        _ = mode.wait_for(|mode| *mode == Mode::Cut) => {}
    }
}

/// Copies until either side ends. What has been read while bytes are held stays in the buffer until they pass again.
async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut mode: watch::Receiver<Mode>) {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let Ok(length @ 1..) = from.read(&mut buffer).await else { return };
        if mode.wait_for(|mode| *mode == Mode::Pass).await.is_err() || to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio_postgres::NoTls;

    use super::*;
    use crate::wait_for;

    #[tokio::test]
    async fn it_passes_holds_and_cuts() {
        let server = Postgres::shared();
        let proxy = FaultProxy::before(server).unwrap();
        let url = proxy.url(&server.admin_url(), server);
        let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
        tokio::spawn(connection);
        client.simple_query("SELECT 1").await.unwrap();

        proxy.hold();
        let held = client.simple_query("SELECT 1");
        tokio::pin!(held);
        assert!(tokio::time::timeout(Duration::from_millis(50), &mut held).await.is_err(), "nothing comes while held");
        proxy.pass();
        held.await.unwrap();

        proxy.cut();
        wait_for(Duration::from_secs(5), "the connection to end", async || client.is_closed().then_some(()))
            .await
            .unwrap();
        assert!(tokio_postgres::connect(&url, NoTls).await.is_err());
        proxy.pass();
        assert!(tokio_postgres::connect(&url, NoTls).await.is_ok());
    }
}
