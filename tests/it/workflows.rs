//! Human review, as agents, reviewers and attackers see it.

mod cases;
mod demo;
mod demo_large;
mod files;
mod forged;
mod journey;
mod owners;
mod race;
mod replays;
mod settings;
mod stream;
mod studio;
mod timers;
mod what_if;

use std::time::Duration;

use dg_testkit::{Suite, wait_for};
use serde_json::{Value, json};

use crate::api::{Answer, Api, encoded};
use crate::events::{event, started};

/// A suite with one tenant and the accounts that have to do with reviews.
pub(crate) struct Case {
    pub(crate) suite: Suite,
    pub(crate) admin: Api,
    /// An agent, with a writer's role and no permission.
    pub(crate) agent: Api,
    /// May review and assign.
    pub(crate) reviewer: Api,
    /// Another one.
    pub(crate) second: Api,
    /// May do everything.
    pub(crate) chief: Api,
}

impl Case {
    pub(crate) async fn new() -> Self {
        Self::of(Suite::start().unwrap(), "t").await
    }

    pub(crate) async fn of(suite: Suite, tenant: &str) -> Self {
        let root = Api::admin(&suite);
        let admin = root.new_tenant(tenant, "precise").await;
        let account = async |name: &str, roles: &[&str], permissions: &[&str]| {
            let name = format!("{tenant}-{name}");
            let body = json!({"account_id": name, "roles": roles, "permissions": permissions, "tenant_ids": [tenant]});
            let answer = root.post("/api/v1/admin/accounts", &body).await;
            admin.token(answer.expect(201)["token"]["token"].as_str())
        };
        let review: &[&str] = &["workflow_review", "workflow_assign"];
        Self {
            agent: account("agent", &["writer"], &[]).await,
            reviewer: account("reviewer", &["writer"], review).await,
            second: account("second", &["writer"], review).await,
            chief: account("chief", &["admin"], &["*"]).await,
            admin,
            suite,
        }
    }

    /// A trace with one exception that was asked for; the item's name.
    pub(crate) async fn asked(&self, trace: &str) -> String {
        let answer = self.agent.post("/api/v1/events", &started(trace)).await;
        answer.expect(201);
        self.agent.post("/api/v1/events", &exception(trace, 1, "ex", "the customer is right")).await.expect(201);
        format!("{trace}:exception:ex")
    }
}

/// A request for an exception.
pub(crate) fn exception(trace: &str, number: usize, id: &str, reason: &str) -> Value {
    let payload = json!({
        "exception_id": id, "reason": reason, "policy": {"policy_id": "refunds", "policy_version": "3"},
        "evidence": [{"locator": format!("crm://{trace}")}],
    });
    event(trace, number, "ExceptionRequested", &payload)
}

pub(crate) async fn act(by: &Api, id: &str, body: &Value) -> Answer {
    by.post(&format!("/api/v1/workflows/{}/actions", encoded(id)), body).await
}

/// The item, once it is there.
pub(crate) async fn item(by: &Api, id: &str) -> Value {
    let path = format!("/api/v1/workflows/{}", encoded(id));
    wait_for(Duration::from_secs(20), &format!("the item {id}"), async || {
        let answer = by.get(&path).await;
        (answer.status == 200).then(|| answer.data()["workflow"].clone())
    })
    .await
    .unwrap()
}

/// The tables are the fold of the log.
pub(crate) async fn verified(case: &Case) -> Value {
    let answer = case.chief.post("/api/v1/admin/workflows:verify", &Value::Null).await;
    let verdict = answer.expect(200).clone();
    assert_eq!((&verdict["equal"], &verdict["set_aside"]), (&json!(true), &json!(0)), "{verdict}");
    verdict
}
