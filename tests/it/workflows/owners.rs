//! Whoever answers for an agent is not somebody else.

use serde_json::{Value, json};

use super::{Case, act, item, verified};
use crate::api::Api;

const ACCOUNTS: &str = "/api/v1/admin/accounts";

async fn owned(root: &Api, account: &str, owner: &Value) -> crate::api::Answer {
    root.patch(&format!("{ACCOUNTS}/{account}"), &json!({"owner_id": owner})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_approves_what_their_own_agent_asks_for() {
    let case = Case::new().await;
    let root = Api::admin(&case.suite);
    let changed = owned(&root, "t-agent", &json!("t-reviewer")).await;
    assert_eq!(changed.expect(200)["account"]["owner_id"], "t-reviewer");
    let id = case.asked("a").await;
    item(&case.reviewer, &id).await;
    let approve = json!({"action": "approve", "reason": "fine"});
    assert_eq!(act(&case.reviewer, &id, &approve).await.refused(403, "forbidden")["reason"], "self_approval");
    // Two agents of one person are one person too.
    owned(&root, "t-second", &json!("t-reviewer")).await.expect(200);
    assert_eq!(act(&case.second, &id, &approve).await.refused(403, "forbidden")["reason"], "self_approval");
    act(&case.chief, &id, &approve).await.expect(200);
    verified(&case).await;
    let audit = root.get("/api/v1/admin/audit?action=account.change&limit=1").await;
    assert_eq!(audit.expect(200)["entries"][0]["details"]["owner_id"], "t-reviewer", "{}", audit.text);

    // Nobody answers for themselves or for whom somebody answers, and strangers answer for nobody.
    for bad in ["t-agent", "nobody"] {
        assert_eq!(owned(&root, "t-agent", &json!(bad)).await.refused(400, "invalid_argument")["pointer"], "/owner_id");
    }
    owned(&root, "t-chief", &json!("t-agent")).await.refused(409, "conflict");
    owned(&root, "t-reviewer", &json!("t-chief")).await.refused(409, "conflict");
    assert_eq!(owned(&root, "t-agent", &Value::Null).await.expect(200)["account"]["owner_id"], Value::Null);
    let new = json!({"account_id": "t-third", "roles": ["writer"], "tenant_ids": ["t"], "owner_id": "t-chief"});
    assert_eq!(root.post(ACCOUNTS, &new).await.expect(201)["account"]["owner_id"], "t-chief");
}
