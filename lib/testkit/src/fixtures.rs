//! Event histories from files: our own scenarios, and the published reference data when it is there.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::{KitError, paths};

/// A history with the digests it must give.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The file's name without its ending.
    pub name: String,
    /// Event envelopes in append order.
    pub events: Vec<Value>,
    /// Digest name (`context_graph`, `trace_summary`, `precedent_index`, `full_projection`) to `sha256:...`.
    pub digests: Map<String, Value>,
}

/// Our own scenarios in `fixtures/scenarios`, by name.
///
/// # Errors
/// [`KitError::Fixture`] for a file that is not a scenario.
pub fn scenarios() -> Result<Vec<Scenario>, KitError> {
    json_files(&paths::repository().join("fixtures/scenarios"))?
        .into_iter()
        .filter(|path| !path.to_string_lossy().ends_with(".expected.json"))
        .map(|path| {
            let expected = path.with_extension("expected.json");
            Ok(Scenario {
                name: stem(&path),
                events: events_of(&path, &read_json(&path)?)?,
                digests: object_at(&expected, &read_json(&expected)?, "digests")?,
            })
        })
        .collect()
}

/// The published golden files; empty when the reference data is not there.
///
/// # Errors
/// [`KitError::Fixture`] for a file that is not a golden file.
pub fn golden() -> Result<Vec<Scenario>, KitError> {
    reference_files("golden", "expected_digests")
}

/// The published histories (events, digests); empty when the reference data is not there.
///
/// # Errors
/// [`KitError::Fixture`] for a file that is not a history.
pub fn histories() -> Result<Vec<Scenario>, KitError> {
    reference_files("histories", "expected")
}

/// The published vectors file, when it is there.
///
/// # Errors
/// [`KitError::Fixture`] when it is not JSON.
pub fn vectors() -> Result<Option<Value>, KitError> {
    let Some(path) = paths::reference().map(|dir| dir.join("vectors.json")).filter(|path| path.is_file()) else {
        return Ok(None);
    };
    read_json(&path).map(Some)
}

/// The demo history: 22 events as one JSON object per line.
///
/// # Errors
/// [`KitError::Fixture`] when a line is not JSON.
pub fn demo() -> Result<Vec<Value>, KitError> {
    let path = demo_path();
    let text = fs::read_to_string(&path).map_err(|error| KitError::fixture(&path, &error))?;
    text.lines().map(|line| serde_json::from_str(line).map_err(|error| KitError::fixture(&path, &error))).collect()
}

/// Where the demo history is.
#[must_use]
pub fn demo_path() -> PathBuf {
    paths::repository().join("fixtures/demo/release-demo.ndjson")
}

/// Reads one JSON file.
///
/// # Errors
/// [`KitError::Fixture`] when it cannot be read or is not JSON.
pub fn read_json(path: &Path) -> Result<Value, KitError> {
    let bytes = fs::read(path).map_err(|error| KitError::fixture(path, &error))?;
    serde_json::from_slice(&bytes).map_err(|error| KitError::fixture(path, &error))
}

fn reference_files(folder: &str, digests: &str) -> Result<Vec<Scenario>, KitError> {
    let Some(reference) = paths::reference() else { return Ok(Vec::new()) };
    json_files(&reference.join(folder))?
        .into_iter()
        .filter(|path| !path.to_string_lossy().ends_with(".snapshot.json"))
        .map(|path| {
            let value = read_json(&path)?;
            let mut digests = object_at(&path, &value, digests)?;
            digests.retain(|_, digest| digest.is_string());
            Ok(Scenario { name: stem(&path), events: events_of(&path, &value)?, digests })
        })
        .collect()
}

fn json_files(dir: &Path) -> Result<Vec<PathBuf>, KitError> {
    let entries = fs::read_dir(dir).map_err(|error| KitError::fixture(dir, &error))?;
    let mut files: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "json"))
        .collect();
    files.sort();
    Ok(files)
}

fn events_of(path: &Path, value: &Value) -> Result<Vec<Value>, KitError> {
    let list = value.get("events").unwrap_or(value);
    list.as_array().cloned().ok_or_else(|| KitError::fixture(path, &"no list of events"))
}

fn object_at(path: &Path, value: &Value, key: &str) -> Result<Map<String, Value>, KitError> {
    value
        .get(key)
        .and_then(Value::as_object)
        .cloned()
        .ok_or_else(|| KitError::fixture(path, &format!("no object {key}")))
}

fn stem(path: &Path) -> String {
    path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
