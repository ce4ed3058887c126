//! What travels over a socket: edits as binary frames, everything else as small JSON texts.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use dioxus_html::HtmlEvent;
use serde::{Deserialize, Serialize};

/// The daemon stops; come back soon.
pub(super) const GOING: u16 = 1001;
/// A frame that no page of ours sends.
pub(super) const BAD_FRAME: u16 = 4400;
/// Nobody is signed in, or not any more.
pub(super) const SIGN_IN: u16 = 4401;
/// The page was drawn by another version of this console.
pub(super) const OLD: u16 = 4409;
/// Nothing was heard for too long.
pub(super) const SILENT: u16 = 4408;
/// Frames came faster than a person makes them.
pub(super) const TOO_FAST: u16 = 4429;
/// No room for another open page.
pub(super) const FULL: u16 = 4503;

/// The only events our pages listen to; no other one reaches the tree.
const LISTENED: [&str; 1] = ["click"];

/// What a browser may say.
#[derive(Debug)]
pub(super) enum Heard {
    /// Something happened to a node.
    Event(Box<HtmlEvent>),
    /// The person went to another address.
    Go(Going),
    /// The list should not move right now, or may again.
    Hold(bool),
    /// The browser is still there.
    Alive,
}

/// A step to another address.
#[derive(Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub(super) struct Going {
    /// Where to.
    pub(super) path: String,
    /// Which step of this page; the answer repeats it.
    pub(super) step: u32,
}

#[derive(Deserialize)]
#[serde(tag = "method", content = "params", rename_all = "snake_case")]
enum Said {
    UserEvent(Happened),
    Go(Going),
    Hold(bool),
    Alive,
}

#[derive(Deserialize)]
struct Happened {
    name: String,
    element: usize,
    bubbles: bool,
    data: serde_json::Value,
}

/// What the page is told besides edits.
#[derive(Serialize)]
#[serde(tag = "method", content = "params", rename_all = "snake_case")]
pub(super) enum Told<'t> {
    /// The page now shown.
    Page {
        /// Its address.
        path: &'t str,
        /// Its title.
        title: &'t str,
        /// The step that asked for it.
        step: u32,
    },
    /// The address changes without a step of the person.
    Moved {
        /// The new address.
        path: &'t str,
        /// Whether it takes the place of the old one.
        replace: bool,
    },
}

/// Reads a text frame. None for what none of our pages would send.
pub(super) fn read(text: &str) -> Option<Heard> {
    match serde_json::from_str(text).ok()? {
        Said::UserEvent(happened) => {
            if !LISTENED.contains(&happened.name.as_str()) {
                return None;
            }
            let Happened { name, element, bubbles, data } = happened;
            let event = serde_json::json!({ "name": name, "element": element, "bubbles": bubbles, "data": data });
            Some(Heard::Event(Box::new(serde_json::from_value(event).ok()?)))
        }
        Said::Go(going) => Some(Heard::Go(going)),
        Said::Hold(hold) => Some(Heard::Hold(hold)),
        Said::Alive => Some(Heard::Alive),
    }
}

/// Writes a text frame.
pub(super) fn text(told: &Told<'_>) -> Message {
    // These shapes always serialise; an empty text would be ignored by the page.
    Message::Text(Utf8Bytes::from(serde_json::to_string(told).unwrap_or_default()))
}

/// Says why and closes.
pub(super) async fn close(mut socket: WebSocket, code: u16) {
    let frame = CloseFrame { code, reason: Utf8Bytes::default() };
    // Whoever does not listen any more needs no reason.
    let _ = tokio::time::timeout(Duration::from_secs(1), socket.send(Message::Close(Some(frame)))).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUSE: &str = r#"{"alt_key":false,"button":0,"buttons":0,"client_x":1,"client_y":1,"ctrl_key":false,"meta_key":false,"offset_x":1,"offset_y":1,"page_x":1,"page_y":1,"screen_x":1,"screen_y":1,"shift_key":false}"#;

    #[test]
    fn what_our_pages_send_is_read() {
        let click = format!(
            r#"{{"method":"user_event","params":{{"name":"click","element":3,"bubbles":true,"data":{MOUSE}}}}}"#
        );
        assert!(matches!(read(&click), Some(Heard::Event(event)) if event.element.0 == 3));
        let go = read(r#"{"method":"go","params":{"path":"/t/a","step":2}}"#);
        assert!(matches!(go, Some(Heard::Go(Going { step: 2, .. }))));
        assert!(matches!(read(r#"{"method":"hold","params":true}"#), Some(Heard::Hold(true))));
        assert!(matches!(read(r#"{"method":"alive"}"#), Some(Heard::Alive)));
    }

    #[test]
    fn nothing_else_is() {
        let form =
            r#"{"method":"user_event","params":{"name":"click","element":3,"bubbles":true,"data":{"values":[]}}}"#;
        let other = format!(
            r#"{{"method":"user_event","params":{{"name":"mousemove","element":3,"bubbles":true,"data":{MOUSE}}}}}"#
        );
        for text in [
            "",
            "null",
            "[]",
            "{}",
            r#"{"method":"eval","params":"x"}"#,
            r#"{"method":"go","params":{"path":"/"}}"#,
            form,
            &other,
        ] {
            assert!(read(text).is_none(), "{text}");
        }
    }
}
