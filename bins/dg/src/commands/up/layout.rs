//! The directory a suite lives in.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::Duration,
};

use nix::fcntl::{Flock, FlockArg};
use tokio::time::{Instant, sleep};

use crate::failure::{Exit, Failure};

/// A supervisor that lost its `dg up` needs this long to stop everything.
const OLD_SUITE: Duration = Duration::from_secs(40);

/// A `dg doctor` that looks at the lock holds it for an instant.
const GLANCE: Duration = Duration::from_secs(1);

const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Paths of a suite, all below one absolute directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    dir: PathBuf,
}

/// Held as long as `dg up` runs; the kernel lets go of it whatever happens.
#[derive(Debug)]
pub(super) struct Lock {
    _file: Flock<File>,
}

impl Layout {
    /// The suite in `dir`; none when there is none.
    pub(crate) fn find(dir: &Path) -> Result<Option<Self>, Failure> {
        match dir.canonicalize() {
            Ok(dir) => {
                let layout = Self { dir };
                Ok(layout.lock_file().exists().then_some(layout))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(unusable(dir, &error)),
        }
    }

    /// Makes the directory. Nobody else may look into it; as root, others may pass through to what is theirs inside,
    /// because the private server then runs under another account.
    pub(super) fn make(dir: &Path) -> Result<Self, Failure> {
        let mode = if nix::unistd::geteuid().is_root() { 0o711 } else { 0o700 };
        if let Some(parent) = dir.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            fs::create_dir_all(parent).map_err(|error| unusable(parent, &error))?;
        }
        match DirBuilder::new().mode(mode).create(dir) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(unusable(dir, &error)),
        }
        let dir = dir.canonicalize().map_err(|error| unusable(dir, &error))?;
        if dir.to_str().is_none() {
            return Err(unusable(&dir, &io::Error::other("its name is not UTF-8")));
        }
        let layout = Self { dir };
        for private in [layout.run_dir(), layout.log_dir()] {
            match DirBuilder::new().mode(0o700).create(&private) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(unusable(&private, &error)),
                _ => {}
            }
        }
        Ok(layout)
    }

    /// Takes the directory for this process, and waits for what an earlier one may have left running.
    pub(super) async fn lock(&self) -> Result<Lock, Failure> {
        let path = self.lock_file();
        let in_use = || {
            let message = format!("another `dg up` runs in {}", self.dir.display());
            Failure::new(Exit::Unavailable, "in_use", message)
                .advise("stop that one with Ctrl-C, or use another directory with --dir")
        };
        let file = take(&path, GLANCE).await.map_err(|error| unusable(&path, &error))?.ok_or_else(in_use)?;
        // A supervisor locks its table. One whose `dg up` was killed is still stopping its children.
        if self.table().exists() {
            let table = take(&self.table(), OLD_SUITE).await.map_err(|error| unusable(&self.table(), &error))?;
            if table.is_none() {
                let message = format!("the supervisor of an earlier suite still runs in {}", self.dir.display());
                return Err(Failure::new(Exit::Unavailable, "in_use", message)
                    .advise(format!("end the process that {} names as pid", self.status_file().display())));
            }
        }
        Ok(Lock { _file: file })
    }

    /// Whether a `dg up` holds the directory.
    pub(crate) fn is_running(&self) -> bool {
        let Ok(file) = File::open(self.lock_file()) else { return false };
        Flock::lock(file, FlockArg::LockSharedNonblock).is_err()
    }

    /// Removes what an earlier run said about itself, so that nobody takes it for news.
    pub(super) fn forget(&self, daemons: &[&str]) -> Result<(), Failure> {
        let addresses = daemons.iter().map(|name| self.address_file(name));
        for path in addresses.chain([self.status_file()]) {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(unusable(&path, &error)),
                _ => {}
            }
        }
        Ok(())
    }

    /// Writes a file that only its owner may read, whole or not at all.
    pub(super) fn write_private(&self, path: &Path, text: &str) -> Result<(), Failure> {
        // A temporary file has mode 0600 from its first moment.
        let mut file = tempfile::NamedTempFile::new_in(&self.dir).map_err(|error| unusable(path, &error))?;
        file.write_all(text.as_bytes()).map_err(|error| unusable(path, &error))?;
        file.persist(path).map_err(|error| unusable(path, &error.error))?;
        Ok(())
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(crate) fn client_file(&self) -> PathBuf {
        self.dir.join(crate::connection::CLIENT_FILE)
    }

    pub(crate) fn status_file(&self) -> PathBuf {
        self.dir.join("status.json")
    }

    pub(crate) fn log_of(&self, child: &str) -> PathBuf {
        self.log_dir().join(format!("{child}.log"))
    }

    pub(super) fn config(&self) -> PathBuf {
        self.dir.join("dg.toml")
    }

    pub(super) fn table(&self) -> PathBuf {
        self.dir.join("supervisor.toml")
    }

    pub(super) fn reader_token(&self) -> PathBuf {
        self.dir.join("console-reader.token")
    }

    pub(super) fn console_token(&self) -> PathBuf {
        self.dir.join("console-service.token")
    }

    pub(super) fn address_file(&self, daemon: &str) -> PathBuf {
        self.run_dir().join(format!("{daemon}.addr"))
    }

    pub(super) fn postgres_data(&self) -> PathBuf {
        self.dir.join("postgres").join("data")
    }

    pub(super) fn postgres_socket(&self) -> PathBuf {
        self.dir.join("postgres").join("run")
    }

    pub(super) fn log_dir(&self) -> PathBuf {
        self.dir.join("logs")
    }

    fn run_dir(&self) -> PathBuf {
        self.dir.join("run")
    }

    fn lock_file(&self) -> PathBuf {
        self.dir.join("lock")
    }
}

/// Locks a file, waiting at most `patience`; none when somebody else keeps it.
async fn take(path: &Path, patience: Duration) -> io::Result<Option<Flock<File>>> {
    let deadline = Instant::now() + patience;
    loop {
        let file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
        match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(lock) => return Ok(Some(lock)),
            Err((_, nix::errno::Errno::EWOULDBLOCK)) if Instant::now() < deadline => sleep(LOOK_EVERY).await,
            Err((_, nix::errno::Errno::EWOULDBLOCK)) => return Ok(None),
            Err((_, error)) => return Err(error.into()),
        }
    }
}

fn unusable(path: &Path, error: &io::Error) -> Failure {
    Failure::new(Exit::Unavailable, "io", format!("{} cannot be used: {error}", path.display()))
        .advise("choose a directory you may write to with --dir")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[tokio::test]
    async fn a_directory_is_taken_once_and_closed_to_others() {
        let parent = tempfile::tempdir().unwrap();
        let layout = Layout::make(&parent.path().join("a b")).unwrap();
        assert_eq!(fs::metadata(layout.dir()).unwrap().permissions().mode() & 0o066, 0);
        assert!(!layout.is_running());
        let lock = layout.lock().await.unwrap();
        assert!(layout.is_running());
        assert_eq!(layout.lock().await.unwrap_err().code(), "in_use");
        drop(lock);
        assert!(!layout.is_running());
        layout.write_private(&layout.client_file(), "x").unwrap();
        assert_eq!(fs::metadata(layout.client_file()).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn where_nothing_was_started_nothing_is_found() {
        let parent = tempfile::tempdir().unwrap();
        assert_eq!(Layout::find(&parent.path().join("none")).unwrap(), None);
        assert_eq!(Layout::find(parent.path()).unwrap(), None);
    }
}
