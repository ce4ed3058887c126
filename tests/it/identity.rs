//! Who one is: tokens that end in every process at once, people and their sessions, tenants that are closed, limits of trying.

use std::time::{Duration, Instant};

use dg_testkit::{RunningDaemon, Suite, daemon, wait_for};
use serde_json::{Value, json};
use tokio_postgres::NoTls;

use crate::api::{Answer, Api};
use crate::events::started;

const PASSWORD: &str = "correct horse battery staple";

/// A second dg-apid beside the one of the suite.
fn another(suite: &Suite) -> (RunningDaemon, String) {
    let url = suite.database_url.replace("dg_owner", "dg_apid");
    let settings = [("DG__DATABASE__URL", url.as_str()), ("DG__API__LISTEN", "127.0.0.1:0")];
    let daemon = RunningDaemon::start(daemon("dg-apid").unwrap(), &settings).unwrap();
    let address = daemon.address("api").unwrap();
    (daemon, address)
}

async fn sql(suite: &Suite, sql: &str) {
    let (client, connection) = tokio_postgres::connect(&suite.database_url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute(sql).await.unwrap();
}

/// How long it takes until an answer has this status; fails when it takes longer than what is promised.
async fn within_a_second(what: &str, api: &Api, path: &str, status: u16) -> Duration {
    let began = Instant::now();
    wait_for(Duration::from_secs(10), what, async || (api.get(path).await.status == status).then_some(()))
        .await
        .unwrap();
    // The promise is a second; a busy machine gets another half to ask in.
    assert!(began.elapsed() < Duration::from_millis(1_500), "{what} took {:?}", began.elapsed());
    began.elapsed()
}

fn token_id(token: &str) -> &str {
    token.split('_').nth(1).unwrap()
}

#[track_caller]
pub(crate) fn text(data: &Value, pointer: &str) -> String {
    let found = data.pointer(pointer).and_then(Value::as_str);
    assert!(found.is_some(), "{pointer} in {data}");
    found.unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ends_in_one_process_ends_in_all() {
    let suite = Suite::start().unwrap();
    let admin = Api::admin(&suite);
    let tenant = admin.new_tenant("many", "precise").await;
    let (_other, address) = another(&suite);
    let path = "/api/v1/events?limit=1";
    for round in 0..5 {
        let token = admin.new_account(&format!("bot-{round}"), &["writer"], &["many"]).await;
        let (here, there) = (tenant.token(Some(&token)), tenant.token(Some(&token)).at(&address));
        here.get(path).await.expect(200);
        there.get(path).await.expect(200);
        let revoke = format!("/api/v1/admin/accounts/bot-{round}/tokens/{}/revoke", token_id(&token));
        // Asked of one process, and the other one while requests are under way.
        let busy = tokio::spawn({
            let there = there.clone();
            async move {
                let mut after_refusal = 0;
                for _ in 0..200 {
                    match there.get(path).await.status {
                        200 if after_refusal > 0 => return Err("a token came back"),
                        401 => after_refusal += 1,
                        _ => {}
                    }
                }
                Ok(after_refusal)
            }
        });
        let revoked = admin.post(&revoke, &json!({})).await;
        assert_eq!(revoked.expect(200)["token"]["status"], "revoked");
        here.get(path).await.refused(401, "unauthorized");
        within_a_second("the other process to refuse it", &there, path, 401).await;
        busy.await.unwrap().unwrap();
    }
    // Roles and status travel as well, also to where they were asked for first.
    let token = admin.new_account("changing", &["writer"], &["many"]).await;
    let (here, there) = (tenant.token(Some(&token)), tenant.token(Some(&token)).at(&address));
    there.post("/api/v1/events", &started("one")).await.expect(201);
    let account = "/api/v1/admin/accounts/changing";
    admin.at(&address).patch(account, &json!({"disabled": true})).await.expect(200);
    there.get(path).await.refused(401, "unauthorized");
    within_a_second("the first process to refuse it", &here, path, 401).await;
    admin.patch(account, &json!({"disabled": false, "roles": []})).await.expect(200);
    here.get(path).await.refused(403, "forbidden");
    within_a_second("the roles to be gone there", &there, path, 403).await;
}

/// Nobody tells the process: as when its listening connection is gone. What it remembers is a second old at most.
#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_tells_is_noticed_within_a_second() {
    let suite = Suite::start().unwrap();
    let admin = Api::admin(&suite);
    let tenant = admin.new_tenant("silent", "precise").await;
    let path = "/api/v1/events?limit=1";
    let token = admin.new_account("bot", &["reader"], &["silent"]).await;
    let bot = tenant.token(Some(&token));
    bot.get(path).await.expect(200);
    sql(&suite, "UPDATE dg_tokens SET revoked_at = now() WHERE account_id = 'bot'").await;
    within_a_second("the token to be refused", &bot, path, 401).await;
    let token = admin.new_account("other", &["reader"], &["silent"]).await;
    let bot = tenant.token(Some(&token));
    bot.get(path).await.expect(200);
    sql(&suite, "UPDATE dg_tenants SET status = 'closed' WHERE tenant_id = 'silent'").await;
    within_a_second("the tenant to be closed", &bot, path, 403).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_overlaps_and_ends() {
    let suite = Suite::start().unwrap();
    let admin = Api::admin(&suite);
    let tenant = admin.new_tenant("rotation", "precise").await;
    let first = admin.new_account("bot", &["reader"], &["rotation"]).await;
    let tokens = "/api/v1/admin/accounts/bot/tokens";
    let rotate = |token: &str| format!("{tokens}/{}/rotate", token_id(token));
    let rotated = admin.post(&rotate(&first), &json!({"overlap_s": 2})).await;
    let second = text(rotated.expect(201), "/token/token");
    assert_eq!(text(rotated.data(), "/replaced/token_id"), token_id(&first));
    let path = "/api/v1/events?limit=1";
    for token in [&first, &second] {
        tenant.token(Some(token)).get(path).await.expect(200);
    }
    let old = tenant.token(Some(&first));
    wait_for(Duration::from_secs(10), "the overlap to be over", async || {
        (old.get(path).await.status == 401).then_some(())
    })
    .await
    .unwrap();
    tenant.token(Some(&second)).get(path).await.expect(200);
    admin.post(&rotate(&first), &json!({})).await.refused(409, "conflict");
    admin.post(&format!("{tokens}/000000000000/rotate"), &json!({})).await.refused(404, "not_found");
    admin.post(&rotate(&second), &json!({"overlap_s": -1})).await.refused(400, "invalid_argument");
    let at_once = admin.post(&rotate(&second), &json!({"overlap_s": 0})).await;
    let third = text(at_once.expect(201), "/token/token");
    tenant.token(Some(&second)).get(path).await.refused(401, "unauthorized");
    tenant.token(Some(&third)).get(path).await.expect(200);
    let listed = admin.get(tokens).await;
    let listed = listed.expect(200)["tokens"].as_array().unwrap().clone();
    let status: Vec<&str> = listed.iter().map(|token| token["status"].as_str().unwrap()).collect();
    assert_eq!(status, ["expired", "expired", "active"]);
    assert_eq!(listed[2]["replaces"], token_id(&second));
    assert_eq!(listed[0]["created_by"], listed[2]["created_by"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_are_suspended_closed_bounded_and_opened() {
    let suite = Suite::start().unwrap();
    let admin = Api::admin(&suite);
    let tenant = admin.new_tenant("lively", "precise").await;
    let bot = tenant.token(Some(&admin.new_account("bot", &["writer"], &["lively"]).await));
    bot.post("/api/v1/events", &started("one")).await.expect(201);
    let one = "/api/v1/admin/tenants/lively";
    let set = async |change: Value| admin.patch(one, &change).await;
    assert_eq!(
        set(json!({"status": "suspended", "reason": "a test"})).await.expect(200)["tenant"]["status"],
        "suspended"
    );
    bot.post("/api/v1/events", &started("two")).await.refused(403, "forbidden");
    bot.post("/api/v1/events:batch", &json!({"events": [started("two")]})).await.refused(403, "forbidden");
    bot.get("/api/v1/events").await.expect(200);
    set(json!({"status": "closed"})).await.expect(200);
    bot.get("/api/v1/events").await.refused(403, "forbidden");
    tenant.get("/api/v1/events").await.expect(200);
    tenant.post("/api/v1/events", &started("two")).await.refused(403, "forbidden");
    set(json!({"status": "active", "limits": {"max_event_bytes": 1024, "max_batch_events": 2}})).await.expect(200);
    bot.post("/api/v1/events", &started("two")).await.expect(201);
    let mut large = started("three");
    large["payload"]["title"] = json!("x".repeat(1_024));
    bot.post("/api/v1/events", &large).await.refused(413, "payload_too_large");
    let in_batch = bot.post("/api/v1/events:batch", &json!({"events": [large]})).await;
    assert_eq!(in_batch.expect(200)["rejected"], 1, "{}", in_batch.text);
    let three = json!({"events": [started("a"), started("b"), started("c")]});
    assert!(bot.post("/api/v1/events:batch", &three).await.status >= 400);
    set(json!({"limits": {"max_event_bytes": null, "max_batch_events": null}})).await.expect(200);
    bot.post("/api/v1/events", &large).await.expect(201);
    bot.post("/api/v1/events:batch", &three).await.expect(200);
    assert_eq!(
        admin.get(one).await.expect(200)["tenant"]["limits"],
        json!({
            "max_event_bytes": null, "max_batch_events": null, "reads_per_second": null, "writes_per_second": null
        })
    );
    set(json!({})).await.refused(400, "invalid_argument");
    admin.patch("/api/v1/admin/tenants/none", &json!({"status": "closed"})).await.refused(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gives_or_takes_more_than_they_have() {
    let suite = Suite::start().unwrap();
    let admin = Api::admin(&suite);
    admin.new_tenant("ours", "precise").await;
    let body =
        json!({"account_id": "some", "roles": ["admin"], "permissions": ["accounts_manage"], "tenant_ids": ["ours"]});
    let made = admin.post("/api/v1/admin/accounts", &body).await;
    let some = admin.token(Some(&text(made.expect(201), "/token/token")));
    let account = |id: &str, permissions: &[&str], tenants: &[&str]| json!({"account_id": id, "roles": ["admin"], "permissions": permissions, "tenant_ids": tenants});
    some.post("/api/v1/admin/accounts", &account("a", &["accounts_manage"], &["ours"])).await.expect(201);
    some.post("/api/v1/admin/accounts", &account("b", &["*"], &["ours"])).await.refused(403, "forbidden");
    some.post("/api/v1/admin/accounts", &account("b", &[], &["*"])).await.refused(403, "forbidden");
    some.post("/api/v1/admin/tenants", &json!({"tenant_id": "t"})).await.refused(403, "forbidden");
    some.get("/api/v1/admin/audit").await.refused(403, "forbidden");
    let root = admin.get("/api/v1/me").await;
    let root = format!("/api/v1/admin/accounts/{}", text(root.expect(200), "/account_id"));
    some.post(&format!("{root}/tokens"), &json!({})).await.refused(403, "forbidden");
    some.patch(&root, &json!({"disabled": true})).await.refused(403, "forbidden");
    some.patch("/api/v1/admin/accounts/some", &json!({"permissions": ["*"]})).await.refused(403, "forbidden");
    some.patch("/api/v1/admin/accounts/some", &json!({"disabled": true})).await.refused(409, "conflict");
    some.patch("/api/v1/admin/accounts/a", &json!({"disabled": true})).await.expect(200);
    // Nor do they see what is of other tenants.
    admin.new_tenant("theirs", "precise").await;
    admin.new_account("stranger", &["reader"], &["theirs"]).await;
    admin.post("/api/v1/admin/users", &json!({"user_id": "eve", "tenant_ids": ["theirs"]})).await.expect(201);
    for list in ["accounts", "users", "tenants"] {
        let seen = some.get(&format!("/api/v1/admin/{list}")).await;
        assert!(seen.status == 200 && !seen.text.contains("theirs"), "{}", seen.text);
        assert!(admin.get(&format!("/api/v1/admin/{list}")).await.text.contains("theirs"));
    }
    for hidden in ["accounts/stranger", "accounts/stranger/tokens", "users/eve", "tenants/theirs"] {
        some.get(&format!("/api/v1/admin/{hidden}")).await.refused(404, "not_found");
        admin.get(&format!("/api/v1/admin/{hidden}")).await.expect(200);
    }
    some.get("/api/v1/admin/sessions?user_id=eve").await.refused(404, "not_found");
    some.get("/api/v1/admin/sessions").await.refused(403, "forbidden");
    let reader = admin.token(Some(&admin.new_account("role-only", &["admin"], &["*"]).await));
    reader.get("/api/v1/admin/accounts").await.expect(200);
    for (path, body) in [
        ("/api/v1/admin/accounts", account("c", &[], &[])),
        ("/api/v1/admin/users", json!({"user_id": "c"})),
        ("/api/v1/admin/tenants", json!({"tenant_id": "c"})),
        ("/api/v1/admin/accounts/some/tokens", json!({})),
    ] {
        let refused = reader.post(path, &body).await;
        assert!(refused.refused(403, "forbidden")["permission"].is_string(), "{path}: {}", refused.text);
    }
}

/// A console of the test's own, and ana who signs in through it.
struct Console {
    api: Api,
}

impl Console {
    async fn new(admin: &Api, name: &str) -> Self {
        let body = json!({"account_id": name, "permissions": ["principal_assert"]});
        let made = admin.post("/api/v1/admin/accounts", &body).await;
        Self { api: admin.token(Some(&text(made.expect(201), "/token/token"))) }
    }

    async fn sign_in(&self, user_id: &str, password: &str, address: &str) -> Answer {
        let body = json!({"user_id": user_id, "password": password, "address": address});
        self.api.post("/api/v1/sessions", &body).await
    }

    fn session(&self, session: &str) -> Api {
        self.api.session(Some(session))
    }
}

/// Makes a user and has them choose [`PASSWORD`].
async fn settled(admin: &Api, console: &Console, user_id: &str, role: &str, tenant: &str) {
    let body = json!({"user_id": user_id, "display_name": "Ana Ruiz", "roles": [role], "tenant_ids": [tenant]});
    let made = admin.post("/api/v1/admin/users", &body).await;
    let first = text(made.expect(201), "/password");
    let signed_in = console.sign_in(user_id, &first, "10.1.1.1").await;
    assert_eq!(signed_in.expect(201)["user"]["must_change_password"], true);
    let session = console.session(&text(signed_in.data(), "/session/session"));
    let refused = session.tenant(tenant).get("/api/v1/events").await;
    assert_eq!(refused.refused(403, "forbidden")["reason"], "password_change_required");
    let change = |current: &str, new: &str| json!({"current": current, "new": new});
    session.post("/api/v1/me/password", &change("not the current one", PASSWORD)).await.refused(403, "sign_in_refused");
    session.post("/api/v1/me/password", &change(&first, "short")).await.refused(400, "invalid_argument");
    session.post("/api/v1/me/password", &change(&first, PASSWORD)).await.expect(200);
    session.tenant(tenant).get("/api/v1/events").await.expect(200);
    session.post("/api/v1/sessions/end", &json!({})).await.expect(200);
    session.get("/api/v1/me").await.refused(401, "session_ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn people_sign_in_and_are_recorded_themselves() {
    let suite = Suite::start().unwrap();
    let admin = Api::admin(&suite);
    let tenant = admin.new_tenant("people", "precise").await;
    let console = Console::new(&admin, "the-console").await;
    settled(&admin, &console, "ana", "writer", "people").await;
    let signed_in = console.sign_in("ana", PASSWORD, "10.1.1.1").await;
    let secret = text(signed_in.expect(201), "/session/session");
    assert!(secret.starts_with("dgs_") && signed_in.data()["user"]["must_change_password"] == false);
    let ana = console.session(&secret).tenant("people");
    let me = ana.get("/api/v1/me").await;
    assert_eq!((&me.expect(200)["account_id"], &me.data()["kind"]), (&json!("ana"), &json!("person")));
    assert_eq!(me.data()["session"]["agent"], "the-console");
    let stored = ana.post("/api/v1/events", &started("by-ana")).await;
    assert_eq!(stored.expect(201)["event"]["recorded_by"], "ana", "the person, not the console");
    ana.get("/api/v1/admin/accounts").await.refused(403, "forbidden");

    // The session is nothing without the console, nor in other hands.
    tenant.token(Some(&secret)).get("/api/v1/events").await.refused(401, "unauthorized");
    tenant.session(Some(&secret)).get("/api/v1/events").await.refused(401, "session_ended");
    let other = Console::new(&admin, "another-console").await;
    other.session(&secret).get("/api/v1/me").await.refused(401, "session_ended");
    let bot = tenant.token(Some(&admin.new_account("bot", &["reader"], &["people"]).await));
    bot.session(Some(&secret)).get("/api/v1/events").await.refused(403, "forbidden");
    bot.post("/api/v1/sessions", &json!({"user_id": "ana", "password": PASSWORD})).await.refused(403, "forbidden");
    console.session("dgs_000000000000_nonsense").get("/api/v1/me").await.refused(401, "session_ended");

    // Who may do what is looked up, not remembered by the session.
    let (_second, address) = another(&suite);
    let there = ana.at(&address);
    there.get("/api/v1/events").await.expect(200);
    admin.patch("/api/v1/admin/users/ana", &json!({"roles": ["reader"]})).await.expect(200);
    ana.post("/api/v1/events", &started("again")).await.refused(403, "forbidden");
    let sessions = admin.get("/api/v1/admin/sessions?user_id=ana").await;
    let open = sessions.expect(200)["sessions"].as_array().unwrap().clone();
    assert_eq!((open.len(), &open[0]["address"]), (1, &json!("10.1.1.1")), "{}", sessions.text);
    assert!(!sessions.text.contains(secret.rsplit('_').next().unwrap()));
    let revoke = format!("/api/v1/admin/sessions/{}/revoke", text(&open[0], "/session_id"));
    assert_eq!(admin.post(&revoke, &json!({})).await.expect(200)["session"]["status"], "ended");
    ana.get("/api/v1/events").await.refused(401, "session_ended");
    within_a_second("the other process to refuse the session", &there, "/api/v1/events", 401).await;

    // Another first password ends what is open, and so does being switched off.
    let secret = text(console.sign_in("ana", PASSWORD, "10.1.1.1").await.expect(201), "/session/session");
    let reset = admin.post("/api/v1/admin/users/ana/password", &json!({"password": "another first password"})).await;
    assert!(reset.expect(200).get("password").is_none(), "{}", reset.text);
    console.session(&secret).get("/api/v1/me").await.refused(401, "session_ended");
    let secret =
        text(console.sign_in("ana", "another first password", "10.1.1.1").await.expect(201), "/session/session");
    admin.patch("/api/v1/admin/users/ana", &json!({"disabled": true})).await.expect(200);
    console.session(&secret).get("/api/v1/me").await.refused(401, "session_ended");
    console.sign_in("ana", "another first password", "10.1.1.1").await.refused(403, "sign_in_refused");
    for (user, body) in [("ana", json!({"user_id": "ana"})), ("bot", json!({"user_id": "bot"}))] {
        admin.post("/api/v1/admin/users", &body).await.refused(409, "conflict");
        assert!(admin.get(&format!("/api/v1/admin/accounts/{user}")).await.status == 200, "one name, one being");
    }
    admin.get("/api/v1/admin/users/bot").await.refused(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_end_when_nobody_uses_them_and_in_any_case() {
    let suite = Suite::start().unwrap();
    let admin = Api::admin(&suite);
    admin.new_tenant("idle", "precise").await;
    let console = Console::new(&admin, "the-console").await;
    settled(&admin, &console, "ana", "reader", "idle").await;
    for aged in ["last_seen_at = now() - interval '32 minutes'", "expires_at = now()"] {
        let secret = text(console.sign_in("ana", PASSWORD, "10.1.1.1").await.expect(201), "/session/session");
        console.session(&secret).get("/api/v1/me").await.expect(200);
        sql(&suite, &format!("UPDATE dg_sessions SET {aged} WHERE ended_at IS NULL")).await;
        within_a_second(aged, &console.session(&secret), "/api/v1/me", 401).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_sign_ins_are_limited_by_name_and_by_address() {
    let suite = Suite::start().unwrap();
    let admin = Api::admin(&suite);
    admin.new_tenant("guessed", "precise").await;
    let console = Console::new(&admin, "the-console").await;
    settled(&admin, &console, "ana", "reader", "guessed").await;
    settled(&admin, &console, "ben", "reader", "guessed").await;
    // By name, from ever other addresses, and through whichever process.
    let (_second, address) = another(&suite);
    let there = Console { api: console.api.at(&address) };
    for n in 0..10 {
        let through = if n % 2 == 0 { &console } else { &there };
        through.sign_in("ana", "a wrong password", &format!("10.2.0.{n}")).await.refused(403, "sign_in_refused");
    }
    for through in [&console, &there] {
        let refused = through.sign_in("ana", PASSWORD, "10.2.0.99").await;
        refused.refused(429, "rate_limited");
        let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
        assert!((800..=900).contains(&wait), "{wait}");
    }
    console.sign_in("ben", PASSWORD, "10.2.0.99").await.expect(201);
    // By address, whatever the names; a name that nobody has is answered like one that somebody has.
    for n in 0..50 {
        let refused = console.sign_in(&format!("nobody-{n}"), "a wrong password", "10.3.0.1").await;
        assert_eq!(refused.refused(403, "sign_in_refused"), &json!({}));
        assert_eq!(refused.body["error"]["message"], "name or password is wrong");
    }
    console.sign_in("ben", PASSWORD, "10.3.0.1").await.refused(429, "rate_limited");
    console.sign_in("ben", PASSWORD, "10.3.0.2").await.expect(201);
    // Past the window it begins anew.
    sql(&suite, "UPDATE dg_sign_in_failures SET until = now()").await;
    console.sign_in("ana", PASSWORD, "10.3.0.1").await.expect(201);
    let noted = admin.get("/api/v1/admin/audit?kind=sign_in&outcome=refused&subject=ana&limit=1000").await;
    let noted = noted.expect(200)["entries"].as_array().unwrap().len();
    assert_eq!(noted, 10 + 1 + 1, "ten wrong ones, one that was too many, and one while the password was chosen");
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_of_the_reference_come_with_their_tokens() {
    let suite = Suite::start().unwrap();
    let admin = Api::admin(&suite);
    let tenant = admin.new_tenant("default-2", "precise").await;
    let strong = "Zm9yIHRlc3RzIG9ubHksIG5vYm9keSdzIHNlY3JldC0";
    let file = json!({"generated_at": "2026-03-07T00:00:00Z", "operator_console_account_id": "admin-main", "service_accounts": [
        {"account_id": "reader-main", "roles": ["reader"], "permissions": [], "tenant_ids": ["default-2"], "tokens": [strong]},
        {"account_id": "writer-main", "roles": ["writer"], "permissions": ["workflow_assign", "workflow_review"],
         "tenant_ids": ["default-2", "elsewhere"], "token": "dev-writer-token"}]});
    let imported = admin.post("/api/v1/admin/accounts:import", &file).await;
    let accounts = imported.expect(201)["accounts"].as_array().unwrap();
    assert_eq!((&accounts[0]["tokens_kept"], &accounts[1]["tokens_left_behind"]), (&json!(1), &json!(1)));
    assert_eq!(imported.data()["unregistered_tenants"], json!(["elsewhere"]));
    tenant.token(Some(strong)).get("/api/v1/events").await.expect(200);
    tenant.token(Some("dev-writer-token")).get("/api/v1/events").await.refused(401, "unauthorized");
    let fresh = text(&accounts[1], "/token/token");
    tenant.token(Some(&fresh)).post("/api/v1/events", &started("t")).await.expect(201);
    assert!(!imported.text.contains(strong), "what is known is not shown");
    let stored = admin.get("/api/v1/admin/accounts/reader-main").await;
    let id = text(stored.expect(200), "/account/tokens/0/token_id");
    admin.post(&format!("/api/v1/admin/accounts/reader-main/tokens/{id}/revoke"), &json!({})).await.expect(200);
    tenant.token(Some(strong)).get("/api/v1/events").await.refused(401, "unauthorized");
    admin.post("/api/v1/admin/accounts:import", &file).await.refused(409, "conflict");
    let mut again = file.clone();
    again["skip_existing"] = json!(true);
    assert_eq!(
        admin.post("/api/v1/admin/accounts:import", &again).await.expect(201)["skipped"].as_array().unwrap().len(),
        2
    );
}

/// A browser without scripts: keeps cookies, follows nothing.
pub(crate) struct Browser {
    http: reqwest::Client,
    pub(crate) origin: String,
    pub(crate) cookies: std::collections::BTreeMap<String, String>,
}

/// A page: its status, where it leads, its text.
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) location: String,
    /// Where it leads on by itself.
    pub(crate) refresh: String,
    pub(crate) text: String,
}

impl Browser {
    pub(crate) fn new(origin: &str) -> Self {
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { http, origin: origin.to_owned(), cookies: std::collections::BTreeMap::new() }
    }

    async fn send(&mut self, request: reqwest::RequestBuilder) -> Page {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let response = request.header("cookie", cookies.join("; ")).send().await.unwrap();
        for cookie in response.headers().get_all("set-cookie") {
            let (name, value) = cookie.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        let header = |name| response.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
        let (location, refresh) = (header("location"), header("refresh").trim_start_matches("0;url=").to_owned());
        Page { status: response.status().as_u16(), location, refresh, text: response.text().await.unwrap() }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Page {
        let request = self.http.get(format!("{}{path}", self.origin));
        self.send(request).await
    }

    /// Sends the form of `page` that goes to `path`, with these fields.
    pub(crate) async fn submit(&mut self, page: &Page, path: &str, fields: &[(&str, &str)]) -> Page {
        // Pages have several forms: the first one that goes there is meant.
        let form = page.text.split(&format!("action=\"{path}\"")).nth(1).unwrap_or_default();
        let hidden = |name: &str| {
            let start = format!("name=\"{name}\" value=\"");
            form.split(&start).nth(1).map_or("", |rest| rest.split('"').next().unwrap()).to_owned()
        };
        let (csrf, next) = (hidden("csrf"), hidden("next"));
        let fields = [("csrf", csrf.as_str()), ("next", next.as_str())].into_iter().chain(fields.iter().copied());
        let body: Vec<String> = fields.map(|(name, value)| format!("{name}={}", crate::api::encoded(value))).collect();
        let request = self.http.post(format!("{}{path}", self.origin)).body(body.join("&"));
        let request =
            request.header("content-type", "application/x-www-form-urlencoded").header("origin", &self.origin);
        self.send(request).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_person_sets_the_console_up() {
    let suite = Suite::start().unwrap();
    let admin = Api::admin(&suite);
    let methods = async || admin.get("/api/v1/sessions/methods").await.expect(200)["setup"] == json!(true);
    assert!(methods().await);
    let mut browser = Browser::new(&suite.console_url);
    assert!(browser.get("/sign-in").await.text.contains("href=\"/setup\""));
    let form = browser.get("/setup").await;
    assert!(!form.text.contains(&suite.setup_code) && form.text.contains("<h1>First run</h1>"), "{}", form.text);
    let sent = |code: &'static str, user_id: &'static str, again: &'static str| {
        [("code", code), ("user_id", user_id), ("display_name", "Ana <b>"), ("password", PASSWORD), ("again", again)]
    };
    for (code, user_id, again, problem) in [
        ("aaaaa-bbbbb-ccccc-ddddd", "ana", PASSWORD, "The setup code is wrong"),
        ("aaaaa-bbbbb-ccccc-ddddd", "ana", "something else", "not written the same way twice"),
        ("aaaaa-bbbbb-ccccc-ddddd", "no name", PASSWORD, "Please change this"),
    ] {
        let refused = browser.submit(&form, "/setup", &sent(code, user_id, again)).await;
        assert_eq!(refused.status, 422);
        assert!(refused.text.contains(problem) && refused.text.contains("Ana &#60;b&#62;"), "{}", refused.text);
        assert!(!refused.text.contains(PASSWORD) && !refused.text.contains(code), "no secret comes back");
    }
    let code = suite.setup_code.to_uppercase();
    let good = [("code", code.as_str()), ("user_id", "ana"), ("password", PASSWORD), ("again", PASSWORD)];
    let elsewhere = Page { status: 200, location: String::new(), refresh: String::new(), text: String::new() };
    assert_eq!(browser.submit(&elsewhere, "/setup", &good).await.status, 403, "a form that is not the console's");
    // A name that a program has is refused, and the code stays good.
    let body = json!({"code": suite.setup_code, "user_id": "local-admin", "password": PASSWORD});
    admin.post("/api/v1/sessions/setup", &body).await.refused(409, "conflict");
    let entered = browser.submit(&form, "/setup", &good).await;
    assert_eq!((entered.status, entered.location.as_str()), (303, "/"), "{}", entered.text);
    let me = admin.get("/api/v1/admin/users/ana").await;
    let me = &me.expect(200)["user"];
    assert_eq!((&me["roles"], &me["permissions"]), (&json!(["admin"]), &json!(["*"])));
    assert_eq!(me["must_change_password"], json!(false));
    // The door is shut, also for whoever has the code.
    let body = json!({"code": suite.setup_code, "user_id": "eve", "password": PASSWORD});
    admin.post("/api/v1/sessions/setup", &body).await.refused(403, "sign_in_refused");
    assert!(!methods().await);
    let mut other = Browser::new(&suite.console_url);
    assert!(other.get("/setup").await.location.starts_with("/sign-in"));
    let noted = admin.get("/api/v1/admin/audit?kind=sign_in&order=oldest").await;
    let noted = noted.expect(200)["entries"].as_array().unwrap().clone();
    assert!(noted.iter().any(|row| row["details"]["method"] == "setup" && row["outcome"] == "refused"), "{noted:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn people_sign_in_to_the_console() {
    let suite = Suite::start().unwrap();
    let admin = Api::admin(&suite);
    let tenant = admin.new_tenant("seen", "precise").await;
    tenant.post("/api/v1/events", &started("shown")).await.expect(201);
    let body = json!({"user_id": "ana", "roles": ["reader"], "tenant_ids": ["seen"], "password": "the first password"});
    admin.post("/api/v1/admin/users", &body).await.expect(201);
    let mut browser = Browser::new(&suite.console_url);
    let place = "/t/seen/traces";
    let form = browser.get(&format!("/sign-in?next={}", crate::api::encoded(place))).await;
    assert!(form.text.contains("name=\"password\"") && form.text.contains("name=\"token\""), "{}", form.text);
    let wrong = browser.submit(&form, "/sign-in", &[("user_id", "ana"), ("password", "another password")]).await;
    assert_eq!(wrong.status, 422);
    assert!(
        wrong.text.contains("Name or password is wrong.") && wrong.text.contains("value=\"ana\""),
        "{}",
        wrong.text
    );
    assert!(!wrong.text.contains("another password"));
    let entered = browser.submit(&form, "/sign-in", &[("user_id", "ana"), ("password", "the first password")]).await;
    assert_eq!((entered.status, entered.location.as_str()), (303, "/password?next=%2Ft%2Fseen%2Ftraces"));
    assert!(browser.get(place).await.location.starts_with("/password"), "nothing else comes first");
    let form = browser.get(&entered.location).await;
    let change = [("current", "the first password"), ("new", PASSWORD), ("again", PASSWORD)];
    let unlike = [("current", "the first password"), ("new", PASSWORD), ("again", "something else")];
    assert_eq!(browser.submit(&form, "/password", &unlike).await.status, 422);
    let changed = browser.submit(&form, "/password", &change).await;
    assert_eq!((changed.status, changed.location.as_str()), (303, place), "{}", changed.text);
    let list = browser.get(place).await;
    assert!(list.text.contains("shown") && list.text.contains("ana"), "{}", list.text);
    let sessions = admin.get("/api/v1/admin/sessions?user_id=ana").await;
    let open = &sessions.expect(200)["sessions"][0];
    assert_eq!((&open["agent"], &open["address"]), (&json!("local-console"), &json!("127.0.0.1")), "{open}");
    let left = browser.submit(&list, "/sign-out", &[]).await;
    assert_eq!((left.status, left.location.as_str()), (303, "/sign-in"));
    assert_eq!(admin.get("/api/v1/admin/sessions?user_id=ana").await.expect(200)["sessions"], json!([]));
    let noted = admin.get("/api/v1/admin/audit?kind=sign_in&subject=ana&order=oldest").await;
    let noted = noted.expect(200)["entries"].as_array().unwrap().clone();
    let noted: Vec<String> =
        noted.iter().map(|row| format!("{} {}", text(row, "/action"), text(row, "/outcome"))).collect();
    assert_eq!(noted, ["session.sign_in refused", "session.sign_in done", "session.sign_out done"]);
    // Another sign-in that somebody ends from outside.
    let form = browser.get("/sign-in").await;
    browser.submit(&form, "/sign-in", &[("user_id", "ana"), ("password", PASSWORD)]).await;
    let sessions = admin.get("/api/v1/admin/sessions?user_id=ana").await;
    let id = text(sessions.expect(200), "/sessions/0/session_id");
    admin.post(&format!("/api/v1/admin/sessions/{id}/revoke"), &json!({})).await.expect(200);
    wait_for(Duration::from_secs(20), "the console to notice", async || {
        browser.get(place).await.location.starts_with("/sign-in").then_some(())
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_thrown_out_while_a_read_waits_learns_nothing() {
    let suite = Suite::start().unwrap();
    let admin = Api::admin(&suite);
    let tenant = admin.new_tenant("waits", "precise").await;
    tenant.post("/api/v1/events", &started("t")).await.expect(201);
    let token = admin.new_account("leaving", &["reader"], &["waits"]).await;
    let leaving = tenant.token(Some(&token));
    let waiting = tokio::spawn(async move { leaving.get("/api/v1/traces?min_log_seq=2&wait_ms=20000").await });
    // It has been let in once its token was used.
    let tokens = "/api/v1/admin/accounts/leaving/tokens";
    wait_for(Duration::from_secs(20), "the read to begin", async || {
        let listed = admin.get(tokens).await;
        listed.expect(200)["tokens"][0]["last_used_at"].is_string().then_some(())
    })
    .await
    .unwrap();
    // The rule is that an answer which takes a second is looked at again: that second has to pass.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert!(!waiting.is_finished());
    let path = format!("/api/v1/admin/accounts/leaving/tokens/{}/revoke", token_id(&token));
    admin.post(&path, &json!({})).await.expect(200);
    tenant.post("/api/v1/events", &started("u")).await.expect(201);
    waiting.await.unwrap().refused(401, "unauthorized");
}
