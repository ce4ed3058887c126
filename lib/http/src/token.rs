//! Bearer tokens: how they are made, written and recognised.
//!
//! `dg_<12 lowercase letters or digits>_<64 hexadecimal digits>`: a public id to find the row by, and 256 random bits. Only the
//! SHA-256 of the whole text is ever stored. Sessions of people have the same form and begin with `dgs_`.

use std::fmt;

use axum::http::{HeaderMap, HeaderName, header};
use sha2::{Digest, Sha256};

use crate::code::Code;
use crate::error::ApiError;

/// The header in which a program presents the session of the person it acts for.
pub const X_DG_SESSION: HeaderName = HeaderName::from_static("x-dg-session");

const TOKEN: &str = "dg_";
const SESSION: &str = "dgs_";
const ID_LENGTH: usize = 12;
const SECRET_LENGTH: usize = 64;
const IMPORTED_LENGTH: usize = 43;

/// A token that somebody presented, in the right shape; nothing more is known about it.
#[derive(Clone, PartialEq, Eq)]
pub struct Presented {
    /// The public part.
    pub token_id: String,
    /// SHA-256 of the whole text.
    pub digest: [u8; 32],
}

impl Presented {
    /// Takes the bearer token out of the `authorization` header.
    ///
    /// # Errors
    /// `unauthorized` when there is none or it does not have the form of a token.
    pub fn of(headers: &HeaderMap) -> Result<Self, ApiError> {
        let value = headers
            .get(header::AUTHORIZATION)
            .ok_or_else(|| unauthorized("the authorization header is missing; send a bearer token"))?;
        let malformed = || unauthorized("the authorization header does not hold a bearer token of this service");
        let (scheme, token) = value.to_str().ok().and_then(|text| text.split_once(' ')).ok_or_else(malformed)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(malformed());
        }
        Self::parse(token.trim()).ok_or_else(malformed)
    }

    /// Takes the session out of its header; `None` when there is no such header.
    ///
    /// # Errors
    /// `session_ended` for a text that does not have the form of a session.
    pub fn session_of(headers: &HeaderMap) -> Result<Option<Self>, ApiError> {
        let Some(value) = headers.get(&X_DG_SESSION) else { return Ok(None) };
        let session = value.to_str().ok().and_then(|text| Self::read(SESSION, text.trim()));
        session.map(Some).ok_or_else(|| ApiError::new(Code::SessionEnded, "the session is unknown or has ended"))
    }

    /// Reads a token; `None` when the text does not have the form of one.
    pub fn parse(text: &str) -> Option<Self> {
        Self::read(TOKEN, text).or_else(|| Self::imported(text))
    }

    /// Reads a token as the generator of the reference draws them: 43 characters of base64url, which are 256 bits. It has no
    /// public part, so the first digits of its hash stand for one.
    pub fn imported(text: &str) -> Option<Self> {
        let base64url = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if text.len() != IMPORTED_LENGTH || !text.bytes().all(base64url) {
            return None;
        }
        let digest = digest(text);
        Some(Self { token_id: hex::encode(&digest[..ID_LENGTH / 2]), digest })
    }

    fn read(prefix: &str, text: &str) -> Option<Self> {
        let (id, secret) = text.strip_prefix(prefix)?.split_once('_')?;
        let lower = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let shaped =
            id.len() == ID_LENGTH && secret.len() == SECRET_LENGTH && id.bytes().all(lower) && secret.bytes().all(hex);
        shaped.then(|| Self { token_id: id.to_owned(), digest: digest(text) })
    }
}

impl fmt::Debug for Presented {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Presented").field("token_id", &self.token_id).finish_non_exhaustive()
    }
}

/// A token that was just made. Its text exists here and in the answer that shows it, once.
pub struct Minted {
    /// The public part.
    pub token_id: String,
    /// What is stored.
    pub digest: [u8; 32],
    text: String,
}

impl Minted {
    /// Draws a token.
    pub fn draw() -> Self {
        Self::with(TOKEN)
    }

    /// Draws the secret of a session.
    pub fn session() -> Self {
        Self::with(SESSION)
    }

    fn with(prefix: &str) -> Self {
        let mut bytes = [0_u8; ID_LENGTH / 2 + SECRET_LENGTH / 2];
        getrandom::fill(&mut bytes).expect("the system has a random source");
        let (id, secret) = bytes.split_at(ID_LENGTH / 2);
        let token_id = hex::encode(id);
        let text = format!("{prefix}{token_id}_{}", hex::encode(secret));
        Self { token_id, digest: digest(&text), text }
    }

    /// The whole token, for the one answer that shows it.
    pub fn reveal(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for Minted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Minted").field("token_id", &self.token_id).finish_non_exhaustive()
    }
}

fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

fn unauthorized(message: &'static str) -> ApiError {
    ApiError::new(Code::Unauthorized, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn recognises_what_it_makes() {
        let minted = Minted::draw();
        let presented = Presented::parse(minted.reveal()).unwrap();
        assert_eq!((presented.token_id, presented.digest), (minted.token_id.clone(), minted.digest));
        assert!(!format!("{minted:?}").contains(minted.reveal()));
        assert_ne!(Minted::draw().reveal(), minted.reveal());
    }

    #[test]
    fn refuses_other_shapes() {
        let good = Minted::draw().reveal().to_owned();
        for bad in ["", "dg_", "dg_a_b", &good[1..], &good[..good.len() - 1], &format!("{good}0"), &good.to_uppercase()]
        {
            assert_eq!(Presented::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn reads_the_header() {
        let good = Minted::draw().reveal().to_owned();
        let check = |value: String| {
            let value = HeaderValue::from_str(&value).unwrap();
            Presented::of(&HeaderMap::from_iter([(header::AUTHORIZATION, value)])).map_err(|error| error.code())
        };
        assert!(check(format!("Bearer {good}")).is_ok());
        assert!(check(format!("bearer  {good} ")).is_ok());
        for bad in
            [good.clone(), format!("Basic {good}"), "Bearer".to_owned(), "Bearer ".to_owned(), "Bearer x".to_owned()]
        {
            assert_eq!(check(bad.clone()), Err(Code::Unauthorized), "{bad:?}");
        }
        assert_eq!(Presented::of(&HeaderMap::new()).unwrap_err().code(), Code::Unauthorized);
    }

    #[test]
    fn a_session_is_no_token_and_a_token_no_session() {
        let session = Minted::session();
        let check = |value: &str| {
            let value = HeaderValue::from_str(value).unwrap();
            let found = Presented::session_of(&HeaderMap::from_iter([(X_DG_SESSION, value)]));
            found.map(|found| found.unwrap().token_id).map_err(|error| error.code())
        };
        assert_eq!(check(session.reveal()), Ok(session.token_id.clone()));
        assert_eq!(check(Minted::draw().reveal()), Err(Code::SessionEnded));
        assert_eq!(check(""), Err(Code::SessionEnded));
        assert_eq!(Presented::parse(session.reveal()), None);
        assert_eq!(Presented::session_of(&HeaderMap::new()).unwrap(), None);
    }
}
