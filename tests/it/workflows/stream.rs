//! `GET /workflows/stream`: what is done with items, once and in order, and how much there is to read.

use std::time::Duration;

use dg_testkit::wait_for;
use nix::sys::signal::Signal;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::{Case, act};
use crate::api::Api;
use crate::stream::Stream;

const PATIENCE: Duration = Duration::from_secs(20);

async fn open(api: &Api, query: &str, last_id: &str) -> Stream {
    Stream::of(api, &format!("/workflows/stream?{query}"), last_id).await.unwrap()
}

/// The next act: its name, the item and what was done.
async fn next(stream: &mut Stream) -> (String, String, String) {
    loop {
        let (name, data) = timeout(PATIENCE, stream.named()).await.unwrap().unwrap();
        if name.starts_with("workflow.") {
            assert_eq!(data["action"]["log_seq"].to_string(), stream.last_id);
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            return (name, text(&data["workflow_id"]), text(&data["action"]["action_type"]));
        }
    }
}

fn told(name: &str, id: &str, action: &str) -> (String, String, String) {
    (name.to_owned(), id.to_owned(), action.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn reviews_are_followed_across_a_restart() {
    let case = Case::new().await;
    let mut all = open(&case.second, "", "").await;
    let (name, data) = timeout(PATIENCE, all.named()).await.unwrap().unwrap();
    assert_eq!((name.as_str(), &data), ("notification.unread_count", &json!({"unread": 0})));
    let first = case.asked("a").await;
    let second = case.asked("b").await;
    assert_eq!(next(&mut all).await, told("workflow.created", &first, "requested"));
    assert_eq!(next(&mut all).await, told("workflow.created", &second, "requested"));
    let mut one = open(&case.reviewer, "workflow_id=b:exception:ex&after=0", "").await;
    assert_eq!(next(&mut one).await, told("workflow.created", &second, "requested"));

    // What somebody is told counts.
    let mention = json!({"action": "comment", "note": "@t-second please look"});
    act(&case.reviewer, &first, &mention).await.expect(200);
    let (mut seen, mut unread) = (None, 0);
    while seen.is_none() || unread == 0 {
        let (name, data) = timeout(PATIENCE, all.named()).await.unwrap().unwrap();
        match name.as_str() {
            "notification.unread_count" => unread = data["unread"].as_i64().unwrap(),
            _ => seen = Some(data["action"]["action_type"].clone()),
        }
    }
    assert_eq!(seen, Some(json!("comment")));

    // Nothing is lost or repeated by who goes on with the last id.
    let last_id = all.last_id.clone();
    case.suite.signal("dg-apid", Signal::SIGKILL).unwrap();
    while all.named().await.is_some() {}
    wait_for(PATIENCE, "the next dg-apid", async || {
        let answer = case.chief.try_request("GET", "/api/v1/workflows", &[], Vec::new()).await;
        answer.ok().filter(|answer| answer.status == 200)
    })
    .await
    .unwrap();
    act(&case.chief, &second, &json!({"action": "escalate", "reason": "it is urgent"})).await.expect(200);
    act(&case.second, &first, &json!({"action": "approve", "reason": "fine"})).await.expect(200);
    let mut all = open(&case.second, "", &last_id).await;
    assert_eq!(next(&mut all).await, told("workflow.escalated", &second, "escalate"));
    assert_eq!(next(&mut all).await, told("workflow.updated", &first, "approve"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_follow_reviews() {
    let case = Case::new().await;
    let refused = async |api: &Api, query: &str| {
        Stream::of(api, &format!("/workflows/stream?{query}"), "").await.err().map(|(status, _)| status)
    };
    assert_eq!(refused(&case.agent, "after=99").await, Some(400));
    assert_eq!(refused(&case.agent, "after=x").await, Some(400));
    assert_eq!(refused(&case.agent, "status=open").await, Some(400));
    let mut nobody = case.agent.clone();
    nobody.token = Some("unknown".to_owned());
    assert_eq!(refused(&nobody, "").await, Some(401));
}
