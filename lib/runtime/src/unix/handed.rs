//! Speaks the protocol of systemd's socket units.

use std::io;

use listenfd::ListenFd;

use crate::handed::Handed;

pub(crate) fn take() -> io::Result<Option<Handed>> {
    // Both variables or none: without the pid anybody's leftover would do.
    if std::env::var_os("LISTEN_PID").is_none() {
        return Ok(None);
    }
    let mut found = ListenFd::from_env();
    match found.len() {
        0 => Ok(None),
        1 => match found.take_tcp_listener(0) {
            Ok(listener) => Ok(listener.map(Handed::Tcp)),
            Err(_) => Ok(found.take_unix_listener(0)?.map(Handed::Unix)),
        },
        more => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("the socket unit hands over {more} listeners, and one is served: let it have one ListenStream="),
        )),
    }
}
