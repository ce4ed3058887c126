//! Files that evidence names, held against those that are kept.

use std::collections::{BTreeMap, BTreeSet};

use dg_domain::Problem;
use serde_json::Value;

use super::{Evidence, EvidenceKind, MediaType, is_sha256, read};
use crate::problems::Problems;

/// What is known of a file beside its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptFile {
    /// What it holds, as in `content-type`, without parameters.
    pub media_type: String,
    /// How large it is.
    pub size_bytes: i64,
}

/// The files that entries name: the SHA-256 of each, 64 hexadecimal digits, whatever else is wrong with an entry.
#[must_use]
pub fn named(entries: &[Value]) -> BTreeSet<String> {
    let files = entries.iter().filter(|entry| entry.get("kind").and_then(Value::as_str) == Some("file"));
    let hashes = files.filter_map(|entry| entry.get("sha256")?.as_str());
    let digits = hashes.map(|hash| hash.strip_prefix("sha256:").unwrap_or(hash));
    digits.filter(|digits| is_sha256(digits)).map(str::to_owned).collect()
}

/// The entries with type and size of the files that they name.
///
/// # Errors
/// Everything that is wrong, with the pointers `/evidence/{n}/sha256`: a file that is not kept, another type or size than an entry
/// says.
pub fn filled(entries: &[Value], kept: &BTreeMap<String, KeptFile>) -> Result<Vec<Value>, Vec<Problem>> {
    let mut problems = Problems::default();
    let fill = |(at, entry): (usize, &Value)| {
        let Some(Evidence { sha256: Some(sha256), media_type, size_bytes, mut value, .. }) = file(entry) else {
            return entry.clone();
        };
        let pointer = format!("/evidence/{at}/sha256");
        let Some(KeptFile { media_type: known, size_bytes: size }) = kept.get(&sha256) else {
            problems.add(pointer, "unknown_file", "names a file that is not kept; put it first");
            return entry.clone();
        };
        let said = media_type.as_deref();
        let same = said.is_none_or(|said| MediaType::parse(said).is_some_and(|said| said.as_str() == known));
        problems.need(same, pointer.as_str(), "media_type", format!("names a file that is {known}"));
        let same = size_bytes.is_none_or(|said| said == *size);
        problems.need(same, pointer, "size_bytes", format!("names a file of {size} bytes"));
        value.insert("media_type".to_owned(), Value::from(known.as_str()));
        value.insert("size_bytes".to_owned(), Value::from(*size));
        Value::Object(value)
    };
    let filled = entries.iter().enumerate().map(fill).collect();
    problems.none()?;
    Ok(filled)
}

/// The entry, if it names a file.
fn file(entry: &Value) -> Option<Evidence> {
    let read = read(&Value::Array(vec![entry.clone()])).ok()?;
    read.into_iter().next().filter(|entry| entry.kind == EvidenceKind::File)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn kept() -> BTreeMap<String, KeptFile> {
        BTreeMap::from([("a".repeat(64), KeptFile { media_type: "text/plain".to_owned(), size_bytes: 7 })])
    }

    fn wrong(entry: Value) -> Vec<(String, Option<&'static str>)> {
        let problems = filled(&[json!("first"), entry], &kept()).unwrap_err();
        problems.into_iter().map(|problem| (problem.pointer, problem.reason)).collect()
    }

    #[test]
    fn files_get_their_type_and_size() {
        let (here, label) = ("a".repeat(64), "the letter");
        let entries = [
            json!({"kind": "file", "sha256": here}),
            json!({"kind": "file", "sha256": format!("sha256:{here}"), "media_type": "Text/Plain; charset=utf-8", "label": label}),
            json!({"kind": "file", "sha256": here, "size_bytes": 7}),
            json!({"locator": "crm://1", "sha256": "b".repeat(64)}),
            json!("said"),
        ];
        let filled = filled(&entries, &kept()).unwrap();
        for entry in &filled[..3] {
            assert_eq!((&entry["media_type"], &entry["size_bytes"]), (&json!("text/plain"), &json!(7)), "{entry}");
        }
        assert_eq!((&filled[1]["label"], &filled[1]["sha256"]), (&json!(label), &entries[1]["sha256"]));
        assert_eq!(filled[3..], entries[3..]);
        assert_eq!(named(&entries), BTreeSet::from([here]));
    }

    #[test]
    fn what_is_not_as_it_is_said_is_told() {
        let (here, at) = ("a".repeat(64), "/evidence/1/sha256".to_owned());
        assert_eq!(wrong(json!({"kind": "file", "sha256": "b".repeat(64)})), [(at.clone(), Some("unknown_file"))]);
        for other in ["text/csv", "text/html"] {
            let entry = json!({"kind": "file", "sha256": here, "media_type": other});
            assert_eq!(wrong(entry), [(at.clone(), Some("media_type"))]);
        }
        let entry = json!({"kind": "file", "sha256": here, "media_type": "text/csv", "size_bytes": 8});
        assert_eq!(wrong(entry), [(at.clone(), Some("media_type")), (at, Some("size_bytes"))]);
    }

    #[test]
    fn a_file_is_named_by_its_hash_alone() {
        let hash = "a".repeat(64);
        let entries =
            [json!({"kind": "file"}), json!({"sha256": hash}), json!({"kind": "file", "sha256": "x"}), json!(1.5)];
        assert_eq!(named(&entries), BTreeSet::new());
        assert_eq!(named(&[json!({"kind": "file", "sha256": hash, "label": ""})]), BTreeSet::from([hash]));
    }
}
