//! Hears what a child says on its notify socket.

use std::io;
use std::path::{Path, PathBuf};

use tokio::net::UnixDatagram;

/// One message of the sd_notify protocol, as far as the supervisor cares.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Notice {
    pub(super) ready: bool,
    pub(super) status: Option<String>,
}

/// The socket of one life of a child.
#[derive(Debug)]
pub(super) struct Notices(Option<(UnixDatagram, PathBuf)>);

impl Notices {
    /// For a child that says nothing.
    pub(super) fn none() -> Self {
        Self(None)
    }

    /// A fresh socket; what an earlier life sent late is not heard.
    pub(super) fn bind(path: &Path) -> io::Result<Self> {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        Ok(Self(Some((UnixDatagram::bind(path)?, path.to_owned()))))
    }

    pub(super) fn path(&self) -> Option<&Path> {
        self.0.as_ref().map(|(_, path)| path.as_path())
    }

    /// The next message. Safe to drop while waiting.
    pub(super) async fn next(&mut self) -> Notice {
        let Some((socket, _)) = &self.0 else { return std::future::pending().await };
        let mut buffer = [0; 4096];
        match socket.recv(&mut buffer).await {
            Ok(length) => parse(&buffer[..length]),
            Err(error) => {
                tracing::warn!(%error, "a notify socket is broken");
                std::future::pending().await
            }
        }
    }
}

fn parse(message: &[u8]) -> Notice {
    let text = String::from_utf8_lossy(message);
    let mut notice = Notice::default();
    for line in text.lines() {
        match line.split_once('=') {
            Some(("READY", "1")) => notice.ready = true,
            Some(("STATUS", status)) => notice.status = Some(status.to_owned()),
            _ => {}
        }
    }
    notice
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_read_by_line() {
        let notice = parse(b"READY=1\nSTATUS=a=b\nMAINPID=1\n");
        assert_eq!(notice, Notice { ready: true, status: Some("a=b".to_owned()) });
        assert_eq!(parse(b"READY=0\nWATCHDOG=1"), Notice::default());
    }
}
