//! The machine and the database below the service.

use std::{
    env,
    path::{Path, PathBuf},
};

use dg_storage::{DatabaseConfig, Store};

use super::Check;
use crate::{cli::Global, connection::ClientFile, failure::Failure};

const GIB: u64 = 1 << 30;

/// Disk and server binaries; only where a suite is, or could be, kept in `dir`.
pub(super) async fn checks(dir: &Path) -> Vec<Check> {
    let mut checks = vec![binaries(&server_directories())];
    checks.extend(disk(dir));
    checks
}

/// The database itself, when its address is known.
pub(super) async fn database(global: &Global, given: Option<&str>) -> Option<Check> {
    let kept = || ClientFile::read(&global.dir).ok().flatten().and_then(|file| file.database_url);
    let url = given.map(ToOwned::to_owned).or_else(kept)?;
    let config = DatabaseConfig { connect_timeout_ms: 3_000, ..DatabaseConfig::new(url) };
    let looked = async {
        let store = Store::open(&config)?;
        store.ping().await?;
        store.check_schema().await
    };
    Some(match looked.await {
        Ok(()) => Check::ok("database", format!("answers, schema at version {}", dg_storage::SCHEMA_VERSION)),
        Err(error) => Check::failed("database", &Failure::from(error)),
    })
}

fn disk(dir: &Path) -> Option<Check> {
    // The private server's data may lie behind a link.
    let data = dir.join("postgres").join("data").canonicalize();
    let dir = data.as_deref().unwrap_or(dir);
    let existing = dir.ancestors().find(|path| path.is_dir()).unwrap_or(Path::new("."));
    let about = nix::sys::statvfs::statvfs(existing).ok()?;
    let block = about.fragment_size();
    Some(judge_disk(about.blocks_available() * block, about.blocks() * block, existing))
}

fn judge_disk(free: u64, all: u64, at: &Path) -> Check {
    let found = format!("{}.{} GiB free of {} at {}", free / GIB, free % GIB * 10 / GIB, all / GIB, at.display());
    let advice = "make room: PostgreSQL stops when the disk is full; nothing that was acknowledged is lost";
    match free {
        0..268_435_456 => Check::fail("disk", found, advice),
        268_435_456..GIB => Check::warn("disk", found, advice),
        _ => Check::ok("disk", found),
    }
}

/// Where the server's programs usually are: what is set, Debian's directories (newest first), `PATH`.
fn server_directories() -> Vec<PathBuf> {
    let set = env::var_os("DG_POSTGRES_BIN").map(PathBuf::from);
    let mut versions: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let entry = entry.ok()?;
            Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin")))
        })
        .collect();
    versions.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    let on_path = env::var_os("PATH").map(|path| env::split_paths(&path).collect::<Vec<_>>()).unwrap_or_default();
    set.into_iter().chain(versions.into_iter().map(|(_, path)| path)).chain(on_path).collect()
}

fn binaries(places: &[PathBuf]) -> Check {
    let found = places.iter().find(|dir| dir.join("postgres").is_file() && dir.join("initdb").is_file());
    match found {
        Some(dir) => Check::ok("PostgreSQL programs", format!("in {}", dir.display())),
        None => Check::warn(
            "PostgreSQL programs",
            "no server programs found",
            "`dg up` needs them for its private server: `apt-get install postgresql`, or set DATABASE_URL to a server you run",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

    #[test]
    fn a_full_disk_fails_and_a_nearly_full_one_warns() {
        let check = |free| judge_disk(free, 100 * GIB, Path::new("/x"));
        assert_eq!(check(GIB / 8).state, State::Fail);
        assert_eq!(check(GIB / 2).state, State::Warn);
        let fine = check(GIB * 3 / 2);
        assert_eq!((fine.state, fine.found.as_str()), (State::Ok, "1.5 GiB free of 100 at /x"));
    }
}
