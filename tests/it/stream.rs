//! `GET /events/stream`: every event once and in order, whatever comes in between.

use std::time::Duration;

use dg_testkit::{Suite, SuiteOptions, wait_for};
use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::{
    api::Api,
    events::{finished, observed, started, with},
};

/// A client of a stream, as a browser's `EventSource` would be one.
pub(crate) struct Stream {
    response: reqwest::Response,
    text: String,
    /// What it would send as `Last-Event-ID`.
    pub(crate) last_id: String,
}

impl Stream {
    async fn open(api: &Api, query: &str, last_id: &str) -> Result<Self, (u16, Value)> {
        Self::of(api, &format!("/events/stream?{query}"), last_id).await
    }

    /// A stream of another route.
    pub(crate) async fn of(api: &Api, path: &str, last_id: &str) -> Result<Self, (u16, Value)> {
        let mut request = reqwest::Client::new()
            .get(format!("{}/api/v1{path}", api.base))
            .header("accept", "text/event-stream")
            .header("x-tenant-id", api.tenant.as_deref().unwrap())
            .bearer_auth(api.token.as_deref().unwrap());
        if !last_id.is_empty() {
            request = request.header("last-event-id", last_id);
        }
        let response = request.send().await.map_err(|_| (0, Value::Null))?;
        let status = response.status().as_u16();
        if status != 200 {
            return Err((status, response.json().await.unwrap_or_default()));
        }
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Ok(Self { response, text: String::new(), last_id: last_id.to_owned() })
    }

    /// The next event of the log; `None` when the stream ended.
    async fn next(&mut self) -> Option<Value> {
        let (_, event) = self.named().await?;
        assert_eq!(event["log_seq"].to_string(), self.last_id);
        Some(event)
    }

    /// The next event with its name; `None` when the stream ended.
    pub(crate) async fn named(&mut self) -> Option<(String, Value)> {
        loop {
            while let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
                if let Some(id) = field("id: ") {
                    self.last_id = id;
                }
                if let Some(data) = field("data: ") {
                    let name = field("event: ").unwrap_or_default();
                    return Some((name, serde_json::from_str(&data).unwrap()));
                }
            }
            let chunk = self.response.chunk().await.ok().flatten()?;
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    async fn take(&mut self, count: usize) -> Vec<i64> {
        let mut positions = Vec::new();
        while positions.len() < count {
            let event = tokio::time::timeout(Duration::from_secs(20), self.next()).await.expect("an event in time");
            positions.push(event.expect("the stream goes on")["log_seq"].as_i64().unwrap());
        }
        positions
    }
}

fn trace(name: &str, length: usize) -> Vec<Value> {
    let mut events = vec![started(name)];
    events.extend((1..length - 1).map(|number| observed(name, number)));
    events.push(finished(name, length - 1));
    events
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_shows_what_was_and_what_comes() {
    let suite = Suite::start().unwrap();
    let tenant = Api::admin(&suite).new_tenant("live", "precise").await;
    let other = Api::admin(&suite).new_tenant("other", "precise").await;
    tenant.append_all(&trace("a", 700), 350).await;
    let mut whole = Stream::open(&tenant, "after=0", "").await.unwrap();
    let mut live = Stream::open(&tenant, "", "").await.unwrap();
    let mut ends = Stream::open(&tenant, "after=0&event_type=TraceStarted&event_type=TraceFinished", "").await.unwrap();
    let mut of_trace = Stream::open(&tenant, "after=600&trace_id=b", "").await.unwrap();
    let mut beside = Stream::open(&other, "after=0", "").await.unwrap();
    assert_eq!(whole.take(700).await, (1..=700).collect::<Vec<_>>());
    tenant.append_all(&trace("b", 30), 7).await;
    other.append_all(&trace("a", 3), 3).await;
    assert_eq!(whole.take(30).await, (701..=730).collect::<Vec<_>>());
    assert_eq!(live.take(30).await, (701..=730).collect::<Vec<_>>());
    assert_eq!(ends.take(4).await, [1, 700, 701, 730]);
    assert_eq!(of_trace.take(30).await, (701..=730).collect::<Vec<_>>());
    assert_eq!(beside.take(3).await, [1, 2, 3]);
    // What it shows is what a page shows.
    let page = tenant.get("/api/v1/events?after=728&limit=1").await;
    let mut again = Stream::open(&tenant, "after=5", "728").await.unwrap();
    assert_eq!(again.next().await.unwrap(), page.expect(200)["events"][0]);
    // An id moves on without events, so that a stream that sees few of them need not read everything again.
    let mut quiet = Stream::open(&tenant, "after=0&trace_id=none", "").await.unwrap();
    assert!(tokio::time::timeout(Duration::from_secs(12), quiet.next()).await.is_err(), "nothing to show");
    assert_eq!(quiet.last_id, "730");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_goes_on_where_it_was_cut_off() {
    let suite = Suite::start().unwrap();
    let tenant = Api::admin(&suite).new_tenant("cut", "precise").await;
    const EVENTS: usize = 1_200;
    let reading: Vec<_> = (0..20)
        .map(|_| {
            let tenant = tenant.clone();
            tokio::spawn(async move {
                let (mut seen, mut last_id, mut cuts) = (Vec::new(), "0".to_owned(), 0);
                while seen.len() < EVENTS {
                    let Ok(mut stream) = Stream::open(&tenant, "", &last_id).await else {
                        tokio::time::sleep(Duration::from_millis(20)).await;
                        continue;
                    };
                    while seen.len() < EVENTS
                        && let Some(event) = stream.next().await
                    {
                        seen.push(event["log_seq"].as_i64().unwrap());
                    }
                    last_id = stream.last_id;
                    cuts += 1;
                }
                (seen, cuts)
            })
        })
        .collect();
    for part in 0..EVENTS / 100 {
        let events = trace(&format!("t-{part}"), 100);
        for batch in events.chunks(10) {
            // With keys of their own, batches can be sent again until they are stored.
            wait_for(Duration::from_secs(30), "a batch to be stored", async || {
                let sent = tenant
                    .try_request(
                        "POST",
                        "/api/v1/events:batch",
                        &[("content-type", "application/json")],
                        json!({"events": batch}).to_string().into_bytes(),
                    )
                    .await;
                sent.ok().filter(|answer| answer.status == 200)
            })
            .await
            .unwrap();
        }
        if part % 4 == 1 {
            suite.signal("dg-apid", Signal::SIGKILL).unwrap();
        }
    }
    for reader in reading {
        let (seen, cuts) = tokio::time::timeout(Duration::from_secs(60), reader).await.unwrap().unwrap();
        assert_eq!(seen, (1..=i64::try_from(EVENTS).unwrap()).collect::<Vec<_>>());
        assert!(cuts > 1, "it was cut off at least once");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_read_gets_no_stream_and_keeps_none() {
    let suite = Suite::start().unwrap();
    let admin = Api::admin(&suite);
    let tenant = admin.new_tenant("closed", "precise").await;
    tenant.append_all(&trace("a", 3), 3).await;
    for (query, last_id, code) in [
        ("after=4", "", "invalid_argument"),
        ("after=-1", "", "invalid_argument"),
        ("", "x", "invalid_argument"),
        ("event_type=Nope", "", "invalid_argument"),
        ("since=1", "", "invalid_argument"),
    ] {
        let (status, body) = Stream::open(&tenant, query, last_id).await.err().unwrap();
        assert_eq!((status, &body["error"]["code"]), (400, &json!(code)), "{query}");
    }
    let only_json = [("accept", "application/json")];
    let refused = tenant.try_request("GET", "/api/v1/events/stream", &only_json, Vec::new()).await.unwrap();
    refused.refused(406, "not_acceptable");

    let token = admin.new_account("watcher", &["reader"], &["closed"]).await;
    let reader = tenant.token(Some(&token));
    let mut stream = Stream::open(&reader, "after=0", "").await.unwrap();
    assert_eq!(stream.take(3).await, [1, 2, 3]);
    let revoke = format!("/api/v1/admin/accounts/watcher/tokens/{}/revoke", token.split('_').nth(1).unwrap());
    admin.post(&revoke, &json!({})).await.expect(200);
    let ended = tokio::time::timeout(Duration::from_secs(10), stream.next()).await.expect("an end in time");
    assert!(ended.is_none());
    assert_eq!(Stream::open(&reader, "", "").await.err().unwrap().0, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_takes_nothing_is_cut_off_and_can_come_back() {
    let env =
        vec![("DG__API__STALL_MS".to_owned(), "500".to_owned()), ("DG__API__MAX_STREAMS".to_owned(), "2".to_owned())];
    let suite = Suite::start_with(SuiteOptions { env, ..SuiteOptions::default() }).unwrap();
    let tenant = Api::admin(&suite).new_tenant("slow", "precise").await;
    let mut stream = Stream::open(&tenant, "after=0", "").await.unwrap();
    let second = Stream::open(&tenant, "after=0", "").await.unwrap();
    let (status, body) = Stream::open(&tenant, "", "").await.err().unwrap();
    assert_eq!((status, &body["error"]["code"]), (429, &json!("rate_limited")));
    drop(second);
    // More than all buffers on the way hold.
    let filling = "x".repeat(400_000);
    let mut events = vec![started("big")];
    events.extend((1..60).map(|number| with(observed("big", number), "/payload/note", json!(filling))));
    tenant.append_all(&events, 10).await;
    wait_for(Duration::from_secs(30), "the stream to be cut off", async || {
        suite.log().contains("takes nothing; cut off").then_some(())
    })
    .await
    .unwrap();
    let mut seen = Vec::new();
    while let Some(event) = stream.next().await {
        seen.push(event["log_seq"].as_i64().unwrap());
    }
    assert!(seen.len() < 60, "it was cut off");
    let mut again = Stream::open(&tenant, "", &stream.last_id).await.unwrap();
    seen.extend(again.take(60 - seen.len()).await);
    assert_eq!(seen, (1..=60).collect::<Vec<_>>());
}
