//! Tokens that prove a form was drawn by this console for this browser.

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Makes and checks form tokens. They hold for one cookie value and end with the process.
#[derive(Clone)]
pub(crate) struct Csrf {
    key: [u8; 32],
}

impl Csrf {
    /// With a key that nobody else knows.
    ///
    /// # Errors
    /// The system has no randomness to give.
    pub(crate) fn new() -> Result<Self, getrandom::Error> {
        let mut key = [0; 32];
        getrandom::fill(&mut key)?;
        Ok(Self { key })
    }

    /// The token for the browser that holds `cookie`.
    pub(crate) fn token(&self, cookie: &str) -> String {
        // Hashed twice with the key on both sides of the cookie, so that no token tells anything about another.
        let inner = Sha256::new().chain_update(self.key).chain_update(cookie.as_bytes()).finalize();
        hex::encode(Sha256::new().chain_update(inner).chain_update(self.key).finalize())
    }

    /// Whether `token` came from [`Csrf::token`] with this cookie. An absent cookie proves nothing.
    pub(crate) fn holds(&self, cookie: Option<&str>, token: &str) -> bool {
        cookie.is_some_and(|cookie| bool::from(self.token(cookie).as_bytes().ct_eq(token.as_bytes())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_holds_for_its_cookie_and_its_process_only() {
        let (one, other) = (Csrf::new().unwrap(), Csrf::new().unwrap());
        let token = one.token("cookie");
        assert!(one.holds(Some("cookie"), &token));
        assert!(!one.holds(Some("cookie2"), &token));
        assert!(!one.holds(None, &token));
        assert!(!one.holds(Some("cookie"), ""));
        assert!(!other.holds(Some("cookie"), &token));
    }
}
