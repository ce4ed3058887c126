//! Nobody takes what is for others: rates, requests under way, slow clients; and what is repeated, packed or conditional.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use dg_testkit::{Suite, SuiteOptions};
use serde_json::{Value, json};

use crate::api::{Answer, Api};
use crate::events::started;

fn suite(settings: &[(&str, &str)]) -> Suite {
    let env = settings.iter().map(|(name, value)| (format!("DG__API__{name}"), (*value).to_owned())).collect();
    Suite::start_with(SuiteOptions { env, ..SuiteOptions::default() }).unwrap()
}

async fn keyed(api: &Api, path: &str, key: &str, body: &Value) -> Answer {
    let headers = [("content-type", "application/json"), ("idempotency-key", key)];
    api.try_request("POST", path, &headers, body.to_string().into_bytes()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_and_a_tenant_get_so_much_and_no_more() {
    let suite = suite(&[
        ("LIMITS__WRITES_PER_SECOND", "1"),
        ("LIMITS__READS_PER_SECOND", "1"),
        ("LIMITS__BURST_S", "20"),
        ("LIMITS__FAILURES_PER_MINUTE", "30"),
    ]);
    let admin = Api::admin(&suite);
    let ours = admin.new_tenant("ours", "precise").await;
    let theirs = admin.new_tenant("theirs", "precise").await;
    let events: Vec<Value> = (0..15).map(|n| started(&format!("t{n}"))).collect();
    let first = ours.post("/api/v1/events:batch", &json!({"events": events})).await;
    assert_eq!(first.expect(200)["stored"], 15);
    let limit = first.header("ratelimit").unwrap();
    assert!(limit.starts_with(r#""account-write";r=5;t="#), "{limit}");
    assert!(first.header("ratelimit-policy").unwrap().starts_with(r#""account-write";q=20;w=20"#));

    // Fifteen more are too many, and none of them is stored.
    let more: Vec<Value> = (0..15).map(|n| started(&format!("u{n}"))).collect();
    let refused = ours.post("/api/v1/events:batch", &json!({"events": more})).await;
    assert_eq!(refused.refused(429, "rate_limited")["limit"], "account-write");
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((5..=15).contains(&wait), "{wait}");
    assert_eq!(ours.get("/api/v1/events?limit=1000").await.expect(200)["events"].as_array().unwrap().len(), 15);

    // Another tenant, another account, another kind of request: each has its own.
    theirs.post("/api/v1/events:batch", &json!({"events": more})).await.expect(200);
    let other = ours.token(Some(&admin.new_account("other", &["writer"], &["ours"]).await));
    other.post("/api/v1/events:batch", &json!({"events": more})).await.expect(200);
    admin.get("/api/v1/admin/tenants").await.expect(200);

    // A tenant can be held to less, whoever writes.
    let set = json!({"limits": {"writes_per_second": 1}});
    admin.patch("/api/v1/admin/tenants/theirs", &set).await.expect(200);
    let third = theirs.token(Some(&admin.new_account("third", &["writer"], &["theirs"]).await));
    let many: Vec<Value> = (0..20).map(|n| started(&format!("v{n}"))).collect();
    third.post("/api/v1/events:batch", &json!({"events": many})).await.expect(200);
    let fourth = theirs.token(Some(&admin.new_account("fourth", &["writer"], &["theirs"]).await));
    let full = fourth.post("/api/v1/events", &started("w")).await;
    assert_eq!(full.refused(429, "rate_limited")["limit"], "tenant-write");

    // Wrong tokens use up what their address may try; who is known still comes in.
    let mut statuses = Vec::new();
    for n in 0..40 {
        let stranger = format!("dg_{}_{n:064}", "a".repeat(12));
        statuses.push(other.token(Some(&stranger)).get("/api/v1/me").await.status);
    }
    assert_eq!(statuses.first(), Some(&401), "{statuses:?}");
    assert_eq!(statuses.last(), Some(&429), "{statuses:?}");
    admin.get("/api/v1/admin/tenants").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_tenant_does_not_hold_up_another() {
    // One connection for tenants' reads.
    let suite = Suite::start_with(SuiteOptions {
        env: vec![("DG__DATABASE__POOL_SIZE".to_owned(), "2".to_owned())],
        ..SuiteOptions::default()
    })
    .unwrap();
    let admin = Api::admin(&suite);
    let (busy, calm) = (admin.new_tenant("busy", "precise").await, admin.new_tenant("calm", "precise").await);
    let events: Vec<Value> = (0..1_000).map(|n| started(&format!("t{n}"))).collect();
    busy.append_all(&events, 1_000).await;
    calm.post("/api/v1/events", &started("t")).await.expect(201);
    let crowd: Vec<_> = (0..64)
        .map(|_| {
            let busy = busy.clone();
            tokio::spawn(async move {
                let answer = busy.get("/api/v1/events?limit=1000").await;
                (std::time::Instant::now(), answer.status)
            })
        })
        .collect();
    let one = calm.get("/api/v1/events").await;
    let answered = std::time::Instant::now();
    one.expect(200);
    let mut later = 0;
    for reader in crowd {
        let (at, status) = reader.await.unwrap();
        assert_eq!(status, 200);
        later += usize::from(at > answered);
    }
    assert!(later >= 32, "only {later} of 64 were answered after the one that came last");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_takes_nothing_is_cut_off() {
    let suite = suite(&[("STALL_MS", "200"), ("IDLE_TIMEOUT_MS", "60000")]);
    let admin = Api::admin(&suite);
    let tenant = admin.new_tenant("large", "precise").await;
    let mut event = started("t0");
    event["payload"]["title"] = json!("x".repeat(900_000));
    for n in 0..12 {
        event["trace_id"] = json!(format!("t{n}"));
        event["event_id"] = json!(format!("e{n}"));
        event["idempotency_key"] = json!(format!("k{n}"));
        tenant.post("/api/v1/events", &event).await.expect(201);
    }
    let address = suite.api_url.strip_prefix("http://").unwrap();
    let mut slow = TcpStream::connect(address).unwrap();
    let head = format!(
        "GET /api/v1/events?limit=1000 HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\nx-tenant-id: large\r\n\r\n",
        suite.admin_token
    );
    slow.write_all(head.as_bytes()).unwrap();
    // Nothing is read until the service has given up: it then closes a connection that would be kept alive otherwise.
    let metrics = async || {
        let open = std::fs::read_to_string("/proc/net/tcp").unwrap();
        let port = slow.local_addr().unwrap().port();
        let peer = format!(":{port:04X}");
        let mine = |line: &&str| line.split_whitespace().nth(2).is_some_and(|remote| remote.ends_with(&peer));
        let established = open.lines().filter(mine).any(|line| line.split_whitespace().nth(3) == Some("01"));
        (!established).then_some(())
    };
    dg_testkit::wait_for(Duration::from_secs(20), "the slow client's connection to end", metrics).await.unwrap();
    let mut taken = Vec::new();
    let broken = slow.read_to_end(&mut taken).is_err();
    assert!(broken || taken.len() < 10_000_000, "{}", taken.len());
    admin.get("/api/v1/me").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_repeated_is_answered_and_not_done_again() {
    let suite = Suite::start().unwrap();
    let admin = Api::admin(&suite);
    let path = "/api/v1/admin/tenants";
    let body = json!({"tenant_id": "once"});
    let first = keyed(&admin, path, "\"k-1\"", &body).await;
    first.expect(201);
    assert_eq!(first.header("idempotent-replayed"), None);
    let again = keyed(&admin, path, "k-1", &body).await;
    assert_eq!((again.status, &again.text), (201, &first.text));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    keyed(&admin, path, "k-1", &json!({"tenant_id": "twice"})).await.refused(409, "idempotency_conflict");
    admin.post(path, &body).await.refused(409, "conflict");
    for bad in ["", "a b", &"x".repeat(256)] {
        keyed(&admin, path, bad, &body).await.refused(400, "invalid_argument");
    }

    // What failed can be tried again under its key, also differently.
    keyed(&admin, path, "k-2", &json!({"tenant_id": "a b"})).await.refused(400, "invalid_argument");
    keyed(&admin, path, "k-2", &json!({"tenant_id": "ab"})).await.expect(201);

    // Another account's key of the same name is another key; a stranger gets nothing out of it.
    let token = admin.new_account("ops", &["admin"], &["*"]).await;
    keyed(&admin.token(Some(&token)), path, "k-1", &body).await.refused(403, "forbidden");
    keyed(&admin.token(None), path, "k-1", &body).await.refused(401, "unauthorized");

    // Of many at once one is carried out.
    let events = admin.tenant("once");
    let event = json!({"tenant_id": "race"});
    let many: Vec<_> = (0..16)
        .map(|_| {
            let (admin, event) = (admin.clone(), event.clone());
            tokio::spawn(async move { keyed(&admin, path, "race", &event).await })
        })
        .collect();
    let mut made = 0;
    for one in many {
        let answer = one.await.unwrap();
        match answer.status {
            201 if answer.header("idempotent-replayed").is_none() => made += 1,
            201 => {}
            _ => {
                answer.refused(409, "conflict");
                assert_eq!(answer.header("retry-after"), Some("1"));
            }
        }
    }
    assert_eq!(made, 1);

    // A secret is shown once and kept nowhere.
    let account = json!({"account_id": "shown-once", "roles": ["reader"], "tenant_ids": ["once"]});
    let shown = keyed(&admin, "/api/v1/admin/accounts", "k-3", &account).await;
    let secret = shown.expect(201)["token"]["token"].as_str().unwrap().to_owned();
    keyed(&admin, "/api/v1/admin/accounts", "k-3", &account).await.refused(409, "conflict");
    let (client, connection) = tokio_postgres::connect(&suite.database_url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let sql = "SELECT count(*) FROM dg_idempotency_keys WHERE position(convert_to($1, 'UTF8') IN body) > 0";
    let kept: i64 = client.query_one(sql, &[&secret]).await.unwrap().get(0);
    assert_eq!(kept, 0);

    // Events too, besides their own keys.
    let one = keyed(&events, "/api/v1/events", "e-1", &started("t")).await;
    let two = keyed(&events, "/api/v1/events", "e-1", &started("t")).await;
    assert_eq!((one.status, &one.text), (two.status, &two.text));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_not_changed_is_not_sent_and_what_has_is_not_overwritten() {
    let suite = Suite::start().unwrap();
    let admin = Api::admin(&suite);
    let tenant = admin.new_tenant("tagged", "precise").await;
    tenant.post("/api/v1/events", &started("t")).await.expect(201);
    let path = "/api/v1/traces/t/events";
    let first = tenant.get(path).await;
    let tag = first.header("etag").unwrap().to_owned();
    let named = async |tag: &str| tenant.try_request("GET", path, &[("if-none-match", tag)], Vec::new()).await.unwrap();
    let same = named(&tag).await;
    assert_eq!((same.status, same.text.as_str(), same.header("etag")), (304, "", Some(tag.as_str())));
    assert_eq!(named("W/\"0\"").await.status, 200);
    let mut next = started("t");
    (next["event_type"], next["payload"]) = (json!("TraceFinished"), json!({"outcome": "success"}));
    (next["event_id"], next["idempotency_key"]) = (json!("end"), json!("end"));
    tenant.post("/api/v1/events", &next).await.expect(201);
    assert_eq!(named(&tag).await.status, 200);
    assert_eq!(tenant.get("/api/v1/traces/nope").await.header("etag"), None);

    admin.new_account("bot", &["reader"], &["tagged"]).await;
    admin.post("/api/v1/admin/users", &json!({"user_id": "ana", "roles": ["reader"]})).await.expect(201);
    let cases = [
        ("/api/v1/admin/tenants/tagged", json!({"secret_guard": "reference"}), json!({"secret_guard": "precise"})),
        ("/api/v1/admin/accounts/bot", json!({"display_name": "A"}), json!({"display_name": "B"})),
        ("/api/v1/admin/users/ana", json!({"display_name": "A"}), json!({"display_name": "B"})),
    ];
    for (path, one, two) in cases {
        let seen = admin.get(path).await.header("etag").unwrap().to_owned();
        let change = async |body: &Value| {
            let headers = [("content-type", "application/json"), ("if-match", seen.as_str())];
            admin.try_request("PATCH", path, &headers, body.to_string().into_bytes()).await.unwrap()
        };
        change(&one).await.expect(200);
        change(&two).await.refused(412, "precondition_failed");
        let now = admin.get(path).await;
        assert!(now.text.contains(one.as_object().unwrap().values().next().unwrap().as_str().unwrap()), "{}", now.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_may_be_packed_both_ways() {
    let suite = Suite::start().unwrap();
    let admin = Api::admin(&suite);
    let tenant = admin.new_tenant("packed", "precise").await;
    let events: Vec<Value> = (0..50).map(|n| started(&format!("t{n}"))).collect();
    let body = json!({"events": events}).to_string();
    let pack = |program: &str, text: &[u8]| {
        let mut child = std::process::Command::new(program)
            .arg("-c")
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut into = child.stdin.take().unwrap();
        let text = text.to_vec();
        let feeding = std::thread::spawn(move || into.write_all(&text));
        let packed = child.wait_with_output().unwrap().stdout;
        feeding.join().unwrap().unwrap();
        packed
    };
    let send = async |coding: &str, body: Vec<u8>| {
        let headers = [("content-type", "application/json"), ("content-encoding", coding)];
        tenant.try_request("POST", "/api/v1/events:batch", &headers, body).await.unwrap()
    };
    let packed = pack("gzip", body.as_bytes());
    assert!(packed.len() < body.len() / 4);
    assert_eq!(send("gzip", packed.clone()).await.expect(200)["stored"], 50);
    send("br", packed.clone()).await.refused(415, "unsupported_media_type");
    send("gzip", body.clone().into_bytes()).await.refused(400, "invalid_argument");
    // What unpacks to more than a batch may be is refused as that.
    let bomb = pack("gzip", &vec![b' '; 64 << 20]);
    assert!(bomb.len() < 100_000);
    send("gzip", bomb).await.refused(413, "payload_too_large");

    let plain = tenant.get("/api/v1/events?limit=1000").await;
    // Nothing unpacks the answer here, so nothing holds it against the document.
    let packed = tenant.elsewhere(&tenant.base);
    let sizes = async |coding: &'static str| {
        let headers = [("accept-encoding", coding)];
        let answer = packed.try_request("GET", "/api/v1/events?limit=1000", &headers, Vec::new()).await.unwrap();
        (answer.header("content-encoding").map(str::to_owned), answer.text.len())
    };
    for coding in ["gzip", "zstd"] {
        let (named, size) = sizes(coding).await;
        assert_eq!(named.as_deref(), Some(coding));
        assert!(size < plain.text.len() / 3, "{size} of {}", plain.text.len());
    }
    assert_eq!(sizes("identity").await.0, None);
    let small = tenant.try_request("GET", "/api/v1/me", &[("accept-encoding", "gzip")], Vec::new()).await.unwrap();
    assert_eq!(small.header("content-encoding"), None, "it fits into a packet as it is");
}
