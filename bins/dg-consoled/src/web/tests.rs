use std::path::PathBuf;

use axum::{
    body::{Body, to_bytes},
    http::{Method, Request, StatusCode, header},
};
use dg_domain::EventType;
use dg_runtime::{CancellationToken, config::Environment, metrics::Metrics};
use serde_json::json;
use tower::ServiceExt;

use super::*;
use crate::{
    config::ConsoledConfig,
    fixture::{Fixture, MADE, TOKEN},
};

struct Console {
    router: Router,
    fixture: Fixture,
    _token: tempfile::TempDir,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn cookie(&self) -> String {
        self.header("set-cookie").split(';').next().unwrap().to_owned()
    }

    fn csrf(&self) -> &str {
        self.body.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap()
    }
}

async fn console(environment: Environment) -> Console {
    let fixture = Fixture::start().await;
    let directory = tempfile::tempdir().unwrap();
    let mut config = ConsoledConfig { environment, ..ConsoledConfig::default() };
    config.console.api_url.clone_from(&fixture.url);
    if environment == Environment::Dev {
        let file: PathBuf = directory.path().join("token");
        std::fs::write(&file, format!("{TOKEN}\n")).unwrap();
        config.console.token_file = file;
    }
    let app = App::new(&config, &Metrics::new("dg-consoled", "test"), CancellationToken::new()).unwrap();
    Console { router: router(app), fixture, _token: directory }
}

impl Console {
    async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, "127.0.0.1:4180");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = String::from_utf8(to_bytes(body, 1 << 22).await.unwrap().to_vec()).unwrap();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], "").await
    }

    async fn post(&self, path: &str, cookie: &str, body: &str) -> Answer {
        let headers = [
            ("cookie", cookie),
            ("origin", "http://127.0.0.1:4180"),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        self.send(Method::POST, path, &headers, body).await
    }
}

#[tokio::test]
async fn the_development_reader_sees_pages_and_knows_it() {
    let console = console(Environment::Dev).await;
    let home = console.get("/").await;
    assert_eq!((home.status, home.header("location")), (StatusCode::SEE_OTHER, "/t/acme"));
    let list = console.get("/t/acme/traces").await;
    assert_eq!(list.status, StatusCode::OK);
    for expected in
        ["Development reader", "&#60;b&#62;Refund&#60;/b&#62; 1", "Refund 2", "/t/acme/traces/t-2", "log position 3"]
    {
        assert!(list.body.contains(expected), "{expected}: {}", list.body);
    }
    for forbidden in ["<b>", " style=\"", "onclick", TOKEN] {
        assert!(!list.body.contains(forbidden), "{forbidden}");
    }
}

#[tokio::test]
async fn filters_are_in_the_address_and_an_empty_list_says_why() {
    let console = console(Environment::Dev).await;
    let open = console.get("/t/acme/traces?workflow=&outcome=&status=open").await;
    assert!(open.body.contains("Refund 2") && !open.body.contains("Refund&#60;"));
    assert!(open.body.contains("<option value=\"open\" selected"), "{}", open.body);
    let none = console.get("/t/acme/traces?outcome=abandoned").await;
    assert!(
        none.body.contains("No trace fits.")
            && none.body.contains("outcome is abandoned")
            && none.body.contains("Clear filters")
    );
}

#[tokio::test]
async fn a_trace_tells_its_story() {
    let console = console(Environment::Dev).await;
    let reason = json!({"exception_id":"x","policy":{"policy_id":"cap","policy_version":"1"},"reason":"over the cap"});
    console.fixture.append("t-2", EventType::ExceptionRequested, reason);
    let trace = console.get("/t/acme/traces/t-2").await;
    for expected in
        ["Asked for an exception to ", "over the cap", "agent:bot", "id=\"seq-1\"", "<details", "2026-03-06 09:00:00"]
    {
        assert!(trace.body.contains(expected), "{expected}: {}", trace.body);
    }
}

#[tokio::test]
async fn missing_and_foreign_look_alike() {
    let console = console(Environment::Dev).await;
    let mut bodies = Vec::new();
    for path in ["/t/acme/traces/none", "/t/other/traces", "/t/other/traces/t-1", "/nowhere"] {
        let answer = console.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        let main = answer.body.split("<main").nth(1).unwrap();
        bodies.push(main.split("</main>").next().unwrap().to_owned());
    }
    assert!(bodies.windows(2).all(|pair| pair[0] == pair[1]));
}

#[tokio::test]
async fn an_outage_is_a_banner_on_a_page() {
    let console = console(Environment::Dev).await;
    console.get("/t/acme/traces").await;
    console.fixture.be_away(true);
    for path in ["/t/acme/traces", "/t/acme/traces/t-1"] {
        let answer = console.get(path).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(answer.body.contains("The service does not answer.") && answer.body.contains("r-1"), "{}", answer.body);
    }
    console.fixture.be_away(false);
    assert!(!console.get("/t/acme/traces").await.body.contains("does not answer"));
}

#[tokio::test]
async fn strangers_sign_in_and_out() {
    let console = console(Environment::Production).await;
    let stranger = console.get("/t/acme/traces?status=open").await;
    assert_eq!(stranger.status, StatusCode::SEE_OTHER);
    let form = console.get(stranger.header("location")).await;
    let (visit, csrf) = (form.cookie(), form.csrf().to_owned());
    let next = "/t/acme/traces?status=open";
    assert!(form.body.contains(&format!("value=\"{next}\"")) && !form.body.contains("<script"), "{}", form.body);

    let body = format!("csrf={csrf}&next={}&token={TOKEN}", crate::place::escaped(next));
    let forged = console.post("/sign-in", "dg_visit=other", &body).await;
    assert_eq!((forged.status, forged.header("set-cookie").contains("session")), (StatusCode::FORBIDDEN, false));
    let foreign = [
        ("cookie", visit.as_str()),
        ("origin", "http://evil.example"),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    assert_eq!(console.send(Method::POST, "/sign-in", &foreign, &body).await.status, StatusCode::FORBIDDEN);
    let wrong = console.post("/sign-in", &visit, &format!("csrf={csrf}&token=dg_wrong")).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("does not know this token") && !wrong.body.contains("dg_wrong"));

    let entered = console.post("/sign-in", &visit, &body).await;
    assert_eq!((entered.status, entered.header("location")), (StatusCode::SEE_OTHER, next));
    assert!(entered.header("set-cookie").contains("HttpOnly; SameSite=Strict"));
    let session = entered.cookie();
    let list = console.send(Method::GET, next, &[("cookie", &session)], "").await;
    assert!(list.body.contains("Refund 2") && list.body.contains("maya") && !list.body.contains("Development reader"));
    assert!(!list.body.contains(TOKEN));

    let csrf = list.csrf().to_owned();
    let forged = console.post("/sign-out", &session, "csrf=wrong").await;
    assert_eq!(forged.header("set-cookie"), "");
    assert_eq!(console.send(Method::GET, next, &[("cookie", &session)], "").await.status, StatusCode::OK);
    let left = console.post("/sign-out", &session, &format!("csrf={csrf}")).await;
    assert!(left.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(console.send(Method::GET, next, &[("cookie", &session)], "").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_revoked_token_ends_the_session() {
    let console = console(Environment::Production).await;
    let form = console.get("/sign-in").await;
    let entered = console.post("/sign-in", &form.cookie(), &format!("csrf={}&token={TOKEN}", form.csrf())).await;
    let session = entered.cookie();
    console.fixture.revoke();
    let cookie = [("cookie", session.as_str())];
    let answer = console.send(Method::GET, "/t/acme/traces", &cookie, "").await;
    assert!(answer.header("location").starts_with("/sign-in"), "{}", answer.body);
}

#[tokio::test]
async fn other_hosts_methods_and_sizes_are_refused() {
    let console = console(Environment::Dev).await;
    let rebound = Request::builder().uri("/").header(header::HOST, "evil.example:4180").body(Body::empty()).unwrap();
    let answer = console.router.clone().oneshot(rebound).await.unwrap();
    assert_eq!(answer.status(), StatusCode::MISDIRECTED_REQUEST);
    assert!(answer.headers().contains_key("content-security-policy"));
    assert_eq!(console.send(Method::DELETE, "/t/acme/traces", &[], "").await.status, StatusCode::METHOD_NOT_ALLOWED);
    let huge = "x".repeat(FORM_BYTES + 1);
    assert_eq!(console.post("/sign-in", "", &huge).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    let page = console.get("/t/acme/traces").await;
    assert!(page.header("content-security-policy").starts_with("default-src 'none'"));
    assert_eq!(page.header("cache-control"), "no-store");
}

#[tokio::test]
async fn assets_are_kept_by_browsers() {
    let console = console(Environment::Dev).await;
    let page = console.get("/sign-in").await;
    let style = page.body.split("rel=\"stylesheet\" href=\"").nth(1).unwrap().split('"').next().unwrap();
    let answer = console.get(style).await;
    assert!(answer.body.contains(":root") && answer.header("cache-control").contains("immutable"));
    assert_eq!(console.get("/assets/none.css").await.status, StatusCode::NOT_FOUND);
}

/// Signs in; the cookie of the session.
async fn signed_in(console: &Console) -> String {
    let form = console.get("/sign-in").await;
    let body = format!("csrf={}&next=%2F&token={TOKEN}", form.csrf());
    console.post("/sign-in", &form.cookie(), &body).await.cookie()
}

#[tokio::test]
async fn a_form_is_done_once_answered_with_the_way_back_and_says_what_came_of_it() {
    let console = console(Environment::Production).await;
    let cookie = signed_in(&console).await;
    let page = console.send(Method::GET, "/t/acme/traces", &[("cookie", cookie.as_str())], "").await;
    let csrf = page.csrf().to_owned();
    let form = |id: &str, csrf: &str| {
        format!(
            "csrf={csrf}&key=k-1&form=read&next=%2Ft%2Facme%2Ftraces%3Fstatus%3Dopen&notification_id={id}&word=typed"
        )
    };
    let path = "/t/acme/do/read-notifications";
    let done = console.post(path, &cookie, &form("n-1", &csrf)).await;
    let to = done.header("location").to_owned();
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    assert!(to.starts_with("/t/acme/traces?status=open&said=") && to.ends_with("#said"), "{to}");
    assert_eq!(console.fixture.request_ids(), ["k-1"]);
    let said = console.send(Method::GET, to.trim_end_matches("#said"), &[("cookie", cookie.as_str())], "").await;
    assert!(
        said.body.contains("One notification is read now.")
            && said.body.contains("href=\"/t/acme/traces?status=open\"")
    );

    let refused = console.post(path, &cookie, &form("n-2", &csrf)).await;
    let to = refused.header("location").trim_end_matches("#said").to_owned();
    let said = console.send(Method::GET, &to, &[("cookie", cookie.as_str())], "").await;
    for expected in ["Not done.", "Said the stand-in.", "not_found", "r-1"] {
        assert!(said.body.contains(expected), "{expected}: {}", said.body);
    }
    // Words of somebody else's are not said here.
    let other = signed_in(&console).await;
    let silent = console.send(Method::GET, &to, &[("cookie", other.as_str())], "").await;
    assert!(!silent.body.contains("Not done."), "{}", silent.body);

    for forged in [form("n-1", "0"), form("n-1", ""), form("n-1", &csrf).replace("key=k-1&", "")] {
        let answer = console.post(path, &cookie, &forged).await;
        let to = answer.header("location").trim_end_matches("#said").to_owned();
        let said = console.send(Method::GET, &to, &[("cookie", cookie.as_str())], "").await;
        assert!(said.body.contains("The form was too old"), "{}", said.body);
    }
    let headers = [
        ("cookie", cookie.as_str()),
        ("origin", "http://evil.example"),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    console.send(Method::POST, path, &headers, &form("n-1", &csrf)).await;
    assert_eq!(console.fixture.request_ids().len(), 2, "nothing was done for them");
    assert_eq!(console.post("/t/acme/do/anything", &cookie, &form("n-1", &csrf)).await.status, StatusCode::NOT_FOUND);
    let stranger = console.post(path, "", &form("n-1", &csrf)).await;
    assert!(stranger.header("location").starts_with("/sign-in"), "{}", stranger.header("location"));
    console.fixture.revoke();
    let gone = console.post(path, &cookie, &form("n-1", &csrf)).await;
    assert!(gone.header("location").starts_with("/sign-in"), "{}", gone.header("location"));
}

#[tokio::test]
async fn graphs_and_events_can_be_saved() {
    let console = console(Environment::Dev).await;
    let drawing = console.get("/t/acme/graph.svg?node=trace:t-1").await;
    assert_eq!((drawing.status, drawing.header("content-type")), (StatusCode::OK, "image/svg+xml"));
    assert_eq!(drawing.header("content-disposition"), "attachment; filename=\"graph.svg\"");
    assert!(drawing.body.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""), "{}", drawing.body);
    assert!(drawing.body.contains("&#60;cap&#62;") && drawing.body.contains("ghost"), "{}", drawing.body);
    let graph = console.get("/t/acme/graph.json?node=trace:t-1&types=trace").await;
    let graph: serde_json::Value = serde_json::from_str(&graph.body).unwrap();
    assert_eq!((graph["center"].as_str(), graph["nodes"].as_array().unwrap().len()), (Some("trace:t-1"), 1));
    assert_eq!(graph["nodes"][0]["attrs"]["n"], json!(12345678901234567890_u64));
    let events = console.get("/t/acme/trace.ndjson?trace_id=t-1").await;
    assert_eq!((events.status, events.header("content-type")), (StatusCode::OK, "application/x-ndjson"));
    let types: Vec<String> = events
        .body
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["event_type"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(types, ["TraceStarted", "TraceFinished"]);
    for missing in ["/t/acme/trace.ndjson?trace_id=nope", "/t/acme/trace.ndjson", "/t/acme/graph.svg"] {
        assert_eq!(console.get(missing).await.status, StatusCode::NOT_FOUND, "{missing}");
    }
    console.fixture.be_away(true);
    assert_eq!(console.get("/t/acme/trace.ndjson?trace_id=t-1").await.status, StatusCode::BAD_GATEWAY);
}

#[tokio::test]
async fn files_are_for_people_who_signed_in() {
    let console = console(Environment::Production).await;
    for path in
        ["/t/acme/trace.ndjson?trace_id=t-1", "/t/acme/graph.svg?node=trace:t-1", "/t/acme/graph.json?node=trace:t-1"]
    {
        let answer = console.get(path).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}");
        assert!(answer.header("location").starts_with("/sign-in?next="), "{path}");
    }
}

#[tokio::test]
async fn a_secret_is_the_answer_to_its_form_and_is_made_once() {
    let console = console(Environment::Production).await;
    let cookie = signed_in(&console).await;
    let page = console.send(Method::GET, "/t/acme/traces", &[("cookie", cookie.as_str())], "").await;
    let form = |key: &str, csrf: &str| {
        format!("csrf={csrf}&key={key}&form=create-token&next=%2Ft%2Facme%2Faccounts%2Fbot&account_id=bot&label=l")
    };
    let path = "/t/acme/issue/create-token";
    let made = console.post(path, &cookie, &form("k-1", page.csrf())).await;
    assert_eq!((made.status, made.header("cache-control")), (StatusCode::OK, "no-store"));
    assert!(made.body.contains(MADE) && made.body.contains("/t/acme/accounts/bot"), "{}", made.body);
    // No script runs there, so that nothing of it goes through a socket.
    assert!(!made.body.contains("<script"), "{}", made.body);

    let again = console.post(path, &cookie, &form("k-1", page.csrf())).await;
    assert!(again.body.contains("This token was shown once.") && !again.body.contains(MADE), "{}", again.body);
    assert_eq!(console.fixture.made(), 1);
    let gone = console.send(Method::GET, path, &[("cookie", cookie.as_str())], "").await;
    assert_eq!((gone.status, gone.header("location")), (StatusCode::SEE_OTHER, "/t/acme/accounts"));
    let list = console.send(Method::GET, "/t/acme/traces", &[("cookie", cookie.as_str())], "").await;
    assert!(!list.body.contains(MADE));

    for (key, csrf, account) in [("k-2", "0", "bot"), ("k-3", page.csrf(), "nobody")] {
        let sent = form(key, csrf).replace("account_id=bot", &format!("account_id={account}"));
        let refused = console.post(path, &cookie, &sent).await;
        assert_eq!(refused.status, StatusCode::SEE_OTHER, "{}", refused.body);
        assert!(refused.header("location").starts_with("/t/acme/accounts/bot?said="), "{}", refused.header("location"));
    }
    assert_eq!(console.fixture.made(), 1);
    assert_eq!(
        console.post("/t/acme/issue/anything", &cookie, &form("k-4", page.csrf())).await.status,
        StatusCode::NOT_FOUND
    );
    assert!(console.post(path, "", &form("k-5", page.csrf())).await.header("location").starts_with("/sign-in"));
}
