//! Loopback ports for the listeners.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
};

use crate::failure::{Exit, Failure};

/// The port to listen on: the wanted one, or a free one for 0. It is chosen here and not by the daemon, because the
/// address must stay the same when the daemon is restarted.
///
/// # Errors
/// 69 when somebody else listens on the wanted port.
pub(super) fn choose(wanted: u16, flag: &str) -> Result<u16, Failure> {
    let at = SocketAddr::from((Ipv4Addr::LOCALHOST, wanted));
    if wanted == 0 {
        return reserve(at).map_err(|error| Failure::new(Exit::Unavailable, "io", format!("no free port: {error}")));
    }
    match TcpListener::bind(at) {
        Ok(_) => Ok(wanted),
        Err(error) => {
            let reason = match error.kind() {
                io::ErrorKind::AddrInUse => format!("port {wanted} is in use by another program"),
                _ => format!("port {wanted} cannot be used: {error}"),
            };
            Err(Failure::new(Exit::Unavailable, "port_in_use", reason)
                .advise(format!("choose another one with {flag} N, or {flag} 0 for any free port")))
        }
    }
}

/// Finds a free port and leaves a closed connection on it: for a minute the kernel gives it to nobody who asks for any
/// port, while whoever asks for this one (with SO_REUSEADDR, as listeners do) gets it.
fn reserve(at: SocketAddr) -> io::Result<u16> {
    let listener = TcpListener::bind(at)?;
    let bound = listener.local_addr()?;
    let client = TcpStream::connect(bound)?;
    let (served, _) = listener.accept()?;
    drop(served); // first, so that the lingering end is the one with our port
    drop(client);
    Ok(bound.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_free_port_can_be_bound_afterwards() {
        let port = choose(0, "--api-port").unwrap();
        assert_eq!(choose(port, "--api-port").unwrap(), port);
    }

    #[test]
    fn an_occupied_port_is_named_with_the_way_out() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let failure = choose(port, "--api-port").unwrap_err();
        assert!(failure.message().contains(&port.to_string()));
        assert!(failure.advice().unwrap().contains("--api-port 0"));
    }
}
