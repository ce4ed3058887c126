//! Pages as functions of the view model.
//!
//! The same functions draw the first paint ([`to_html`]) and, inside a live session ([`live_root`]), the tree whose
//! changes go to the browser. They fetch nothing. No inline script or style may appear: the content security
//! policy refuses both.

mod account;
mod accounts;
mod audit;
mod compare;
mod digests;
mod environment;
mod events;
mod failures;
mod filters;
mod forms;
mod grants;
mod graph;
mod inbox;
mod managed;
mod notice;
mod notifications;
mod once;
mod overview;
mod parts;
mod passage;
mod password;
mod people;
mod person;
mod precedents;
mod projections;
mod replays;
mod review;
mod run;
mod setup;
mod shell;
mod sign_in;
mod steering;
mod studio;
mod tabs;
mod tenant;
mod timeline;
mod trace;
mod traces;

#[cfg(test)]
mod tests;

use dioxus::prelude::*;
use tokio::sync::mpsc;

use crate::model::{Body, View};

pub(crate) use graph::svg_file as graph_file;

/// What a page asks of the session it lives in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    /// Let the rows in that gathered while the list was held still.
    ShowWaiting,
    /// Try again now.
    Retry,
}

/// The way from a page to its session. A page that was only painted has none.
#[derive(Clone)]
pub(crate) struct Asks(pub(crate) mpsc::Sender<Ask>);

/// The whole page as HTML, without the document around it.
pub(crate) fn to_html(view: View) -> String {
    let mut dom = VirtualDom::new_with_props(painted, view);
    dom.rebuild_in_place();
    dioxus_ssr::render(&dom)
}

/// The root of a live session; the session provides a `Signal<View>` and [`Asks`] as context.
pub(crate) fn live_root() -> Element {
    let view = use_context::<Signal<View>>();
    page(&view.read())
}

#[expect(clippy::needless_pass_by_value, reason = "the shape of a root component")]
fn painted(view: View) -> Element {
    page(&view)
}

fn page(view: &View) -> Element {
    let body = match &view.body {
        Body::Overview(page) => overview::page(page, &view.shell),
        Body::Notifications(page) => notifications::page(page, &view.shell),
        Body::Inbox(page) => inbox::page(page, &view.shell),
        Body::Review(page) => review::page(page, &view.shell),
        Body::Studio(page) => studio::page(page, &view.shell),
        Body::Audit(page) => audit::page(page, &view.shell),
        Body::Traces(page) => traces::page(page, &view.shell),
        Body::Trace(page) => trace::page(page, &view.shell),
        Body::Graph(page) => graph::page(page, &view.shell),
        Body::Precedents(page) => precedents::page(page, &view.shell),
        Body::Compare(page) => compare::page(page, &view.shell),
        Body::Events(page) => events::page(page, &view.shell),
        Body::Projections(page) => projections::page(page, &view.shell),
        Body::Digests(page) => digests::page(page, &view.shell),
        Body::Failures(page) => failures::page(page, &view.shell),
        Body::Replays(page) => replays::page(page, &view.shell),
        Body::Run(page) => run::page(page, &view.shell),
        Body::SignIn(page) => sign_in::page(page, &view.shell),
        Body::Password(page) => password::page(page, &view.shell),
        Body::Setup(page) => setup::page(page, &view.shell),
        Body::Passage(page) => passage::page(page),
        Body::Notice(notice) => notice::page(notice, &view.shell),
        Body::Accounts(page) => accounts::page(page, &view.shell),
        Body::Account(page) => account::page(page, &view.shell),
        Body::People(page) => people::page(page, &view.shell),
        Body::Person(page) => person::page(page, &view.shell),
        Body::Once(page) => once::page(page, &view.shell),
        Body::Tenant(page) => tenant::page(page, &view.shell),
        Body::Environment(page) => environment::page(page, &view.shell),
    };
    shell::frame(&view.shell, body)
}

/// Sends to the session, if there is one. A full channel means the session is busy with the same wish.
fn ask(wish: Ask) {
    if let Some(Asks(sender)) = try_consume_context::<Asks>() {
        let _ = sender.try_send(wish);
    }
}
