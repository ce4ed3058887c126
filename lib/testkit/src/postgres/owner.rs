//! The account a server runs as: PostgreSQL refuses to run as root.

use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use nix::unistd::{Uid, User};

use crate::KitError;

/// Who owns the data directory; `None` inside means "whoever runs the tests".
#[derive(Clone, Copy, Debug)]
pub(super) struct Owner(Option<(u32, u32)>);

impl Owner {
    /// `postgres`, else `nobody`, when the tests run as root; otherwise the caller.
    pub(super) fn pick() -> Self {
        if !Uid::effective().is_root() {
            return Self(None);
        }
        let known = ["postgres", "nobody"].into_iter().find_map(|name| User::from_name(name).ok().flatten());
        Self(known.map(|user| (user.uid.as_raw(), user.gid.as_raw())))
    }

    /// Makes `command` run as the owner.
    pub(super) fn apply(self, command: &mut Command) {
        if let Self(Some((uid, gid))) = self {
            command.uid(uid).gid(gid);
        }
    }

    /// Hands a directory tree over to the owner, closed to everybody else.
    pub(super) fn take_over(self, root: &Path) -> Result<(), KitError> {
        std::fs::set_permissions(root, std::fs::Permissions::from_mode(0o700))
            .map_err(KitError::io(format!("cannot close {}", root.display())))?;
        let Self(Some((uid, gid))) = self else { return Ok(()) };
        let mut open = vec![root.to_owned()];
        while let Some(path) = open.pop() {
            let failed = || format!("cannot hand over {}", path.display());
            chown(&path, Some(uid), Some(gid)).map_err(KitError::io(failed()))?;
            if path.is_dir() {
                for entry in std::fs::read_dir(&path).map_err(KitError::io(failed()))? {
                    open.push(entry.map_err(KitError::io(failed()))?.path());
                }
            }
        }
        Ok(())
    }
}
