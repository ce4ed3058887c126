//! A listener that the service manager opened and hands over, so that a restart refuses nobody.
//!
//! systemd (a `.socket` unit) says with `LISTEN_FDS` that there is one. It stays open while the daemon is away: who connects
//! meanwhile waits in its backlog, and is served by the next process.

use std::io;
use std::net::TcpListener;

use crate::exit::Failure;
use crate::os;

/// The listener.
#[derive(Debug)]
pub enum Handed {
    /// TCP.
    Tcp(TcpListener),
    /// A socket file.
    #[cfg(unix)]
    Unix(std::os::unix::net::UnixListener),
}

impl Handed {
    /// Takes what was handed to this process; only the first call finds it. Call it before there are threads.
    ///
    /// # Errors
    /// 78 for more than one listener, of which only one would be served, and for something that is no listener.
    pub(crate) fn take() -> Result<Option<Self>, Failure> {
        let found = os::handed::take().map_err(Failure::config)?;
        if let Some(handed) = &found {
            handed.set_nonblocking()?;
        }
        Ok(found)
    }

    /// Refuses an address that other machines can reach.
    ///
    /// # Errors
    /// 78 for such an address; `unless` names the setting that allows it.
    pub fn require_loopback(&self, unless: &str) -> Result<(), Failure> {
        match self {
            Self::Tcp(listener) if !listener.local_addr()?.ip().is_loopback() => {
                let address = listener.local_addr()?;
                Err(Failure::config(format!("the socket unit listens at {address}, which needs {unless} = true")))
            }
            Self::Tcp(_) => Ok(()),
            #[cfg(unix)]
            Self::Unix(_) => Ok(()),
        }
    }

    /// The TCP listener, for a daemon that serves nothing else.
    ///
    /// # Errors
    /// 78 for a socket file.
    pub fn tcp(self) -> Result<tokio::net::TcpListener, Failure> {
        match self {
            Self::Tcp(listener) => Ok(tokio::net::TcpListener::from_std(listener)?),
            #[cfg(unix)]
            Self::Unix(_) => Err(Failure::config("the socket unit has to listen at an address with a port")),
        }
    }

    fn set_nonblocking(&self) -> io::Result<()> {
        match self {
            Self::Tcp(listener) => listener.set_nonblocking(true),
            #[cfg(unix)]
            Self::Unix(listener) => listener.set_nonblocking(true),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;

    fn handed(address: &str) -> Handed {
        Handed::Tcp(TcpListener::bind(address).unwrap())
    }

    #[test]
    fn without_a_manager_there_is_none() {
        assert!(Handed::take().unwrap().is_none());
    }

    #[test]
    fn an_open_address_has_to_be_allowed() {
        handed("127.0.0.1:0").require_loopback("api.behind_proxy").unwrap();
        let failure = handed("0.0.0.0:0").require_loopback("api.behind_proxy").unwrap_err();
        assert_eq!(failure.exit(), Exit::Config);
        assert!(failure.to_string().ends_with("needs api.behind_proxy = true"), "{failure}");
    }
}
