//! A bare HTTP client for tests: sends what it is told, well-formed or not, and shows the whole answer.
//!
//! Every answer is held against the service's OpenAPI document on the way.

use std::time::Duration;

use dg_testkit::{Suite, wait_for};
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use crate::contract::Contract;

/// One account's view of one tenant.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    http: reqwest::Client,
    pub(crate) base: String,
    pub(crate) token: Option<String>,
    pub(crate) tenant: Option<String>,
    session: Option<String>,
    /// Whether it is the API that answers.
    is_api: bool,
}

/// A complete answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    pub(crate) body: Value,
}

impl Api {
    /// The administrator of a suite, without a tenant.
    pub(crate) fn admin(suite: &Suite) -> Self {
        let http = reqwest::Client::builder().timeout(Duration::from_secs(60)).no_proxy().build().unwrap();
        Self {
            http,
            base: suite.api_url.clone(),
            token: Some(suite.admin_token.clone()),
            tenant: None,
            session: None,
            is_api: true,
        }
    }

    /// The same account in one tenant.
    pub(crate) fn tenant(&self, tenant: &str) -> Self {
        Self { tenant: Some(tenant.to_owned()), ..self.clone() }
    }

    /// The same tenant with another token, or with none.
    pub(crate) fn token(&self, token: Option<&str>) -> Self {
        Self { token: token.map(str::to_owned), ..self.clone() }
    }

    /// The same in the name of the person whose session this is.
    pub(crate) fn session(&self, session: Option<&str>) -> Self {
        Self { session: session.map(str::to_owned), ..self.clone() }
    }

    /// The same at another address, where something else than the API answers.
    pub(crate) fn elsewhere(&self, base: &str) -> Self {
        Self { is_api: false, ..self.at(base) }
    }

    /// The same at another address.
    pub(crate) fn at(&self, base: &str) -> Self {
        Self { base: base.to_owned(), ..self.clone() }
    }

    /// Registers a tenant and answers the view of it.
    pub(crate) async fn new_tenant(&self, tenant: &str, guard: &str) -> Self {
        let body = json!({"tenant_id": tenant, "secret_guard": guard});
        self.post("/api/v1/admin/tenants", &body).await.expect(201);
        self.tenant(tenant)
    }

    /// Makes an account and answers its first token.
    pub(crate) async fn new_account(&self, account: &str, roles: &[&str], tenants: &[&str]) -> String {
        let body = json!({"account_id": account, "roles": roles, "permissions": [], "tenant_ids": tenants});
        let answer = self.post("/api/v1/admin/accounts", &body).await;
        answer.expect(201)["token"]["token"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.try_request("GET", path, &[], Vec::new()).await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.try_post(path, body).await.unwrap()
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Answer {
        let headers = [("content-type", "application/json")];
        self.try_request("PATCH", path, &headers, body.to_string().into_bytes()).await.unwrap()
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Answer {
        let headers = [("content-type", "application/json")];
        self.try_request("PUT", path, &headers, body.to_string().into_bytes()).await.unwrap()
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.try_request("DELETE", path, &[], Vec::new()).await.unwrap()
    }

    pub(crate) async fn post_text(&self, path: &str, content_type: &str, body: impl Into<Vec<u8>>) -> Answer {
        self.try_request("POST", path, &[("content-type", content_type)], body.into()).await.unwrap()
    }

    /// The same as [`Api::post`]; a lost connection is an answer too.
    pub(crate) async fn try_post(&self, path: &str, body: &Value) -> reqwest::Result<Answer> {
        self.try_request("POST", path, &[("content-type", "application/json")], body.to_string().into_bytes()).await
    }

    pub(crate) async fn try_request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> reqwest::Result<Answer> {
        let verb = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self.http.request(verb, format!("{}{path}", self.base));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(tenant) = &self.tenant {
            request = request.header("x-tenant-id", tenant);
        }
        if let Some(session) = &self.session {
            request = request.header("x-dg-session", session);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.body(body).send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await?;
        if self.is_api {
            Contract::get().check(method, path, status, &headers, &text);
        }
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Ok(Answer { status, headers, text, body })
    }

    /// Appends events in batches of `size` as they are; each one must be stored.
    pub(crate) async fn append_all(&self, events: &[Value], size: usize) {
        for batch in events.chunks(size) {
            let answer = self.post("/api/v1/events:batch", &json!({"events": batch})).await;
            let data = answer.expect(200);
            assert_eq!(data["stored"], batch.len(), "{}", answer.text);
        }
    }

    /// The four digests at exactly this log position, once the projections are there.
    pub(crate) async fn digests_at(&self, log_seq: usize) -> Value {
        let what = format!("the projections of {:?} at {log_seq}", self.tenant);
        wait_for(Duration::from_secs(60), &what, async || {
            let answer = self.get(&format!("/api/v1/digests?min_log_seq={log_seq}&wait_ms=5000")).await;
            (answer.status == 200 && answer.body["data"]["log_seq"] == log_seq).then(|| only_digests(answer.data()))
        })
        .await
        .unwrap()
    }

    /// Every event of the tenant in log order, read page by page.
    pub(crate) async fn whole_log(&self) -> Vec<Value> {
        let (mut after, mut found) = (0, Vec::new());
        loop {
            let answer = self.get(&format!("/api/v1/events?after={after}&limit=1000")).await;
            let page = answer.expect(200)["events"].as_array().unwrap().clone();
            let Some(last) = page.last() else { return found };
            after = last["log_seq"].as_i64().unwrap();
            found.extend(page);
        }
    }
}

impl Answer {
    /// The `data` of a success with this status.
    #[track_caller]
    pub(crate) fn expect(&self, status: u16) -> &Value {
        assert_eq!(self.status, status, "{}", self.text);
        assert!(self.body["request_id"].is_string(), "{}", self.text);
        self.data()
    }

    /// Checks a failure in the envelope and answers its `details`.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: &str) -> &Value {
        assert_eq!((self.status, self.code()), (status, code), "{}", self.text);
        let error = &self.body["error"];
        assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()), "{}", self.text);
        assert!(error["details"].is_object(), "{}", self.text);
        let id = self.body["request_id"].as_str().unwrap_or_default();
        assert_eq!(Some(id), self.header("x-request-id"), "{}", self.text);
        assert!(self.body.get("data").is_none(), "{}", self.text);
        &error["details"]
    }

    pub(crate) fn data(&self) -> &Value {
        &self.body["data"]
    }

    pub(crate) fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// The digests alone, without position and generation.
pub(crate) fn only_digests(data: &Value) -> Value {
    let names = ["context_graph", "trace_summary", "precedent_index", "full_projection"];
    names.iter().map(|name| ((*name).to_owned(), data[*name].clone())).collect::<serde_json::Map<_, _>>().into()
}

/// A value for a path segment or a query parameter.
pub(crate) fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
