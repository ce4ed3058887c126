//! A mail server and a receiver of webhooks, written in another language with other people's libraries.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use dg_testkit::wait_for;
use serde_json::Value;
use tempfile::TempDir;

use super::PATIENCE;

/// It ends with the test.
pub(super) struct Receiver {
    directory: TempDir,
    child: Child,
    pub(super) http: u16,
    pub(super) smtp: u16,
    received: Arc<Mutex<Vec<Value>>>,
}

impl Receiver {
    /// Starts it; `None` on a machine without Python, or that cannot fetch the libraries.
    pub(super) fn start() -> Option<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let made = Command::new(root.join(".ci/receivers")).stderr(Stdio::inherit()).output().unwrap();
        let said = String::from_utf8(made.stdout).unwrap();
        assert!(made.status.success(), "{said}");
        if said.starts_with("SKIPPED") {
            eprintln!("receivers: {}", said.trim());
            return None;
        }
        let directory = TempDir::new().unwrap();
        let mut child = Command::new(PathBuf::from(said.trim()))
            .arg(root.join("tests/receivers/receive.py"))
            .arg(directory.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let ready: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        let port = |name: &str| u16::try_from(ready[name].as_u64().unwrap()).unwrap();
        let (http, smtp) = (port("http"), port("smtp"));
        let received = Arc::new(Mutex::new(Vec::new()));
        let list = received.clone();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                list.lock().unwrap().push(serde_json::from_str(&line).unwrap());
            }
        });
        Some(Self { directory, child, http, smtp, received })
    }

    pub(super) fn at(&self, name: &str) -> String {
        format!("http://127.0.0.1:{}/{name}", self.http)
    }

    /// What is checked at a place, or answered: see `receive.py`.
    pub(super) fn set(&self, name: &str, text: &str) {
        // Nobody reads half of it.
        let whole = self.directory.path().join("half");
        std::fs::write(&whole, text).unwrap();
        std::fs::rename(whole, self.directory.path().join(name)).unwrap();
    }

    /// What came to a place, in the order in which it came.
    pub(super) fn posts(&self, name: &str) -> Vec<Value> {
        self.received.lock().unwrap().iter().filter(|one| one["name"] == name).cloned().collect()
    }

    /// Mail to an address.
    pub(super) fn mails(&self, to: &str) -> Vec<Value> {
        self.received.lock().unwrap().iter().filter(|one| one["to"][0] == to).cloned().collect()
    }

    pub(super) async fn wait_posts(&self, name: &str, enough: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        wait(&format!("messages at {name}"), || self.posts(name), enough).await
    }

    pub(super) async fn wait_mails(&self, to: &str, enough: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        wait(&format!("mail to {to}"), || self.mails(to), enough).await
    }
}

async fn wait(what: &str, got: impl Fn() -> Vec<Value>, enough: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let waited = wait_for(PATIENCE, what, async || Some(got()).filter(|all| enough(all))).await;
    waited.map_err(|error| format!("{error}; came: {:#?}", got())).unwrap()
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
