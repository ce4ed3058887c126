//! Reads the layers and lays them over each other.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use config::{Config, File, FileFormat, Map, Source, Value};

use super::{DEFAULT_PATH, Problems, credentials};
use crate::flags::Flags;

/// Where settings come from, lowest first; what is missing everywhere keeps the compiled default.
#[derive(Clone, Debug, Default)]
pub struct Layers {
    /// The file; the `*.toml` of a `conf.d` directory beside it follow in the order of their names.
    pub file: Option<PathBuf>,
    /// The directory of the service's credentials; each file that is called `dg_section.key` is a setting.
    pub credentials: Option<PathBuf>,
    /// Environment variables; only `DG__SECTION__KEY` with a value counts.
    pub env: HashMap<String, String>,
    /// `section.key` and value, from flags.
    pub overrides: Vec<(String, String)>,
}

impl Layers {
    /// The process's own: `--config` or the packaged file when it exists, `CREDENTIALS_DIRECTORY`, the environment, `--set`.
    #[must_use]
    pub fn of_process(flags: &Flags) -> Self {
        let file = flags.config.clone().or_else(|| Some(PathBuf::from(DEFAULT_PATH)).filter(|path| path.exists()));
        // Variables that are not UTF-8 cannot be ours.
        let env =
            std::env::vars_os().filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)));
        let credentials = std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
        Self { file, credentials, env: env.collect(), overrides: flags.overrides.clone() }
    }

    /// One table of all layers, later ones on top. `None` when a file cannot be read or parsed.
    pub(super) fn merge(&self, problems: &mut Problems) -> Option<Map<String, Value>> {
        let mut builder = Config::builder();
        for path in self.files(problems) {
            builder = builder.add_source(File::from(path).format(FileFormat::Toml));
        }
        if let Some(directory) = &self.credentials {
            builder = builder.add_source(secrets(directory, problems));
        }
        let environment = config::Environment::with_prefix("DG").separator("__").ignore_empty(true);
        builder = builder.add_source(environment.source(Some(self.env.clone())));
        for (key, value) in &self.overrides {
            match builder.clone().set_override(key, value.as_str()) {
                Ok(next) => builder = next,
                Err(error) => problems.add(key, error),
            }
        }
        match builder.build().and_then(|config| config.collect()) {
            Ok(table) => Some(table),
            Err(error) => {
                problems.add("file", error);
                None
            }
        }
    }

    fn files(&self, problems: &mut Problems) -> Vec<PathBuf> {
        let Some(file) = &self.file else { return Vec::new() };
        let mut files = vec![file.clone()];
        if let Some(directory) = file.parent() {
            match fragments(&directory.join("conf.d")) {
                Ok(found) => files.extend(found),
                Err(error) => problems.add("conf.d", error),
            }
        }
        files
    }
}

/// The credentials as a layer of their own, below environment and flags.
fn secrets(directory: &Path, problems: &mut Problems) -> Config {
    let mut layer = Config::default();
    for (key, value) in credentials::read(directory, problems) {
        match Config::builder().add_source(layer.clone()).set_override(&key, value).and_then(|next| next.build()) {
            Ok(next) => layer = next,
            Err(error) => problems.add(key, error),
        }
    }
    layer
}

fn fragments(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
