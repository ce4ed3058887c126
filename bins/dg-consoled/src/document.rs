//! The HTML document around a page.

use crate::{assets::Assets, model::View, pages};

/// The whole document, ready to be sent. Pages that a script may keep current load it, all others need none.
pub(crate) fn document(view: View, assets: &Assets, live: bool) -> String {
    let title = escape(&format!("{} · DecisionGraph", view.title));
    let (style, icon) = (&assets.style.path, &assets.icon.path);
    let script = if live { format!("<script src=\"{}\" defer></script>", assets.script.path) } else { String::new() };
    let body = pages::to_html(view);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n\
         <link rel=\"icon\" href=\"{icon}\" type=\"image/svg+xml\">\n<link rel=\"stylesheet\" href=\"{style}\">\n{script}\n\
         </head>\n<body>\n<div id=\"app\">{body}</div>\n\
         <p id=\"lost\" class=\"lost\" role=\"status\" hidden>The connection to the console is lost. Trying again …</p>\n</body>\n</html>\n"
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
