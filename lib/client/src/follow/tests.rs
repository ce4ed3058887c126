//! A stream against a scripted listener on loopback.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::mpsc,
};

use super::*;
use crate::{Options, RetryPolicy};

const OPEN: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
fn failure(status: &str, code: &str) -> String {
    let body = json!({"error": {"code": code, "message": "no", "details": {}}, "request_id": "r"}).to_string();
    format!("HTTP/1.1 {status}\r\nretry-after: 0\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

fn event(log_seq: i64) -> String {
    let event = json!({
        "tenant_id": "t", "log_seq": log_seq, "trace_id": "tr", "trace_seq": log_seq - 1, "event_id": format!("e-{log_seq}"),
        "event_type": "InputObserved", "occurred_at": "2026-01-01T00:00:00Z", "recorded_at": "2026-01-01T00:00:00Z",
        "recorded_by": "a", "source": {"producer_id": "p", "system": "s"}, "actor": {"actor_type": "agent", "actor_id": "a"},
        "idempotency_key": "k", "payload": {}, "payload_hash": "sha256:0", "schema_version": 1,
    });
    format!("id: {log_seq}\ndata: {event}\n\n")
}

/// Answers the n-th connection with the n-th text and hangs up; the heads of the requests come out of the channel.
async fn service(answers: Vec<String>) -> (Client, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (heads, seen) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        for answer in answers {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut request = [0; 8192];
            let read = socket.read(&mut request).await.unwrap_or(0);
            let _ = heads.send(String::from_utf8_lossy(&request[..read]).to_ascii_lowercase());
            let _ = socket.write_all(answer.as_bytes()).await;
        }
    });
    let retry = RetryPolicy { first_pause: Duration::from_millis(2), ..RetryPolicy::default() };
    (Client::with_options(&url, "dg_x", Options { retry, ..Options::default() }).unwrap().tenant("t"), seen)
}

#[tokio::test]
async fn it_goes_on_where_it_was_cut_off() {
    let half = &event(3)[..40];
    let (client, mut heads) = service(vec![
        format!("{OPEN}retry: 1000\nid: 0\n\n{}{}{half}", event(1), event(2)),
        failure("503 Service Unavailable", "storage"),
        format!("{OPEN}retry: 1000\nid: 2\n\n: position\nid: 2\n\n{}{}", event(2), event(3)),
        failure("401 Unauthorized", "session_ended"),
        format!("{OPEN}: position\nid: 9\n\n"),
        format!("{OPEN}{}", event(10)),
    ])
    .await;
    let query = FollowQuery { event_types: vec!["A".to_owned(), "B".to_owned()], ..FollowQuery::default() };
    let mut follower = client.follow_events(query);
    let mut next = async || follower.next().await.unwrap().map(|event| event.log_seq).map_err(|error| error.code);
    assert_eq!((next().await, next().await, next().await), (Ok(1), Ok(2), Ok(3)));
    assert_eq!(next().await, Err("session_ended".to_owned()));
    assert_eq!(next().await, Ok(10));
    assert_eq!(follower.position(), Some(10));
    let mut from = Vec::new();
    while let Ok(head) = heads.try_recv() {
        assert!(head.starts_with("get /api/v1/events/stream?event_type=a&event_type=b "), "{head}");
        assert!(head.contains("accept: text/event-stream") && head.contains("x-tenant-id: t"), "{head}");
        from.push(head.lines().find_map(|line| line.strip_prefix("last-event-id: ")).map(ToOwned::to_owned));
    }
    let id = |id: &str| Some(id.to_owned());
    assert_eq!(from, [None, id("2"), id("2"), id("3"), id("3"), id("9")]);
}

#[tokio::test]
async fn what_cannot_be_read_is_said_and_the_stream_goes_on() {
    let unreadable = "id: 2\nevent: unreadable\ndata: {\"log_seq\":2}\n\n";
    let (client, _heads) = service(vec![format!("{OPEN}{}{unreadable}{}", event(1), event(3))]).await;
    let mut follower = client.follow_events(FollowQuery { after: Some(0), ..FollowQuery::default() });
    assert_eq!(follower.next().await.unwrap().unwrap().log_seq, 1);
    let error = follower.next().await.unwrap().unwrap_err();
    assert_eq!((error.code.as_str(), &error.details["log_seq"]), ("invalid_response", &Value::from(2)));
    assert_eq!(follower.next().await.unwrap().unwrap().log_seq, 3);
}

#[tokio::test]
async fn silence_is_a_broken_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = Client::new(&format!("http://{}", listener.local_addr().unwrap()), "dg_x").unwrap().tenant("t");
    let silent = tokio::spawn(async move {
        let mut held = Vec::new();
        for answer in [format!("{OPEN}id: 4\n\n"), format!("{OPEN}{}", event(5))] {
            let (mut socket, _) = listener.accept().await.unwrap();
            assert!(socket.read(&mut [0; 8192]).await.unwrap() > 0);
            socket.write_all(answer.as_bytes()).await.unwrap();
            held.push(socket); // open, and silent from now on
        }
        held
    });
    let mut follower = client.follow_events(FollowQuery::default());
    follower.silence = Duration::from_millis(20);
    assert_eq!(follower.next().await.unwrap().unwrap().log_seq, 5);
    silent.await.unwrap();
}
