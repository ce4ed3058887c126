//! Where the PostgreSQL server programs of this machine are.

use std::env;
use std::path::{Path, PathBuf};

use crate::KitError;

/// A directory that holds `postgres` and `initdb`.
#[derive(Clone, Debug)]
pub struct Binaries {
    dir: PathBuf,
}

impl Binaries {
    /// Looks at `DG_POSTGRES_BIN`, then at Debian's `/usr/lib/postgresql/*/bin` (newest version first), then at `PATH`.
    ///
    /// # Errors
    /// [`KitError::NoServer`] when none of them holds a server.
    pub fn find() -> Result<Self, KitError> {
        let named = env::var_os("DG_POSTGRES_BIN").map(PathBuf::from);
        let on_path = env::var_os("PATH").map(|path| env::split_paths(&path).collect::<Vec<_>>()).unwrap_or_default();
        named
            .into_iter()
            .chain(debian_versions())
            .chain(on_path)
            .find(|dir| dir.join("initdb").is_file() && dir.join("postgres").is_file())
            .map(|dir| Self { dir })
            .ok_or(KitError::NoServer)
    }

    /// The path of one program, such as `initdb`.
    #[must_use]
    pub fn program(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// A word that differs between installations: the path with its separators replaced.
    pub(super) fn slug(&self) -> String {
        self.dir.to_string_lossy().replace(['/', ' '], "_")
    }
}

fn debian_versions() -> Vec<PathBuf> {
    let mut versions: Vec<(u32, PathBuf)> = std::fs::read_dir(Path::new("/usr/lib/postgresql"))
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .collect();
    versions.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    versions.into_iter().map(|(_, dir)| dir).collect()
}
