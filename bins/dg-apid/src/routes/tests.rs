//! Nobody comes in who may not, on any route of the table. No database answers here: who may not is refused before one is asked.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::Response;
use dg_domain::{GuardMode, TenantId};
use dg_http::gate::{Directory, Gate, KnownSession, KnownTenant, Lookup, Principal};
use dg_http::token::Minted;
use dg_runtime::CancellationToken;
use dg_runtime::metrics::Metrics;
use dg_storage::listener::Listener;
use dg_storage::log::{AppendStage, StageConfig};
use dg_storage::notifier::Notifier;
use dg_storage::tenants::{TenantLimits, TenantStatus};
use dg_storage::{Channel, DatabaseConfig, Store};
use serde_json::Value;
use tokio::sync::{Semaphore, watch};
use tower::ServiceExt;

use super::{Access, Deprecation, Operation, VERSIONED, all, answer};
use crate::app::{App, Shared};
use crate::config::ApidConfig;
use crate::metrics::ApiMetrics;
use crate::passwords::Passwords;
use crate::readiness::Progress;
use crate::stream::Streams;

impl Access {
    const fn needs_tenant(self) -> bool {
        !matches!(self, Self::Open | Self::Anybody | Self::Admin)
    }

    /// A role that is not enough.
    const fn too_little(self) -> Option<&'static str> {
        match self {
            Self::Open | Self::Anybody => None,
            Self::TenantReader | Self::Stream => Some("none"),
            Self::TenantWriter => Some("reader"),
            Self::Admin | Self::TenantAdmin => Some("writer"),
        }
    }
}

/// Knows one account per role, by the name of the role; a tenant `ours`, theirs too, and one that is suspended.
#[derive(Clone)]
struct Book(Arc<Mutex<HashMap<String, Principal>>>);

impl Directory for Book {
    fn principal<'a>(&'a self, token_id: &'a str) -> Lookup<'a, Option<Principal>> {
        let found = self.0.lock().unwrap().get(token_id).cloned();
        Box::pin(async move { Ok(found) })
    }

    fn session<'a>(&'a self, _: &'a str) -> Lookup<'a, Option<KnownSession>> {
        Box::pin(async { Ok(None) })
    }

    fn tenant<'a>(&'a self, tenant_id: &'a TenantId) -> Lookup<'a, Option<KnownTenant>> {
        let status = TenantStatus::parse(tenant_id.as_str()).unwrap_or(TenantStatus::Active);
        let (guard, limits) = (GuardMode::Precise, TenantLimits::default());
        let tenant = KnownTenant { tenant_id: tenant_id.clone(), guard, status, limits, is_demo: false };
        Box::pin(async move { Ok(Some(tenant)) })
    }
}

struct Case {
    app: App,
    book: Book,
    tokens: HashMap<&'static str, String>,
}

impl Case {
    fn new() -> Self {
        let (mut book, mut tokens) = (HashMap::new(), HashMap::new());
        for name in ["none", "reader", "writer", "admin", "revoked", "disabled", "expired"] {
            let minted = Minted::draw();
            let principal = Principal {
                account_id: name.to_owned(),
                roles: vec![if ["revoked", "disabled", "expired"].contains(&name) { "admin" } else { name }.to_owned()],
                tenant_ids: ["ours", "closed", "suspended"].map(str::to_owned).to_vec(),
                disabled: name == "disabled",
                revoked: name == "revoked",
                expires_at: (name == "expired").then(|| dg_domain::Micros::new(1)),
                token_id: minted.token_id.clone(),
                token_digest: minted.digest,
                ..Principal::default()
            };
            tokens.insert(name, minted.reveal().to_owned());
            book.insert(minted.token_id, principal);
        }
        let book = Book(Arc::new(Mutex::new(book)));
        Self { app: app(book.clone()), book, tokens }
    }

    async fn ask(&self, method: &str, path: &str, token: Option<&str>, tenant: Option<&str>) -> (StatusCode, String) {
        let response = self.respond(method, path, token, tenant, Body::empty()).await;
        code(&response)
    }

    async fn answer(&self, method: &str, path: &str, token: Option<&str>, tenant: Option<&str>) -> Value {
        let response = self.respond(method, path, token, tenant, Body::empty()).await;
        let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        serde_json::from_slice(&body).unwrap_or(Value::Null)
    }

    async fn respond(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        tenant: Option<&str>,
        body: Body,
    ) -> Response {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let path =
            path.split('/').map(|part| if part.starts_with('{') { "x" } else { part }).collect::<Vec<_>>().join("/");
        let mut request = Request::builder().method(&*method.to_uppercase()).uri(format!("/api/v1{path}?{query}"));
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if let Some(tenant) = tenant {
            request = request.header("x-tenant-id", tenant);
        }
        all(self.app.clone()).oneshot(request.body(body).unwrap()).await.unwrap()
    }
}

fn code(response: &Response) -> (StatusCode, String) {
    let code = response.headers().get("x-error-code").and_then(|code| code.to_str().ok()).unwrap_or_default();
    (response.status(), code.to_owned())
}

fn app(book: Book) -> App {
    let database = DatabaseConfig { connect_timeout_ms: 50, ..DatabaseConfig::new("postgresql:///x?host=%2Fnowhere") };
    let store = Store::open(&database).unwrap();
    let stop = CancellationToken::new();
    let notifier = Notifier::start(database.clone(), stop.clone());
    let stage = StageConfig::new(database, dg_runtime::clock::now);
    let stage = AppendStage::start(stage, notifier.clone(), stop.clone());
    let listener = Listener::start(store.config().clone(), &[Channel::Log], stop.clone());
    let config = ApidConfig::default();
    let gate: Arc<Gate<dyn Directory>> = Arc::new(Gate::new(book, config.api.limits.clone()));
    App::from(Shared {
        readiness: Progress::new(store.clone()).readiness(),
        store,
        stage,
        gate,
        notifier,
        projection_moved: watch::channel(0).1,
        workflow_moved: watch::channel(0).1,
        database_up: watch::channel(true).1,
        turns: dg_http::turns::Turns::new(8, 8),
        digest_turns: Arc::new(Semaphore::new(1)),
        passwords: Passwords::default(),
        issuer: None,
        thresholds: config.thresholds(),
        reach: config.workflow.reach(),
        config: Arc::new(config.api),
        metrics: ApiMetrics::register(&Metrics::new("test", "1")),
        streams: Streams::new(listener, 8),
        closing: stop,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_comes_in_without_a_token_that_counts() {
    let case = Case::new();
    let stranger = Minted::draw();
    for &(method, path, ..) in VERSIONED {
        let bad = ["revoked", "disabled", "expired"].map(|name| Some(case.tokens[name].as_str()));
        for token in [None, Some("nonsense"), Some(stranger.reveal())].into_iter().chain(bad) {
            let answer = case.ask(method, path, token, Some("ours")).await;
            assert_eq!(answer, (StatusCode::UNAUTHORIZED, "unauthorized".to_owned()), "{method} {path} {token:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_route_keeps_to_its_word_in_the_table() {
    let case = Case::new();
    let forbidden = (StatusCode::FORBIDDEN, "forbidden".to_owned());
    for &(method, path, access, _) in VERSIONED {
        let what = format!("{method} {path} {access:?}");
        if let Some(role) = access.too_little() {
            assert_eq!(case.ask(method, path, Some(&case.tokens[role]), Some("ours")).await, forbidden, "{what}");
        }
        let admin = Some(case.tokens["admin"].as_str());
        if access.needs_tenant() {
            let without = case.ask(method, path, admin, None).await;
            assert_eq!(without, (StatusCode::BAD_REQUEST, "invalid_argument".to_owned()), "{what}");
            assert_eq!(case.ask(method, path, admin, Some("theirs")).await, forbidden, "{what}");
            let closed = case.ask(method, path, Some(&case.tokens["writer"]), Some("closed")).await;
            assert_eq!(closed, forbidden, "{what}");
        }
        if access == Access::TenantWriter {
            assert_eq!(case.ask(method, path, admin, Some("suspended")).await, forbidden, "{what}");
        }
        // A permission that is missing is no role that is missing, and counts as having come in.
        let enough = match access {
            Access::Open | Access::Anybody => "none",
            Access::TenantReader | Access::Stream => "reader",
            Access::TenantWriter => "writer",
            Access::Admin | Access::TenantAdmin => "admin",
        };
        let came_in = case.ask(method, path, Some(&case.tokens[enough]), access.needs_tenant().then_some("ours")).await;
        let in_vain =
            came_in.0 == StatusCode::UNAUTHORIZED || came_in.0 == StatusCode::NOT_FOUND && came_in.1.is_empty();
        assert!(!in_vain && came_in.0 != StatusCode::METHOD_NOT_ALLOWED, "{what}: {came_in:?}");
        assert!(came_in.0 != StatusCode::FORBIDDEN || !access.needs_tenant() || path.contains("/admin/"), "{what}");
    }
}

/// Whoever administers has to be allowed to by name: the role alone changes nothing and reads no audit.
#[tokio::test(flavor = "multi_thread")]
async fn the_role_alone_changes_nothing() {
    let case = Case::new();
    let asks_first = |path: &str| path.contains("/audit") || path.ends_with("/revoke");
    for &(method, path, access, _) in VERSIONED {
        let changes = method != "get" && !path.contains("/replays") && !path.contains("/failures");
        if access == Access::Admin && (changes || asks_first(path)) {
            let answer = case.ask(method, path, Some(&case.tokens["admin"]), None).await;
            assert_eq!(answer, (StatusCode::FORBIDDEN, "forbidden".to_owned()), "{method} {path}");
        }
        if path.contains("/webhooks") {
            // Addresses of endpoints may be secrets: who may not change them does not see them either.
            let answer = case.ask(method, path, Some(&case.tokens["admin"]), Some("ours")).await;
            assert_eq!(answer, (StatusCode::FORBIDDEN, "forbidden".to_owned()), "{method} {path}");
        }
    }
}

/// A token that is taken back while the body of its request is under way changes nothing any more.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_thrown_out_meanwhile_changes_nothing() {
    let case = Case::new();
    let minted = Minted::draw();
    let leaving = Principal {
        account_id: "leaving".to_owned(),
        roles: vec!["admin".to_owned()],
        permissions: vec!["*".to_owned()],
        tenant_ids: vec!["*".to_owned()],
        token_id: minted.token_id.clone(),
        token_digest: minted.digest,
        ..Principal::default()
    };
    let read_to_the_end = Arc::new(AtomicUsize::new(0));
    let (mut changing, mut refused) = (0, 0);
    for &(method, path, access, _) in VERSIONED.iter().filter(|(method, ..)| *method != "get") {
        changing += 1;
        case.book.0.lock().unwrap().insert(minted.token_id.clone(), leaving.clone());
        case.app.gate.forget();
        let (book, gate, token_id) = (case.book.clone(), case.app.gate.clone(), minted.token_id.clone());
        let (before, counter) = (read_to_the_end.load(Ordering::SeqCst), read_to_the_end.clone());
        // Has somebody wait for it, as a slow line does, and then ends.
        let body = futures_util::stream::once(async move {
            tokio::task::yield_now().await;
            book.0.lock().unwrap().entry(token_id).and_modify(|principal| principal.revoked = true);
            gate.forget();
            counter.fetch_add(1, Ordering::SeqCst);
            Ok::<_, std::io::Error>("{}")
        });
        let tenant = access.needs_tenant().then_some("ours");
        let answer = code(&case.respond(method, path, Some(minted.reveal()), tenant, Body::from_stream(body)).await);
        if read_to_the_end.load(Ordering::SeqCst) > before {
            refused += 1;
            assert_eq!(answer, (StatusCode::UNAUTHORIZED, "unauthorized".to_owned()), "{method} {path}");
        }
    }
    assert!(refused * 2 > changing, "only {refused} of {changing} routes read their body");
}

/// A contract names exactly the query parameters that its handler knows; the refusal of an unknown one lists those.
#[tokio::test(flavor = "multi_thread")]
async fn each_contract_names_the_parameters_of_its_handler() {
    let case = Case::new();
    for (method, path, access, contract) in VERSIONED {
        let mut document = dg_http::contract::Document::default();
        document.add(method, path, access.caller(), contract());
        let info = dg_http::contract::Info { title: "", version: "", description: "" };
        let shown = document.finish(info, &[]);
        let parameters = shown["paths"][path][method]["parameters"].as_array().cloned().unwrap_or_default();
        let mut named: Vec<&str> = parameters
            .iter()
            .filter(|parameter| parameter["in"] == "query")
            .map(|parameter| parameter["name"].as_str().unwrap())
            .collect();
        let token = case.tokens[if *access == Access::TenantWriter { "writer" } else { "admin" }].as_str();
        let tenant = access.needs_tenant().then_some("ours");
        let answer = case.answer(method, &format!("{path}?no_such_parameter=1"), Some(token), tenant).await;
        assert_eq!(answer["error"]["details"]["parameter"], "no_such_parameter", "{method} {path}: {answer}");
        let known = answer["error"]["details"]["known"].as_array().cloned().unwrap_or_default();
        let mut known: Vec<&str> = known.iter().filter_map(Value::as_str).collect();
        named.sort_unstable();
        known.sort_unstable();
        assert_eq!(named, known, "{method} {path}: the contract names other parameters than the handler knows");
    }
}

/// No route is deprecated now; one that is says so on whatever it answers, and nothing beside it does.
#[tokio::test(flavor = "multi_thread")]
async fn a_deprecated_route_says_so() {
    let case = Case::new();
    let gone =
        Deprecation { since: 1_796_083_200, sunset: "Tue, 01 Jun 2027 00:00:00 GMT", instead: "/docs#get_livez" };
    let old = Operation::new("get_old", "Old").deprecated(gone);
    let route = answer("get", crate::probes::alive, &old).merge(answer(
        "post",
        crate::probes::alive,
        &Operation::new("new", "New"),
    ));
    let router = axum::Router::new().route("/old", route).with_state(case.app.clone());
    for (method, marked) in [("GET", true), ("POST", false), ("DELETE", false)] {
        let request = Request::builder().method(method).uri("/old").body(Body::empty()).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        for name in ["deprecation", "sunset", "link"] {
            assert_eq!(response.headers().contains_key(name), marked, "{method} {name}");
        }
    }
}
