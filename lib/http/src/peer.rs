//! From where a request came.

use std::net::{IpAddr, SocketAddr};

use axum::extract::Request;
use axum::http::HeaderMap;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// The other end of the connection; `None` for a socket file. An extension of each request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub Option<IpAddr>);

/// An address that may be one of the network.
pub(crate) trait PeerAddress {
    /// The host, if it has one.
    fn host(&self) -> Option<IpAddr>;
}

impl PeerAddress for SocketAddr {
    fn host(&self) -> Option<IpAddr> {
        Some(self.ip().to_canonical())
    }
}

#[cfg(unix)]
impl PeerAddress for tokio::net::unix::SocketAddr {
    fn host(&self) -> Option<IpAddr> {
        None
    }
}

/// The address a request came from. With a proxy in front, whose settings we trust, it is what the proxy says: the last
/// entry of `x-forwarded-for`, because the ones before it are the caller's own words.
pub(crate) fn address_of(request: &Request, behind_proxy: bool) -> Option<IpAddr> {
    let peer = request.extensions().get::<Peer>().and_then(|peer| peer.0);
    if behind_proxy { forwarded(request.headers()).or(peer) } else { peer }
}

fn forwarded(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers.get_all(FORWARDED_FOR).iter().next_back()?.to_str().ok()?;
    let last = last.rsplit(',').next()?.trim();
    last.parse::<IpAddr>()
        .or_else(|_| last.parse::<SocketAddr>().map(|address| address.ip()))
        .ok()
        .map(|ip| ip.to_canonical())
}

/// What one person or household has of the network: an IPv4 address, or the first half of an IPv6 address.
#[must_use]
pub fn neighbourhood(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    fn check(behind_proxy: bool, forwarded: &[&str]) -> Option<String> {
        let mut request = Request::builder();
        for value in forwarded {
            request = request.header(FORWARDED_FOR, *value);
        }
        let mut request = request.body(Body::empty()).unwrap();
        request.extensions_mut().insert(Peer("127.0.0.1".parse().ok()));
        address_of(&request, behind_proxy).map(|address| address.to_string())
    }

    #[test]
    fn believes_its_own_proxy_and_nobody_else() {
        assert_eq!(check(false, &["6.6.6.6"]).unwrap(), "127.0.0.1");
        assert_eq!(check(true, &["6.6.6.6, 10.0.0.7"]).unwrap(), "10.0.0.7");
        assert_eq!(check(true, &["6.6.6.6", "10.0.0.7"]).unwrap(), "10.0.0.7");
        assert_eq!(check(true, &["10.0.0.7:4711"]).unwrap(), "10.0.0.7");
        assert_eq!(check(true, &["2001:db8::1"]).unwrap(), "2001:db8::1");
        assert_eq!(check(true, &["nonsense"]).unwrap(), "127.0.0.1");
        assert_eq!(check(true, &[]).unwrap(), "127.0.0.1");
    }

    #[test]
    fn a_household_counts_once() {
        let check = |text: &str| neighbourhood(text.parse().unwrap());
        assert_eq!(check("10.0.0.7"), "10.0.0.7");
        assert_eq!(check("::ffff:10.0.0.7"), "10.0.0.7");
        assert_eq!(check("2001:db8:1:2:aaaa::1"), check("2001:db8:1:2:bbbb::2"));
        assert_ne!(check("2001:db8:1:2::1"), check("2001:db8:1:3::1"));
    }
}
