//! The directory of the notify sockets.

use std::fs::{self, DirBuilder};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use nix::unistd::geteuid;

/// Used when there is no status file; not `TMPDIR`, which can be too long for a socket.
const FALLBACK: &str = "/tmp";
/// The kernel takes 107 bytes; the name of the directory and a child's name come on top.
const LONGEST_HOME: usize = 60;

/// Removed when dropped. Its name follows from the table's, so what a killed supervisor left is taken over by the next.
#[derive(Debug)]
pub(crate) struct SocketDir(PathBuf);

impl SocketDir {
    /// Beside the status file, where the supervisor may write, unless that is too deep.
    pub(crate) fn of_table(table: &Path, status_file: Option<&Path>) -> io::Result<Self> {
        let mut hasher = DefaultHasher::new();
        table.canonicalize()?.hash(&mut hasher);
        let beside = status_file.and_then(Path::parent).and_then(|home| home.canonicalize().ok());
        let home = beside.filter(|home| home.as_os_str().len() <= LONGEST_HOME).unwrap_or_else(|| FALLBACK.into());
        let path = home.join(format!("dg-supervisor-{}-{:08x}", geteuid(), hasher.finish() >> 32));
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
        let first = SocketDir::of_table(table.path(), None).unwrap();
        let second = SocketDir::of_table(table.path(), None).unwrap();
        assert_eq!(first.socket("a"), second.socket("a"));
        assert!(first.0.is_dir());
        drop(second);
        assert!(!first.0.exists());
    }

    #[test]
    fn it_is_beside_the_status_file_unless_that_is_deep() {
        let table = tempfile::NamedTempFile::new().unwrap();
        let home = tempfile::Builder::new().tempdir_in("/tmp").unwrap();
        let of = |directory: &Path| SocketDir::of_table(table.path(), Some(&directory.join("status.json"))).unwrap();
        assert_eq!(of(home.path()).0.parent(), Some(home.path()));
        let deep = home.path().join("x".repeat(80));
        fs::create_dir(&deep).unwrap();
        assert_eq!(of(&deep).0.parent(), Some(Path::new(FALLBACK)));
    }
}
