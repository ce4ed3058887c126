//! What the supervisor says about its children.

use std::path::PathBuf;

use serde::Deserialize;

use super::layout::Layout;

/// The supervisor's status file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Status {
    /// Whether every child is up.
    pub(crate) ready: bool,
    /// `starting`, `ready`, `degraded` or `stopping`.
    pub(crate) state: String,
    #[serde(default)]
    pub(crate) postgres: Option<Server>,
    pub(crate) children: Vec<Child>,
}

/// Where the private server really is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Server {
    pub(crate) data_dir: PathBuf,
    pub(crate) socket_dir: PathBuf,
}

/// One child.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Child {
    pub(crate) name: String,
    pub(crate) state: ChildState,
    #[serde(default)]
    pub(crate) restarts: u32,
    #[serde(default)]
    pub(crate) last_exit: Option<String>,
    /// The child's own words.
    #[serde(default)]
    pub(crate) status: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ChildState {
    Waiting,
    Starting,
    Ready,
    Done,
    Backoff,
    Down,
    Stopping,
    Stopped,
}

impl Status {
    /// The file of a suite; none before the supervisor has written it.
    pub(crate) fn read(layout: &Layout) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(layout.status_file()).ok()?).ok()
    }

    /// A child that will not come up until somebody changes something.
    pub(super) fn down(&self) -> Option<&Child> {
        self.children.iter().find(|child| child.state == ChildState::Down || child.is_hopeless())
    }

    pub(super) fn is_up(&self, name: &str) -> bool {
        let up = |child: &Child| matches!(child.state, ChildState::Ready | ChildState::Done);
        self.children.iter().any(|child| child.name == name && up(child))
    }

    /// What is worth a line, compared with what was known before.
    pub(super) fn news(&self, before: Option<&Self>) -> Vec<String> {
        let known = |name: &str| before.and_then(|before| before.children.iter().find(|child| child.name == name));
        self.children.iter().filter_map(|child| child.news(known(&child.name))).collect()
    }
}

impl Child {
    /// `dg init` says with its exit code that repeating it is of no use; the supervisor repeats it all the same.
    fn is_hopeless(&self) -> bool {
        let last = self.last_exit.as_deref().unwrap_or_default();
        self.state == ChildState::Backoff && matches!(last, "exit 64" | "exit 65" | "exit 77" | "exit 78")
    }

    fn news(&self, before: Option<&Self>) -> Option<String> {
        let same = before.is_some_and(|before| before.state == self.state && before.restarts == self.restarts);
        if same {
            return None;
        }
        let name = &self.name;
        let last = self.last_exit.as_deref().unwrap_or("unknown");
        match self.state {
            ChildState::Ready if self.restarts > 0 => Some(format!("{name} is up again, it had ended with {last}")),
            ChildState::Ready => Some(format!("{name} is up")),
            ChildState::Done => Some(format!("{name} is done")),
            ChildState::Backoff => Some(format!("{name} ended with {last}, it is started again in a moment")),
            ChildState::Down => Some(format!("{name} ended with {last} and stays down")),
            ChildState::Waiting | ChildState::Starting | ChildState::Stopping | ChildState::Stopped => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(state: &str, restarts: u32) -> Status {
        let text = format!(
            r#"{{"pid":1,"state":"starting","ready":false,"postgres":null,"children":[{{"name":"dg-apid","kind":"daemon",
               "pid":null,"state":"{state}","restarts":{restarts},"ready":false,"last_exit":"signal 9","status":null}}]}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn only_changes_are_told() {
        let up = status("ready", 0);
        assert_eq!(up.news(Some(&status("starting", 0))), ["dg-apid is up"]);
        assert!(up.news(Some(&up)).is_empty());
        assert!(status("starting", 1).news(Some(&up)).is_empty());
        assert_eq!(
            status("backoff", 0).news(Some(&up)),
            ["dg-apid ended with signal 9, it is started again in a moment"]
        );
        assert_eq!(status("ready", 1).news(Some(&up)), ["dg-apid is up again, it had ended with signal 9"]);
    }

    #[test]
    fn what_is_down_and_what_is_up_is_found() {
        assert_eq!(status("down", 0).down().unwrap().name, "dg-apid");
        assert_eq!(status("backoff", 0).down(), None, "a killed child is tried again");
        let mut refused = status("backoff", 0);
        refused.children[0].last_exit = Some("exit 77".to_owned());
        assert!(refused.down().is_some());
        assert!(status("done", 0).is_up("dg-apid"));
        assert!(!status("waiting", 0).is_up("dg-apid"));
    }
}
