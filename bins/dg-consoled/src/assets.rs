//! The files a page loads, named by their content so that browsers may keep them for ever.

use dioxus_interpreter_js::{NATIVE_JS, unified_bindings::SLEDGEHAMMER_JS};
use sha2::{Digest, Sha256};

/// All files.
pub(crate) struct Assets {
    /// The style sheet.
    pub(crate) style: Asset,
    /// The client of live sessions.
    pub(crate) script: Asset,
    /// The icon.
    pub(crate) icon: Asset,
}

/// One file.
pub(crate) struct Asset {
    /// Where it is served.
    pub(crate) path: String,
    /// What it is.
    pub(crate) media: &'static str,
    /// Its bytes.
    pub(crate) content: String,
}

impl Assets {
    /// The files that are part of this program.
    pub(crate) fn embedded() -> Self {
        Self {
            style: Asset::named(
                "console",
                "css",
                "text/css; charset=utf-8",
                include_str!("assets/console.css").to_owned(),
            ),
            script: Asset::named("console", "js", "text/javascript; charset=utf-8", script()),
            icon: Asset::named("mark", "svg", "image/svg+xml", include_str!("assets/mark.svg").to_owned()),
        }
    }

    /// The file served at `path`.
    pub(crate) fn at(&self, path: &str) -> Option<&Asset> {
        [&self.style, &self.script, &self.icon].into_iter().find(|asset| asset.path == path)
    }
}

impl Asset {
    fn named(name: &str, extension: &str, media: &'static str, content: String) -> Self {
        let hash = hex::encode(&Sha256::digest(content.as_bytes())[..8]);
        Self { path: format!("/assets/{name}-{hash}.{extension}"), media, content }
    }
}

/// Dioxus's interpreter of edits and our client around it, as one script with no global names.
///
/// Dioxus ships both parts as modules; joined in one function they need neither `export` nor `import`. File
/// uploads are not read, so the place where the host may add that stays empty.
fn script() -> String {
    let interpreter = SLEDGEHAMMER_JS.replace("export{BaseInterpreter};", "").replace("export ", "");
    let native = NATIVE_JS.replace("/*POST_EVENT_SERIALIZATION*/", "");
    let native = native.rsplit_once("export{").map_or(native.as_str(), |(code, _)| code);
    let (client, keys) = (include_str!("assets/client.js"), include_str!("assets/keys.js"));
    format!("(function () {{\n\"use strict\";\n{interpreter}\n{native}\n{client}\n{keys}\n}})();\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_is_no_module_and_evaluates_nothing() {
        let script = script();
        for forbidden in ["export", "import ", "eval(", "new Function", "Function("] {
            assert!(
                !script.contains(forbidden),
                "{forbidden} at {:?}",
                script.find(forbidden).map(|at| &script[at..at + 80])
            );
        }
        assert!(script.contains("class NativeInterpreter") && script.contains("class RawInterpreter"));
    }

    #[test]
    fn files_are_found_by_their_hashed_names() {
        let assets = Assets::embedded();
        let path = assets.style.path.clone();
        assert_eq!(assets.at(&path).unwrap().media, "text/css; charset=utf-8");
        assert!(assets.at("/assets/console.css").is_none());
    }
}
