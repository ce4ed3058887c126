//! The issuer at which people prove who they are (OpenID Connect: code flow, PKCE).
//!
//! The service talks to the issuer itself and reads the ID token itself: a program carries the browser to and fro, and cannot
//! make up what the issuer said. What is known of the issuer is kept for an hour, and asked for anew when a token is signed with a
//! key that is not known.

mod http;
mod id_token;
mod settings;

use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderValue, StatusCode};
use data_encoding::{BASE64, BASE64URL_NOPAD};
use dg_domain::Hash32;
use dg_runtime::secret::Secret;
use dg_storage::oidc::Begun;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::sync::Mutex;
use tokio::time::Instant;

pub(crate) use http::HttpError;
pub(crate) use id_token::{Claims, Fault};
pub(crate) use settings::{LinkBy, OidcConfig};

use http::{Answer, Http};
use id_token::{Expected, Key};
use settings::Place;

/// For all that one sign-in asks of the issuer, less than programs wait for an answer.
const PATIENCE: Duration = Duration::from_secs(8);
const KEPT: Duration = Duration::from_secs(3_600);
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The issuer, with what is known of it.
#[derive(Debug)]
pub(crate) struct Issuer {
    config: OidcConfig,
    http: Http,
    known: Mutex<Option<(Instant, Arc<Known>)>>,
}

/// What the issuer says of itself.
#[derive(Debug)]
struct Known {
    at: Discovery,
    keys: Vec<Key>,
}

/// The part of the discovery document that counts here.
#[derive(Debug, Deserialize)]
struct Discovery {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

/// What a sign-in begins with.
pub(crate) struct Drawn {
    /// For the browser alone.
    pub(crate) state: String,
    pub(crate) begun: Begun,
}

/// Why the issuer does not say who somebody is.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unsaid {
    /// It does not give a token for this code.
    #[error("the issuer refuses the code: {0}")]
    Code(String),
    /// What it gave says nothing that counts.
    #[error("the ID token does not count: {}", .0.as_str())]
    Token(Fault),
    /// Somebody else answered the browser.
    #[error("the answer is not this issuer's")]
    Mixed,
    #[error("the issuer cannot be asked")]
    Away(#[from] Away),
}

/// What is between the service and the issuer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Away {
    #[error(transparent)]
    Http(#[from] HttpError),
    #[error("the issuer does not answer in time")]
    Late,
    #[error("{url} answers {status}")]
    Status { url: String, status: StatusCode },
    #[error("{url} does not answer with the document it should")]
    Document { url: String, source: serde_json::Error },
    #[error("the issuer calls itself {0:?}, which is not api.oidc.issuer")]
    OtherName(String),
    #[error("the issuer does not take this service for its client: {0}")]
    Client(String),
    #[error("api.oidc.client_secret_file cannot be read")]
    Secret(#[source] std::io::Error),
}

impl Issuer {
    /// The issuer of the settings, which have been checked; `None` without one. Nothing is asked yet.
    ///
    /// # Errors
    /// The system has no root certificates.
    pub(crate) fn of(config: &OidcConfig) -> std::io::Result<Option<Self>> {
        let Some(place) = Place::of(&config.issuer) else { return Ok(None) };
        Ok(Some(Self { config: config.clone(), http: Http::to(&place)?, known: Mutex::default() }))
    }

    /// As its tokens name it.
    pub(crate) fn name(&self) -> &str {
        &self.config.issuer
    }

    /// What the button says.
    pub(crate) fn label(&self) -> &str {
        self.config.label.trim()
    }

    /// Whether a browser may be sent back there.
    pub(crate) fn allows(&self, redirect_uri: &str) -> bool {
        self.config.allows(redirect_uri)
    }

    /// The name that somebody has here by what the issuer says, for their first sign-in.
    pub(crate) fn local_name<'c>(&self, claims: &'c Claims) -> Option<&'c str> {
        match self.config.link_by {
            LinkBy::None => None,
            LinkBy::Sub => Some(&claims.sub),
            LinkBy::PreferredUsername => claims.preferred_username.as_deref(),
            LinkBy::Email => claims.verified_email(),
        }
    }

    /// Where the browser goes to begin.
    ///
    /// # Errors
    /// The issuer cannot be asked where that is.
    pub(crate) async fn authorization_url(&self, drawn: &Drawn) -> Result<String, Away> {
        let known = in_time(self.known()).await?;
        let challenge = BASE64URL_NOPAD.encode(Hash32::of(drawn.begun.code_verifier.as_bytes()).as_bytes());
        let query = form(&[
            ("response_type", "code"),
            ("client_id", &self.config.client_id),
            ("redirect_uri", &drawn.begun.redirect_uri),
            ("scope", &self.config.scopes),
            ("state", &drawn.state),
            ("nonce", &drawn.begun.nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        let endpoint = &known.at.authorization_endpoint;
        let joint = if endpoint.contains('?') { '&' } else { '?' };
        Ok(format!("{endpoint}{joint}{query}"))
    }

    /// Asks who came back with this code. `iss` is whom the browser says it comes from (RFC 9207).
    ///
    /// # Errors
    /// Nobody whom the issuer vouches for, or the issuer cannot be asked.
    pub(crate) async fn who(&self, begun: &Begun, code: &str, iss: Option<&str>) -> Result<Claims, Unsaid> {
        let asked = async {
            let known = self.known().await?;
            let silent = iss.is_none() && !known.at.authorization_response_iss_parameter_supported;
            if !silent && iss != Some(self.name()) {
                return Err(Unsaid::Mixed);
            }
            let token = self.redeem(&known.at, begun, code).await?;
            match self.read(&token, &known.keys, begun) {
                Err(Fault::UnknownKey) => {
                    let known = self.ask().await?;
                    self.read(&token, &known.keys, begun).map_err(Unsaid::Token)
                }
                other => other.map_err(Unsaid::Token),
            }
        };
        in_time(asked).await
    }

    fn read(&self, token: &str, keys: &[Key], begun: &Begun) -> Result<Claims, Fault> {
        let (issuer, client_id) = (self.name(), self.config.client_id.as_str());
        let expected = Expected { issuer, client_id, nonce: &begun.nonce, now: dg_runtime::clock::now() };
        id_token::verify(token, keys, &expected)
    }

    /// Exchanges the code for an ID token.
    async fn redeem(&self, at: &Discovery, begun: &Begun, code: &str) -> Result<String, Unsaid> {
        #[derive(Deserialize)]
        struct Tokens {
            id_token: String,
        }
        #[derive(Deserialize)]
        struct Refused {
            error: String,
        }
        let client_id = self.config.client_id.as_str();
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &begun.redirect_uri),
            ("code_verifier", &begun.code_verifier),
        ];
        let secret = self.secret()?;
        let methods = at.token_endpoint_auth_methods_supported.as_deref();
        let basic = methods.is_none_or(|methods| methods.iter().any(|method| method == "client_secret_basic"));
        let authorization = match &secret {
            Some(secret) if basic => Some(basic_authorization(client_id, secret)),
            Some(secret) => {
                fields.extend([("client_id", client_id), ("client_secret", secret.expose())]);
                None
            }
            None => {
                fields.push(("client_id", client_id));
                None
            }
        };
        let url = &at.token_endpoint;
        let answer = self.http.post(url, authorization, form(&fields)).await.map_err(Away::from)?;
        if answer.status.is_success() {
            return Ok(document::<Tokens>(url, &answer)?.id_token);
        }
        let refused = answer.status.is_client_error().then(|| serde_json::from_slice::<Refused>(&answer.body).ok());
        match refused.flatten().map(|refused| refused.error) {
            Some(error) if error == "invalid_grant" => Err(Unsaid::Code(error)),
            Some(error) => Err(Away::Client(error).into()),
            None => Err(Away::Status { url: url.clone(), status: answer.status }.into()),
        }
    }

    fn secret(&self) -> Result<Option<Secret>, Away> {
        let file = &self.config.client_secret_file;
        if file.as_os_str().is_empty() {
            return Ok(None);
        }
        let secret = Secret::read(file).map_err(Away::Secret)?;
        if secret.is_empty() {
            return Err(Away::Secret(std::io::Error::other("it is empty")));
        }
        Ok(Some(secret))
    }

    async fn known(&self) -> Result<Arc<Known>, Away> {
        match &*self.known.lock().await {
            Some((since, known)) if since.elapsed() < KEPT => return Ok(known.clone()),
            _ => {}
        }
        self.ask().await
    }

    /// Asks the issuer what it says of itself.
    async fn ask(&self) -> Result<Arc<Known>, Away> {
        let url = format!("{}/.well-known/openid-configuration", self.name().trim_end_matches('/'));
        let at: Discovery = document(&url, &self.get(&url).await?)?;
        if at.issuer != self.name() {
            return Err(Away::OtherName(at.issuer));
        }
        // The other two are asked by the service itself, which looks at them then.
        let fits = |url: &str| Place::of(url).is_some_and(|place| place.is_private() && self.http.speaks(&place));
        if !fits(&at.authorization_endpoint) {
            return Err(HttpError::Address(at.authorization_endpoint).into());
        }
        let keys = self.get(&at.jwks_uri).await?;
        let source = |source| Away::Document { url: at.jwks_uri.clone(), source };
        let known = Arc::new(Known { keys: id_token::keys(&keys.body).map_err(source)?, at });
        *self.known.lock().await = Some((Instant::now(), known.clone()));
        Ok(known)
    }

    async fn get(&self, url: &str) -> Result<Answer, Away> {
        let answer = self.http.get(url).await?;
        match answer.status {
            StatusCode::OK => Ok(answer),
            status => Err(Away::Status { url: url.to_owned(), status }),
        }
    }
}

impl Drawn {
    /// Draws what nobody can guess.
    pub(crate) fn to(redirect_uri: String) -> Self {
        let begun = Begun { nonce: random(), code_verifier: random(), redirect_uri };
        Self { state: random(), begun }
    }
}

/// What is stored of a state.
pub(crate) fn state_digest(state: &str) -> [u8; 32] {
    *Hash32::of(state.as_bytes()).as_bytes()
}

fn random() -> String {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).expect("the system has a random source");
    BASE64URL_NOPAD.encode(&bytes)
}

async fn in_time<T, E: From<Away>>(asked: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    tokio::time::timeout(PATIENCE, asked).await.unwrap_or_else(|_| Err(Away::Late.into()))
}

fn document<T: DeserializeOwned>(url: &str, answer: &Answer) -> Result<T, Away> {
    serde_json::from_slice(&answer.body).map_err(|source| Away::Document { url: url.to_owned(), source })
}

/// Both halves are encoded before they are joined (RFC 6749, section 2.3.1).
fn basic_authorization(client_id: &str, secret: &Secret) -> HeaderValue {
    let joined = format!("{}:{}", encoded(client_id), encoded(secret.expose()));
    let text = format!("Basic {}", BASE64.encode(joined.as_bytes()));
    let mut value = HeaderValue::from_str(&text).expect("base64 is a header's text");
    value.set_sensitive(true);
    value
}

fn form(fields: &[(&str, &str)]) -> String {
    let fields: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    fields.join("&")
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, UNRESERVED).to_string()
}
