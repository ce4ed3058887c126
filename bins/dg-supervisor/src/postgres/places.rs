//! Settles where the data and the socket really are.
//!
//! A directory that the server's account cannot reach (a project below `/root`, a private temporary directory), or a socket path
//! that is too long for the kernel, is replaced by one that works, and the configured path becomes a symbolic link to it.

use std::fs::{self, DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use super::{Account, ServerError};
use crate::table::PostgresSection;

/// The kernel takes 107 bytes including `/.s.PGSQL.5432`; clients add little things of their own.
const LONGEST_SOCKET_DIR: usize = 90;
/// Survives a restart of the machine.
const DATA_HOME: &str = "/var/tmp";
/// Short.
const SOCKET_HOME: &str = "/tmp";

/// Real directories, free of links.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Places {
    pub(crate) data_dir: PathBuf,
    pub(crate) socket_dir: PathBuf,
}

/// Settles both directories; afterwards the socket's exists, and the data's parent does.
pub(super) fn settle(section: &PostgresSection, account: Option<&Account>) -> Result<Places, ServerError> {
    Ok(Places {
        data_dir: settle_data(&section.data_dir, account)?,
        socket_dir: settle_socket(&section.socket_dir, account)?,
    })
}

/// Makes the socket's directory again if somebody tidied it away, and closes it to everybody but the server's account.
pub(super) fn open_socket_dir(path: &Path, account: Option<&Account>) -> Result<(), ServerError> {
    if !path.is_dir() {
        DirBuilder::new().mode(0o700).create(path).map_err(ServerError::file("cannot make", path))?;
    }
    fs::set_permissions(path, Permissions::from_mode(0o700)).map_err(ServerError::file("cannot close", path))?;
    account.map_or(Ok(()), |account| account.own(path))
}

fn settle_data(configured: &Path, account: Option<&Account>) -> Result<PathBuf, ServerError> {
    if configured.is_symlink() && !parent_of(&fs::read_link(configured).unwrap_or_default()).exists() {
        // Making an empty cluster here would look like the loss of all data.
        return Err(ServerError::Place {
            path: configured.to_owned(),
            why: "points to data that is gone; remove the link to begin anew",
        });
    }
    if configured.is_symlink() {
        return fs::read_link(configured).map_err(ServerError::file("cannot read", configured));
    }
    let parent = make_parent(configured)?;
    let real = parent.join(configured.file_name().unwrap_or_default());
    if account.is_none_or(|account| account.can_reach(&parent)) {
        return Ok(real);
    }
    if configured.exists() {
        return Err(ServerError::Place {
            path: real,
            why: "cannot be entered by the account PostgreSQL runs under; open its parent directories",
        });
    }
    let data_dir = new_home(DATA_HOME, "decisiongraph-")?.join("data");
    link(configured, &data_dir, "the data directory is out of reach of the account PostgreSQL runs under")?;
    Ok(data_dir)
}

fn settle_socket(configured: &Path, account: Option<&Account>) -> Result<PathBuf, ServerError> {
    let parent = make_parent(configured)?;
    let real = parent.join(configured.file_name().unwrap_or_default());
    let short = |path: &Path| path.as_os_str().len() <= LONGEST_SOCKET_DIR;
    let chosen = if configured.is_symlink() {
        match configured.canonicalize() {
            Ok(target) => target,
            // Nothing is lost with a socket's directory.
            Err(_) => {
                fs::remove_file(configured).map_err(ServerError::file("cannot remove", configured))?;
                return settle_socket(configured, account);
            }
        }
    } else if short(&real) && account.is_none_or(|account| account.can_reach(&parent)) {
        real
    } else {
        if configured.exists() {
            fs::remove_dir_all(configured).map_err(ServerError::file("cannot remove", configured))?;
        }
        let socket_dir = new_home(SOCKET_HOME, "dg-")?.join("run");
        link(configured, &socket_dir, "the socket directory is too deep or out of reach")?;
        socket_dir
    };
    open_socket_dir(&chosen, account)?;
    Ok(chosen)
}

/// A directory of our own in a place everybody can enter; what is inside decides who may go on.
fn new_home(below: &str, prefix: &str) -> Result<PathBuf, ServerError> {
    let made = tempfile::Builder::new().prefix(prefix).permissions(Permissions::from_mode(0o711)).tempdir_in(below);
    let home = made.map_err(ServerError::file("cannot make a directory in", Path::new(below)))?.keep();
    // The process's umask may have taken more away than was meant.
    fs::set_permissions(&home, Permissions::from_mode(0o711)).map_err(ServerError::file("cannot open", &home))?;
    Ok(home)
}

fn link(configured: &Path, real: &Path, why: &str) -> Result<(), ServerError> {
    symlink(real, configured).map_err(ServerError::file("cannot link", configured))?;
    tracing::warn!(configured = %configured.display(), real = %real.display(), "{why}; using {} instead", real.display());
    Ok(())
}

/// Makes the directory around `path` and answers its real name.
fn make_parent(path: &Path) -> Result<PathBuf, ServerError> {
    let parent = parent_of(path);
    fs::create_dir_all(parent).map_err(ServerError::file("cannot make", parent))?;
    parent.canonicalize().map_err(ServerError::file("cannot find", parent))
}

fn parent_of(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_place_is_used_as_it_is() {
        let home = tempfile::tempdir().unwrap();
        let home = home.path().canonicalize().unwrap();
        assert_eq!(settle_data(&home.join("a/data"), None).unwrap(), home.join("a/data"));
        assert_eq!(settle_socket(&home.join("a/run"), None).unwrap(), home.join("a/run"));
        let mode = fs::metadata(home.join("a/run")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }

    #[test]
    fn a_long_socket_path_becomes_a_link_that_stays() {
        let home = tempfile::tempdir().unwrap();
        let configured = home.path().join("x".repeat(100)).join("run");
        let first = settle_socket(&configured, None).unwrap();
        assert!(first.as_os_str().len() < 40 && first.is_dir(), "{first:?}");
        assert_eq!(settle_socket(&configured, None).unwrap(), first);
        fs::remove_dir_all(first.parent().unwrap()).unwrap();
        let second = settle_socket(&configured, None).unwrap();
        assert_ne!(second, first);
        fs::remove_dir_all(second.parent().unwrap()).unwrap();
    }

    #[test]
    fn lost_data_is_never_replaced_by_an_empty_cluster() {
        let home = tempfile::tempdir().unwrap();
        let configured = home.path().join("data");
        symlink("/nonexistent/decisiongraph/data", &configured).unwrap();
        assert!(settle_data(&configured, None).unwrap_err().to_string().contains("gone"));
    }
}
