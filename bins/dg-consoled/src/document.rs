//! The HTML document around a page.

use crate::{assets::Assets, model::View, pages};

/// Which colours somebody chose; without a choice the system's are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Theme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// What a cookie or form says.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "light" => Some(Self::Light),
            "dark" => Some(Self::Dark),
            _ => None,
        }
    }

    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// The whole document, ready to be sent. Pages that a script may keep current load it, all others need none.
pub(crate) fn document(view: View, assets: &Assets, live: bool, theme: Option<Theme>) -> String {
    let theme = theme.map(|theme| format!(" data-theme=\"{}\"", theme.name())).unwrap_or_default();
    let help = if live { HELP } else { "" };
    let again = if live && view.shell.refreshing { AGAIN } else { "" };
    let title = escape(&format!("{} · DecisionGraph", view.title));
    let (style, icon) = (&assets.style.path, &assets.icon.path);
    let script = if live { format!("<script src=\"{}\" defer></script>", assets.script.path) } else { String::new() };
    let body = pages::to_html(view);
    format!(
        "<!doctype html>\n<html lang=\"en\"{theme}>\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n\
         <link rel=\"icon\" href=\"{icon}\" type=\"image/svg+xml\">\n<link rel=\"stylesheet\" href=\"{style}\">\n{script}{again}\n\
         </head>\n<body>\n<div id=\"app\">{body}</div>\n\
         <p id=\"lost\" class=\"lost\" role=\"status\" hidden>The connection to the console is lost. Trying again …</p>{help}\n</body>\n</html>\n"
    )
}

/// What the script opens. Without scripts nothing opens it, and there is nothing to tell of keys.
const HELP: &str = include_str!("assets/dialogs.html");

/// A page that was sent before its data is asked for again where no script fills it.
const AGAIN: &str = "<noscript><meta http-equiv=\"refresh\" content=\"2\"></noscript>";

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
