//! The browser's history as Dioxus sees it from the server.
//!
//! Stock live views paste addresses into JavaScript they evaluate; ours travel as data.

use std::cell::RefCell;

use dioxus_history::History;
use tokio::sync::mpsc;

/// A step that the page itself asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Move {
    /// Where to.
    pub(super) path: String,
    /// Whether it takes the place of the current address.
    pub(super) replace: bool,
}

/// Where a session is, and the way to ask for another place.
pub(super) struct LiveHistory {
    current: RefCell<String>,
    moves: mpsc::UnboundedSender<Move>,
}

impl LiveHistory {
    /// Begins at `path`; moves go to `moves`.
    pub(super) fn new(path: String, moves: mpsc::UnboundedSender<Move>) -> Self {
        Self { current: RefCell::new(path), moves }
    }

    /// The browser went somewhere by itself.
    pub(super) fn arrived(&self, path: &str) {
        path.clone_into(&mut self.current.borrow_mut());
    }

    fn go(&self, path: String, replace: bool) {
        self.arrived(&path);
        // A session that has ended goes nowhere.
        let _ = self.moves.send(Move { path, replace });
    }
}

impl History for LiveHistory {
    fn current_route(&self) -> String {
        self.current.borrow().clone()
    }

    /// Back and forward belong to the browser's own buttons.
    fn go_back(&self) {}

    fn go_forward(&self) {}

    fn push(&self, route: String) {
        self.go(route, false);
    }

    fn replace(&self, path: String) {
        self.go(path, true);
    }
}
