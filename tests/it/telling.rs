//! Telling people, as they and the programs and mailboxes see it that they are told by.

mod absences;
mod calendars;
mod inbox;
mod outbox;
mod quiet;
mod receiver;
mod trouble;

use std::time::Duration;

use dg_testkit::{Suite, SuiteOptions, wait_for};
use serde_json::{Value, json};

use crate::api::Api;
use crate::workflows::Case;
use receiver::Receiver;

const PATIENCE: Duration = Duration::from_secs(60);
const CHANNELS: &str = "/api/v1/admin/workflow-channels";
const DELIVERIES: &str = "/api/v1/admin/workflow-deliveries";

/// A suite that sends to the receiver, with quick retries.
async fn case(receiver: &Receiver, settings: &[(&str, &str)]) -> Case {
    let port = receiver.smtp.to_string();
    let defaults = [
        ("NOTIFY_RETRY_MS", "100,100,100"),
        ("WEBHOOK_TIMEOUT_MS", "2000"),
        ("WEBHOOK_CONNECT_TIMEOUT_MS", "1000"),
        ("ITEM_URL", "https://dg.example.org/{tenant_id}/reviews/{workflow_id}"),
        ("SMTP_HOST", "127.0.0.1"),
        ("SMTP_PORT", &port),
        ("SMTP_TLS", "none"),
        ("SMTP_FROM", "DecisionGraph <dg@example.org>"),
    ];
    let env = defaults.iter().chain(settings).map(|(key, value)| (format!("DG__WORKFLOW__{key}"), (*value).to_owned()));
    let suite = Suite::start_with(SuiteOptions { env: env.collect(), ..SuiteOptions::default() }).unwrap();
    Case::of(suite, "t").await
}

/// Makes a channel: its id, and its secret where it has one.
async fn channel(by: &Api, body: &Value) -> (String, Option<String>) {
    let made = by.post(CHANNELS, body).await;
    let made = made.expect(201);
    let secret = made["secret"]["secret"].as_str().map(str::to_owned);
    (made["channel"]["channel_id"].as_str().unwrap().to_owned(), secret)
}

/// Says what somebody wants to be told.
async fn prefer(by: &Api, email: Option<&str>, preferences: Value) {
    let body = json!({"email": email, "preferences": preferences});
    by.put("/api/v1/notifications/preferences", &body).await.expect(200);
}

/// What somebody was told, once that is enough.
async fn inbox(by: &Api, query: &str, enough: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let path = format!("/api/v1/notifications?limit=200&{query}");
    until(by, &path, "notifications", enough).await
}

/// Deliveries of the tenant, once they are as they are to be.
async fn deliveries(by: &Api, query: &str, enough: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    until(by, &format!("{DELIVERIES}?limit=200&{query}"), "deliveries", enough).await
}

async fn until(by: &Api, path: &str, list: &str, enough: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let seen = std::sync::Mutex::new(Vec::new());
    let got = wait_for(PATIENCE, path, async || {
        let answer = by.get(path).await;
        let rows = answer.expect(200)[list].as_array().unwrap().clone();
        seen.lock().unwrap().clone_from(&rows);
        Some(rows).filter(|rows| enough(rows))
    });
    got.await.map_err(|error| format!("{error}; there are: {:#?}", seen.lock().unwrap())).unwrap()
}

fn words<'v>(rows: &'v [Value], key: &str) -> Vec<&'v str> {
    rows.iter().map(|row| row[key].as_str().unwrap()).collect()
}
