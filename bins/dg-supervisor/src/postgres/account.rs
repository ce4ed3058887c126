//! The account the server runs under.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use nix::unistd::{Gid, Uid, User, chown, geteuid};

use super::ServerError;

/// An account other than the supervisor's own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Account {
    pub(super) uid: Uid,
    pub(super) gid: Gid,
}

impl Account {
    /// `None` means the supervisor's own account. For root: the named one, else `postgres`, else `nobody`.
    pub(super) fn pick(run_as: &str) -> Result<Option<Self>, ServerError> {
        if !geteuid().is_root() {
            return Ok(None);
        }
        let candidates = if run_as.is_empty() { &["postgres", "nobody"][..] } else { &[run_as][..] };
        candidates
            .iter()
            .find_map(|name| User::from_name(name).ok().flatten())
            .filter(|user| !user.uid.is_root())
            .map(|user| Some(Self { uid: user.uid, gid: user.gid }))
            .ok_or_else(|| ServerError::NoAccount(candidates.join(" or ")))
    }

    /// Whether the account may pass through every directory of `path`, `path` included.
    pub(super) fn can_reach(&self, path: &Path) -> bool {
        path.ancestors().all(|directory| std::fs::metadata(directory).is_ok_and(|found| self.can_search(&found)))
    }

    /// Gives it a file or directory.
    pub(super) fn own(&self, path: &Path) -> Result<(), ServerError> {
        chown(path, Some(self.uid), Some(self.gid))
            .map_err(|error| ServerError::file("cannot hand over", path)(error.into()))
    }

    fn can_search(&self, found: &Metadata) -> bool {
        let bit = if found.uid() == self.uid.as_raw() {
            0o100
        } else if found.gid() == self.gid.as_raw() {
            0o010
        } else {
            0o001
        };
        found.mode() & bit != 0
    }
}
