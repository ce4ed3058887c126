//! `dg` as a person or a script uses it: import, compare, export, show, and say what is wrong.

use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use dg_testkit::{Suite, daemon, fixtures, paths};
use serde_json::Value;

use crate::api::only_digests;

#[tokio::test(flavor = "multi_thread")]
async fn files_go_in_and_out_with_the_same_digests() {
    let suite = Suite::start().unwrap();
    let dg = Dg::beside(&suite);
    for scenario in fixtures::scenarios().unwrap().iter().chain(&fixtures::golden().unwrap()) {
        let (tenant, copy) = (format!("in-{}", scenario.name), format!("copy-{}", scenario.name));
        let file = file_of(&scenario.name);
        let import = ["import", file.to_str().unwrap(), "-t", &tenant, "--create-tenant"];
        let report = dg.json(&import);
        assert_eq!(report["stored"], scenario.events.len(), "{report}");
        let again = dg.json(&import);
        assert_eq!((&again["stored"], &again["replayed"]), (&0.into(), &scenario.events.len().into()), "{again}");
        let digests = dg.json(&["digest", "-t", &tenant]);
        assert_eq!(only_digests(&digests), Value::Object(scenario.digests.clone()), "{}", scenario.name);

        let exported = suite.dir().join("export.ndjson");
        std::fs::write(&exported, dg.run(&["export", "-t", &tenant]).expect_ok()).unwrap();
        dg.json(&["import", exported.to_str().unwrap(), "-t", &copy, "--create-tenant", "--batch", "3"]);
        assert_eq!(only_digests(&dg.json(&["digest", "-t", &copy])), only_digests(&digests), "{}", scenario.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_stable_to_the_byte_and_readable() {
    let suite = Suite::start().unwrap();
    let dg = Dg::beside(&suite);
    let file = file_of("refund-approved");
    dg.json(&["import", file.to_str().unwrap(), "-t", "stable", "--create-tenant"]);
    dg.json(&["digest", "-t", "stable"]);
    for words in [
        &["trace", "show", "refund-4711", "-t", "stable"][..],
        &["traces", "-t", "stable"],
        &["graph", "trace", "refund-4711", "-t", "stable"],
        &["precedents", "--policy", "refund-window", "-t", "stable"],
        &["tenants", "list"],
        &["accounts", "list"],
    ] {
        let mut with_json = words.to_vec();
        with_json.push("--json");
        let (once, twice) = (dg.run(&with_json).expect_ok(), dg.run(&with_json).expect_ok());
        assert_eq!(once, twice, "{words:?}");
        serde_json::from_slice::<Value>(&once).unwrap();
        assert!(!dg.run(words).expect_ok().is_empty(), "{words:?}");
    }
    let shown = String::from_utf8(dg.run(&["trace", "show", "refund-4711", "-t", "stable"]).expect_ok()).unwrap();
    for word in ["Refund for a damaged espresso machine", "refund-window", "approved", "success"] {
        assert!(shown.contains(word), "{shown}");
    }
    dg.run(&["status"]).expect_ok();
    dg.run(&["doctor"]).expect_ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn traces_are_found_by_what_is_in_them() {
    let suite = Suite::start().unwrap();
    let dg = Dg::beside(&suite);
    dg.json(&["import", file_of("refund-approved").to_str().unwrap(), "-t", "found", "--create-tenant"]);
    let total = |words: &[&str]| {
        let answer = dg.json(&[&["traces", "-t", "found", "--count", "--min-log-seq", "9"], words].concat());
        answer["total"].as_i64().unwrap()
    };
    for words in [
        &["--workflow", "refund", "--outcome", "success", "--status", "finished"][..],
        &["--entity", "customer"],
        &["--entity", "order:order-4711", "--order", "activity"],
        &["--policy", "refund-window:3", "--actor", "person:ana"],
        &["--fact", "amount_eur>=389", "--fact", "amount_eur<389.01", "--fact", "orders_last_year=12"],
        &["--query", "espresso Damage"],
        &["--since", "2026-04-02T08:01:00Z", "--until", "2026-04-02T10:01:01+02:00"],
    ] {
        assert_eq!(total(words), 1, "{words:?}");
    }
    for words in
        [&["--status", "open"][..], &["--tag", "x"], &["--fact", "amount_eur>389"], &["--entity", "order:cust-88"]]
    {
        assert_eq!(total(words), 0, "{words:?}");
    }
    let then = dg.json(&["trace", "show", "refund-4711", "-t", "found", "--as-of", "4"]);
    assert_eq!((then["events"].as_array().unwrap().len(), &then["index"]["status"]), (4, &"open".into()), "{then}");
    let precedents = dg.json(&["precedents", "-t", "found", "--as-of", "8"]);
    assert!(precedents["precedents"].as_array().unwrap().is_empty(), "{precedents}");
    let graph = dg.json(&["graph", "trace", "refund-4711", "-t", "found", "--as-of", "1"]);
    assert_eq!(graph["edges"].as_array().unwrap().len(), 1, "{graph}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said_with_its_exit_code() {
    let suite = Suite::start().unwrap();
    let dg = Dg::beside(&suite);
    for (words, code) in [
        (&["no-such-command"][..], 64),
        (&["trace", "show", "no-such-trace", "-t", "default"], 65),
        (&["digest", "-t", "no-such-tenant"], 65),
        (&["status", "--api-url", "http://127.0.0.1:1", "--token", &suite.admin_token], 69),
        (&["status", "--token", "nonsense"], 77),
    ] {
        let output = dg.run(words);
        assert_eq!(output.0.status.code(), Some(code), "{words:?}: {output:?}");
        assert!(!output.0.stderr.is_empty(), "{words:?} says why");
    }
    assert!(!dg.run(&["doctor", "--api-url", "http://127.0.0.1:1"]).0.status.success());
}

/// `dg` with the settings of a suite.
pub(crate) struct Dg {
    program: PathBuf,
    dir: PathBuf,
}

#[derive(Debug)]
pub(crate) struct Ran(pub(crate) Output);

impl Dg {
    pub(crate) fn beside(suite: &Suite) -> Self {
        Self { program: daemon("dg").unwrap(), dir: suite.dir().join("the state") }
    }

    pub(crate) fn run(&self, words: &[&str]) -> Ran {
        Ran(self.command(words).output().unwrap())
    }

    /// Starts it and does not wait for its end.
    pub(crate) fn start(&self, words: &[&str]) -> Child {
        self.command(words).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(words)
            .env("DG_DIR", &self.dir)
            .env_remove("DG_TOKEN")
            .env_remove("DG_API_URL")
            .env_remove("DG_TENANT");
        command
    }

    pub(crate) fn json(&self, words: &[&str]) -> Value {
        let mut words = words.to_vec();
        words.push("--json");
        let text = String::from_utf8(self.run(&words).expect_ok()).unwrap();
        let read = serde_json::from_str(&text);
        assert!(read.is_ok(), "{words:?} answered {text:?}");
        read.unwrap()
    }
}

impl Ran {
    #[track_caller]
    pub(crate) fn expect_ok(self) -> Vec<u8> {
        let errors = String::from_utf8_lossy(&self.0.stderr);
        assert!(self.0.status.success(), "{} {errors}", self.0.status);
        self.0.stdout
    }
}

/// The file of a scenario.
pub(crate) fn file_of(name: &str) -> PathBuf {
    let own = paths::repository().join("fixtures/scenarios").join(format!("{name}.json"));
    if own.is_file() { own } else { paths::reference().unwrap().join("golden").join(format!("{name}.json")) }
}
