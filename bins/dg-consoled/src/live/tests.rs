use std::time::Duration;

use dg_domain::EventType;
use dg_runtime::{CancellationToken, config::Environment};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest},
};

use super::*;
use crate::{
    config::ConsoledConfig,
    fixture::{Fixture, TOKEN},
    place::escaped,
};

/// Nothing here takes longer, unless it is broken.
const DEADLINE: Duration = Duration::from_secs(20);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

struct Console {
    fixture: Fixture,
    address: String,
    script: String,
    stop: CancellationToken,
    _token: tempfile::TempDir,
}

async fn console(most: usize) -> Console {
    let fixture = Fixture::start().await;
    let directory = tempfile::tempdir().unwrap();
    let mut config = ConsoledConfig { environment: Environment::Dev, ..ConsoledConfig::default() };
    config.console.api_url.clone_from(&fixture.url);
    config.console.max_live = most;
    config.console.token_file = directory.path().join("token");
    std::fs::write(&config.console.token_file, TOKEN).unwrap();
    let stop = CancellationToken::new();
    let app = App::new(&config, &Metrics::new("dg-consoled", "test"), stop.clone()).unwrap();
    let script = app.assets.script.path.clone();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move { web::serve(listener, web::router(app), CancellationToken::new()).await });
    Console { fixture, address, script, stop, _token: directory }
}

impl Console {
    async fn open(&self, path: &str) -> Socket {
        self.open_as(path, &self.script, &format!("http://{}", self.address)).await.unwrap()
    }

    async fn open_as(&self, path: &str, script: &str, origin: &str) -> Result<Socket, u16> {
        let url = format!("ws://{}/live?path={}&script={}", self.address, escaped(path), escaped(script));
        let mut request = url.into_client_request().unwrap();
        request.headers_mut().insert("origin", origin.parse().unwrap());
        match connect_async(request).await {
            Ok((socket, _)) => Ok(socket),
            Err(tokio_tungstenite::tungstenite::Error::Http(answer)) => Err(answer.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }
}

async fn next(socket: &mut Socket) -> Message {
    tokio::time::timeout(DEADLINE, socket.next()).await.expect("a frame in time").expect("an open socket").unwrap()
}

/// Waits for edits that contain `text`; edits carry texts as they are.
async fn edits_with(socket: &mut Socket, text: &str) {
    loop {
        if let Message::Binary(bytes) = next(socket).await
            && String::from_utf8_lossy(&bytes).contains(text)
        {
            return;
        }
    }
}

async fn told(socket: &mut Socket) -> Value {
    loop {
        if let Message::Text(text) = next(socket).await {
            return serde_json::from_str(&text).unwrap();
        }
    }
}

async fn close_code(socket: &mut Socket) -> u16 {
    loop {
        if let Message::Close(frame) = next(socket).await {
            return frame.map_or(1005, |frame| frame.code.into());
        }
    }
}

async fn say(socket: &mut Socket, said: Value) {
    socket.send(Message::text(said.to_string())).await.unwrap();
}

#[tokio::test]
async fn a_page_is_built_kept_current_and_left() {
    let console = console(8).await;
    let mut socket = console.open("/t/acme/traces").await;
    edits_with(&mut socket, "Refund 2").await;
    assert_eq!(told(&mut socket).await["params"]["title"], "Traces of acme");

    let started =
        json!({"workflow":"refund","title":"Refund 3","primary_entity":{"entity_type":"order","entity_id":"3"}});
    console.fixture.append("t-3", EventType::TraceStarted, started);
    edits_with(&mut socket, "Refund 3").await;

    say(&mut socket, json!({"method": "go", "params": {"path": "/t/acme/traces/t-3", "step": 1}})).await;
    edits_with(&mut socket, "Opened").await;
    let page = told(&mut socket).await;
    assert_eq!(page["params"], json!({"path": "/t/acme/traces/t-3", "title": "Refund 3", "step": 1}));

    console.fixture.append("t-3", EventType::TraceFinished, json!({"outcome": "failure", "summary": "out of stock"}));
    edits_with(&mut socket, "out of stock").await;
}

#[tokio::test]
async fn a_held_list_waits_to_be_asked() {
    let console = console(8).await;
    let mut socket = console.open("/t/acme/traces").await;
    edits_with(&mut socket, "Refund 2").await;
    say(&mut socket, json!({"method": "hold", "params": true})).await;
    let started =
        json!({"workflow":"refund","title":"Refund 3","primary_entity":{"entity_type":"order","entity_id":"3"}});
    console.fixture.append("t-3", EventType::TraceStarted, started);
    edits_with(&mut socket, "1 new trace").await;
    say(&mut socket, json!({"method": "hold", "params": false})).await;
    edits_with(&mut socket, "Refund 3").await;
}

#[tokio::test]
async fn an_outage_is_shown_and_passes() {
    let console = console(8).await;
    let mut socket = console.open("/t/acme/traces/t-1").await;
    edits_with(&mut socket, "Opened").await;
    console.fixture.be_away(true);
    edits_with(&mut socket, "The service does not answer.").await;
    console.fixture.append("t-1", EventType::WorkflowActionRecorded, json!({"workflow_id": "w-9"}));
    console.fixture.be_away(false);
    edits_with(&mut socket, "w-9").await;
}

#[tokio::test]
async fn strange_browsers_are_turned_away() {
    let console = console(8).await;
    let own = format!("http://{}", console.address);
    assert_eq!(console.open_as("/", &console.script, "http://evil.example").await.err(), Some(403));
    let mut old = console.open_as("/", "/assets/console-old.js", &own).await.unwrap();
    assert_eq!(close_code(&mut old).await, frames::OLD);

    for frame in [Message::text("{"), Message::text(r#"{"method":"eval"}"#), Message::binary(vec![0; 10])] {
        let mut socket = console.open("/t/acme/traces").await;
        socket.send(frame).await.unwrap();
        assert_eq!(close_code(&mut socket).await, frames::BAD_FRAME);
    }

    let mut flood = console.open("/t/acme/traces").await;
    for _ in 0..200 {
        if flood.send(Message::text(r#"{"method":"alive"}"#)).await.is_err() {
            break;
        }
    }
    assert_eq!(close_code(&mut flood).await, frames::TOO_FAST);
}

#[tokio::test]
async fn pages_are_bounded_and_told_when_the_daemon_stops() {
    let console = console(1).await;
    let mut first = console.open("/t/acme/traces").await;
    edits_with(&mut first, "Refund 2").await;
    let mut second = console.open("/t/acme/traces").await;
    assert_eq!(close_code(&mut second).await, frames::FULL);
    console.stop.cancel();
    assert_eq!(close_code(&mut first).await, frames::GOING);
}
