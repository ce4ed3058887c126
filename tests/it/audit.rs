//! The audit as operators see it: what is in it, that an edit is found, and that nobody fills the disk with it.

use std::process::Command;
use std::time::Duration;

use dg_testkit::{Suite, daemon, wait_for};
use serde_json::{Value, json};
use tokio_postgres::NoTls;

use crate::api::Api;
use crate::cli::Dg;

async fn by_force(suite: &Suite, sql: &str) {
    let (client, connection) = tokio_postgres::connect(&suite.database_url, NoTls).await.unwrap();
    tokio::spawn(connection);
    let sql = format!("ALTER TABLE dg_audit DISABLE TRIGGER USER; {sql}; ALTER TABLE dg_audit ENABLE TRIGGER USER");
    client.batch_execute(&sql).await.unwrap();
}

/// `dg` with `--json`: its exit code, and what it wrote or why it did not.
fn asked(dg: &Dg, words: &[&str]) -> (Option<i32>, Value) {
    let words: Vec<&str> = words.iter().copied().chain(["--json"]).collect();
    let output = dg.run(&words).0;
    let text = if output.stdout.is_empty() { &output.stderr } else { &output.stdout };
    (output.status.code(), serde_json::from_slice(text).unwrap_or_default())
}

async fn entries(admin: &Api, query: &str) -> Vec<Value> {
    let answer = admin.get(&format!("/api/v1/admin/audit?limit=1000&{query}")).await;
    answer.expect(200)["entries"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn acts_are_in_the_audit_and_an_edit_is_found() {
    let suite = Suite::start().unwrap();
    let (admin, dg) = (Api::admin(&suite), Dg::beside(&suite));
    let made = dg.json(&["accounts", "create", "bot", "--role", "writer", "--tenant", "default"]);
    assert!(made["token"].as_str().unwrap().starts_with("dg_") && made["account_id"] == "bot", "{made}");
    let id = made["token_id"].as_str().unwrap();
    let rotated = dg.json(&["tokens", "rotate", "bot", id, "--overlap-s", "60"]);
    dg.json(&["tokens", "revoke", "bot", id]);
    dg.json(&["tokens", "revoke", "bot", id]);
    dg.json(&["accounts", "set", "bot", "--role", "reader"]);
    dg.json(&["tenants", "create", "acme"]);
    dg.json(&["tenants", "set", "acme", "--status", "suspended", "--reason", "a test"]);
    let user = dg.json(&["users", "create", "ana", "--role", "reader", "--tenant", "acme", "--display-name", "Ana"]);
    assert_eq!(user["user_id"], "ana");
    dg.json(&["users", "password", "ana"]);
    dg.json(&["users", "set", "ana", "--disabled", "true"]);
    dg.json(&["replay", "--mode", "verify", "--reason", "a test", "-t", "default", "--wait"]);
    for words in [
        &["users", "list"][..],
        &["users", "show", "ana"],
        &["tokens", "list", "bot"],
        &["sessions", "list"],
        &["tenants", "show", "acme"],
    ] {
        dg.json(words);
        assert!(!dg.run(words).expect_ok().is_empty(), "{words:?}");
    }
    let who = admin.get("/api/v1/me").await;
    let who = who.expect(200)["account_id"].as_str().unwrap().to_owned();
    let actions: Vec<String> = entries(&admin, &format!("order=oldest&principal={who}&kind=act"))
        .await
        .iter()
        .map(|row| row["action"].as_str().unwrap().to_owned())
        .collect();
    let after = actions.iter().position(|action| action == "account.create").unwrap();
    let expected = [
        "account.create",
        "token.create",
        "token.create",
        "token.rotate",
        "token.revoke",
        "account.change",
        "tenant.create",
        "tenant.change",
        "account.create",
        "user.password",
        "account.change",
        "run.start",
    ];
    assert_eq!(actions[after..], expected);
    let changed = &entries(&admin, "action=tenant.change").await[0];
    assert_eq!(
        (&changed["about_tenant"], &changed["details"]["reason"]),
        (&json!("acme"), &json!("a test")),
        "{changed}"
    );
    assert!(changed["request_id"].is_string() && changed["address"] == "127.0.0.1", "{changed}");
    let all = serde_json::to_string(&entries(&admin, "").await).unwrap();
    for secret in [made["token"].as_str(), rotated["token"].as_str(), user["password"].as_str()] {
        assert!(!all.contains(secret.unwrap().rsplit('_').next().unwrap()), "nothing secret is in it");
    }

    let (code, valid) = asked(&dg, &["audit", "verify"]);
    assert_eq!((code, &valid["valid"], &valid["first_seq"]), (Some(0), &json!(true), &json!(1)), "{valid}");
    let anchor = format!("{}:{}", valid["last_seq"], valid["entry_hash"].as_str().unwrap());
    assert_eq!(asked(&dg, &["audit", "verify", "--anchor", &anchor]).1["anchored"], true);
    let file = suite.dir().join("audit.ndjson");
    let exported = dg.json(&["audit", "export", "-o", file.to_str().unwrap()]);
    assert_eq!(exported["rows"], valid["last_seq"], "{exported}");
    // An export verifies without the service, and is a row itself.
    let offline =
        Command::new(daemon("dg").unwrap()).args(["audit", "verify", "--json", "--file"]).arg(&file).output().unwrap();
    assert!(offline.status.success(), "{}", String::from_utf8_lossy(&offline.stderr));
    assert_eq!(entries(&admin, "kind=export").await[0]["details"]["rows"], exported["rows"]);
    let words = ["audit", "list", "--kind", "act", "--action", "tenant.create"];
    assert!(String::from_utf8(dg.run(&words).expect_ok()).unwrap().contains("acme"));

    by_force(&suite, "UPDATE dg_audit SET action = action || 'd' WHERE audit_seq = 3").await;
    let (code, broken) = asked(&dg, &["audit", "verify"]);
    assert_eq!((code, &broken["error"]["details"]["audit_seq"]), (Some(1), &json!(3)), "{broken}");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replacen("\"account.create\"", "\"account.change\"", 1)).unwrap();
    assert_eq!(asked(&dg, &["audit", "verify", "--file", file.to_str().unwrap()]).0, Some(1));
    by_force(&suite, "UPDATE dg_audit SET action = left(action, -1) WHERE audit_seq = 3").await;
    assert_eq!(asked(&dg, &["audit", "verify"]).0, Some(0));
    by_force(&suite, &format!("DELETE FROM dg_audit WHERE audit_seq >= {}", valid["last_seq"])).await;
    assert_eq!(asked(&dg, &["audit", "verify"]).0, Some(0), "a tail that was cut off breaks no chain");
    assert_eq!(asked(&dg, &["audit", "verify", "--anchor", &anchor]).0, Some(1), "whoever noted its end can tell");
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_noted_and_nobody_fills_the_disk() {
    let suite = Suite::start().unwrap();
    let admin = Api::admin(&suite);
    let tenant = admin.new_tenant("noted", "precise").await;
    let bot = tenant.token(Some(&admin.new_account("bot", &["reader"], &["noted"]).await));
    for _ in 0..200 {
        bot.get("/api/v1/admin/accounts").await.refused(403, "forbidden");
        tenant.token(None).get("/api/v1/events").await.refused(401, "unauthorized");
    }
    let found = wait_for(Duration::from_secs(10), "the refusal to be noted", async || {
        let found = entries(&admin, "kind=refusal&principal=bot").await;
        (!found.is_empty()).then_some(found)
    })
    .await
    .unwrap();
    assert!(found.len() <= 2, "{found:?}");
    let details = &found[found.len() - 1]["details"];
    assert_eq!(
        (&details["route"], &details["code"]),
        (&json!("GET /api/v1/admin/accounts"), &json!("forbidden")),
        "{found:?}"
    );
    for n in 0..100 {
        bot.tenant(&format!("other-{n}")).get("/api/v1/events").await.refused(403, "forbidden");
    }
    wait_for(Duration::from_secs(10), "the other tenants to be noted", async || {
        (entries(&admin, "kind=refusal&principal=bot").await.len() >= 20).then_some(())
    })
    .await
    .unwrap();
    assert!(entries(&admin, "kind=refusal&principal=bot").await.len() <= 22, "kinds of refusals are bounded");
    assert!(entries(&admin, "action=authenticate").await.len() <= 1, "strangers are a row a minute");
    // What was counted and not yet written is written when the process ends.
    suite.signal("dg-apid", nix::sys::signal::Signal::SIGTERM).unwrap();
    let strangers = wait_for(Duration::from_secs(30), "the strangers to be noted", async || {
        let answer = admin.try_request("GET", "/api/v1/admin/audit?action=authenticate", &[], Vec::new()).await.ok()?;
        (answer.status == 200).then(|| answer.data()["entries"].as_array().cloned())?.filter(|found| !found.is_empty())
    })
    .await
    .unwrap();
    let count: u64 = strangers.iter().map(|row| row["details"]["count"].as_u64().unwrap()).sum();
    assert_eq!(count, 200, "{strangers:?}");
    assert_eq!(strangers[0]["details"]["addresses"]["127.0.0.1"], 200, "{strangers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_is_paged_and_filtered_by_tenant() {
    let suite = Suite::start().unwrap();
    let admin = Api::admin(&suite);
    for n in 0..5 {
        admin.new_tenant(&format!("paged-{n}"), "precise").await;
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let answer = admin.get(&format!("/api/v1/admin/audit?limit=2{cursor}")).await;
        let data = answer.expect(200);
        seen.extend(data["entries"].as_array().unwrap().iter().map(|row| row["audit_seq"].as_i64().unwrap()));
        match data["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let expected: Vec<i64> = (1..=i64::try_from(seen.len()).unwrap()).rev().collect();
    assert_eq!(seen, expected, "every row once, newest first");
    let body = json!({"account_id": "auditor", "roles": ["admin"], "permissions": ["audit_read"], "tenant_ids": ["paged-1", "paged-2"]});
    let made = admin.post("/api/v1/admin/accounts", &body).await;
    let auditor = admin.token(made.expect(201)["token"]["token"].as_str());
    let theirs = entries(&auditor, "").await;
    let tenants: Vec<&str> = theirs.iter().map(|row| row["about_tenant"].as_str().unwrap()).collect();
    assert_eq!(tenants, ["paged-2", "paged-1"]);
    auditor.get("/api/v1/admin/audit?about_tenant=paged-3").await.refused(403, "forbidden");
    for bad in ["kind=x", "order=sideways", "since=yesterday", "limit=0", "cursor=x", "who=me"] {
        admin.get(&format!("/api/v1/admin/audit?{bad}")).await.refused(400, "invalid_argument");
    }
}
