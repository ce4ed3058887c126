//! Where messages may be sent.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// How far the sender may reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Addresses of the public internet, by https.
    Public,
    /// Also this machine and private networks, and http: for development, and where all tenants are trusted.
    Anywhere,
}

/// The address of an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target(Url);

/// Why an address is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadTarget {
    /// No URL, or one with things that do not belong there.
    #[error("the address has to be an http or https URL of at most 2048 bytes, without user, password and fragment")]
    Form,
    /// Messages would cross the network in the open.
    #[error("the address has to begin with https://")]
    NotHttps,
    /// It leads to this machine or to a private network.
    #[error("the address leads to a loopback, private, link-local or otherwise reserved network")]
    NotPublic,
}

impl Reach {
    /// The reach that the setting `workflow.webhook_allow_private` stands for.
    #[must_use]
    pub const fn of(allow_private: bool) -> Self {
        if allow_private { Self::Anywhere } else { Self::Public }
    }

    /// Whether a connection to this address may be made.
    #[must_use]
    pub fn covers(self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        match self {
            Self::Anywhere => !address.is_unspecified() && !address.is_multicast() && !is_broadcast(address),
            Self::Public => match address {
                IpAddr::V4(address) => is_public_v4(address),
                IpAddr::V6(address) => is_public_v6(address),
            },
        }
    }
}

impl Target {
    /// Reads and checks an address. What a name resolves to is for whoever connects to check.
    ///
    /// # Errors
    /// [`BadTarget`].
    pub fn parse(text: &str, reach: Reach) -> Result<Self, BadTarget> {
        if text.len() > 2_048 || text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(BadTarget::Form);
        }
        let url = Url::parse(text).map_err(|_| BadTarget::Form)?;
        let extra = !url.username().is_empty() || url.password().is_some() || url.fragment().is_some();
        if !matches!(url.scheme(), "http" | "https") || extra || url.port() == Some(0) {
            return Err(BadTarget::Form);
        }
        if url.scheme() == "http" && reach == Reach::Public {
            return Err(BadTarget::NotHttps);
        }
        let target = Self(url);
        let covered = match target.host() {
            Some(Host::Ipv4(address)) => reach.covers(address.into()),
            Some(Host::Ipv6(address)) => reach.covers(address.into()),
            Some(Host::Domain(name)) => reach == Reach::Anywhere || !is_local_name(name),
            None => return Err(BadTarget::Form),
        };
        if covered { Ok(target) } else { Err(BadTarget::NotPublic) }
    }

    /// The address as it is kept.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Whether the connection is encrypted.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// The name or address, without brackets.
    #[must_use]
    pub fn host_name(&self) -> String {
        match self.host() {
            Some(Host::Domain(name)) => name.to_owned(),
            Some(Host::Ipv4(address)) => address.to_string(),
            Some(Host::Ipv6(address)) => address.to_string(),
            None => String::new(),
        }
    }

    /// The address, when it is one and no name.
    #[must_use]
    pub fn ip(&self) -> Option<IpAddr> {
        match self.host()? {
            Host::Ipv4(address) => Some(address.into()),
            Host::Ipv6(address) => Some(address.into()),
            Host::Domain(_) => None,
        }
    }

    /// The port, that of the scheme when none is given.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.0.port_or_known_default().unwrap_or(443)
    }

    /// The value of the header `host`.
    #[must_use]
    pub fn authority(&self) -> &str {
        self.0.authority()
    }

    /// What is asked for there: path and query.
    #[must_use]
    pub fn path_and_query(&self) -> String {
        match self.0.query() {
            Some(query) => format!("{}?{query}", self.0.path()),
            None => self.0.path().to_owned(),
        }
    }

    fn host(&self) -> Option<Host<&str>> {
        self.0.host()
    }
}

/// Names that never leave the machine or its network, whatever a resolver says.
fn is_local_name(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    ["localhost", "local", "internal", "localdomain", "home.arpa"]
        .iter()
        .any(|local| name == *local || name.strip_suffix(local).is_some_and(|rest| rest.ends_with('.')))
}

fn is_broadcast(address: IpAddr) -> bool {
    address == IpAddr::V4(Ipv4Addr::BROADCAST)
}

/// By the registry of special-purpose addresses (IANA, RFC 6890).
fn is_public_v4(address: Ipv4Addr) -> bool {
    let within = |network: [u8; 4], bits: u32| {
        let mask = u32::MAX << (32 - bits);
        u32::from(address) & mask == u32::from_be_bytes(network) & mask
    };
    ![
        ([0, 0, 0, 0], 8),
        ([10, 0, 0, 0], 8),
        ([100, 64, 0, 0], 10),
        ([127, 0, 0, 0], 8),
        ([169, 254, 0, 0], 16),
        ([172, 16, 0, 0], 12),
        ([192, 0, 0, 0], 24),
        ([192, 0, 2, 0], 24),
        ([192, 88, 99, 0], 24),
        ([192, 168, 0, 0], 16),
        ([198, 18, 0, 0], 15),
        ([198, 51, 100, 0], 24),
        ([203, 0, 113, 0], 24),
        ([224, 0, 0, 0], 4),
        ([240, 0, 0, 0], 4),
    ]
    .into_iter()
    .any(|(network, bits)| within(network, bits))
}

/// Global unicast only, and of that nothing that leads to an IPv4 address by another way than the one checked.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    if a == 0x64 && b == 0xff9b && address.segments()[2..6] == [0, 0, 0, 0] {
        // Translation (NAT64): what counts is the IPv4 address behind it.
        let [.., w, x, y, z] = address.octets();
        return is_public_v4(Ipv4Addr::new(w, x, y, z));
    }
    let is_global = a & 0xe000 == 0x2000;
    let is_protocol = a == 0x2001 && b < 0x200;
    let is_example = a == 0x2001 && b == 0xdb8 || a == 0x3fff && b < 0x1000;
    let is_6to4 = a == 0x2002;
    is_global && !is_protocol && !is_example && !is_6to4
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, reach: Reach) -> Result<(), BadTarget> {
        Target::parse(text, reach).map(drop)
    }

    #[test]
    fn public_addresses_by_https() {
        for good in ["https://example.org/hook?x=1", "https://8.8.8.8/", "https://[2606:4700::1111]:8443/a"] {
            assert_eq!(check(good, Reach::Public), Ok(()), "{good}");
        }
        assert_eq!(check("http://example.org/", Reach::Public), Err(BadTarget::NotHttps));
        for bad in [
            "",
            "example.org",
            "ftp://example.org",
            "https://u:p@example.org",
            "https://e.org/#x",
            "https:///",
            "https://e.org:0/",
            "https://e.org/\n",
            &format!("https://e.org/{}", "x".repeat(2_048)),
        ] {
            assert_eq!(check(bad, Reach::Anywhere), Err(BadTarget::Form), "{bad}");
        }
    }

    #[test]
    fn nothing_leads_inside() {
        for inside in [
            "127.0.0.1",
            "localhost",
            "a.localhost",
            "localhost.",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "255.255.255.255",
            "224.0.0.1",
            "[::1]",
            "[::]",
            "[fe80::1]",
            "[fd00::1]",
            "[ff02::1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:10.0.0.1]",
            "[64:ff9b::7f00:1]",
            "[2002:7f00:1::]",
            "[2001:db8::1]",
            "[2001::1]",
            "2130706433",
            "0x7f.1",
            "017700000001",
            "metadata.google.internal",
            "printer.local",
        ] {
            assert_eq!(check(&format!("https://{inside}/"), Reach::Public), Err(BadTarget::NotPublic), "{inside}");
        }
        for outside in
            ["172.32.0.1", "100.128.0.1", "169.253.0.1", "[64:ff9b::808:808]", "internal.example.org", "notlocal"]
        {
            assert_eq!(check(&format!("https://{outside}/"), Reach::Public), Ok(()), "{outside}");
        }
    }

    #[test]
    fn anywhere_is_still_somewhere() {
        for good in ["http://127.0.0.1:8080/x", "http://localhost/", "http://10.0.0.1/", "https://[::1]/"] {
            assert_eq!(check(good, Reach::Anywhere), Ok(()), "{good}");
        }
        for bad in ["http://0.0.0.0/", "http://224.0.0.1/", "http://255.255.255.255/", "http://[::]/"] {
            assert_eq!(check(bad, Reach::Anywhere), Err(BadTarget::NotPublic), "{bad}");
        }
    }

    #[test]
    fn tells_its_parts() {
        let target = Target::parse("http://[::1]:8080/a%20b?c=d", Reach::Anywhere).unwrap();
        assert_eq!((target.host_name().as_str(), target.port()), ("::1", 8080));
        assert_eq!((target.authority(), target.path_and_query().as_str()), ("[::1]:8080", "/a%20b?c=d"));
        assert_eq!((target.is_https(), target.ip()), (false, Some(Ipv6Addr::LOCALHOST.into())));
        let named = Target::parse("https://example.org", Reach::Public).unwrap();
        assert_eq!((named.port(), named.path_and_query().as_str(), named.ip()), (443, "/", None));
    }
}
