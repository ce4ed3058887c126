//! Listens on a socket file.

use std::io;
use std::os::unix::net::UnixStream;
use std::path::Path;

use tokio::net::UnixListener;

/// Binds `path`, taking over a socket file that nobody answers on any more.
///
/// # Errors
/// Somebody still listens there, or the directory is not writable.
pub(crate) fn bind(path: &Path) -> io::Result<UnixListener> {
    match UnixStream::connect(path) {
        Ok(_) => return Err(io::Error::new(io::ErrorKind::AddrInUse, format!("{} is in use", path.display()))),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => std::fs::remove_file(path)?,
        Err(_) => {}
    }
    UnixListener::bind(path)
}
