//! Where a browser is, for the service's limits on trying passwords.

use std::net::IpAddr;

use axum::http::HeaderMap;

/// The other end of the connection; an extension of each request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(pub(super) IpAddr);

/// Behind a proxy it is what the proxy says: the last entry of `x-forwarded-for`, since those before it are the browser's own words.
pub(super) fn address_of(peer: Option<Peer>, headers: &HeaderMap, behind_proxy: bool) -> Option<IpAddr> {
    let last = headers.get_all("x-forwarded-for").iter().next_back().filter(|_| behind_proxy);
    let said = last.and_then(|value| value.to_str().ok()?.rsplit(',').next()?.trim().parse().ok());
    said.or(peer.map(|peer| peer.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_proxy_is_believed() {
        let peer = Some(Peer(IpAddr::from([127, 0, 0, 1])));
        let headers = HeaderMap::from_iter([(
            axum::http::HeaderName::from_static("x-forwarded-for"),
            axum::http::HeaderValue::from_static("6.6.6.6, 10.0.0.7"),
        )]);
        assert_eq!(address_of(peer, &headers, false), Some(IpAddr::from([127, 0, 0, 1])));
        assert_eq!(address_of(peer, &headers, true), Some(IpAddr::from([10, 0, 0, 7])));
        assert_eq!(address_of(peer, &HeaderMap::new(), true), Some(IpAddr::from([127, 0, 0, 1])));
        assert_eq!(address_of(None, &HeaderMap::new(), true), None);
    }
}
