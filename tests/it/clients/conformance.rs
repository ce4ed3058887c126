//! Runs `fixtures/client-conformance`, which says what every client must do in no language.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use dg_client::{Actor, Client, EventFollower, Options, Recorder, RetryPolicy, Source, Spool, SpoolOptions, Trace};
use dg_testkit::{Suite, paths};
use serde_json::{Value, json};

use super::link::Link;
use crate::api::Api;

/// One script being run.
pub(super) struct Runner {
    pub(super) client: Client,
    pub(super) recorder: Recorder,
    pub(super) traces: HashMap<String, Trace>,
    pub(super) followers: HashMap<String, EventFollower>,
    pub(super) link: Link,
    saved: HashMap<String, Value>,
    _place: tempfile::TempDir,
}

/// What a call that failed says.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) code: String,
    pub(super) status: Option<u16>,
    pub(super) details: Value,
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rust_client_does_what_every_client_must_do() {
    let suite = Suite::start().unwrap();
    let admin = Api::admin(&suite);
    let scripts = scripts();
    assert!(scripts.len() >= 2, "{scripts:?}");
    for path in scripts {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let tenant = format!("rs-{name}");
        admin.new_tenant(&tenant, "precise").await;
        let script: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let mut runner = Runner::new(&suite, &tenant, script["spool"] == true).await;
        for (number, step) in (1..).zip(script["steps"].as_array().unwrap()) {
            runner.step(step, &format!("{name}, step {number}, {}", step["call"])).await;
        }
        runner.recorder.close().await;
    }
}

fn scripts() -> Vec<PathBuf> {
    let dir = paths::repository().join("fixtures/client-conformance");
    let mut found: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    found.sort();
    found
}

impl Runner {
    async fn new(suite: &Suite, tenant: &str, spool: bool) -> Self {
        let link = Link::to(&suite.api_url).await;
        let first_pause = Duration::from_millis(20);
        let retry = RetryPolicy { attempts: 3, first_pause, ..RetryPolicy::default() };
        let options = Options { retry, ..Options::default() };
        let client = Client::with_options(&link.url, suite.admin_token.as_str(), options).unwrap().tenant(tenant);
        let (actor, source) = (Actor::new("agent", "conformance"), Source::new("conformance", "tests"));
        let place = tempfile::tempdir().unwrap();
        let recorder = if spool {
            let spool = Spool::open(place.path().join("spool"), tenant, SpoolOptions::default()).unwrap();
            client.recorder_with_spool(actor, source, spool).unwrap()
        } else {
            client.recorder(actor, source)
        };
        let (traces, followers, saved) = (HashMap::new(), HashMap::new(), HashMap::new());
        Self { client, recorder, traces, followers, link, saved, _place: place }
    }

    async fn step(&mut self, step: &Value, at: &str) {
        let mut arguments = step["arguments"].clone();
        self.resolve(&mut arguments);
        match (Box::pin(self.call(step, arguments)).await, step.get("raises")) {
            (Ok(answer), None) => {
                if let Some(expected) = step.get("expect") {
                    self.compare(expected, Some(&answer), at);
                }
            }
            (Err(failure), Some(expected)) => {
                let Failure { code, status, details } = failure;
                let seen = json!({"code": code, "status": status, "details": details});
                self.compare(expected, Some(&seen), at);
            }
            (answer, _) => unreachable!("{at}: {answer:?}"),
        }
    }

    fn resolve(&self, value: &mut Value) {
        match value {
            Value::Object(items) if items.len() == 1 && items.contains_key("$trace") => {
                let name = items["$trace"].as_str().unwrap();
                *value = self.traces[name].trace_id().into();
            }
            Value::Object(items) if items.len() == 1 && items.contains_key("$saved") => {
                *value = self.saved[items["$saved"].as_str().unwrap()].clone();
            }
            Value::Object(items) => items.values_mut().for_each(|item| self.resolve(item)),
            Value::Array(items) => items.iter_mut().for_each(|item| self.resolve(item)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    fn compare(&mut self, expected: &Value, seen: Option<&Value>, at: &str) {
        let Some(seen) = seen else { unreachable!("{at} is missing") };
        match expected {
            Value::Object(items) if items.len() == 1 && items.contains_key("$save") => {
                self.saved.insert(items["$save"].as_str().unwrap().to_owned(), seen.clone());
            }
            Value::Object(items) if items.len() == 1 && items.contains_key("$saved") => {
                assert_eq!(seen, &self.saved[items["$saved"].as_str().unwrap()], "{at}");
            }
            Value::Object(items) if items.len() == 1 && items.contains_key("$any") => match items["$any"].as_str() {
                Some("text") => assert!(seen.is_string(), "{at}: {seen}"),
                Some("number") => assert!(seen.is_number(), "{at}: {seen}"),
                other => unreachable!("{at}: {other:?}"),
            },
            Value::Object(items) => {
                assert!(seen.is_object(), "{at}: {seen}");
                for (key, value) in items {
                    self.compare(value, seen.get(key), &format!("{at}: {key}"));
                }
            }
            Value::Array(items) => {
                assert_eq!(seen.as_array().map(Vec::len), Some(items.len()), "{at}: {seen}");
                for (index, value) in items.iter().enumerate() {
                    self.compare(value, seen.get(index), &format!("{at}: {index}"));
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => assert_eq!(seen, expected, "{at}"),
        }
    }
}
