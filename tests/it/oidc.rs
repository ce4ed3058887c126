//! People prove who they are to an OpenID Connect issuer, a real one of the test's own.

mod issuer;

use std::process::Command;

use axum::http::StatusCode;
use dg_testkit::{RunningDaemon, Suite, daemon};
use serde_json::{Value, json};

use crate::api::{Answer, Api};
use crate::identity::{Browser, Page, text};
use issuer::{CLIENT, Issuer, SECRET};

const CALLBACK: &str = "/sign-in/oidc/callback";

/// A suite, and beside it a dg-apid that trusts an issuer and a console that asks it.
struct Ground {
    suite: Suite,
    issuer: Issuer,
    /// At the dg-apid that trusts the issuer.
    admin: Api,
    /// The console's own account there.
    program: Api,
    console_url: String,
    _daemons: [RunningDaemon; 2],
}

impl Ground {
    async fn new(more: &[(&str, &str)]) -> Self {
        let issuer = Issuer::start().await;
        let suite = Suite::start().unwrap();
        let admin = Api::admin(&suite);
        let url = suite.database_url.replace("dg_owner", "dg_apid");
        let file = |name: &str, text: &str| {
            let path = suite.dir().join(name);
            std::fs::write(&path, format!("{text}\n")).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let secret = file("client-secret", SECRET);
        let settings = [
            ("DG__DATABASE__URL", url.as_str()),
            ("DG__API__LISTEN", "127.0.0.1:0"),
            ("DG__API__OIDC__ISSUER", &issuer.url),
            ("DG__API__OIDC__CLIENT_ID", CLIENT),
            ("DG__API__OIDC__CLIENT_SECRET_FILE", &secret),
            ("DG__API__OIDC__SCOPES", "openid email"),
            ("DG__API__OIDC__LABEL", "Sign in at the <test>"),
            (
                "DG__API__OIDC__REDIRECT_URIS",
                "https://dg.example.org/sign-in/oidc/callback http://127.0.0.1/sign-in/oidc/callback",
            ),
        ];
        let settings: Vec<_> = settings.into_iter().chain(more.iter().copied()).collect();
        let apid = RunningDaemon::start(daemon("dg-apid").unwrap(), &settings).unwrap();
        let address = apid.address("api").unwrap();
        let admin = admin.at(&address);
        let body = json!({"account_id": "the-console", "permissions": ["principal_assert"]});
        let token = text(admin.post("/api/v1/admin/accounts", &body).await.expect(201), "/token/token");
        let token_file = file("console-token", &token);
        let settings = [
            ("DG__CONSOLE__LISTEN", "127.0.0.1:0"),
            ("DG__CONSOLE__API_URL", &address),
            ("DG__CONSOLE__SERVICE_TOKEN_FILE", &token_file),
        ];
        let consoled = RunningDaemon::start(daemon("dg-consoled").unwrap(), &settings).unwrap();
        let console_url = consoled.address("console").unwrap();
        let program = admin.token(Some(&token));
        Self { suite, issuer, admin, program, console_url, _daemons: [apid, consoled] }
    }

    async fn person(&self, user_id: &str, tenant: &str) {
        let body = json!({"user_id": user_id, "roles": ["reader"], "tenant_ids": [tenant]});
        self.admin.post("/api/v1/admin/users", &body).await.expect(201);
    }

    async fn link(&self, user_id: &str, subject: &str) -> Answer {
        let body = json!({"issuer": self.issuer.url, "subject": subject});
        self.admin.post(&format!("/api/v1/admin/users/{user_id}/links"), &body).await
    }

    /// Begins without a browser: the state, and the code with which the issuer sends it back.
    async fn begin(&self) -> (String, String) {
        let body = json!({"redirect_uri": format!("{}{CALLBACK}", self.console_url)});
        let begun = self.program.post("/api/v1/sessions/oidc", &body).await;
        let back = visit(&text(begun.expect(201), "/authorization_url")).await;
        let code = back.split("code=").nth(1).unwrap().split('&').next().unwrap();
        (text(begun.data(), "/state"), code.to_owned())
    }

    async fn finish(&self, program: &Api, state: &str, code: &str) -> Answer {
        let body = json!({"state": state, "code": code, "iss": self.issuer.url, "address": "10.1.1.1"});
        program.post("/api/v1/sessions/oidc/finish", &body).await
    }

    async fn come_in(&self) -> Answer {
        let (state, code) = self.begin().await;
        self.finish(&self.program, &state, &code).await
    }

    /// Why the last one was refused, and whom it was about.
    async fn reason(&self) -> (String, Value) {
        let query = "/api/v1/admin/audit?kind=sign_in&outcome=refused&limit=1";
        let noted = self.admin.get(query).await;
        let row = &noted.expect(200)["entries"][0];
        assert_eq!((&row["details"]["method"], &row["agent"]), (&json!("oidc"), &json!("the-console")), "{row}");
        (text(row, "/details/reason"), row["subject"].clone())
    }

    #[track_caller]
    fn unsaid(answer: &Answer) {
        assert_eq!(answer.refused(403, "sign_in_refused"), &json!({}));
        assert_eq!(answer.body["error"]["message"], "the sign-in was refused");
    }
}

/// Where the issuer sends a browser that comes with this address.
async fn visit(url: &str) -> String {
    let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let answer = http.get(url).send().await.unwrap();
    assert_eq!(answer.status(), 302, "{}", answer.text().await.unwrap());
    answer.headers()["location"].to_str().unwrap().to_owned()
}

/// Presses the button on the page of that address, and has the issuer answer; where that leads the browser.
async fn to_the_issuer(browser: &mut Browser, place: &str) -> String {
    let form = browser.get(place).await;
    assert!(
        form.text.contains("Sign in at the &#60;test&#62;") && form.text.contains("name=\"password\""),
        "{}",
        form.text
    );
    let going = browser.submit(&form, "/sign-in/oidc", &[]).await;
    assert_eq!(going.status, 200, "{}", going.text);
    assert!(!going.text.contains("<script") && going.text.contains("id=\"onward\""), "{}", going.text);
    let back = visit(&going.refresh).await;
    back.strip_prefix(&browser.origin).unwrap().to_owned()
}

#[track_caller]
fn said(page: &Page, status: u16, words: &str) {
    assert_eq!(page.status, status, "{}", page.text);
    assert!(page.text.contains(words) && page.refresh.is_empty(), "{}", page.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn people_come_in_by_the_issuer() {
    let ground = Ground::new(&[]).await;
    let admin = &ground.admin;
    let tenant = admin.new_tenant("seen", "precise").await;
    tenant.post("/api/v1/events", &crate::events::started("shown")).await.expect(201);
    ground.person("ana", "seen").await;
    let mut browser = Browser::new(&ground.console_url);
    let place = "/t/seen/traces";
    let sign_in = format!("/sign-in?next={}", crate::api::encoded(place));

    // Nobody has said yet who that is.
    let back = to_the_issuer(&mut browser, &sign_in).await;
    said(&browser.get(&back).await, 403, "You cannot be signed in here that way.");
    assert_eq!(ground.reason().await, ("unlinked".to_owned(), Value::Null));
    let dg = |args: &[&str]| {
        let mut command = Command::new(daemon("dg").unwrap());
        command.args(["users", args[0], "ana", "--issuer", &ground.issuer.url]).args(&args[1..]);
        command.args(["--api-url", &admin.base, "--token", &ground.suite.admin_token]);
        let ran = command.output().unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    };
    dg(&["link", "--subject", "248"]);
    let links = admin.get("/api/v1/admin/users/ana/links").await;
    assert_eq!(links.expect(200)["links"][0]["subject"], "248");

    // Now she comes in, and to where she wanted to go; nobody has her choose a password.
    let back = to_the_issuer(&mut browser, &sign_in).await;
    let entered = browser.get(&back).await;
    assert_eq!((entered.status, entered.refresh.as_str()), (200, place), "{}", entered.text);
    let list = browser.get(place).await;
    assert!(list.text.contains("shown") && list.text.contains("ana"), "{}", list.text);
    let sessions = admin.get("/api/v1/admin/sessions?user_id=ana").await;
    let open = &sessions.expect(200)["sessions"][0];
    assert_eq!(
        (&open["method"], &open["agent"], &open["address"]),
        (&json!("oidc"), &json!("the-console"), &json!("127.0.0.1")),
        "{open}"
    );
    // The same once more is nothing, with the cookie and without.
    said(&browser.get(&back).await, 403, "not begun in this browser");

    // What another browser began is not for this one, and what somebody slips in as the next place is not gone to.
    let mut other = Browser::new(&ground.console_url);
    let theirs = to_the_issuer(&mut other, "/sign-in?next=https%3A%2F%2Fevil.example%2F").await;
    said(&browser.get(&theirs).await, 403, "not begun in this browser");
    let entered = other.get(&theirs).await;
    assert_eq!((entered.status, entered.refresh.as_str()), (200, "/"), "{}", entered.text);
    let mut third = Browser::new(&ground.console_url);
    to_the_issuer(&mut third, "/sign-in").await;
    let state = third.cookies.remove("dg_sign_in").unwrap();
    let state = state.split('.').next().unwrap();
    third.cookies.insert("dg_sign_in".to_owned(), format!("{state}.https%3A%2F%2Fevil.example"));
    let denied = format!("{CALLBACK}?error=access_denied&state={state}");
    let page = third.get(&denied).await;
    said(&page, 403, "You were not signed in there.");
    assert!(!page.text.contains("evil"), "{}", page.text);
    // A form that was drawn for another browser begins nothing.
    let form = browser.get("/sign-in").await;
    let mut stranger = Browser::new(&ground.console_url);
    said(&stranger.submit(&form, "/sign-in/oidc", &[]).await, 403, "The form was too old.");

    // Without the issuer the page says so, and a password still opens it.
    ground.issuer.book().away = Some(StatusCode::BAD_GATEWAY);
    let back = to_the_issuer(&mut browser, "/sign-in").await;
    said(&browser.get(&back).await, 503, "does not answer right now");
    ground.issuer.speaks_of(json!({}));

    // Unlinking ends what is open, and nobody is let in after it.
    dg(&["unlink"]);
    assert_eq!(admin.get("/api/v1/admin/sessions?user_id=ana").await.expect(200)["sessions"], json!([]));
    let back = to_the_issuer(&mut browser, "/sign-in").await;
    said(&browser.get(&back).await, 403, "You cannot be signed in here that way.");
    let noted = admin.get("/api/v1/admin/audit?subject=ana&order=oldest&limit=100").await;
    let noted = noted.expect(200)["entries"].as_array().unwrap().clone();
    let noted: Vec<String> =
        noted.iter().map(|row| format!("{} {}", text(row, "/action"), text(row, "/outcome"))).collect();
    let signed_in = "session.sign_in done";
    assert_eq!(noted, ["account.create done", "user.link done", signed_in, signed_in, "user.unlink done"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_issuer_says_is_checked() {
    let ground = Ground::new(&[]).await;
    let (admin, issuer) = (&ground.admin, &ground.issuer);
    admin.new_tenant("checked", "precise").await;
    ground.person("ana", "checked").await;
    ground.person("ben", "checked").await;
    ground.link("ana", "248").await.expect(201);
    ground.link("ana", "249").await.refused(409, "conflict");
    ground.link("ben", "248").await.refused(409, "conflict");
    ground.link("the-console", "250").await.refused(404, "not_found");
    ground.link("ben", "").await.refused(400, "invalid_argument");
    let come_in = ground.come_in().await;
    assert_eq!(
        come_in.expect(201)["user"],
        json!({"user_id": "ana", "display_name": null, "must_change_password": false})
    );
    let secret = text(come_in.data(), "/session/session");
    let me = ground.program.session(Some(&secret)).get("/api/v1/me").await;
    assert_eq!(me.expect(200)["account_id"], "ana");

    let now = i64::try_from(std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs()).unwrap();
    let claims = [
        (json!({"nonce": "another"}), "token_nonce"),
        (json!({"aud": "another"}), "token_audience"),
        (json!({"aud": [CLIENT, "another"], "azp": "another"}), "token_authorized_party"),
        (json!({"iss": "https://another.example"}), "token_issuer"),
        (json!({"exp": now - 120}), "token_expired"),
        (json!({"iat": now + 600}), "token_issued_at"),
        (json!({"sub": ""}), "token_subject"),
        (json!({"exp": null}), "token_malformed"),
        (json!({"sub": "251"}), "unlinked"),
    ];
    for (lie, reason) in claims {
        issuer.speaks_of(lie);
        Ground::unsaid(&ground.come_in().await);
        assert_eq!(ground.reason().await.0, reason);
    }
    for (header, key, signature, reason) in [
        (json!({"alg": "none"}), 1, Some(""), "token_algorithm"),
        (json!({"alg": "none"}), 1, None, "token_algorithm"),
        (json!({"alg": "HS256"}), 1, None, "token_algorithm"),
        (json!({"alg": "RS256"}), 1, None, "token_key"),
        (json!({}), 1, Some(""), "token_signature"),
        (json!({"kid": "k1"}), 2, None, "token_signature"),
        (json!({}), 2, None, "token_key"),
    ] {
        issuer.speaks_of(json!({}));
        {
            let mut book = issuer.book();
            (book.header, book.key, book.signature) = (header, key, signature.map(str::to_owned));
        }
        Ground::unsaid(&ground.come_in().await);
        assert_eq!(ground.reason().await.0, reason);
    }

    // A key that is not known is asked for once, and then known.
    issuer.speaks_of(json!({}));
    {
        let mut book = issuer.book();
        (book.key, book.published) = (3, vec![1, 3]);
    }
    let before = issuer.book().asked_for_keys;
    ground.come_in().await.expect(201);
    ground.come_in().await.expect(201);
    assert_eq!(issuer.book().asked_for_keys, before + 1);
    issuer.speaks_of(json!({}));

    // A state is for one sign-in, one program and one code.
    let (state, code) = ground.begin().await;
    ground.finish(&ground.program, &state, &code).await.expect(201);
    Ground::unsaid(&ground.finish(&ground.program, &state, &code).await);
    assert_eq!(ground.reason().await.0, "state");
    let (fresh, _) = ground.begin().await;
    Ground::unsaid(&ground.finish(&ground.program, &fresh, &code).await);
    assert_eq!(ground.reason().await.0, "code");
    let ((one, _), (_, foreign)) = (ground.begin().await, ground.begin().await);
    Ground::unsaid(&ground.finish(&ground.program, &one, &foreign).await);
    assert_eq!(ground.reason().await.0, "code", "a code of another sign-in does not fit the verifier");
    let body = json!({"account_id": "another-console", "permissions": ["principal_assert"]});
    let another = admin.post("/api/v1/admin/accounts", &body).await;
    let another = admin.token(Some(&text(another.expect(201), "/token/token")));
    let (state, code) = ground.begin().await;
    Ground::unsaid(&ground.finish(&another, &state, &code).await);
    ground.finish(&ground.program, &state, &code).await.expect(201);
    for iss in [json!("https://another.example"), Value::Null] {
        let (state, code) = ground.begin().await;
        let body = json!({"state": state, "code": code, "iss": iss});
        Ground::unsaid(&ground.program.post("/api/v1/sessions/oidc/finish", &body).await);
        assert_eq!(ground.reason().await.0, "issuer");
    }

    // Only to the places that were configured, only for programs that act for people.
    for elsewhere in ["https://evil.example/sign-in/oidc/callback", "http://127.0.0.1:1/", "", "javascript:alert(1)"] {
        let begun = ground.program.post("/api/v1/sessions/oidc", &json!({"redirect_uri": elsewhere})).await;
        assert_eq!(begun.refused(400, "invalid_argument")["pointer"], "/redirect_uri", "{elsewhere}");
    }
    let bot = admin.token(Some(&admin.new_account("bot", &["writer"], &["*"]).await));
    let body = json!({"redirect_uri": "https://dg.example.org/sign-in/oidc/callback"});
    bot.post("/api/v1/sessions/oidc", &body).await.refused(403, "forbidden");
    ground.finish(&bot, &state, &code).await.refused(403, "forbidden");
    bot.get("/api/v1/sessions/methods").await.refused(403, "forbidden");
    let methods = ground.program.get("/api/v1/sessions/methods").await;
    let oidc = json!({"label": "Sign in at the <test>"});
    assert_eq!(methods.expect(200), &json!({"password": true, "oidc": oidc, "setup": false}));
    let plain = ground.program.at(&ground.suite.api_url);
    assert_eq!(plain.get("/api/v1/sessions/methods").await.expect(200)["oidc"], Value::Null);
    plain.post("/api/v1/sessions/oidc", &body).await.refused(404, "not_found");

    // An issuer that is away, or leads elsewhere, is nobody's fault here.
    for away in [StatusCode::BAD_GATEWAY, StatusCode::FOUND, StatusCode::TEMPORARY_REDIRECT] {
        let (state, code) = ground.begin().await;
        issuer.book().away = Some(away);
        let answer = ground.finish(&ground.program, &state, &code).await;
        answer.refused(503, "sign_in_unavailable");
        assert!(answer.header("retry-after").is_some());
        assert_eq!(ground.reason().await.0, "issuer_away");
        issuer.speaks_of(json!({}));
    }

    // Somebody who was switched off.
    admin.patch("/api/v1/admin/users/ana", &json!({"disabled": true})).await.expect(200);
    Ground::unsaid(&ground.come_in().await);
    assert_eq!(ground.reason().await, ("disabled".to_owned(), json!("ana")));
    admin.patch("/api/v1/admin/users/ana", &json!({"disabled": false})).await.expect(200);
    ground.come_in().await.expect(201);

    // Nobody links who may not, nor somebody who may do more than they.
    let body = json!({"account_id": "some", "roles": ["admin"], "permissions": ["accounts_manage"], "tenant_ids": ["checked"]});
    let some = admin.post("/api/v1/admin/accounts", &body).await;
    let some = admin.token(Some(&text(some.expect(201), "/token/token")));
    let root = json!({"user_id": "root", "roles": ["admin"], "permissions": ["*"], "tenant_ids": ["*"]});
    admin.post("/api/v1/admin/users", &root).await.expect(201);
    let link = json!({"issuer": issuer.url, "subject": "666"});
    some.post("/api/v1/admin/users/root/links", &link).await.refused(403, "forbidden");
    some.post("/api/v1/admin/users/root/unlink", &json!({"issuer": issuer.url})).await.refused(403, "forbidden");
    some.get("/api/v1/admin/users/root/links").await.refused(404, "not_found");
    some.post("/api/v1/admin/users/ben/links", &link).await.expect(201);
    admin.post("/api/v1/admin/users/ana/unlink", &json!({"issuer": "x"})).await.refused(404, "not_found");

    // Guessing is limited by address, as it is with passwords.
    for _ in 0..51 {
        ground.finish(&ground.program, "a guess", "x").await;
    }
    ground.come_in().await.refused(429, "rate_limited");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_sign_in_links_whom_the_issuer_has_verified() {
    let ground = Ground::new(&[("DG__API__OIDC__LINK_BY", "email")]).await;
    let (admin, issuer) = (&ground.admin, &ground.issuer);
    admin.new_tenant("mailed", "precise").await;
    ground.person("ana@example.org", "mailed").await;
    let email =
        |sub: &str, email: &str, verified: bool| json!({"sub": sub, "email": email, "email_verified": verified});
    for claims in [
        email("1", "ana@example.org", false),
        email("1", "nobody@example.org", true),
        email("1", "the-console", true),
        json!({"sub": "ana@example.org"}),
    ] {
        issuer.speaks_of(claims);
        Ground::unsaid(&ground.come_in().await);
        assert_eq!(ground.reason().await.0, "unlinked");
    }
    issuer.speaks_of(email("1", "ana@example.org", true));
    assert_eq!(ground.come_in().await.expect(201)["user"]["user_id"], "ana@example.org");
    let noted = admin.get("/api/v1/admin/audit?action=user.link").await;
    let row = &noted.expect(200)["entries"][0];
    assert_eq!((&row["principal"], &row["agent"]), (&json!("ana@example.org"), &json!("the-console")), "{row}");
    // From then on it is the subject that counts, whatever it is called, and no other.
    issuer.speaks_of(email("1", "changed@example.org", false));
    assert_eq!(ground.come_in().await.expect(201)["user"]["user_id"], "ana@example.org");
    issuer.speaks_of(email("2", "ana@example.org", true));
    Ground::unsaid(&ground.come_in().await);
    assert_eq!(ground.reason().await, ("linked_otherwise".to_owned(), json!("ana@example.org")));
}
