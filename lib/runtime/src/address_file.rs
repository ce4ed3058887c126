//! Tells whoever started the daemon which addresses its listeners got.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The addresses bound so far, one line each: `admin http://127.0.0.1:40123`, `api unix:/run/dg-apid/api.sock`.
///
/// Without a path the addresses are only remembered, so callers need no branch.
#[derive(Debug, Default)]
pub struct AddressFile {
    path: Option<PathBuf>,
    lines: Vec<String>,
}

impl AddressFile {
    /// A file at `path`, or none. Nothing is written before [`write`](Self::write).
    #[must_use]
    pub fn new(path: Option<PathBuf>) -> Self {
        Self { path, lines: Vec::new() }
    }

    /// Remembers that the listener `name` answers at `address`.
    pub fn add(&mut self, name: &str, address: impl std::fmt::Display) {
        self.lines.push(format!("{name} {address}"));
    }

    /// Writes all lines in one step, so that a reader sees the whole file or none. Call it before saying ready.
    ///
    /// # Errors
    /// The directory is missing or not writable.
    pub fn write(&self) -> io::Result<()> {
        match &self.path {
            Some(path) => write_whole(path, format!("{}\n", self.lines.join("\n")).as_bytes()),
            None => Ok(()),
        }
    }
}

/// Replaces the file at `path` by `content` in one rename; readers see the old bytes or the new ones.
///
/// # Errors
/// The directory is missing or not writable.
pub fn write_whole(path: &Path, content: &[u8]) -> io::Result<()> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(content)?;
    file.persist(path).map_err(|failed| failed.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_appear_whole_and_replace_the_old_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("addresses");
        std::fs::write(&path, "old").unwrap();
        let mut file = AddressFile::new(Some(path.clone()));
        file.add("api", "http://127.0.0.1:1");
        file.add("admin", "unix:/tmp/a");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
        file.write().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "api http://127.0.0.1:1\nadmin unix:/tmp/a\n");
    }

    #[test]
    fn without_a_path_nothing_happens() {
        AddressFile::default().write().unwrap();
    }
}
