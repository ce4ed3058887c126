//! The directory of the notify sockets.

use std::fs::{self, DirBuilder};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use nix::unistd::geteuid;

/// Below `/tmp` and not `TMPDIR`, which can be too long for a socket.
const HOME: &str = "/tmp";

/// Removed when dropped. Its name follows from the table's, so what a killed supervisor left is taken over by the next.
#[derive(Debug)]
pub(super) struct SocketDir(PathBuf);

impl SocketDir {
    pub(super) fn of_table(table: &Path) -> io::Result<Self> {
        let mut hasher = DefaultHasher::new();
        table.canonicalize()?.hash(&mut hasher);
        let path = Path::new(HOME).join(format!("dg-supervisor-{}-{:016x}", geteuid(), hasher.finish()));
        match DirBuilder::new().mode(0o700).create(&path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        let found = fs::symlink_metadata(&path)?;
        if !found.is_dir() || found.uid() != geteuid().as_raw() || found.mode() & 0o077 != 0 {
            return Err(io::Error::other(format!("{} belongs to somebody else", path.display())));
        }
        Ok(Self(path))
    }

    /// The socket of one child.
    pub(super) fn socket(&self, child: &str) -> PathBuf {
        self.0.join(format!("{child}.sock"))
    }
}

impl Drop for SocketDir {
    fn drop(&mut self) {
        // Whatever stays is taken over next time.
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_left_directory_is_taken_over_and_removed_at_the_end() {
        let table = tempfile::NamedTempFile::new().unwrap();
        let first = SocketDir::of_table(table.path()).unwrap();
        let second = SocketDir::of_table(table.path()).unwrap();
        assert_eq!(first.socket("a"), second.socket("a"));
        assert!(first.0.is_dir());
        drop(second);
        assert!(!first.0.exists());
    }
}
