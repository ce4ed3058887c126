//! The tree of nodes behind one open page.

use std::rc::Rc;

use dioxus::prelude::*;
use dioxus_history::History;
use dioxus_html::HtmlEvent;
use dioxus_interpreter_js::MutationState;
use tokio::sync::mpsc;

use super::super::history::{LiveHistory, Move};
use crate::{
    model::View,
    pages::{self, Ask, Asks},
};

/// A page as Dioxus keeps it, with the edits a browser has not seen yet.
pub(super) struct Tree {
    dom: VirtualDom,
    edits: MutationState,
    view: Signal<View>,
    history: Rc<LiveHistory>,
    step: u32,
    built: bool,
    /// How long edits are that change nothing: the encoding has a head and an end mark.
    nothing: usize,
}

impl Tree {
    /// A page that shows `view`.
    pub(super) fn new(view: View, path: String, asks: mpsc::Sender<Ask>, moves: mpsc::UnboundedSender<Move>) -> Self {
        let dom = VirtualDom::new(pages::live_root);
        let history = Rc::new(LiveHistory::new(path, moves));
        let shared = Rc::clone(&history);
        let view = dom.in_scope(ScopeId::ROOT, move || {
            provide_context(shared as Rc<dyn History>);
            provide_context(Asks(asks));
            provide_context(Signal::new(view))
        });
        let nothing = MutationState::default().export_memory().len();
        Self { dom, edits: MutationState::default(), view, history, step: 0, built: false, nothing }
    }

    /// Shows `view` from the next edits on.
    pub(super) fn show(&mut self, view: View) {
        let mut signal = self.view;
        self.dom.in_scope(ScopeId::ROOT, move || signal.set(view));
    }

    /// What a browser has to do to its page; empty when nothing. The first time this builds the whole page.
    pub(super) fn edits(&mut self) -> Vec<u8> {
        if self.built {
            self.dom.render_immediate(&mut self.edits);
        } else {
            self.dom.rebuild(&mut self.edits);
            self.built = true;
        }
        let mut bytes = Vec::new();
        self.edits.write_memory_into(&mut bytes);
        // Every edit names a node, which takes more than the empty message has.
        if bytes.len() <= self.nothing {
            bytes.clear();
        }
        bytes
    }

    /// Waits until a handler or a task of the page wants something done.
    pub(super) async fn work(&mut self) {
        self.dom.wait_for_work().await;
    }

    /// Lets the page's handlers see an event. One for a node that is gone meanwhile does nothing.
    pub(super) fn happen(&self, event: HtmlEvent) {
        let HtmlEvent { element, name, bubbles, data } = event;
        self.dom.runtime().handle_event(&name, Event::new(data.into_any(), bubbles), element);
    }

    /// The browser is at `path`, after its step `step`.
    pub(super) fn arrived(&mut self, path: &str, step: u32) {
        self.history.arrived(path);
        self.step = step;
    }

    /// The last step that was shown.
    pub(super) fn step(&self) -> u32 {
        self.step
    }
}
