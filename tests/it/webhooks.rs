//! Webhooks as a receiver sees them: a server of the test's own, the real daemons, signatures checked by other code than the
//! one that makes them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use data_encoding::BASE64;
use dg_testkit::history::{Shape, generate};
use dg_testkit::{Suite, SuiteOptions, wait_for};
use ed25519_dalek::{Signature, VerifyingKey};
use hmac::{Hmac, Mac};
use nix::sys::signal::Signal;
use serde_json::{Value, json};
use sha2::Sha256;
use tokio_postgres::NoTls;

use crate::api::Api;
use crate::cli::Dg;
use crate::events::started;

const PATIENCE: Duration = Duration::from_secs(60);
const HOOKS: &str = "/api/v1/admin/webhooks";

/// What a path of the receiver answers.
#[derive(Clone, Copy, Debug)]
enum Mode {
    Take,
    Answer(u16),
    AskFor(u64),
    Hang,
}

#[derive(Clone, Debug)]
struct Received {
    path: String,
    id: String,
    timestamp: String,
    signature: String,
    body: String,
    taken: bool,
}

impl Received {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    fn log_seq(&self) -> i64 {
        self.json()["data"]["log_seq"].as_i64().unwrap()
    }

    fn signed(&self) -> String {
        format!("{}.{}.{}", self.id, self.timestamp, self.body)
    }

    /// Whether one of its signatures is by this shared secret.
    fn is_by(&self, secret: &str) -> bool {
        let key = BASE64.decode(secret.strip_prefix("whsec_").unwrap().as_bytes()).unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(self.signed().as_bytes());
        let expected = format!("v1,{}", BASE64.encode(&mac.finalize().into_bytes()));
        self.signature.split(' ').any(|given| given == expected)
    }

    /// Whether one of its signatures is by the key that belongs to this public one.
    fn is_by_key(&self, public: &str) -> bool {
        let key = BASE64.decode(public.strip_prefix("whpk_").unwrap().as_bytes()).unwrap();
        let key = VerifyingKey::from_bytes(&key.try_into().unwrap()).unwrap();
        let given = self.signature.split(' ').filter_map(|given| given.strip_prefix("v1a,"));
        let mut given = given.map(|text| Signature::from_slice(&BASE64.decode(text.as_bytes()).unwrap()).unwrap());
        given.any(|signature| key.verify_strict(self.signed().as_bytes(), &signature).is_ok())
    }
}

#[derive(Clone, Default)]
struct Receiver {
    url: String,
    modes: Arc<Mutex<HashMap<String, Mode>>>,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Receiver {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Self { url: format!("http://{}", listener.local_addr().unwrap()), ..Self::default() };
        let router = Router::new().route("/{path}", post(receive)).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        receiver
    }

    fn at(&self, path: &str) -> String {
        format!("{}/{path}", self.url)
    }

    fn answer(&self, path: &str, mode: Mode) {
        self.modes.lock().unwrap().insert(path.to_owned(), mode);
    }

    /// What came to a path, in the order in which it came.
    fn of(&self, path: &str) -> Vec<Received> {
        self.received.lock().unwrap().iter().filter(|received| received.path == path).cloned().collect()
    }

    async fn wait(&self, path: &str, what: &str, enough: impl Fn(&[Received]) -> bool) -> Vec<Received> {
        let what = format!("{what} at {path}");
        let got = wait_for(PATIENCE, &what, async || Some(self.of(path)).filter(|received| enough(received)));
        got.await.map_err(|error| format!("{error}; came: {:#?}", self.of(path))).unwrap()
    }
}

async fn receive(
    State(receiver): State<Receiver>,
    Path(path): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mode = receiver.modes.lock().unwrap().get(&path).copied().unwrap_or(Mode::Take);
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    receiver.received.lock().unwrap().push(Received {
        path,
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signature: header("webhook-signature"),
        body: String::from_utf8(body.to_vec()).unwrap(),
        taken: matches!(mode, Mode::Take),
    });
    match mode {
        Mode::Take => StatusCode::NO_CONTENT.into_response(),
        Mode::Answer(status) => StatusCode::from_u16(status).unwrap().into_response(),
        Mode::AskFor(seconds) => {
            (StatusCode::TOO_MANY_REQUESTS, [("retry-after", seconds.to_string())]).into_response()
        }
        Mode::Hang => std::future::pending().await,
    }
}

fn suite(settings: &[(&str, &str)]) -> Suite {
    let defaults =
        [("WEBHOOK_RETRY_MS", "100,100,100"), ("WEBHOOK_TIMEOUT_MS", "1000"), ("WEBHOOK_CONNECT_TIMEOUT_MS", "500")];
    let env = defaults.iter().chain(settings).map(|(key, value)| (format!("DG__WORKFLOW__{key}"), (*value).to_owned()));
    Suite::start_with(SuiteOptions { env: env.collect(), ..SuiteOptions::default() }).unwrap()
}

/// Makes an endpoint: its id, and what it is known by.
async fn hook(tenant: &Api, body: Value) -> (String, Value) {
    let answer = tenant.post(HOOKS, &body).await;
    let data = answer.expect(201);
    (data["webhook"]["webhook_id"].as_str().unwrap().to_owned(), data["secret"].clone())
}

async fn until(tenant: &Api, path: &str, what: &str, enough: impl Fn(&Value) -> bool) -> Value {
    let got = wait_for(PATIENCE, what, async || {
        let answer = tenant.get(path).await;
        Some(answer.expect(200).clone()).filter(&enough)
    });
    got.await.unwrap()
}

async fn append(tenant: &Api, traces: std::ops::Range<u32>) {
    for trace in traces {
        tenant.post("/api/v1/events", &started(&format!("t-{trace}"))).await.expect(201);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_signed_and_say_what_the_log_says() {
    let (suite, receiver) = (suite(&[]), Receiver::start().await);
    let tenant = Api::admin(&suite).new_tenant("acme", "precise").await;
    let events = generate(3, Shape { traces: 6, finished_percent: 100, ..Shape::default() });
    tenant.append_all(&events[..2], 10).await;

    let (_, shared) =
        hook(&tenant, json!({"url": receiver.at("some"), "event_type": ["TraceStarted", "TraceFinished"], "after": 0}))
            .await;
    let (_, key) =
        hook(&tenant, json!({"url": receiver.at("all"), "secret_kind": "ed25519", "description": "all of it"})).await;
    assert!(key.get("secret").is_none(), "receivers need no private key: {key}");
    tenant.append_all(&events[2..], 100).await;
    let log = tenant.whole_log().await;

    let wanted = |event: &&Value| event["event_type"] == "TraceStarted" || event["event_type"] == "TraceFinished";
    let some: Vec<&Value> = log.iter().filter(wanted).collect();
    let received = receiver.wait("some", "every start and end", |all| all.len() >= some.len()).await;
    assert_eq!(received.len(), some.len());
    check(&received, &some);
    let rest: Vec<&Value> = log.iter().skip(2).collect();
    let received_all = receiver.wait("all", "what came later", |all| all.len() >= rest.len()).await;
    check(&received_all, &rest);
    for one in &received {
        assert!(one.is_by(shared["secret"].as_str().unwrap()), "{one:?}");
    }
    for one in &received_all {
        assert!(one.is_by_key(key["public_key"].as_str().unwrap()), "{one:?}");
    }
    let forged = Received { body: received[0].body.replace("TraceStarted", "TraceFinished"), ..received[0].clone() };
    assert!(!forged.is_by(shared["secret"].as_str().unwrap()));

    // Sent once more, under the ids that they had.
    let (id, _) = hook(&tenant, json!({"url": receiver.at("late"), "trace_id": events[0]["trace_id"]})).await;
    let of_trace: Vec<&Value> = log.iter().filter(|event| event["trace_id"] == events[0]["trace_id"]).collect();
    for round in 1..=2 {
        tenant.post(&format!("{HOOKS}/{id}/replay"), &json!({"after": 0})).await.expect(202);
        receiver.wait("late", "the trace again", |all| all.len() >= round * of_trace.len()).await;
        until(&tenant, &format!("{HOOKS}/{id}"), "the replay to end", |data| {
            data["webhook"]["replay"].is_null() && data["deliveries"]["pending"] == 0
        })
        .await;
    }
    let late = receiver.of("late");
    assert_eq!(late.len(), 2 * of_trace.len());
    let ids = |part: &[Received]| part.iter().map(|one| (one.log_seq(), one.id.clone())).collect::<BTreeMap<_, _>>();
    assert_eq!(ids(&late[..of_trace.len()]), ids(&late[of_trace.len()..]));
}

/// The messages are about these events and say of each what the log says.
fn check(received: &[Received], events: &[&Value]) {
    let by_position: BTreeMap<i64, Value> = received.iter().map(|one| (one.log_seq(), one.json())).collect();
    assert_eq!(by_position.len(), events.len());
    for event in events {
        let message = &by_position[&event["log_seq"].as_i64().unwrap()];
        assert_eq!(&message["data"], *event);
        assert_eq!(message["timestamp"], event["recorded_at"]);
        assert_eq!(message["type"], format!("event.{}", event["event_type"].as_str().unwrap()));
    }
    let ids: BTreeSet<&str> = received.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(ids.len(), events.len(), "each message has an id of its own");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_taken_is_tried_again_and_ends_as_a_dead_letter() {
    let (suite, receiver) = (suite(&[]), Receiver::start().await);
    let admin = Api::admin(&suite);
    let tenant = admin.new_tenant("acme", "precise").await;
    receiver.answer("bad", Mode::Answer(500));
    let (id, _) = hook(&tenant, json!({"url": receiver.at("bad")})).await;
    append(&tenant, 0..1).await;
    let dead = format!("{HOOKS}/{id}/deliveries?state=dead");
    let listed = until(&tenant, &dead, "a dead letter", |data| data["deliveries"][0].is_object()).await;
    let letter = &listed["deliveries"][0];
    assert_eq!((&letter["attempts"], &letter["last_status"], &letter["log_seq"]), (&json!(4), &json!(500), &json!(1)));
    let delivery_id = letter["delivery_id"].as_str().unwrap();
    let tries = receiver.of("bad");
    assert!(tries.len() == 4 && tries.iter().all(|one| one.id == delivery_id), "{tries:#?}");
    let shown = tenant.get(&format!("{HOOKS}/{id}/deliveries/{delivery_id}")).await;
    let attempts = shown.expect(200)["attempts"].as_array().unwrap().clone();
    assert_eq!(attempts.iter().map(|one| one["attempt"].clone()).collect::<Vec<_>>(), [4, 3, 2, 1].map(Value::from));
    assert!(attempts.iter().all(|one| one["error"] == "the endpoint answered 500"), "{attempts:?}");

    receiver.answer("bad", Mode::Take);
    let replayed = tenant.post(&format!("{HOOKS}/{id}/replay"), &json!({"dead": true})).await;
    assert_eq!(replayed.expect(202)["dead_letters"], 1);
    let one = format!("{HOOKS}/{id}/deliveries/{delivery_id}");
    let taken = until(&tenant, &one, "it to be taken", |data| data["delivery"]["state"] == "delivered").await;
    assert_eq!((&taken["delivery"]["attempts"], &taken["delivery"]["last_error"]), (&json!(5), &Value::Null));
    assert_eq!(receiver.of("bad").last().unwrap().id, delivery_id);
    tenant.post(&format!("{one}/retry"), &json!({})).await.expect(202);
    receiver.wait("bad", "it once more", |all| all.len() == 6).await;

    // Who asks for time gets it, at least.
    receiver.answer("bad", Mode::AskFor(3_600));
    tenant.post(&format!("{HOOKS}/{id}/test"), &json!({})).await.expect(202);
    let pending = format!("{HOOKS}/{id}/deliveries?state=pending");
    let waits = until(&tenant, &pending, "a failed test", |data| data["deliveries"][0]["attempts"] == 1).await;
    let waits = &waits["deliveries"][0];
    assert_eq!(waits["message_type"], "webhook.test");
    let span = |from: &str, to: &str| {
        let hour = |text: &str| text[11..13].parse::<i32>().unwrap() * 60 + text[14..16].parse::<i32>().unwrap();
        (hour(to) - hour(from)).rem_euclid(24 * 60)
    };
    let minutes = span(waits["created_at"].as_str().unwrap(), waits["next_attempt_at"].as_str().unwrap());
    assert!((60..=62).contains(&minutes), "{waits}");

    // Gone is gone, until somebody says otherwise.
    receiver.answer("bad", Mode::Answer(410));
    append(&tenant, 1..2).await;
    let disabled =
        until(&tenant, &format!("{HOOKS}/{id}"), "it to be disabled", |data| data["webhook"]["status"] == "disabled")
            .await;
    assert_eq!(disabled["webhook"]["status_reason"], "the endpoint answered 410 Gone");
    assert_eq!(disabled["deliveries"]["pending"], 2, "{disabled}");
    tenant.post(&format!("{HOOKS}/{id}/test"), &json!({})).await.refused(409, "conflict");
    let audit = admin.get("/api/v1/admin/audit?action=webhook.disable").await;
    let entry = &audit.expect(200)["entries"][0];
    assert_eq!(
        (&entry["principal"], &entry["subject"], &entry["about_tenant"]),
        (&json!("dg-workflowd"), &json!(id), &json!("acme"))
    );
    receiver.answer("bad", Mode::Take);
    append(&tenant, 2..3).await;
    let before = receiver.of("bad").len();
    let revived = tenant.patch(&format!("{HOOKS}/{id}"), &json!({"status": "active", "reason": "moved back"})).await;
    assert_eq!(
        (&revived.expect(200)["webhook"]["status"], &revived.data()["webhook"]["status_reason"]),
        (&json!("active"), &json!("moved back"))
    );
    receiver.wait("bad", "everything that waited", |all| all.len() == before + 3).await;
    let metrics = metrics(&suite).await;
    for series in [
        "dg_webhook_dead_letters_total 1",
        "dg_webhook_disablements_total 1",
        "dg_webhook_attempts_total{outcome=\"refused\"} 6",
    ] {
        assert!(metrics.contains(series), "{series}\n{metrics}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_fails_for_long_is_disabled_and_one_that_comes_back_gets_everything() {
    let settings =
        [("WEBHOOK_DISABLE_AFTER_MS", "3000"), ("WEBHOOK_RETRY_MS", "50,50,600000"), ("WEBHOOK_AT_ONCE", "2")];
    let (suite, receiver) = (suite(&settings), Receiver::start().await);
    let tenant = Api::admin(&suite).new_tenant("acme", "precise").await;
    receiver.answer("away", Mode::Answer(503));
    let (id, _) = hook(&tenant, json!({"url": receiver.at("away")})).await;
    append(&tenant, 0..20).await;
    let disabled =
        until(&tenant, &format!("{HOOKS}/{id}"), "it to be disabled", |data| data["webhook"]["status"] == "disabled")
            .await;
    let reason = disabled["webhook"]["status_reason"].as_str().unwrap();
    assert!(reason.starts_with("nothing was taken in "), "{reason}");
    assert!(receiver.of("away").len() < 40, "an endpoint that is away is left alone: {}", receiver.of("away").len());

    receiver.answer("away", Mode::Take);
    tenant.patch(&format!("{HOOKS}/{id}"), &json!({"status": "active"})).await.expect(200);
    let all: BTreeSet<i64> = (1..=20).collect();
    let taken = |got: &[Received]| got.iter().filter(|one| one.taken).map(Received::log_seq).collect::<BTreeSet<_>>();
    receiver.wait("away", "all twenty", |got| taken(got) == all).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_slow_delays_no_other() {
    let (suite, receiver) =
        (suite(&[("WEBHOOK_TIMEOUT_MS", "60000"), ("WEBHOOK_AT_ONCE", "2")]), Receiver::start().await);
    let admin = Api::admin(&suite);
    let (ours, theirs) = (admin.new_tenant("ours", "precise").await, admin.new_tenant("theirs", "precise").await);
    receiver.answer("slow", Mode::Hang);
    let (slow, _) = hook(&ours, json!({"url": receiver.at("slow")})).await;
    hook(&ours, json!({"url": receiver.at("quick")})).await;
    hook(&theirs, json!({"url": receiver.at("other")})).await;
    append(&ours, 0..40).await;
    append(&theirs, 0..40).await;
    for path in ["quick", "other"] {
        receiver.wait(path, "all forty", |all| all.len() == 40).await;
    }
    let shown = ours.get(&format!("{HOOKS}/{slow}")).await;
    assert_eq!(shown.expect(200)["deliveries"], json!({"pending": 40, "delivered": 0, "dead": 0}));
    assert_eq!(receiver.of("slow").len(), 2, "no more than may be under way together");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_answer_in_time_is_tried_again() {
    let (suite, receiver) =
        (suite(&[("WEBHOOK_TIMEOUT_MS", "300"), ("WEBHOOK_CONNECT_TIMEOUT_MS", "300")]), Receiver::start().await);
    let tenant = Api::admin(&suite).new_tenant("acme", "precise").await;
    receiver.answer("late", Mode::Hang);
    let (id, _) = hook(&tenant, json!({"url": receiver.at("late")})).await;
    append(&tenant, 0..1).await;
    receiver.wait("late", "a first attempt", |all| !all.is_empty()).await;
    receiver.answer("late", Mode::Take);
    let taken = format!("{HOOKS}/{id}/deliveries?state=delivered");
    let listed = until(&tenant, &taken, "another attempt", |data| data["deliveries"][0].is_object()).await;
    let delivery_id = listed["deliveries"][0]["delivery_id"].as_str().unwrap();
    let shown = tenant.get(&format!("{HOOKS}/{id}/deliveries/{delivery_id}")).await;
    let first = shown.expect(200)["attempts"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&first["error"], &first["status"]), (&json!("no answer within 300 ms"), &Value::Null), "{first}");

    // Nobody listens there at all.
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let (id, _) = hook(&tenant, json!({"url": format!("http://{closed}/")})).await;
    append(&tenant, 1..2).await;
    let dead = format!("{HOOKS}/{id}/deliveries?state=dead");
    let listed = until(&tenant, &dead, "it to be given up", |data| data["deliveries"][0].is_object()).await;
    let error = listed["deliveries"][0]["last_error"].as_str().unwrap();
    assert!(error.starts_with("cannot connect: "), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_when_the_daemon_is_killed() {
    let (suite, receiver) = (suite(&[]), Receiver::start().await);
    let tenant = Api::admin(&suite).new_tenant("acme", "precise").await;
    let (id, _) = hook(&tenant, json!({"url": receiver.at("all")})).await;
    let events = generate(11, Shape { traces: 60, finished_percent: 100, ..Shape::default() });
    let mut chunks = events.chunks(events.len().div_ceil(8));
    for round in 0..8 {
        tenant.append_all(chunks.next().unwrap(), 1000).await;
        let so_far = receiver.of("all").len();
        receiver.wait("all", "some more", |all| all.len() > so_far + 5).await;
        if round < 6 {
            suite.signal("dg-workflowd", Signal::SIGKILL).unwrap();
        }
    }
    let wanted: BTreeSet<i64> = (1..=i64::try_from(events.len()).unwrap()).collect();
    let received = receiver
        .wait("all", "every event", |all| all.iter().map(Received::log_seq).collect::<BTreeSet<_>>() == wanted)
        .await;
    let mut ids: BTreeMap<i64, BTreeSet<String>> = BTreeMap::new();
    for one in &received {
        ids.entry(one.log_seq()).or_default().insert(one.id.clone());
    }
    assert!(ids.values().all(|ids| ids.len() == 1), "what comes twice has one id: {ids:?}");
    let counts =
        until(&tenant, &format!("{HOOKS}/{id}"), "all to be written down", |data| data["deliveries"]["pending"] == 0)
            .await;
    assert_eq!(counts["deliveries"], json!({"pending": 0, "delivered": wanted.len(), "dead": 0}));
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_rotated_and_never_seen_again() {
    let (suite, receiver) = (suite(&[]), Receiver::start().await);
    let admin = Api::admin(&suite);
    let tenant = admin.new_tenant("acme", "precise").await;
    let (id, first) = hook(&tenant, json!({"url": receiver.at("turn")})).await;
    let first = first["secret"].as_str().unwrap().to_owned();
    let one = format!("{HOOKS}/{id}");
    let test = async |number: usize| {
        tenant.post(&format!("{one}/test"), &json!({})).await.expect(202);
        receiver.wait("turn", "a test", |all| all.len() == number).await.pop().unwrap()
    };
    assert!(test(1).await.is_by(&first));
    let rotated = tenant.post(&format!("{one}/secret/rotate"), &json!({})).await;
    let second = rotated.expect(201)["secret"]["secret"].as_str().unwrap().to_owned();
    assert_eq!(rotated.data()["secrets"].as_array().unwrap().len(), 2);
    let both = test(2).await;
    assert!(both.is_by(&first) && both.is_by(&second), "{both:?}");
    let rotated =
        tenant.post(&format!("{one}/secret/rotate"), &json!({"overlap_s": 0, "secret_kind": "ed25519"})).await;
    let key = rotated.expect(201)["secret"]["public_key"].as_str().unwrap().to_owned();
    let last = test(3).await;
    assert!(last.is_by_key(&key) && !last.is_by(&first) && !last.is_by(&second), "{last:?}");
    assert_eq!(last.json()["type"], "webhook.test");

    let mut seen = suite.log();
    for path in
        [HOOKS.to_owned(), one.clone(), format!("{one}/deliveries"), "/api/v1/admin/audit?limit=1000".to_owned()]
    {
        seen.push_str(&tenant.get(&path).await.text);
    }
    for secret in [&first, &second] {
        assert!(!seen.contains(secret.strip_prefix("whsec_").unwrap()), "a secret is shown once");
    }
    assert!(!seen.contains("whsk_") && seen.contains("webhook.rotate"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_leads_inside() {
    let (suite, receiver) = (suite(&[("WEBHOOK_ALLOW_PRIVATE", "false")]), Receiver::start().await);
    let tenant = Api::admin(&suite).new_tenant("acme", "precise").await;
    let port = receiver.url.rsplit(':').next().unwrap().to_owned();
    for inside in [
        receiver.at("x"),
        format!("https://127.0.0.1:{port}/x"),
        format!("https://localhost:{port}/x"),
        "https://169.254.169.254/latest/meta-data".to_owned(),
        "https://10.0.0.1/".to_owned(),
        "https://[::1]/".to_owned(),
        "https://[::ffff:127.0.0.1]/".to_owned(),
        "https://0x7f000001/".to_owned(),
        "http://203.0.114.1/".to_owned(),
        "ftp://example.org/".to_owned(),
        "https://user:password@203.0.114.1/".to_owned(),
    ] {
        let refused = tenant.post(HOOKS, &json!({"url": inside})).await;
        assert_eq!(refused.refused(400, "invalid_argument")["pointer"], "/url", "{inside}");
    }
    // What was allowed before, or leads elsewhere than it did, is checked when it is used.
    let (id, _) = hook(&tenant, json!({"url": "https://203.0.114.1/"})).await;
    tenant
        .patch(&format!("{HOOKS}/{id}"), &json!({"url": "https://127.0.0.1/"}))
        .await
        .refused(400, "invalid_argument");
    let (client, connection) = tokio_postgres::connect(&suite.database_url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client.execute("UPDATE dg_webhooks SET url = $1", &[&format!("https://127.0.0.1:{port}/x")]).await.unwrap();
    append(&tenant, 0..1).await;
    let dead = format!("{HOOKS}/{id}/deliveries?state=dead");
    let listed = until(&tenant, &dead, "it to be given up", |data| data["deliveries"][0].is_object()).await;
    let error = listed["deliveries"][0]["last_error"].as_str().unwrap();
    assert!(error.contains("loopback"), "{error}");
    assert!(receiver.of("x").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tenants_with_equal_ids_hear_of_their_own() {
    let (suite, receiver) = (suite(&[]), Receiver::start().await);
    let admin = Api::admin(&suite);
    let (left, right) = (admin.new_tenant("left", "precise").await, admin.new_tenant("right", "precise").await);
    let (of_left, _) = hook(&left, json!({"url": receiver.at("left")})).await;
    hook(&right, json!({"url": receiver.at("right")})).await;
    append(&left, 0..5).await;
    append(&right, 0..3).await;
    for (path, count) in [("left", 5), ("right", 3)] {
        let received = receiver.wait(path, "its own", |all| all.len() == count).await;
        assert!(received.iter().all(|one| one.json()["data"]["tenant_id"] == path), "{received:?}");
    }
    let ids = |path| receiver.of(path).iter().map(|one| one.id.clone()).collect::<BTreeSet<_>>();
    assert!(ids("left").is_disjoint(&ids("right")));

    let one = format!("{HOOKS}/{of_left}");
    let listed = left.get(&format!("{one}/deliveries?limit=2")).await;
    let page = listed.expect(200);
    assert_eq!(page["deliveries"].as_array().unwrap().len(), 2);
    let next = left.get(&format!("{one}/deliveries?limit=50&cursor={}", page["next_cursor"].as_str().unwrap())).await;
    assert_eq!(next.expect(200)["deliveries"].as_array().unwrap().len(), 3);
    let delivery = page["deliveries"][0]["delivery_id"].as_str().unwrap();
    for path in
        [one.clone(), format!("{one}/deliveries"), format!("{one}/deliveries/{delivery}"), format!("{HOOKS}/nothing")]
    {
        right.get(&path).await.refused(404, "not_found");
    }
    for path in ["secret/rotate", "test", &format!("deliveries/{delivery}/retry")] {
        right.post(&format!("{one}/{path}"), &json!({})).await.refused(404, "not_found");
    }
    right.post(&format!("{one}/replay"), &json!({"after": 0})).await.refused(404, "not_found");
    right.patch(&one, &json!({"status": "paused"})).await.refused(404, "not_found");
    right.try_request("DELETE", &one, &[], Vec::new()).await.unwrap().refused(404, "not_found");
    assert_eq!(right.get(HOOKS).await.expect(200)["webhooks"].as_array().unwrap().len(), 1);

    // A pause holds back, and its end gives everything.
    left.patch(&one, &json!({"status": "paused"})).await.expect(200);
    append(&left, 5..8).await;
    append(&right, 3..4).await;
    receiver.wait("right", "one more", |all| all.len() == 4).await;
    assert_eq!(receiver.of("left").len(), 5);
    left.patch(&one, &json!({"status": "active"})).await.expect(200);
    receiver.wait("left", "the rest", |all| all.len() == 8).await;
    left.try_request("DELETE", &one, &[], Vec::new()).await.unwrap().expect(200);
    left.get(&one).await.refused(404, "not_found");

    let body =
        json!({"account_id": "some", "roles": ["admin"], "permissions": ["audit_read"], "tenant_ids": ["right"]});
    let token =
        admin.post("/api/v1/admin/accounts", &body).await.expect(201)["token"]["token"].as_str().unwrap().to_owned();
    let refused = right.token(Some(&token)).get(HOOKS).await;
    assert_eq!(refused.refused(403, "forbidden")["permission"], "webhooks_manage");
}

#[tokio::test(flavor = "multi_thread")]
async fn projections_are_announced_as_they_advance() {
    let (suite, receiver) = (suite(&[]), Receiver::start().await);
    let tenant = Api::admin(&suite).new_tenant("acme", "precise").await;
    hook(&tenant, json!({"url": receiver.at("moved"), "what": ["projections"]})).await;
    append(&tenant, 0..30).await;
    let last = receiver.wait("moved", "the end of the log", |all| {
        all.last().is_some_and(|one| one.json()["data"]["applied_seq"] == 30)
    });
    let last = last.await;
    assert!(last.len() < 30, "what moves often is told of now and then: {}", last.len());
    let message = last.last().unwrap().json();
    assert_eq!(message["type"], "projection.advanced");
    assert_eq!(message["data"]["tenant_id"], "acme");
    assert_eq!(message["data"]["projections"]["trace_index"], 30, "{message}");
    let applied: Vec<i64> = last.iter().map(|one| one.json()["data"]["applied_seq"].as_i64().unwrap()).collect();
    assert!(applied.is_sorted(), "{applied:?}");
}

/// What an administrator does with `dg`, and what they are told.
#[tokio::test(flavor = "multi_thread")]
async fn dg_does_all_of_it() {
    let (suite, receiver) = (suite(&[]), Receiver::start().await);
    let tenant = Api::admin(&suite).new_tenant("acme", "precise").await;
    let dg = Dg::beside(&suite);
    let asked = |words: &[&str]| dg.json(&[&["webhooks"], words, &["-t", "acme"]].concat());
    receiver.answer("cli", Mode::Answer(500));
    let url = receiver.at("cli");
    let made = asked(&["create", &url, "--event-type", "TraceStarted", "--description", "refunds", "--after", "0"]);
    let (id, first) = (made["webhook"]["webhook_id"].as_str().unwrap(), made["secret"]["secret"].as_str().unwrap());
    assert_eq!(
        (&made["webhook"]["event_type"], &made["webhook"]["what"]),
        (&json!(["TraceStarted"]), &json!(["events"]))
    );
    append(&tenant, 0..1).await;
    let dead = format!("{HOOKS}/{id}/deliveries?state=dead");
    until(&tenant, &dead, "a dead letter", |data| data["deliveries"][0].is_object()).await;
    let listed = asked(&["deliveries", id, "--state", "dead"]);
    let delivery = listed["deliveries"][0]["delivery_id"].as_str().unwrap();
    assert_eq!(asked(&["deliveries", id, delivery])["attempts"].as_array().unwrap().len(), 4);
    receiver.answer("cli", Mode::Take);
    assert_eq!(asked(&["replay", id, "--dead"])["dead_letters"], 1);
    let taken = |count: usize| move |all: &[Received]| all.iter().filter(|one| one.taken).count() == count;
    receiver.wait("cli", "the dead letter", taken(1)).await;
    asked(&["retry", id, delivery]);
    receiver.wait("cli", "it again", taken(2)).await;
    asked(&["replay", id, "--after", "0", "--until", "1"]);
    receiver.wait("cli", "it once more", taken(3)).await;
    let rotated = asked(&["rotate", id, "--overlap-s", "600"]);
    let second = rotated["secret"]["secret"].as_str().unwrap();
    asked(&["test", id]);
    let test = receiver.wait("cli", "a test", taken(4)).await.pop().unwrap();
    assert!(test.is_by(first) && test.is_by(second), "{test:?}");
    let set = asked(&[
        "set",
        id,
        "--pause",
        "--all-event-types",
        "--what",
        "projections",
        "--description",
        "",
        "--reason",
        "r",
    ]);
    assert_eq!((&set["webhook"]["status"], &set["webhook"]["description"]), (&json!("paused"), &Value::Null), "{set}");
    assert_eq!(
        (&set["webhook"]["event_type"], &set["webhook"]["what"]),
        (&json!([]), &json!(["projections"])),
        "{set}"
    );
    let shown = asked(&["show", id]);
    assert_eq!((shown["secrets"].as_array().unwrap().len(), &shown["deliveries"]["dead"]), (2, &json!(0)), "{shown}");
    for words in [&["list"][..], &["show", id], &["deliveries", id], &["deliveries", id, delivery]] {
        let output = dg.run(&[&["webhooks"], words, &["-t", "acme"]].concat()).0;
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && text.lines().count() > 1, "{words:?}: {text}");
        assert!(!text.contains(first) && !text.contains(second), "{words:?}: {text}");
    }
    asked(&["delete", id]);
    assert_eq!(asked(&["list"]), json!({"webhooks": []}));
}

async fn metrics(suite: &Suite) -> String {
    let file = suite.dir().join("the state/run/dg-workflowd.addr");
    let addresses = std::fs::read_to_string(file).unwrap();
    let admin = addresses.lines().find_map(|line| line.strip_prefix("admin ")).unwrap();
    reqwest::get(format!("{admin}/metrics")).await.unwrap().text().await.unwrap()
}
