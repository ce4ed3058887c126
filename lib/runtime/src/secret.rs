//! Values that must not reach a log.

use std::fmt;
use std::io;
use std::path::Path;

use serde::Deserialize;

/// A password, token or key. `Debug` prints dots and there is no `Display`; the value is read with [`expose`](Self::expose).
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Wraps a value.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// Reads a secret from a file, without the line end an editor leaves.
    ///
    /// # Errors
    /// The file is missing, unreadable or not UTF-8.
    pub fn read(path: &Path) -> io::Result<Self> {
        let mut text = std::fs::read_to_string(path)?;
        text.truncate(text.trim_end_matches(['\r', '\n']).len());
        Ok(Self(text))
    }

    /// The value itself, for the one call that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether nothing was configured.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "(none)" } else { "••••" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_prints_dots() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "••••");
    }

    #[test]
    fn the_line_end_of_the_file_is_not_part_of_the_secret() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("token");
        std::fs::write(&path, "abc \r\n").unwrap();
        assert_eq!(Secret::read(&path).unwrap().expose(), "abc ");
    }
}
