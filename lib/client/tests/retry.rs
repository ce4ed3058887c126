//! What the client does when the service is away or busy, against a scripted listener on loopback.

#![expect(clippy::unwrap_used, reason = "the helpers of a test fail like the test")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use dg_client::{Client, EventQuery, NewTenant, Options, RetryPolicy};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

const BUSY: &str = "HTTP/1.1 503 Service Unavailable\r\nretry-after: 0\r\ncontent-type: application/json\r\n\
    content-length: 75\r\nconnection: close\r\n\r\n\
    {\"error\":{\"code\":\"storage\",\"message\":\"away\",\"details\":{}},\"request_id\":\"r\"}";
const EMPTY_PAGE: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 57\r\n\
    connection: close\r\n\r\n{\"data\":{\"events\":[],\"next_after\":null},\"request_id\":\"r\"}";
const REFUSED: &str = "HTTP/1.1 409 Conflict\r\ncontent-type: application/json\r\ncontent-length: 85\r\n\
    connection: close\r\n\r\n\
    {\"error\":{\"code\":\"conflict\",\"message\":\"exists\",\"details\":{\"a\":1}},\"request_id\":\"r-9\"}";

/// Answers the n-th connection with the n-th text, then with the last one; an empty text hangs up without an answer.
async fn service(answers: &'static [&'static str]) -> (Client, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let seen = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&seen);
    tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut request = [0; 8192];
            let _ = socket.read(&mut request).await;
            let at = count.fetch_add(1, Ordering::SeqCst);
            let _ = socket.write_all(answers[at.min(answers.len() - 1)].as_bytes()).await;
        }
    });
    let retry = RetryPolicy { attempts: 4, first_pause: Duration::from_millis(2), ..RetryPolicy::default() };
    (Client::with_options(&url, "dg_x", Options { retry, ..Options::default() }).unwrap().tenant("t"), seen)
}

#[tokio::test]
async fn reads_and_appends_are_repeated_until_they_are_answered() {
    let (client, seen) = service(&[BUSY, "", BUSY, EMPTY_PAGE]).await;
    assert!(client.events(&EventQuery::default()).await.unwrap().events.is_empty());
    assert_eq!(seen.load(Ordering::SeqCst), 4);

    let (client, seen) = service(&[BUSY, "", REFUSED]).await;
    let error = client.append(&json!({"event_id": "e"})).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.status, seen.load(Ordering::SeqCst)), ("conflict", Some(409), 3));
    assert_eq!((error.request_id.as_deref(), &error.details["a"]), (Some("r-9"), &json!(1)));
}

#[tokio::test]
async fn it_gives_up_after_the_last_attempt() {
    let (client, seen) = service(&[BUSY]).await;
    let error = client.events(&EventQuery::default()).await.unwrap_err();
    assert_eq!((error.code.as_str(), seen.load(Ordering::SeqCst)), ("storage", 4));
    assert!(error.is_transient());
}

#[tokio::test]
async fn what_must_not_happen_twice_is_sent_once() {
    for answer in [&[BUSY], &[""]] {
        let (client, seen) = service(answer).await;
        let tenant = NewTenant { tenant_id: "t".to_owned(), secret_guard: None, demo: false };
        assert!(client.create_tenant(&tenant).await.unwrap_err().is_transient());
        assert_eq!(seen.load(Ordering::SeqCst), 1);
    }
}

#[tokio::test]
async fn a_closed_port_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let options = Options { retry: RetryPolicy::NEVER, ..Options::default() };
    let client = Client::with_options(&url, "dg_secret", options).unwrap();
    let error = client.me().await.unwrap_err();
    assert_eq!((error.code.as_str(), error.status), ("unavailable", None));
    assert!(error.to_string().contains(&url), "{error}");
    assert!(!format!("{error:?}").contains("dg_secret"));
}
