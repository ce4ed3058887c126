//! Builds the command of a child.

use std::path::Path;
use std::process::Stdio;

use nix::sys::signal::Signal;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::process::Command;

use crate::postgres::Places;
use crate::table::{Child, Kind};

/// What a service manager tells its own children and what must not be inherited.
const NOT_INHERITED: &[&str] =
    &["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"];

/// The command line and environment of the table, with the server's place filled in.
pub(super) fn command(child: &Child, places: Option<&Places>) -> Command {
    let filled = |text: &String| fill(text, places);
    // The table check has seen that there is a program.
    let (program, arguments) =
        child.command.split_first().map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
    let mut command = Command::new(program);
    command.args(arguments.iter().map(filled));
    command.envs(child.env.iter().map(|(key, value)| (key, filled(value))));
    command
}

/// What every child gets: a process group of its own, so that Ctrl-C reaches the supervisor alone, and a signal from the
/// kernel when the supervisor is gone.
pub(super) fn shield(command: &mut Command, kind: Kind, notify_socket: Option<&Path>) {
    for name in NOT_INHERITED {
        command.env_remove(name);
    }
    if let Some(path) = notify_socket {
        command.env("NOTIFY_SOCKET", path);
    }
    command.stdin(Stdio::null()).process_group(0);
    let farewell = match kind {
        // A server that is killed leaves shared memory and a recovery behind; this one ends in order by itself.
        Kind::Postgres => Signal::SIGINT,
        Kind::Daemon | Kind::Oneshot => Signal::SIGKILL,
    };
    die_with_parent(command, farewell);
}

/// Asks the kernel for `signal` when the thread that spawns this command ends. It is asked for after the change of user,
/// which would clear it.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "only the child itself can ask for its parent-death signal, between fork and exec")]
pub(crate) fn die_with_parent(command: &mut Command, signal: Signal) {
    use nix::sys::prctl::set_pdeathsig;
    use nix::unistd::{getpid, getppid};

    let parent = getpid();
    let ask = move || {
        set_pdeathsig(signal)?;
        // The parent may have ended before the question.
        if getppid() == parent { Ok(()) } else { Err(nix::errno::Errno::ESRCH.into()) }
    };
    // SAFETY: prctl and getppid are async-signal-safe and nothing is allocated.
    unsafe { command.pre_exec(ask) };
}

/// Other systems have no such signal; there the notify socket's end is all a child can notice.
#[cfg(not(target_os = "linux"))]
pub(crate) fn die_with_parent(_command: &mut Command, _signal: Signal) {}

fn fill(text: &str, places: Option<&Places>) -> String {
    match places {
        Some(places) if text.contains("{postgres_socket_dir") => {
            let directory = places.socket_dir.to_string_lossy();
            let encoded = utf8_percent_encode(&directory, NON_ALPHANUMERIC).to_string();
            text.replace("{postgres_socket_dir}", &directory).replace("{postgres_socket_dir_encoded}", &encoded)
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_socket_directory_is_filled_in() {
        let places = Places { data_dir: "/d".into(), socket_dir: "/a b/run".into() };
        let filled = fill("x={postgres_socket_dir}&y={postgres_socket_dir_encoded}", Some(&places));
        assert_eq!(filled, "x=/a b/run&y=%2Fa%20b%2Frun");
        assert_eq!(fill("{postgres_socket_dir}", None), "{postgres_socket_dir}");
    }
}
