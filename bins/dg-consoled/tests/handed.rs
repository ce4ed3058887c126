//! The real dg-consoled with a listener that a service manager opened.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Starts it as systemd does: the listener at descriptor 3, and the two variables that say so.
fn start(listener: &TcpListener, count: u32, config: &Path) -> Child {
    let descriptor = OwnedFd::from(listener.try_clone().unwrap());
    Command::new("sh")
        .arg("-c")
        .arg("export LISTEN_PID=$$; exec \"$0\" --config \"$1\" 3<&0 4<&0 </dev/null")
        .arg(env!("CARGO_BIN_EXE_dg-consoled"))
        .arg(config)
        .env("LISTEN_FDS", count.to_string())
        .env("DG__CONSOLE__API_URL", "http://127.0.0.1:9")
        .env("DG__ADMIN__LISTEN", "127.0.0.1:0")
        .env_remove("NOTIFY_SOCKET")
        .stdin(descriptor)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// A request that is sent at once, whoever takes it.
fn ask(listener: &TcpListener) -> TcpStream {
    let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    client.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    client.write_all(b"GET /nowhere HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").unwrap();
    client
}

fn answer(mut client: TcpStream) -> String {
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    answer
}

fn end(mut daemon: Child) {
    Command::new("kill").arg(daemon.id().to_string()).status().unwrap();
    assert_eq!(daemon.wait().unwrap().code(), Some(0));
}

#[test]
fn who_comes_while_it_is_away_is_served_by_the_next_one() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let config = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
    for _ in 0..2 {
        let early = ask(&listener);
        let daemon = start(&listener, 1, config.path());
        assert!(answer(early).starts_with("HTTP/1.1 "));
        assert!(answer(ask(&listener)).starts_with("HTTP/1.1 "));
        end(daemon);
    }
}

#[test]
fn a_listener_too_many_or_open_to_others_is_refused() {
    let config = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
    for (address, count, reason) in
        [("127.0.0.1:0", 2, "hands over 2 listeners"), ("0.0.0.0:0", 1, "console.behind_proxy")]
    {
        let listener = TcpListener::bind(address).unwrap();
        let refused = start(&listener, count, config.path()).wait_with_output().unwrap();
        let told = String::from_utf8_lossy(&refused.stderr);
        assert!(refused.status.code() == Some(78) && told.contains(reason), "{address}: {told}");
    }
}
