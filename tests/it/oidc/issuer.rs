//! A small OpenID Connect issuer: it knows one person at a time, asks them nothing, and can be told to lie.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use data_encoding::{BASE64, BASE64URL_NOPAD};
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub(super) const CLIENT: &str = "decisiongraph";
pub(super) const SECRET: &str = "a secret: of + two/halves";

/// The issuer, and what can be done to it.
#[derive(Clone)]
pub(super) struct Issuer {
    pub(super) url: String,
    book: Arc<Mutex<Book>>,
}

/// What the issuer goes by.
pub(super) struct Book {
    /// What it says about whoever comes, over what is right.
    pub(super) claims: Value,
    /// The same for the head of the token.
    pub(super) header: Value,
    /// The key it signs with, and the keys it owns up to.
    pub(super) key: u8,
    pub(super) published: Vec<u8>,
    /// What stands in the place of the signature.
    pub(super) signature: Option<String>,
    /// With what it answers everything.
    pub(super) away: Option<StatusCode>,
    /// How often it was asked for its keys.
    pub(super) asked_for_keys: usize,
    codes: HashMap<String, HashMap<String, String>>,
}

impl Default for Book {
    fn default() -> Self {
        Self {
            claims: json!({}),
            header: json!({}),
            key: 1,
            published: vec![1],
            signature: None,
            away: None,
            asked_for_keys: 0,
            codes: HashMap::new(),
        }
    }
}

impl Issuer {
    pub(super) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = Self { url: format!("http://{}", listener.local_addr().unwrap()), book: Arc::default() };
        let routes = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys))
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .with_state(issuer.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        issuer
    }

    pub(super) fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap()
    }

    /// Tells the truth again, about this person.
    pub(super) fn speaks_of(&self, claims: Value) {
        let mut book = self.book();
        let (codes, asked_for_keys) = (std::mem::take(&mut book.codes), book.asked_for_keys);
        *book = Book { claims, codes, asked_for_keys, ..Book::default() };
    }
}

fn signer(key: u8) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[key; 32]).unwrap()
}

async fn discovery(State(issuer): State<Issuer>) -> Response {
    if let Some(status) = issuer.book().away {
        return (status, [(header::LOCATION, "/authorize")]).into_response();
    }
    let url = &issuer.url;
    Json(json!({
        "issuer": url,
        "authorization_endpoint": format!("{url}/authorize"),
        "token_endpoint": format!("{url}/token"),
        "jwks_uri": format!("{url}/keys"),
        "authorization_response_iss_parameter_supported": true,
    }))
    .into_response()
}

async fn keys(State(issuer): State<Issuer>) -> Response {
    let mut book = issuer.book();
    book.asked_for_keys += 1;
    let jwk = |key: &u8| {
        let x = BASE64URL_NOPAD.encode(signer(*key).public_key().as_ref());
        json!({"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": format!("k{key}"), "x": x})
    };
    Json(json!({"keys": book.published.iter().map(jwk).collect::<Vec<_>>()})).into_response()
}

async fn authorize(State(issuer): State<Issuer>, Query(asked): Query<HashMap<String, String>>) -> Response {
    let is = |name: &str, value: &str| asked.get(name).is_some_and(|found| found == value);
    let good = is("response_type", "code")
        && is("client_id", CLIENT)
        && is("code_challenge_method", "S256")
        && asked.get("scope").is_some_and(|scope| scope.split(' ').any(|one| one == "openid"))
        && asked.get("code_challenge").is_some_and(|challenge| challenge.len() == 43)
        && ["state", "nonce", "redirect_uri"].iter().all(|name| asked.contains_key(*name));
    if !good {
        return (StatusCode::BAD_REQUEST, format!("{asked:?}")).into_response();
    }
    let mut book = issuer.book();
    let code = format!("code-{}", book.codes.len());
    let (to, state, iss) =
        (&asked["redirect_uri"], crate::api::encoded(&asked["state"]), crate::api::encoded(&issuer.url));
    let location = format!("{to}?code={code}&state={state}&iss={iss}");
    book.codes.insert(code, asked);
    (StatusCode::FOUND, [(header::LOCATION, location)]).into_response()
}

async fn token(
    State(issuer): State<Issuer>,
    headers: HeaderMap,
    Form(sent): Form<HashMap<String, String>>,
) -> Response {
    let mut book = issuer.book();
    if let Some(status) = book.away {
        return (status, [(header::LOCATION, "/token")]).into_response();
    }
    let refused = |error: &str| (StatusCode::BAD_REQUEST, Json(json!({"error": error}))).into_response();
    let client = format!("{}:{}", crate::api::encoded(CLIENT), crate::api::encoded(SECRET));
    let client = format!("Basic {}", BASE64.encode(client.as_bytes()));
    if headers.get(header::AUTHORIZATION).is_none_or(|value| value != client.as_str()) {
        return refused("invalid_client");
    }
    let sent = |name: &str| sent.get(name).map_or("", String::as_str);
    // A code is taken once, whatever comes of it.
    let Some(asked) = book.codes.insert(sent("code").to_owned(), HashMap::new()).filter(|asked| !asked.is_empty())
    else {
        return refused("invalid_grant");
    };
    let challenge = BASE64URL_NOPAD.encode(&Sha256::digest(sent("code_verifier")));
    if sent("grant_type") != "authorization_code"
        || asked["code_challenge"] != challenge
        || asked["redirect_uri"] != sent("redirect_uri")
    {
        return refused("invalid_grant");
    }
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
    let mut claims = json!({
        "iss": issuer.url, "sub": "248", "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"],
    });
    let mut header = json!({"alg": "EdDSA", "kid": format!("k{}", book.key)});
    for (over, under) in [(&book.claims, &mut claims), (&book.header, &mut header)] {
        for (name, value) in over.as_object().unwrap() {
            under[name] = value.clone();
        }
    }
    let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    let message = format!("{}.{}", part(&header), part(&claims));
    let signature = BASE64URL_NOPAD.encode(signer(book.key).sign(message.as_bytes()).as_ref());
    let signature = book.signature.clone().unwrap_or(signature);
    Json(json!({"access_token": "x", "token_type": "Bearer", "id_token": format!("{message}.{signature}")}))
        .into_response()
}
