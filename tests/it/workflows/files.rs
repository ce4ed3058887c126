//! Files as evidence: put, named, found again, refused, and gone where nobody names them.

use std::time::Duration;

use dg_testkit::{Suite, SuiteOptions, wait_for};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Case, act, item, verified};
use crate::api::{Answer, Api, encoded};
use crate::cli::Dg;
use crate::events::{event, started};

const PATH: &str = "/api/v1/workflow-files";
const TEXT: &str = "text/plain";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\x01\x02\xff";
const LARGEST: usize = 10 << 20;

fn sha256(content: &[u8]) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn put(by: &Api, media_type: &str, content: impl Into<Vec<u8>>) -> Answer {
    by.post_text(PATH, media_type, content).await
}

async fn get(by: &Api, sha256: &str) -> Answer {
    by.get(&format!("{PATH}/{sha256}")).await
}

async fn owner(case: &Case) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(&case.suite.database_url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_bytes_are_one_file_of_one_tenant() {
    let case = Case::new().await;
    let reader = case.admin.token(Some(&Api::admin(&case.suite).new_account("looker", &["reader"], &["t"]).await));
    let content = "Grüße\n".repeat(1_000);
    let hash = sha256(content.as_bytes());
    put(&reader, TEXT, content.as_str()).await.refused(403, "forbidden");
    let first = put(&case.agent, "text/plain; charset=utf-8", content.as_str()).await;
    assert_eq!(*first.expect(201), json!({"sha256": hash, "media_type": TEXT, "size_bytes": content.len()}));
    // What it holds was said before.
    let again = put(&case.reviewer, "text/markdown", content.as_str()).await;
    assert_eq!(again.expect(200), first.data());
    for name in [hash.clone(), format!("sha256:{hash}")] {
        let found = get(&reader, &name).await;
        assert_eq!((found.status, found.text == content), (200, true), "{name}");
        let tag = format!("\"{hash}\"");
        for (header, expected) in [
            ("content-type", "text/plain; charset=utf-8"),
            ("content-disposition", &format!("attachment; filename=\"{hash}.txt\"")),
            ("x-content-type-options", "nosniff"),
            ("cache-control", "no-store"),
            ("etag", &tag),
        ] {
            assert_eq!(found.header(header), Some(expected), "{name}");
        }
        // A strong tag is that of the bytes on the way: they are not packed.
        let asked = [("accept-encoding", "gzip")];
        let plain = reader.try_request("GET", &format!("{PATH}/{name}"), &asked, Vec::new()).await.unwrap();
        assert_eq!((plain.header("content-encoding"), plain.text == content), (None, true));
        let known = [("if-none-match", tag.as_str())];
        let same = reader.try_request("GET", &format!("{PATH}/{name}"), &known, Vec::new()).await.unwrap();
        assert_eq!((same.status, same.text.as_str(), same.header("etag")), (304, "", Some(tag.as_str())));
    }
    let other = Api::admin(&case.suite).new_tenant("u", "precise").await;
    get(&other, &hash).await.refused(404, "not_found");
    put(&other, TEXT, content.as_str()).await.expect(201);
    for unknown in [sha256(b"nobody put this"), "x".to_owned(), hash.to_uppercase()] {
        get(&reader, &unknown).await.refused(404, "not_found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_file_of_its_type_is_not_kept() {
    let case = Case::new().await;
    for media_type in ["text/html", "image/svg+xml", "application/octet-stream", "application/x-www-form-urlencoded"] {
        let details = put(&case.agent, media_type, "x").await.refused(415, "unsupported_media_type").clone();
        assert_eq!(details["allowed"].as_array().unwrap().len(), 8, "{media_type}");
    }
    let unsaid = case.agent.try_request("POST", PATH, &[], b"x".to_vec()).await.unwrap();
    unsaid.refused(415, "unsupported_media_type");
    let bad: [(&str, &[u8], &str); 5] = [
        (TEXT, b"", "empty"),
        (TEXT, b"a\0b", "content"),
        ("application/pdf", b"<html>", "content"),
        ("image/jpeg", PNG, "content"),
        ("application/json", b"{", "content"),
    ];
    for (media_type, content, reason) in bad {
        let answer = put(&case.agent, media_type, content).await;
        assert_eq!(answer.refused(400, "invalid_argument")["reason"], reason, "{media_type}");
    }
    let large = vec![b'x'; LARGEST + 1];
    assert_eq!(put(&case.agent, TEXT, large).await.refused(413, "payload_too_large")["limit_bytes"], LARGEST);
    let count = owner(&case).await.query_one("SELECT count(*) FROM dg_workflow_files", &[]).await.unwrap();
    assert_eq!(count.get::<_, i64>(0), 0);
    // The largest goes in, under a key too, and comes out as it was.
    let content = vec![b'y'; LARGEST];
    let keyed = [("content-type", TEXT), ("idempotency-key", "one")];
    for replayed in [None, Some("true")] {
        let answer = case.agent.try_request("POST", PATH, &keyed, content.clone()).await.unwrap();
        assert_eq!(answer.expect(201)["size_bytes"], LARGEST);
        assert_eq!(answer.header("idempotent-replayed"), replayed);
    }
    let found = get(&case.agent, &sha256(&content)).await;
    assert_eq!((found.status, found.text.into_bytes() == content), (200, true));
    // On this route only.
    let other = case.agent.post_text("/api/v1/events:batch", "application/json", vec![b' '; LARGEST]).await;
    other.refused(413, "payload_too_large");
}

#[tokio::test(flavor = "multi_thread")]
async fn evidence_names_files_that_are_there() {
    let case = Case::new().await;
    let (id, png) = (case.asked("a").await, sha256(PNG));
    item(&case.reviewer, &id).await;
    let path = format!("/api/v1/workflows/{}/actions", encoded(&id));
    let attach = |file: Value| json!({"action": "attach", "evidence": ["seen", file]});
    let elsewhere = Api::admin(&case.suite).new_tenant("u", "precise").await;
    put(&elsewhere, "image/png", PNG).await.expect(201);
    let refused = async |file: Value, reason: &str| {
        for path in [path.clone(), format!("{path}?dry_run=true")] {
            let answer = case.reviewer.post(&path, &attach(file.clone())).await;
            let details = answer.refused(400, "invalid_argument");
            assert_eq!(details["pointer"], "/evidence/1/sha256", "{path}: {}", answer.text);
            assert_eq!(details["reason"], reason, "{path}: {}", answer.text);
        }
    };
    // A file of another tenant is none.
    refused(json!({"kind": "file", "sha256": png}), "unknown_file").await;
    put(&case.agent, "image/png", PNG).await.expect(201);
    refused(json!({"kind": "file", "sha256": png, "size_bytes": 11}), "size_bytes").await;
    refused(json!({"kind": "file", "sha256": png, "media_type": "image/webp"}), "media_type").await;
    // Who may not act learns nothing about files.
    let stranger = case.admin.token(Some(&Api::admin(&case.suite).new_account("stranger", &["writer"], &["t"]).await));
    let none = json!({"kind": "file", "sha256": sha256(b"none")});
    act(&stranger, &id, &attach(none.clone())).await.refused(403, "forbidden");
    let detail = case.reviewer.get(&format!("/api/v1/workflows/{}", encoded(&id))).await;
    assert_eq!(detail.expect(200)["actions"].as_array().unwrap().len(), 1, "nothing was done");
    let named = "SELECT count(*) FROM dg_workflow_files WHERE named_at IS NOT NULL";
    let named = owner(&case).await.query_one(named, &[]).await.unwrap();
    assert_eq!(named.get::<_, i64>(0), 0, "nothing was named");

    let dry =
        case.reviewer.post(&format!("{path}?dry_run=true"), &attach(json!({"kind": "file", "sha256": png}))).await;
    let events = dry.expect(200)["events"].as_array().unwrap().clone();
    let filled = json!({"kind": "file", "sha256": png, "media_type": "image/png", "size_bytes": PNG.len(), "label": "the screen"});
    assert_eq!(events.last().unwrap()["payload"]["evidence"][1]["media_type"], "image/png");
    let file = json!({"kind": "file", "sha256": png, "label": "the screen"});
    act(&case.reviewer, &id, &attach(file.clone())).await.expect(200);
    let detail = case.reviewer.get(&format!("/api/v1/workflows/{}", encoded(&id))).await;
    assert_eq!(detail.expect(200)["actions"][1]["payload"]["evidence"], json!([{"value": "seen"}, filled]));
    // Several at once: each for itself, and the file is good for all of them.
    let other = case.asked("b").await;
    let several = json!({"workflow_ids": [id, other], "action": "attach", "evidence": [file],
        "confirm_text": "ATTACH 2 ITEMS"});
    let done = case.reviewer.post("/api/v1/workflows/actions", &several).await;
    assert_eq!(done.expect(207)["done"], 2, "{}", done.text);
    let several = json!({"workflow_ids": [other], "action": "attach", "evidence": [none]});
    let done = case.reviewer.post("/api/v1/workflows/actions", &several).await;
    let error = &done.expect(207)["results"][0]["error"];
    assert_eq!(
        (&error["code"], &error["details"]["pointer"]),
        (&json!("invalid_argument"), &json!("/evidence/0/sha256"))
    );
    // A case names files by their hash.
    let lines =
        case.chief.get(&format!("/api/v1/admin/workflows/{}/export?format=ndjson&profile=full", encoded(&id))).await;
    let row =
        lines.text.lines().filter(|line| line.starts_with("{\"part\":\"evidence\"")).find(|line| line.contains(&png));
    let row: Value = serde_json::from_str(row.unwrap()).unwrap();
    assert_eq!(row["row"]["evidence"], filled);
    verified(&case).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_changed_are_told_and_not_given() {
    let case = Case::new().await;
    let hash = sha256(b"as it was");
    put(&case.agent, TEXT, "as it was").await.expect(201);
    assert_eq!(get(&case.agent, &hash).await.text, "as it was");
    let changed = "UPDATE dg_workflow_files SET content = set_byte(content, 3, 120)";
    assert_eq!(owner(&case).await.execute(changed, &[]).await.unwrap(), 1);
    let answer = get(&case.agent, &hash).await;
    let details = answer.refused(500, "internal_error");
    assert_eq!((&details["reason"], &details["sha256"]), (&json!("file_altered"), &json!(hash)));
    assert!(!answer.text.contains("was"), "{}", answer.text);
    let told = format!("the file {hash} of tenant t holds other bytes");
    let line = wait_for(Duration::from_secs(10), "the line in the log", async || {
        case.suite.log().lines().find(|line| line.contains(&told)).map(str::to_owned)
    });
    let line = line.await.unwrap();
    assert!(line.contains("ERROR"), "{line}");
}

/// A day is put back in the table: nobody waits for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_nobody_names_goes_after_a_day() {
    let env = vec![("DG__STORE__SPACE_EVERY_MS".to_owned(), "100".to_owned())];
    let case = Case::of(Suite::start_with(SuiteOptions { env, ..SuiteOptions::default() }).unwrap(), "t").await;
    let id = case.asked("a").await;
    item(&case.reviewer, &id).await;
    let [left, named, asked, again, young] = ["left", "named", "asked", "again", "young"];
    for content in [left, named, asked, again] {
        put(&case.agent, TEXT, content).await.expect(201);
    }
    let file = |content: &str| json!({"kind": "file", "sha256": sha256(content.as_bytes())});
    act(&case.reviewer, &id, &json!({"action": "attach", "evidence": [file(named)]})).await.expect(200);
    // Whoever asks names files too.
    let payload = json!({"exception_id": "ex", "reason": "see there", "policy": {"policy_id": "p", "policy_version": "1"},
        "evidence": [file(asked), file("nobody put this")]});
    case.agent.post("/api/v1/events", &started("b")).await.expect(201);
    case.agent.post("/api/v1/events", &event("b", 1, "ExceptionRequested", &payload)).await.expect(201);
    item(&case.reviewer, "b:exception:ex").await;
    let database = owner(&case).await;
    let early = "UPDATE dg_workflow_files SET put_at = put_at - make_interval(hours => $1)";
    database.execute(early, &[&23]).await.unwrap();
    put(&case.agent, TEXT, young).await.expect(201);
    // Its day begins anew.
    put(&case.agent, TEXT, again).await.expect(200);
    database.execute(early, &[&2]).await.unwrap();
    wait_for(Duration::from_secs(20), "the file to be gone", async || {
        (get(&case.agent, &sha256(left.as_bytes())).await.status == 404).then_some(())
    })
    .await
    .unwrap();
    for content in [named, asked, again, young] {
        assert_eq!(get(&case.agent, &sha256(content.as_bytes())).await.status, 200, "{content}");
    }
    // What is gone can be put again, and named in time.
    put(&case.agent, TEXT, left).await.expect(201);
    act(&case.reviewer, &id, &json!({"action": "attach", "evidence": [file(left)]})).await.expect(200);
    verified(&case).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_attaches_a_file_and_gets_it_back() {
    let case = Case::new().await;
    let id = case.asked("a").await;
    let dg = Dg::beside(&case.suite);
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(at("screen.png"), PNG).unwrap();
    let done = dg.json(&["workflow", "attach", &id, &at("screen.png"), "--note", "as I saw it", "-t", "t"]);
    assert_eq!(done["action"]["outcome"], "attach", "{done}");
    let shown = dg.json(&["workflow", "show", &id, "-t", "t"]);
    let entry = &shown["actions"][1]["payload"]["evidence"][0];
    let expected = json!({"kind": "file", "sha256": sha256(PNG), "media_type": "image/png", "size_bytes": PNG.len(),
        "label": "screen.png"});
    assert_eq!(*entry, expected);
    assert_eq!(dg.run(&["workflow", "file", &sha256(PNG), "-t", "t"]).expect_ok(), PNG);
    dg.run(&["workflow", "file", &sha256(PNG), "--out", &at("back.png"), "-t", "t"]).expect_ok();
    assert_eq!(std::fs::read(at("back.png")).unwrap(), PNG);
    std::fs::write(at("notes"), "said on the phone").unwrap();
    let code = |words: &[&str]| dg.run(words).0.status.code();
    assert_eq!(code(&["workflow", "attach", &id, &at("notes"), "-t", "t"]), Some(64), "its name tells nothing");
    assert_eq!(code(&["workflow", "attach", &id, &at("none.txt"), "-t", "t"]), Some(69));
    assert_eq!(code(&["workflow", "attach", &id, &at("notes"), "--type", "application/pdf", "-t", "t"]), Some(65));
    assert_eq!(code(&["workflow", "file", &sha256(b"none"), "-t", "t"]), Some(65));
    let words = ["workflow", "attach", &id, &at("notes"), "--type", TEXT, "--label", "The call", "-t", "t"];
    let told = String::from_utf8(dg.run(&words).expect_ok()).unwrap();
    assert!(told.contains(&format!("attached {} (text/plain, 17 bytes)", sha256(b"said on the phone"))), "{told}");
}
