//! `[api.oidc]`

use std::net::IpAddr;
use std::path::PathBuf;

use axum::http::Uri;
use dg_runtime::config::Problems;
use serde::Deserialize;

/// At which issuer people prove who they are. Without one they do it with a password alone.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct OidcConfig {
    /// As its tokens name it, to the letter; empty for none.
    pub(crate) issuer: String,
    pub(crate) client_id: String,
    /// Read anew each time; empty for a public client.
    pub(crate) client_secret_file: PathBuf,
    /// Separated by spaces.
    pub(crate) scopes: String,
    /// Whom somebody is at their first sign-in.
    pub(crate) link_by: LinkBy,
    /// What the button says.
    pub(crate) label: String,
    /// Where browsers may be sent back to, separated by spaces. On loopback, whatever the port.
    pub(crate) redirect_uris: String,
}

/// The claim whose value is the name of a person here, when nobody has said yet whom the issuer means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LinkBy {
    /// Nobody comes in whom no administrator has linked.
    #[default]
    None,
    Sub,
    PreferredUsername,
    /// Only when the issuer says that it has verified it.
    Email,
}

impl Default for OidcConfig {
    fn default() -> Self {
        Self {
            issuer: String::new(),
            client_id: String::new(),
            client_secret_file: PathBuf::new(),
            scopes: "openid".to_owned(),
            link_by: LinkBy::default(),
            label: "Single sign-on".to_owned(),
            redirect_uris: String::new(),
        }
    }
}

impl OidcConfig {
    pub(crate) fn check(&self, problems: &mut Problems) {
        let label = (1..=60).contains(&self.label.trim().chars().count()) && !self.label.chars().any(char::is_control);
        problems.require(label, "api.oidc.label", "from 1 to 60 characters");
        let openid = self.scopes.split(' ').any(|scope| scope == "openid");
        problems.require(openid, "api.oidc.scopes", "scopes separated by spaces, openid among them");
        let redirects = self.redirects().all(|uri| Place::of(uri).is_some_and(|place| place.is_private()));
        let message = "absolute addresses separated by spaces, https except on loopback, without a fragment";
        problems.require(redirects, "api.oidc.redirect_uris", message);
        if self.issuer.is_empty() {
            let meant = !self.client_id.is_empty() || !self.redirect_uris.is_empty();
            problems.require(!meant, "api.oidc.issuer", "set it, or nothing else of [api.oidc]");
            return;
        }
        let private = Place::of(&self.issuer).is_some_and(|place| place.is_private() && !self.issuer.contains('?'));
        let message = "the issuer as its tokens name it: https except on loopback, without query and fragment";
        problems.require(private, "api.oidc.issuer", message);
        problems.require(!self.client_id.is_empty(), "api.oidc.client_id", "set what the issuer calls this service");
        let some = self.redirects().next().is_some();
        problems.require(some, "api.oidc.redirect_uris", "set the console's address with /sign-in/oidc/callback");
    }

    /// Whether a browser may be sent back there.
    pub(super) fn allows(&self, redirect_uri: &str) -> bool {
        self.redirects().any(|allowed| allowed == redirect_uri || same_on_loopback(allowed, redirect_uri))
    }

    fn redirects(&self) -> impl Iterator<Item = &str> {
        self.redirect_uris.split(' ').filter(|uri| !uri.is_empty())
    }
}

/// Programs on loopback get the port that was free (RFC 8252, section 7.3).
fn same_on_loopback(allowed: &str, asked: &str) -> bool {
    let (Some(allowed), Some(asked)) = (Place::of(allowed), Place::of(asked)) else { return false };
    let port = |place: &Place| place.0.port_u16().is_some();
    let same = allowed.0.scheme() == asked.0.scheme() && allowed.host() == asked.host();
    // A port that was configured is meant.
    same && allowed.is_loopback() && !port(&allowed) && allowed.0.path_and_query() == asked.0.path_and_query()
}

/// An absolute address of the web, with neither a user nor a fragment in it.
pub(super) struct Place(Uri);

impl Place {
    pub(super) fn of(text: &str) -> Option<Self> {
        let uri: Uri = text.parse().ok()?;
        let absolute = matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some();
        let plain = !text.contains(['#', '\\']) && !uri.authority()?.as_str().contains('@');
        (absolute && plain).then_some(Self(uri))
    }

    pub(super) fn scheme(&self) -> &str {
        self.0.scheme_str().unwrap_or_default()
    }

    fn host(&self) -> &str {
        let host = self.0.host().unwrap_or_default();
        host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
    }

    fn is_loopback(&self) -> bool {
        self.host().parse::<IpAddr>().map_or_else(|_| self.host() == "localhost", |address| address.is_loopback())
    }

    /// Whether nobody listens on the way there.
    pub(super) fn is_private(&self) -> bool {
        self.scheme() == "https" || self.is_loopback()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> OidcConfig {
        OidcConfig {
            issuer: "https://id.example.org/realms/ops".to_owned(),
            client_id: "dg".to_owned(),
            redirect_uris: "https://dg.example.org/sign-in/oidc/callback http://127.0.0.1/sign-in/oidc/callback"
                .to_owned(),
            ..OidcConfig::default()
        }
    }

    fn check(change: impl FnOnce(&mut OidcConfig)) -> Vec<String> {
        let mut config = good();
        change(&mut config);
        let mut problems = Problems::default();
        config.check(&mut problems);
        problems.iter().map(|problem| problem.key.trim_start_matches("api.oidc.").to_owned()).collect()
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert!(check(|_| ()).is_empty());
        assert!(check(|config| *config = OidcConfig::default()).is_empty());
        for issuer in ["http://127.0.0.1:4000", "http://localhost/realm", "https://id.example.org"] {
            assert!(check(|config| config.issuer = issuer.to_owned()).is_empty(), "{issuer}");
        }
        for issuer in ["", "id.example.org", "http://id.example.org", "https://a@b.org", "https://x/?y", "https://x/#y"]
        {
            assert_eq!(check(|config| config.issuer = issuer.to_owned()), ["issuer"], "{issuer}");
        }
        for uris in ["", "http://dg.example.org/x", "/x", "https://dg.example.org/x#y"] {
            assert_eq!(check(|config| config.redirect_uris = uris.to_owned()), ["redirect_uris"], "{uris}");
        }
        assert_eq!(check(|config| config.client_id.clear()), ["client_id"]);
        assert_eq!(check(|config| config.scopes = "email".to_owned()), ["scopes"]);
        assert_eq!(check(|config| config.label = " ".to_owned()), ["label"]);
    }

    #[test]
    fn browsers_are_sent_back_to_known_places_only() {
        let config = good();
        for good in [
            "https://dg.example.org/sign-in/oidc/callback",
            "http://127.0.0.1/sign-in/oidc/callback",
            "http://127.0.0.1:41234/sign-in/oidc/callback",
        ] {
            assert!(config.allows(good), "{good}");
        }
        for bad in [
            "",
            "https://dg.example.org:444/sign-in/oidc/callback",
            "https://dg.example.org/sign-in/oidc/callback/",
            "https://dg.example.org.evil.example/sign-in/oidc/callback",
            "http://dg.example.org/sign-in/oidc/callback",
            "http://127.0.0.1:41234/elsewhere",
            "http://127.0.0.1:41234/sign-in/oidc/callback?x=y",
            "http://127.0.0.1:41234@evil.example/sign-in/oidc/callback",
            "http://127.0.0.1:41234\\@evil.example/sign-in/oidc/callback",
            "http://localhost:41234/sign-in/oidc/callback",
            "https://127.0.0.1:41234/sign-in/oidc/callback",
        ] {
            assert!(!config.allows(bad), "{bad}");
        }
    }
}
