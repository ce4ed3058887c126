//! Who may do what: roles, unknown, revoked and expired tokens.

use std::time::Duration;

use dg_testkit::{Suite, wait_for};
use serde_json::{Value, json};

use crate::api::Api;
use crate::events::started;

#[tokio::test(flavor = "multi_thread")]
async fn each_role_may_do_its_part() {
    let suite = Suite::start().unwrap();
    let admin = Api::admin(&suite);
    let tenant = admin.new_tenant("roles", "precise").await;
    let reader = tenant.token(Some(&admin.new_account("a-reader", &["reader"], &["roles"]).await));
    let writer = tenant.token(Some(&admin.new_account("a-writer", &["writer"], &["*"]).await));
    let nobody = tenant.token(Some(&admin.new_account("a-nobody", &[], &["*"]).await));

    reader.post("/api/v1/events", &started("t")).await.refused(403, "forbidden");
    nobody.post("/api/v1/events", &started("t")).await.refused(403, "forbidden");
    let stored = writer.post("/api/v1/events", &started("t")).await;
    assert_eq!(stored.expect(201)["event"]["recorded_by"], "a-writer");
    for reading in [&reader, &writer, &tenant] {
        reading.get("/api/v1/events").await.expect(200);
        reading.get("/api/v1/traces/t?min_log_seq=1&wait_ms=10000").await.expect(200);
    }
    nobody.get("/api/v1/events").await.refused(403, "forbidden");
    for account in [&reader, &writer, &nobody] {
        account.get("/api/v1/admin/tenants").await.refused(403, "forbidden");
        let body = json!({"tenant_id": "taken-over"});
        account.post("/api/v1/admin/tenants", &body).await.refused(403, "forbidden");
        account.get("/api/v1/admin/accounts").await.refused(403, "forbidden");
        account.get("/api/v1/me").await.expect(200);
    }
    assert!(!admin.get("/api/v1/admin/tenants").await.text.contains("taken-over"));
    let me = reader.get("/api/v1/me").await;
    assert_eq!(me.expect(200)["account_id"], "a-reader");
    assert_eq!(me.data()["roles"], json!(["reader"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_overlap_are_revoked_and_expire() {
    let suite = Suite::start().unwrap();
    let admin = Api::admin(&suite);
    let tenant = admin.new_tenant("tokens", "precise").await;
    let first = admin.new_account("rotating", &["reader"], &["tokens"]).await;
    let issued = admin.post("/api/v1/admin/accounts/rotating/tokens", &json!({})).await;
    let second = text(issued.expect(201), "/token/token");
    for token in [&first, &second] {
        tenant.token(Some(token)).get("/api/v1/events").await.expect(200);
    }
    let first_id = first.split('_').nth(1).unwrap();
    let revoke = format!("/api/v1/admin/accounts/rotating/tokens/{first_id}/revoke");
    admin.post(&revoke, &json!({})).await.expect(200);
    let refused = tenant.token(Some(&first)).get("/api/v1/events").await;
    refused.refused(401, "unauthorized");
    assert!(refused.header("www-authenticate").is_some_and(|value| value.starts_with("Bearer")));
    tenant.token(Some(&second)).get("/api/v1/events").await.expect(200);

    let short = admin.post("/api/v1/admin/accounts/rotating/tokens", &json!({"expires_in_s": 1})).await;
    let short = tenant.token(Some(&text(short.expect(201), "/token/token")));
    wait_for(Duration::from_secs(10), "the token to expire", async || {
        (short.get("/api/v1/events").await.status == 401).then_some(())
    })
    .await
    .unwrap();
    let shown = admin.get("/api/v1/admin/accounts/rotating").await;
    for secret in [&first, &second] {
        assert!(!shown.text.contains(secret.rsplit('_').next().unwrap()), "a token is shown once");
    }
}

fn text(data: &Value, pointer: &str) -> String {
    data.pointer(pointer).and_then(Value::as_str).unwrap().to_owned()
}
