//! Makes the data directory.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use nix::sys::signal::Signal;

use super::{Account, Binaries, ServerError, program};
use crate::process::die_with_parent;

/// Superuser of a private server; reachable through its socket only.
const SUPERUSER: &str = "dg_admin";
/// By preference: sorted by code point and UTF-8, then what every machine has.
const LOCALES: [&str; 2] = ["C.UTF-8", "C"];

/// The major version that made the data, when there is any.
pub(super) fn version(data_dir: &Path) -> Result<Option<u32>, ServerError> {
    let path = data_dir.join("PG_VERSION");
    match fs::read_to_string(&path) {
        Ok(text) => Ok(text.trim().parse().ok()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ServerError::file("cannot read", &path)(error)),
    }
}

/// Runs `initdb` beside the final place and moves the result there, so that a crash in between leaves no half cluster.
pub(super) async fn create_if_missing(
    binaries: &Binaries,
    account: Option<&Account>,
    data_dir: &Path,
) -> Result<(), ServerError> {
    if version(data_dir)?.is_some() {
        return Ok(());
    }
    if fs::read_dir(data_dir).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(ServerError::Place {
            path: data_dir.to_owned(),
            why: "is neither empty nor a PostgreSQL data directory",
        });
    }
    let partial = partial_of(data_dir);
    let mut failures = String::new();
    for locale in LOCALES {
        fresh_directory(&partial, account)?;
        match initdb(binaries, account, &partial, locale).await? {
            Ok(()) => {
                return fs::rename(&partial, data_dir)
                    .map_err(ServerError::file("cannot move the new cluster to", data_dir));
            }
            Err(output) => failures = output,
        }
    }
    Err(ServerError::Program { program: "initdb", output: failures })
}

async fn initdb(
    binaries: &Binaries,
    account: Option<&Account>,
    directory: &Path,
    locale: &str,
) -> Result<Result<(), String>, ServerError> {
    let mut command = program(&binaries.program("initdb"), account);
    command.arg("-D").arg(directory).args(["-U", SUPERUSER, "--auth=trust", "-E", "UTF8", "--data-checksums"]);
    command.arg(format!("--locale={locale}")).stdin(Stdio::null());
    die_with_parent(&mut command, Signal::SIGKILL);
    let output = command.output().await.map_err(|source| ServerError::Run { program: "initdb", source })?;
    if output.status.success() {
        return Ok(Ok(()));
    }
    Ok(Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
}

fn fresh_directory(path: &Path, account: Option<&Account>) -> Result<(), ServerError> {
    if path.exists() {
        fs::remove_dir_all(path).map_err(ServerError::file("cannot remove", path))?;
    }
    fs::create_dir(path).map_err(ServerError::file("cannot make", path))?;
    fs::set_permissions(path, Permissions::from_mode(0o700)).map_err(ServerError::file("cannot close", path))?;
    account.map_or(Ok(()), |account| account.own(path))
}

fn partial_of(data_dir: &Path) -> PathBuf {
    let mut name = data_dir.file_name().unwrap_or_default().to_owned();
    name.push(".initdb");
    data_dir.with_file_name(name)
}
