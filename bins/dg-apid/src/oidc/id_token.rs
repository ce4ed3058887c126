//! What an ID token has to be before it says who somebody is (OpenID Connect Core 1.0, section 3.1.3.7; RFC 8725).
//!
//! Only signatures with a key of the issuer count, RS256, ES256 and EdDSA, each with a key of its own kind: `none` and the
//! HS family, where knowing the public key or the client's secret is enough, do not exist here.

use data_encoding::BASE64URL_NOPAD;
use dg_domain::Micros;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde::Deserialize;

/// How far two clocks may be apart.
const SKEW_S: f64 = 60.0;
/// A token is made for the sign-in that it ends, and no sign-in takes longer.
const OLDEST_S: f64 = 600.0;
/// The ASCII characters a subject may have.
const SUBJECT: usize = 255;

/// A key that the issuer signs with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    kid: Option<String>,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256(Vec<u8>),
    Ed25519(Vec<u8>),
}

/// What the token is compared with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    pub(super) nonce: &'a str,
    pub(super) now: Micros,
}

/// What is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Malformed,
    Algorithm,
    UnknownKey,
    Signature,
    Issuer,
    Audience,
    AuthorizedParty,
    Expired,
    IssuedAt,
    NotYet,
    Nonce,
    Subject,
}

impl Fault {
    /// For the audit.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "token_malformed",
            Self::Algorithm => "token_algorithm",
            Self::UnknownKey => "token_key",
            Self::Signature => "token_signature",
            Self::Issuer => "token_issuer",
            Self::Audience => "token_audience",
            Self::AuthorizedParty => "token_authorized_party",
            Self::Expired => "token_expired",
            Self::IssuedAt => "token_issued_at",
            Self::NotYet => "token_not_yet",
            Self::Nonce => "token_nonce",
            Self::Subject => "token_subject",
        }
    }
}

/// What the issuer says about somebody.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Claims {
    iss: String,
    /// Who it is, in the issuer's words.
    pub(crate) sub: String,
    aud: Audience,
    azp: Option<String>,
    exp: f64,
    iat: f64,
    nbf: Option<f64>,
    nonce: Option<String>,
    pub(crate) preferred_username: Option<String>,
    email: Option<String>,
    #[serde(default)]
    email_verified: serde_json::Value,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Claims {
    /// The address, if the issuer has verified it.
    pub(crate) fn verified_email(&self) -> Option<&str> {
        // Some write the word.
        let verified = self.email_verified == true || self.email_verified == "true";
        self.email.as_deref().filter(|_| verified)
    }
}

/// Reads a key set. Keys of other kinds and for other uses are passed over.
///
/// # Errors
/// It is none.
pub(super) fn keys(document: &[u8]) -> serde_json::Result<Vec<Key>> {
    #[derive(Deserialize)]
    struct Set {
        keys: Vec<serde_json::Value>,
    }
    let set: Set = serde_json::from_slice(document)?;
    Ok(set.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok().and_then(Key::of)).collect())
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    used_for: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl Key {
    fn of(jwk: Jwk) -> Option<Self> {
        let number = |text: Option<String>| BASE64URL_NOPAD.decode(text?.as_bytes()).ok();
        let kind = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
            ("RSA", _) => Kind::Rsa { n: trimmed(&number(jwk.n)?), e: trimmed(&number(jwk.e)?) },
            ("EC", Some("P-256")) => {
                let point = [vec![4], number(jwk.x)?, number(jwk.y)?].concat();
                Kind::P256(point)
            }
            ("OKP", Some("Ed25519")) => Kind::Ed25519(number(jwk.x)?),
            _ => return None,
        };
        let key = Self { kid: jwk.kid, kind };
        let signs = jwk.used_for.is_none_or(|used_for| used_for == "sig");
        (signs && jwk.alg.is_none_or(|alg| key.makes(&alg))).then_some(key)
    }

    /// Whether signatures of this algorithm are made with it.
    fn makes(&self, algorithm: &str) -> bool {
        match self.kind {
            Kind::Rsa { .. } => algorithm == "RS256",
            Kind::P256(_) => algorithm == "ES256",
            Kind::Ed25519(_) => algorithm == "EdDSA" || algorithm == "Ed25519",
        }
    }

    fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.kind {
            Kind::Rsa { n, e } => {
                RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
            }
            Kind::P256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature).is_ok()
            }
            Kind::Ed25519(key) => UnparsedPublicKey::new(&ED25519, key).verify(message, signature).is_ok(),
        }
    }
}

fn trimmed(number: &[u8]) -> Vec<u8> {
    number.iter().copied().skip_while(|byte| *byte == 0).collect()
}

/// Reads a token of the issuer.
///
/// # Errors
/// The first thing that is wrong with it.
pub(super) fn verify(token: &str, keys: &[Key], expected: &Expected<'_>) -> Result<Claims, Fault> {
    #[derive(Deserialize)]
    struct Header {
        alg: String,
        kid: Option<String>,
        crit: Option<serde_json::Value>,
    }
    let (message, signature) = token.rsplit_once('.').ok_or(Fault::Malformed)?;
    let (header, payload) = message.split_once('.').ok_or(Fault::Malformed)?;
    let bytes = |text: &str| BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| Fault::Malformed);
    let header: Header = serde_json::from_slice(&bytes(header)?).map_err(|_| Fault::Malformed)?;
    if !["RS256", "ES256", "EdDSA", "Ed25519"].contains(&header.alg.as_str()) {
        return Err(Fault::Algorithm);
    }
    if header.crit.is_some() {
        return Err(Fault::Malformed);
    }
    let fitting = |key: &&Key| key.makes(&header.alg) && (header.kid.is_none() || key.kid == header.kid);
    let mut fitting = keys.iter().filter(fitting);
    // Without a name there has to be no choice.
    let (Some(key), None) = (fitting.next(), fitting.next()) else { return Err(Fault::UnknownKey) };
    if !key.verifies(message.as_bytes(), &bytes(signature)?) {
        return Err(Fault::Signature);
    }
    let claims: Claims = serde_json::from_slice(&bytes(payload)?).map_err(|_| Fault::Malformed)?;
    claims.check(expected)?;
    Ok(claims)
}

impl Claims {
    fn check(&self, expected: &Expected<'_>) -> Result<(), Fault> {
        #[expect(clippy::cast_precision_loss, reason = "microseconds of this century are exact enough")]
        let now = expected.now.get() as f64 / 1e6;
        let (for_us, several) = match &self.aud {
            Audience::One(one) => (one == expected.client_id, false),
            Audience::Many(many) => (many.iter().any(|one| one == expected.client_id), many.len() > 1),
        };
        let by_us = match &self.azp {
            Some(party) => party == expected.client_id,
            None => !several,
        };
        let subject = (1..=SUBJECT).contains(&self.sub.len()) && self.sub.bytes().all(|byte| (32..127).contains(&byte));
        let rules = [
            (self.iss == expected.issuer, Fault::Issuer),
            (for_us, Fault::Audience),
            (by_us, Fault::AuthorizedParty),
            (now < self.exp + SKEW_S, Fault::Expired),
            (self.iat <= now + SKEW_S && now <= self.iat + OLDEST_S + SKEW_S, Fault::IssuedAt),
            (self.nbf.is_none_or(|from| from <= now + SKEW_S), Fault::NotYet),
            (self.nonce.as_deref() == Some(expected.nonce), Fault::Nonce),
            (subject, Fault::Subject),
        ];
        rules.into_iter().find(|(holds, _)| !holds).map_or(Ok(()), |(_, fault)| Err(fault))
    }
}

#[cfg(test)]
mod tests;
