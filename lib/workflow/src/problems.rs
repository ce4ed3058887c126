//! Everything that is wrong with a document, place by place.

use dg_domain::{ErrorCode, Problem};

/// One thing that is wrong, at an RFC 6901 pointer.
pub(crate) fn problem(pointer: &str, message: &str) -> Problem {
    let (pointer, message) = (pointer.to_owned(), message.to_owned());
    Problem { pointer, code: ErrorCode::InvalidArgument, message, reason: None }
}

/// What was found so far.
#[derive(Default)]
pub(crate) struct Problems {
    found: Vec<Problem>,
}

impl Problems {
    /// One more, at an RFC 6901 pointer.
    pub(crate) fn add(&mut self, pointer: impl Into<String>, reason: &'static str, message: impl Into<String>) {
        self.found.push(Problem {
            pointer: pointer.into(),
            code: ErrorCode::InvalidArgument,
            message: message.into(),
            reason: Some(reason),
        });
    }

    /// One more unless `good`.
    pub(crate) fn need(
        &mut self,
        good: bool,
        pointer: impl Into<String>,
        reason: &'static str,
        message: impl Into<String>,
    ) {
        if !good {
            self.add(pointer, reason, message);
        }
    }

    /// A text that people read: not blank, at most `most` characters, none of them for control but line ends.
    pub(crate) fn text(&mut self, text: &str, most: usize, pointer: &str) {
        let control = |c: char| c.is_control() && c != '\n' && c != '\t';
        let good = !text.trim().is_empty() && text.chars().count() <= most && !text.chars().any(control);
        self.need(good, pointer, "text", format!("needs 1 to {most} characters, not only spaces and none for control"));
    }

    /// A key that programs use: 1 to 64 of `a-z 0-9 _`, the first a letter.
    pub(crate) fn key(&mut self, key: &str, pointer: &str) {
        self.need(is_key(key), pointer, "key", "needs 1 to 64 characters of a-z 0-9 _ and starts with a letter");
    }

    /// A number within bounds.
    pub(crate) fn within(&mut self, number: i64, bounds: std::ops::RangeInclusive<i64>, pointer: &str) {
        let message = format!("needs a whole number from {} to {}", bounds.start(), bounds.end());
        self.need(bounds.contains(&number), pointer, "range", message);
    }

    /// Words that stand in a list once each.
    pub(crate) fn once<'w>(&mut self, words: impl IntoIterator<Item = (&'w str, String)>) {
        let mut seen = std::collections::BTreeSet::new();
        for (word, pointer) in words {
            self.need(seen.insert(word), pointer, "repeated", "is there already");
        }
    }

    /// Moves everything that another collector found below a place.
    pub(crate) fn below(&mut self, place: &str, found: Vec<Problem>) {
        self.found.extend(
            found.into_iter().map(|problem| Problem { pointer: format!("{place}{}", problem.pointer), ..problem }),
        );
    }

    /// Nothing, or all of it.
    pub(crate) fn none(self) -> Result<(), Vec<Problem>> {
        if self.found.is_empty() { Ok(()) } else { Err(self.found) }
    }
}

fn is_key(key: &str) -> bool {
    key.len() <= 64
        && key.starts_with(|c: char| c.is_ascii_lowercase())
        && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}
