//! What people show for a decision: typed entries, each with a hash.
//!
//! Entries stay in payloads as they were given; what they are is read out of them, so that they can be listed, found again and
//! compared. A file is kept by the SHA-256 of its bytes, apart from what refers to it.

use dg_domain::{Hash32, Problem};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{canonical::canonical, problems::Problems};

mod files;
mod media;
mod run;

pub use files::{KeptFile, filled, named};
pub use media::{BadFile, LARGEST_FILE, MediaType};
pub use run::{EndedRun, of_run};

/// Most entries that one action brings.
pub const MOST_ENTRIES: usize = 50;
/// Most bytes of canonical JSON that they take together.
pub const MOST_BYTES: usize = 64 << 10;
/// The longest place, in bytes.
const LONGEST_LOCATOR: usize = 2_048;
/// The longest label, in characters.
const LONGEST_LABEL: usize = 200;

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceKind {
    /// Something elsewhere, by its address. Also written `link`.
    #[serde(alias = "link")]
    Locator,
    /// Something that is said. Also written `text`.
    #[serde(alias = "text")]
    Note,
    /// An event of the log, by `event_id`.
    Event,
    /// A trace, by `trace_id`.
    Trace,
    /// A file that is kept here, by `sha256`.
    File,
    /// The digest of something.
    Digest,
    /// A replay, by `job_id`.
    Run,
}

/// One entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// What it is: its `kind`, or what its other fields say.
    pub kind: EvidenceKind,
    /// What it points to: an address, an id, a hash; none for what is only said.
    pub locator: Option<String>,
    /// What people call it.
    pub label: Option<String>,
    /// What a file holds.
    pub media_type: Option<String>,
    /// How large a file is.
    pub size_bytes: Option<i64>,
    /// The SHA-256 of the content, 64 hexadecimal digits, where it is known.
    pub sha256: Option<String>,
    /// The entry as it is recorded.
    pub value: Map<String, Value>,
    /// The SHA-256 of its canonical JSON.
    pub hash: Hash32,
}

/// Reads entries: objects pass, other values become `{"value": text}`.
///
/// # Errors
/// Everything that is wrong, with pointers below `/evidence`: no list, more than [`MOST_ENTRIES`] or [`MOST_BYTES`], an unknown
/// kind, a field that the kind needs and that is missing, a field of the wrong type, a float.
pub fn read(given: &Value) -> Result<Vec<Evidence>, Vec<Problem>> {
    let mut problems = Problems::default();
    let Value::Array(entries) = given else {
        problems.add("/evidence", "type", "needs a list");
        return problems.none().map(|()| Vec::new());
    };
    problems.need(entries.len() <= MOST_ENTRIES, "/evidence", "too_many", "holds at most 50 entries");
    let (mut read, mut bytes) = (Vec::new(), 0);
    for (at, entry) in entries.iter().enumerate().take(MOST_ENTRIES) {
        let value = object(entry);
        match canonical(&value) {
            Ok(text) => {
                bytes += text.len();
                read.push(one(value, Hash32::of(text.as_bytes()), &format!("/evidence/{at}"), &mut problems));
            }
            Err(violation) => {
                let below = violation.details.pointer.as_deref().unwrap_or_default();
                problems.add(format!("/evidence/{at}{below}"), "float", violation.message);
            }
        }
    }
    problems.need(bytes <= MOST_BYTES, "/evidence", "too_large", "holds at most 65536 bytes");
    problems.none()?;
    Ok(read)
}

fn object(entry: &Value) -> Map<String, Value> {
    let text = match entry {
        Value::Object(fields) => return fields.clone(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    Map::from_iter([("value".to_owned(), Value::String(text))])
}

fn one(value: Map<String, Value>, hash: Hash32, at: &str, problems: &mut Problems) -> Evidence {
    let kind = kind(&value, at, problems);
    let text = |key: &str, most: usize, problems: &mut Problems| match value.get(key) {
        None | Some(Value::Null) => None,
        Some(Value::String(text))
            if !text.trim().is_empty() && text.chars().count() <= most && !text.contains('\0') =>
        {
            Some(text.clone())
        }
        Some(_) => {
            problems.add(format!("{at}/{key}"), "text", format!("needs a text of 1 to {most} characters"));
            None
        }
    };
    let label = text("label", LONGEST_LABEL, problems);
    let media_type = text("media_type", LONGEST_LABEL, problems);
    let sha256 = text("sha256", 71, problems).and_then(|given| {
        let digits = given.strip_prefix("sha256:").unwrap_or(&given).to_owned();
        let good = is_sha256(&digits);
        problems.need(good, format!("{at}/sha256"), "sha256", "needs 64 lowercase hexadecimal digits");
        good.then_some(digits)
    });
    let size_bytes = match value.get("size_bytes") {
        None | Some(Value::Null) => None,
        Some(size) => {
            let size = size.as_i64().filter(|size| *size >= 0);
            problems.need(size.is_some(), format!("{at}/size_bytes"), "range", "needs a whole number of at least 0");
            size
        }
    };
    let key = kind.points_by();
    let locator = match kind {
        EvidenceKind::Note => None,
        EvidenceKind::File => sha256.clone(),
        _ => text(key, LONGEST_LOCATOR, problems),
    };
    let says = value.get("value").or_else(|| value.get("text")).or_else(|| value.get("note"));
    // An entry that does not say what it is may be anything, as it always could.
    let typed = value.get("kind").and_then(Value::as_str).and_then(EvidenceKind::parse).is_some();
    let there = if kind == EvidenceKind::Note {
        says.is_some_and(is_said)
    } else {
        value.get(key).is_some_and(|value| !value.is_null())
    };
    problems.need(!typed || there, format!("{at}/{key}"), "required", format!("evidence of kind {kind} needs {key}"));
    Evidence { kind, locator, label, media_type, size_bytes, sha256, value, hash }
}

fn is_said(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.trim().is_empty())
}

fn is_sha256(digits: &str) -> bool {
    digits.len() == 64 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The kind as it is written, or as the fields tell it.
fn kind(value: &Map<String, Value>, at: &str, problems: &mut Problems) -> EvidenceKind {
    if let Some(word) = value.get("kind").filter(|word| !word.is_null()) {
        if let Some(kind) = word.as_str().and_then(EvidenceKind::parse) {
            return kind;
        }
        let all = EvidenceKind::ALL.map(EvidenceKind::as_str).join(", ");
        problems.add(format!("{at}/kind"), "unknown", format!("is one of {all}"));
    }
    let told =
        [EvidenceKind::Run, EvidenceKind::Event, EvidenceKind::Digest, EvidenceKind::Locator, EvidenceKind::Trace];
    let is_there = |kind: &EvidenceKind| value.get(kind.points_by()).is_some_and(Value::is_string);
    told.into_iter().find(is_there).unwrap_or(EvidenceKind::Note)
}

impl EvidenceKind {
    /// Every one.
    pub const ALL: [Self; 7] =
        [Self::Locator, Self::Note, Self::Event, Self::Trace, Self::File, Self::Digest, Self::Run];

    /// The word in tables and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Locator => "locator",
            Self::Note => "note",
            Self::Event => "event",
            Self::Trace => "trace",
            Self::File => "file",
            Self::Digest => "digest",
            Self::Run => "run",
        }
    }

    /// Reads the word, or its other spelling.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "link" => Some(Self::Locator),
            "text" => Some(Self::Note),
            _ => Self::ALL.into_iter().find(|kind| kind.as_str() == word),
        }
    }

    /// The field that says what is meant.
    const fn points_by(self) -> &'static str {
        match self {
            Self::Locator => "locator",
            Self::Note => "value",
            Self::Event => "event_id",
            Self::Trace => "trace_id",
            Self::File => "sha256",
            Self::Digest => "digest",
            Self::Run => "job_id",
        }
    }
}

impl std::fmt::Display for EvidenceKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests;
