//! The contract: whatever the service answers in any of these tests is what its OpenAPI document says, and every operation is asked
//! for with good and bad input.

mod document;

use std::collections::BTreeSet;

use dg_testkit::Suite;
use serde_json::{Value, json};

pub(crate) use document::Contract;

use crate::api::{Answer, Api};
use crate::events::{started, with};
use crate::workflows::{exception, item};

/// Path parameters that name something of one tenant, and those that do not.
const OF_A_TENANT: [&str; 12] = [
    "trace_id",
    "job_id",
    "failure_id",
    "webhook_id",
    "delivery_id",
    "workflow_id",
    "log_seq",
    "absence_id",
    "calendar_id",
    "channel_id",
    "template_id",
    "sha256",
];
const OF_NO_TENANT: [&str; 6] = ["event_type", "tenant_id", "account_id", "token_id", "user_id", "session_id"];
/// What makes a thing of the caller's own tenant under the name that is in the path, whoever else has one of that name.
const NAMED_BY_THE_CALLER: [&str; 3] = ["put_absence", "put_workflow_calendar", "put_workflow_template"];
/// Where nobody listens.
const NOBODY: &str = "http://127.0.0.1:9/hook";
/// What is not brought to succeed here, and where it is.
const NOT_HERE: [(&str, &str); 15] = [
    ("skip_workflow_dead_letter", "needs an event that no item takes; the log refuses those"),
    ("follow_events", "never ends; stream.rs follows it"),
    ("follow_workflows", "never ends; workflows/stream.rs follows it"),
    ("get_failure", "needs a poisoned event; poison_http.rs has one"),
    ("retry_failure", "needs a poisoned event; poison_http.rs has one"),
    ("quarantine_failure", "needs a poisoned event; poison_http.rs has one"),
    ("resolve_failure", "needs a poisoned event; poison_http.rs has one"),
    ("cancel_run", "needs a run that has not ended; steering.rs has one"),
    ("pause_run", "needs a run that has not ended; steering.rs has one"),
    ("begin_oidc_sign_in", "needs an issuer; oidc.rs has one"),
    ("finish_oidc_sign_in", "needs an issuer; oidc.rs has one"),
    ("set_up", "there is nobody yet; identity.rs begins so"),
    ("delete_webhook", "takes away what the others ask for; webhooks.rs removes one"),
    ("delete_workflow_channel", "takes away what the others ask for; telling/outbox.rs removes one"),
    ("resume_run", "needs a run that is still paused; steering.rs has one"),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_keeps_to_its_contract() {
    let suite = Suite::start().unwrap();
    let case = Case::new(&suite).await;
    let mut succeeded = BTreeSet::new();
    for operation in Contract::get().operations() {
        // First, because a session ends when it is signed out well.
        case.asks_badly(&operation).await;
        case.asks_well(&operation, &mut succeeded).await;
    }
    let missing: Vec<String> = Contract::get()
        .operations()
        .map(|operation| operation.id.clone())
        .filter(|id| !succeeded.contains(id) && !NOT_HERE.iter().any(|(known, _)| known == id))
        .collect();
    assert!(missing.is_empty(), "these never succeeded: {missing:?}");
}

/// A route answers to the methods of the document and to no other.
#[tokio::test(flavor = "multi_thread")]
async fn other_methods_are_refused_with_those_that_are_allowed() {
    let suite = Suite::start().unwrap();
    let case = Case::new(&suite).await;
    for (path, methods) in Contract::get().paths() {
        let mut allowed: BTreeSet<&str> = methods.iter().map(String::as_str).collect();
        if allowed.contains("GET") {
            allowed.insert("HEAD");
        }
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY"] {
            if allowed.contains(method) {
                continue;
            }
            let answer = case.client.try_request(method, &case.filled(&path), &[], Vec::new()).await.unwrap();
            assert_eq!(answer.status, 405, "{method} {path}: {}", answer.text);
            let told: BTreeSet<&str> = answer.header("allow").unwrap().split(',').map(str::trim).collect();
            assert_eq!(told, allowed, "{method} {path}");
        }
    }
}

/// Whoever names a thing of another tenant is told that there is none, on every route that has the name of one in its path.
#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_to_another_tenant_is_not_there() {
    let suite = Suite::start().unwrap();
    let case = Case::new(&suite).await;
    let other = Api::admin(&suite).new_tenant("other", "precise").await;
    other.post("/api/v1/events", &started("t-2")).await.expect(201);
    let mut asked = 0;
    for operation in Contract::get().operations() {
        let names: Vec<&str> =
            operation.path.split('{').skip(1).map(|rest| rest.split('}').next().unwrap_or(rest)).collect();
        let known = |name: &&&str| OF_A_TENANT.contains(*name) || OF_NO_TENANT.contains(*name);
        assert_eq!(names.iter().find(|name| !known(name)), None, "{}: whose is it?", operation.path);
        let is_new = NAMED_BY_THE_CALLER.contains(&operation.id.as_str());
        if is_new || !names.iter().any(|name| OF_A_TENANT.contains(name)) {
            continue;
        }
        let path = format!("{}?{}", case.filled(&operation.path), operation.query_text(&operation.required_query()));
        let (headers, body) = match &operation.examples[0] {
            Value::Null => (Vec::new(), Vec::new()),
            body => (vec![("content-type", operation.media.as_str())], body.to_string().into_bytes()),
        };
        let answer = other.try_request(&operation.method, &path, &headers, body).await.unwrap();
        answer.refused(404, "not_found");
        asked += 1;
    }
    assert!(asked >= 18, "only {asked} operations name a thing of a tenant");
}

/// The document and the page are there for everybody, and the page is what it promises to be.
#[tokio::test(flavor = "multi_thread")]
async fn the_document_is_served_to_everybody() {
    let suite = Suite::start().unwrap();
    let stranger = Api::admin(&suite).token(None);
    let served = stranger.get("/openapi.json").await;
    assert_eq!((served.status, &served.body), (200, Contract::get().whole()));
    let page = stranger.get("/docs").await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    for operation in Contract::get().operations() {
        assert!(page.text.contains(&format!("id=\"{}\"", operation.id)), "{} is not on the page", operation.id);
    }
}

/// Everything that is wrong with the shape of an event is said at once, the first as it was said alone.
#[tokio::test(flavor = "multi_thread")]
async fn every_violation_is_told_at_once() {
    let suite = Suite::start().unwrap();
    let tenant = Api::admin(&suite).new_tenant("all-at-once", "precise").await;
    let mut event = with(started("t"), "/payload/title", json!(7));
    event["payload"]["primary_entity"] = json!({"entity_type": " ", "more": 1.5});
    event["actor"]["name"] = json!("x");
    event["tags"] = json!(["good", ""]);
    event["surprise"] = json!(1);
    let answer = tenant.post("/api/v1/events", &event).await;
    let details = answer.refused(422, "schema_violation");
    let told: Vec<&str> =
        details["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
    assert_eq!(
        told,
        [
            "/surprise",
            "/actor/name",
            "/tags/1",
            "/payload/primary_entity/more",
            "/payload/title",
            "/payload/primary_entity/entity_type",
            "/payload/primary_entity/entity_id",
        ],
        "{}",
        answer.text
    );
    assert_eq!((&details["pointer"], &details["errors"][0]["code"]), (&json!("/surprise"), &json!("schema_violation")));
    assert_eq!(details["errors"][0]["message"], answer.body["error"]["message"]);
    assert!(tenant.whole_log().await.is_empty());
}

/// What the requests are made of.
struct Case {
    client: Api,
    session: String,
    /// Parts of paths with a parameter, and what is asked for there; the first that fits counts.
    filling: Vec<(&'static str, String)>,
}

impl Case {
    async fn new(suite: &Suite) -> Self {
        let admin = Api::admin(suite);
        let client = admin.new_tenant("contract", "precise").await;
        client.post("/api/v1/events", &started("t-1")).await.expect(201);
        client.post("/api/v1/events", &exception("t-1", 1, "ex", "it is late")).await.expect(201);
        item(&client, "t-1:exception:ex").await;
        let made = |path: &str, body: Value| {
            let (client, path) = (client.clone(), path.to_owned());
            async move { client.post(&path, &body).await.expect(201).clone() }
        };
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let account = made("/api/v1/admin/accounts", json!({"account_id": "bot"})).await;
        let token_id = text(&account["token"]["token_id"]);
        // The first one is taken back before one is rotated.
        let other_token = made("/api/v1/admin/accounts/bot/tokens", json!({})).await;
        let other_token_id = text(&other_token["token"]["token_id"]);
        let (password, second) = ("a first password 1", "a second password 2");
        made(
            "/api/v1/admin/users",
            json!({"user_id": "ana", "password": password, "roles": ["admin"], "permissions": ["*"],
            "tenant_ids": ["*"]}),
        )
        .await;
        // Whose password is reset and whose rights change.
        made("/api/v1/admin/users", json!({"user_id": "bea"})).await;
        let program = client.token(Some(&asserting(&client).await));
        let sign_in = |password: &'static str| {
            let program = program.clone();
            async move {
                let asked = json!({"user_id": "ana", "password": password});
                program.post("/api/v1/sessions", &asked).await.expect(201)["session"].clone()
            }
        };
        let first = sign_in(password).await;
        let person = program.session(first["session"].as_str());
        person.post("/api/v1/me/password", &json!({"current": password, "new": second})).await.expect(200);
        let other = sign_in(second).await;
        let hook = made("/api/v1/admin/webhooks", json!({"url": NOBODY})).await;
        let webhook_id = text(&hook["webhook"]["webhook_id"]);
        let message = client.post(&format!("/api/v1/admin/webhooks/{webhook_id}/test"), &json!({})).await;
        let delivery_id = text(&message.expect(202)["delivery"]["delivery_id"]);
        let calendar =
            json!({"definition": {"time_zone": "UTC", "weekly": {"monday": [["09:00", "17:00"]]}}, "reason": "new"});
        client.put("/api/v1/admin/workflow-calendars/berlin", &calendar).await.expect(200);
        let template = json!({"title": "Refund", "description": "Of money.", "workflow_kind": "exception_review",
            "reviewer_role": "admin", "default_priority": "high"});
        let template = json!({"definition": template, "reason": "new"});
        client.put("/api/v1/admin/workflow-templates/refund", &template).await.expect(200);
        let absence_id = "0190a7c2-0000-7000-8000-000000000001".to_owned();
        let absence = json!({"from": "2026-12-24T00:00:00Z", "until": "2027-01-02T00:00:00Z"});
        person.put(&format!("/api/v1/absences/{absence_id}"), &absence).await.expect(200);
        let channel = json!({"channel": "webhook", "name": "bus", "target": NOBODY});
        let channel_id = text(&made("/api/v1/admin/workflow-channels", channel).await["channel"]["channel_id"]);
        let test = client.post(&format!("/api/v1/admin/workflow-channels/{channel_id}/test"), &json!({})).await;
        let telling_id = text(&test.expect(202)["delivery_id"]);
        let sha256 = text(&made("/api/v1/workflow-files", json!({"file": 7})).await["sha256"]);
        let run = client
            .post("/api/v1/admin/replays", &json!({"projection": "all", "mode": "verify", "reason": "a look"}))
            .await;
        let filling = vec![
            ("{trace_id}", "t-1".to_owned()),
            ("{event_type}", "TraceStarted".to_owned()),
            ("{tenant_id}", "contract".to_owned()),
            ("{account_id}", "bot".to_owned()),
            ("{token_id}/rotate", other_token_id),
            ("{token_id}", token_id),
            ("{user_id}", "bea".to_owned()),
            ("{session_id}", text(&first["session_id"])),
            ("{job_id}", text(&run.expect(202)["run"]["job_id"])),
            ("{webhook_id}", webhook_id),
            ("{calendar_id}", "berlin".to_owned()),
            ("{template_id}", "refund".to_owned()),
            ("{absence_id}", absence_id),
            ("{channel_id}", channel_id),
            ("workflow-deliveries/{delivery_id}", telling_id),
            ("{delivery_id}", delivery_id),
            ("{workflow_id}", "t-1:exception:ex".to_owned()),
            ("{log_seq}", "1".to_owned()),
            ("{sha256}", sha256),
            ("{failure_id}", "0190a7c2-0000-7000-8000-000000000000".to_owned()),
        ];
        // The person's own requests go through the program, those of the administrator do not.
        Self { client: program, session: text(&other["session"]), filling }
    }

    fn filled(&self, path: &str) -> String {
        let fill = |path: String, (place, value): &(&str, String)| {
            let (before, rest) = place.split_once('{').unwrap();
            let (_, after) = rest.split_once('}').unwrap();
            path.replace(place, &format!("{before}{value}{after}"))
        };
        self.filling.iter().fold(path.to_owned(), fill)
    }

    /// The least that an operation takes: what it requires, and the example of its body.
    async fn asks_well(&self, operation: &document::Operation, succeeded: &mut BTreeSet<String>) {
        if ["follow_events", "follow_workflows", "delete_webhook", "delete_workflow_channel"]
            .contains(&operation.id.as_str())
        {
            return;
        }
        let bodies = match operation.id.as_str() {
            // Nobody listens there, and nothing leaves the machine.
            "create_webhook" => vec![json!({"url": NOBODY})],
            // It stays active: others send to it.
            "change_webhook" => vec![json!({"description": "told"})],
            "create_workflow_channel" => vec![json!({"channel": "chat", "name": "on call", "target": NOBODY})],
            "change_workflow_channel" => vec![json!({"name": "the bus"})],
            // The person's own, and nobody stands in.
            "put_absence" => vec![json!({"from": "2026-12-24T00:00:00Z", "until": "2027-01-02T00:00:00Z"})],
            "create_user" => vec![json!({"user_id": "cleo"})],
            // After their password was changed, one operation before.
            "sign_in" => vec![json!({"user_id": "ana", "password": "a third password 33"})],
            "change_password" => vec![json!({"current": "a second password 2", "new": "a third password 33"})],
            "start_runs" => vec![json!({"tenant_ids": ["contract"], "projection": "all", "reason": "a look"})],
            // Another tenant, that no other request is for.
            "change_tenant" => vec![json!({"limits": {"max_batch_events": 500}})],
            // The person's name is in other requests.
            "change_account" => vec![json!({"display_name": "A bot"})],
            _ => operation.examples.clone(),
        };
        for body in bodies {
            let answer = self.ask(operation, &operation.required_query(), &body).await;
            if (200..300).contains(&answer.status) {
                succeeded.insert(operation.id.clone());
            }
        }
        // Each single parameter at its bounds and with each of its words is understood.
        for (name, value) in operation.good_values() {
            let mut query = operation.required_query();
            query.retain(|(known, _)| *known != name);
            for (with, needed) in [
                ("wait_ms", ("min_log_seq", "0")),
                ("entity_id", ("entity_type", "x")),
                ("policy_version", ("policy_id", "x")),
                ("cursor_log_seq", ("cursor_edge_key", "x")),
            ] {
                if name == with {
                    query.push((needed.0.to_owned(), needed.1.to_owned()));
                }
            }
            query.push((name.clone(), value.clone()));
            if (name == "wait_ms" || name.ends_with("_log_seq")) && value.len() > 4
                || operation.id.starts_with("follow_")
            {
                continue;
            }
            let answer = self.ask(operation, &query, &operation.examples[0]).await;
            assert_ne!(
                answer.body["error"]["details"]["parameter"],
                name.as_str(),
                "{} {name}={value}: {}",
                operation.id,
                answer.text
            );
        }
    }

    async fn asks_badly(&self, operation: &document::Operation) {
        // The probes and the documentation take whatever comes.
        if operation.open {
            return;
        }
        let what = format!("{} {}", operation.method, operation.path);
        let example = &operation.examples[0];
        for (name, value) in operation.bad_values() {
            let mut query = operation.required_query();
            query.retain(|(known, _)| *known != name);
            query.push((name.clone(), value.clone()));
            let answer = self.ask(operation, &query, example).await;
            assert_eq!(answer.status, 400, "{what} {name}={value}: {}", answer.text);
            assert_eq!(
                answer.body["error"]["details"]["parameter"],
                name.as_str(),
                "{what} {name}={value}: {}",
                answer.text
            );
        }
        let path = self.filled(&operation.path);
        let stranger = self.client.token(None);
        let answer = stranger.try_request(&operation.method, &path, &[], Vec::new()).await.unwrap();
        assert_eq!(answer.status, 401, "{what}: {}", answer.text);
        let answer = self.send(operation, &path, &[("accept", "image/png")], Vec::new()).await;
        assert_eq!(answer.status, 406, "{what}: {}", answer.text);
        // Bytes are no JSON, or any; what is bad among them is in workflows/files.rs.
        if !operation.has_body || operation.id == "put_workflow_file" {
            return;
        }
        let path = format!("{path}?{}", operation.query_text(&operation.required_query()));
        let json = ("content-type", "application/json");
        for body in ["[]", "7", "\"x\"", "{", r#"{"no_such_member": 1}"#, "[1, 2", "nul"] {
            let answer = self.send(operation, &path, &[json], body.into()).await;
            assert!([400, 403, 404, 422].contains(&answer.status), "{what} {body}: {}", answer.text);
        }
        let answer = self.send(operation, &path, &[("content-type", "text/plain")], b"x".to_vec()).await;
        assert!([403, 404, 415].contains(&answer.status), "{what}: {}", answer.text);
        let answer = self.send(operation, &path, &[json], vec![b' '; 9 << 20]).await;
        assert!([403, 404, 413].contains(&answer.status), "{what}: {}", answer.text);
    }

    async fn ask(&self, operation: &document::Operation, query: &[(String, String)], body: &Value) -> Answer {
        let path = format!("{}?{}", self.filled(&operation.path), operation.query_text(query));
        let headers: &[(&str, &str)] = if body.is_null() { &[] } else { &[("content-type", operation.media.as_str())] };
        let body = match body {
            Value::Null => Vec::new(),
            Value::String(lines) => lines.clone().into_bytes(),
            other => other.to_string().into_bytes(),
        };
        self.send(operation, &path, headers, body).await
    }

    async fn send(
        &self,
        operation: &document::Operation,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Answer {
        let client =
            if operation.for_a_person { self.client.session(Some(&self.session)) } else { self.client.clone() };
        client.try_request(&operation.method, path, headers, body).await.unwrap()
    }
}

/// A program that administers everything and may act for people.
async fn asserting(admin: &Api) -> String {
    let body = json!({"account_id": "program", "roles": ["admin"], "permissions": ["*"], "tenant_ids": ["*"]});
    let answer = admin.post("/api/v1/admin/accounts", &body).await;
    answer.expect(201)["token"]["token"].as_str().unwrap().to_owned()
}
