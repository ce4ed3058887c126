//! The real dg-consoled with a listener that a service manager opened.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::process::{Child, Command};
use std::time::Duration;

/// Starts it as systemd does: the listener at descriptor 3, and the two variables that say so.
fn start(listener: &TcpListener, count: u32) -> Child {
    let descriptor = OwnedFd::from(listener.try_clone().unwrap());
    Command::new("sh")
        .arg("-c")
        .arg("export LISTEN_PID=$$; exec \"$0\" --config /dev/null 3<&0 4<&0 </dev/null")
        .arg(env!("CARGO_BIN_EXE_dg-consoled"))
        .env("LISTEN_FDS", count.to_string())
        .env("DG__CONSOLE__API_URL", "http://127.0.0.1:9")
        .env_remove("NOTIFY_SOCKET")
        .stdin(descriptor)
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
    for _ in 0..2 {
        let early = ask(&listener);
        let daemon = start(&listener, 1);
        assert!(answer(early).starts_with("HTTP/1.1 "));
        assert!(answer(ask(&listener)).starts_with("HTTP/1.1 "));
        end(daemon);
    }
}

#[test]
fn a_listener_too_many_or_open_to_others_is_refused() {
    for (address, count) in [("127.0.0.1:0", 2), ("0.0.0.0:0", 1)] {
        let listener = TcpListener::bind(address).unwrap();
        assert_eq!(start(&listener, count).wait().unwrap().code(), Some(78), "{address}");
    }
}
