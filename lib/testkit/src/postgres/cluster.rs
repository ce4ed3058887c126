//! Making and launching one cluster: `initdb` once per machine, a copy of its result per server.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::binaries::Binaries;
use super::owner::Owner;
use super::{ADMIN, Durability};
use crate::{KitError, wait_until};

const START_DEADLINE: Duration = Duration::from_secs(60);
/// A socket path may have 107 bytes; the socket's own name takes 14, the random directory about 12.
const LONGEST_ROOT: usize = 70;

/// A new directory, short enough for a socket path and searchable by another account.
pub(super) fn new_directory() -> Result<PathBuf, KitError> {
    let configured = std::env::temp_dir();
    let root = if configured.as_os_str().len() > LONGEST_ROOT { PathBuf::from("/tmp") } else { configured };
    let dir = tempfile::Builder::new()
        .prefix("dg-pg-")
        .tempdir_in(&root)
        .map_err(KitError::io(format!("cannot make a directory in {}", root.display())))?;
    // From here on the guard removes it.
    Ok(dir.keep())
}

/// Fills `dir/data` with a fresh cluster.
pub(super) fn create(binaries: &Binaries, owner: Owner, dir: &Path) -> Result<(), KitError> {
    let kept = kept_cluster(binaries);
    if let Some(kept) = kept.as_deref().filter(|kept| kept.join("PG_VERSION").is_file()) {
        copy(kept, &dir.join("data"))?;
        return owner.take_over(dir);
    }
    owner.take_over(dir)?;
    initdb(binaries, owner, dir)?;
    if let Some(kept) = kept {
        keep(&dir.join("data"), &kept);
    }
    Ok(())
}

/// Starts `postgres` on `dir/data` and waits until it takes connections.
pub(super) fn launch(binaries: &Binaries, owner: Owner, durability: Durability, dir: &Path) -> Result<Child, KitError> {
    // A killed postmaster leaves its children behind for a moment; they hold the shared memory until they notice.
    let mut tries = 0;
    loop {
        tries += 1;
        let mut child = spawn(binaries, owner, durability, dir)?;
        match wait_until(START_DEADLINE, "the test server to start", || state(&mut child, dir)) {
            Ok(State::Ready) => return Ok(child),
            Ok(State::Ended) if tries < 50 && read_log(dir).contains("shared memory block") => {
                std::thread::park_timeout(Duration::from_millis(20));
            }
            Ok(State::Ended) | Err(_) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(KitError::Program { program: "postgres".to_owned(), output: tail(&read_log(dir)) });
            }
        }
    }
}

/// The server's log, empty when there is none yet.
pub(super) fn read_log(dir: &Path) -> String {
    fs::read(dir.join("log")).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}

enum State {
    Ready,
    Ended,
}

/// The eighth line of `postmaster.pid` says "ready" once connections are taken.
fn state(child: &mut Child, dir: &Path) -> Option<State> {
    if child.try_wait().ok().flatten().is_some() {
        return Some(State::Ended);
    }
    let text = fs::read_to_string(dir.join("data/postmaster.pid")).ok()?;
    let mut lines = text.lines();
    let own = lines.next()?.trim() == child.id().to_string();
    let ready = lines.nth(6)?.trim() == "ready";
    (own && ready).then_some(State::Ready)
}

fn spawn(binaries: &Binaries, owner: Owner, durability: Durability, dir: &Path) -> Result<Child, KitError> {
    let log = fs::File::create(dir.join("log")).map_err(KitError::io("cannot open the test server's log"))?;
    let errors = log.try_clone().map_err(KitError::io("cannot open the test server's log"))?;
    let mut command = Command::new(binaries.program("postgres"));
    command.arg("-D").arg(dir.join("data"));
    for setting in settings(durability) {
        command.args(["-c", setting]);
    }
    command.arg("-c").arg(format!("unix_socket_directories={}", dir.display()));
    command.current_dir(dir).stdin(Stdio::null()).stdout(log).stderr(errors).process_group(0);
    owner.apply(&mut command);
    command.spawn().map_err(KitError::io("cannot start postgres"))
}

fn settings(durability: Durability) -> &'static [&'static str] {
    match durability {
        Durability::Fast => &[
            "listen_addresses=",
            "max_connections=200",
            "shared_buffers=64MB",
            "fsync=off",
            "synchronous_commit=off",
            "full_page_writes=off",
            "timezone=UTC",
        ],
        Durability::Durable => &["listen_addresses=", "max_connections=200", "shared_buffers=64MB", "timezone=UTC"],
    }
}

fn initdb(binaries: &Binaries, owner: Owner, dir: &Path) -> Result<(), KitError> {
    let mut command = Command::new(binaries.program("initdb"));
    command.arg("-D").arg(dir.join("data"));
    command.args(["-U", ADMIN, "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"]);
    command.current_dir(dir).stdin(Stdio::null());
    owner.apply(&mut command);
    let output = command.output().map_err(KitError::io("cannot run initdb"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(KitError::Program {
        program: "initdb".to_owned(),
        output: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

/// Where the result of `initdb` is kept: beside the test binaries, in the target directory.
fn kept_cluster(binaries: &Binaries) -> Option<PathBuf> {
    let target = crate::paths::target_dir()?;
    Some(target.join("testkit").join(format!("cluster{}", binaries.slug())))
}

/// Keeps a copy for later servers. Losing the race against another process is as good as winning it.
fn keep(data: &Path, kept: &Path) {
    let Some(parent) = kept.parent() else { return };
    let attempt = || -> Result<(), KitError> {
        fs::create_dir_all(parent).map_err(KitError::io("cannot keep the cluster"))?;
        let scratch = tempfile::tempdir_in(parent).map_err(KitError::io("cannot keep the cluster"))?;
        copy(data, &scratch.path().join("data"))?;
        fs::rename(scratch.path().join("data"), kept).map_err(KitError::io("cannot keep the cluster"))
    };
    let _ = attempt();
}

fn copy(from: &Path, to: &Path) -> Result<(), KitError> {
    let what = || format!("cannot copy {} to {}", from.display(), to.display());
    fs::create_dir(to).map_err(KitError::io(what()))?;
    fs::set_permissions(to, fs::Permissions::from_mode(0o700)).map_err(KitError::io(what()))?;
    for entry in fs::read_dir(from).map_err(KitError::io(what()))? {
        let entry = entry.map_err(KitError::io(what()))?;
        let target = to.join(entry.file_name());
        if entry.file_type().map_err(KitError::io(what()))?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target).map_err(KitError::io(what()))?;
        }
    }
    Ok(())
}

fn tail(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}
