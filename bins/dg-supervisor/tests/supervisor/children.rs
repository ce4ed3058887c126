use std::os::unix::net::UnixDatagram;

use dg_testkit::wait_until;
use nix::sys::signal::{Signal, kill};

use crate::bench::{Bench, DEADLINE, alive, wait_gone};

/// Says in the file `story` when it starts and when it is asked to stop.
const STORY: &str = r#"
log_dir = "{dir}/logs"
[[child]]
name = "prepare"
kind = "oneshot"
command = ["sh", "-c", "echo prepared >> '{dir}/story'"]
[[child]]
name = "first"
ready = "spawned"
after = ["prepare"]
command = ["sh", "-c", "trap 'echo first stops >> \"{dir}/story\"; exit 0' TERM; echo first >> '{dir}/story'; while :; do sleep 0.05; done"]
[[child]]
name = "second"
after = ["first"]
command = ["{me}", "--exact", "children::a_child_that_says_ready", "--nocapture"]
env = { DG_STORY = "{dir}/story" }
"#;

/// Not a test but the child of one: it says that it is ready, and runs on.
#[test]
fn a_child_that_says_ready() {
    let Ok(path) = std::env::var("NOTIFY_SOCKET") else { return };
    let Ok(story) = std::env::var("DG_STORY") else { return };
    std::fs::write(format!("{story}.second"), "second").unwrap();
    UnixDatagram::unbound().unwrap().send_to(b"STATUS=talking\nREADY=1\n", path).unwrap();
    loop {
        std::thread::park();
    }
}

#[test]
fn children_start_in_order_and_stop_in_reverse() {
    let mut bench = Bench::start(STORY);
    bench.wait_state("ready");
    let second = bench.child("second").unwrap();
    assert_eq!((&second["state"], &second["status"]), (&"ready".into(), &"talking".into()));
    assert_eq!(bench.child("prepare").unwrap()["state"], "done");
    wait_until(DEADLINE, "the first child's word", || (bench.read("story") == "prepared\nfirst\n").then_some(()))
        .unwrap();
    bench.signal(Signal::SIGTERM);
    assert_eq!(bench.wait_end().code(), Some(0), "{}", bench.log());
    assert_eq!(bench.read("story"), "prepared\nfirst\nfirst stops\n");
    let log = bench.log();
    assert!(log.find("second ended").unwrap() < log.find("first ended").unwrap(), "{log}");
}

#[test]
fn a_killed_child_comes_back() {
    let bench = Bench::start(STORY);
    bench.wait_state("ready");
    let old = bench.pid("second");
    kill(old, Signal::SIGKILL).unwrap();
    let new = bench.wait_child("second", |child| {
        (child["restarts"] == 1 && child["state"] == "ready").then(|| child["pid"].as_i64().unwrap())
    });
    assert_ne!(new, i64::from(old.as_raw()));
    assert_eq!(bench.child("second").unwrap()["last_exit"], "signal 9");
}

#[test]
fn a_killed_supervisor_leaves_no_orphan() {
    let mut bench = Bench::start(STORY);
    bench.wait_state("ready");
    let children = [bench.pid("first"), bench.pid("second")];
    bench.kill9();
    children.into_iter().for_each(wait_gone);
    bench.start_again();
    bench.wait_state("ready");
}

#[test]
fn bad_configuration_stays_down_and_a_oneshot_is_repeated() {
    let bench = Bench::start(
        r#"
        [[child]]
        name = "misconfigured"
        command = ["sh", "-c", "echo no such key >&2; exit 78"]
        [[child]]
        name = "patient"
        kind = "oneshot"
        command = ["sh", "-c", "test -e '{dir}/there' || { touch '{dir}/there'; exit 75; }"]
        "#,
    );
    bench.wait_child("patient", |child| (child["state"] == "done" && child["restarts"] == 1).then_some(()));
    bench.wait_child("misconfigured", |child| (child["state"] == "down").then_some(()));
    bench.wait_state("degraded");
    let misconfigured = bench.child("misconfigured").unwrap();
    assert_eq!((&misconfigured["last_exit"], &misconfigured["restarts"]), (&"exit 78".into(), &0.into()));
    assert!(bench.log().contains("misconfigured | no such key"), "{}", bench.log());
}

#[test]
fn a_deaf_child_is_killed_with_what_it_started() {
    let mut bench = Bench::start(
        r#"
        [[child]]
        name = "deaf"
        ready = "spawned"
        stop_grace_ms = 50
        command = ["sh", "-c", "trap '' TERM; sleep 600 & echo $! > '{dir}/grandchild.new'; mv '{dir}/grandchild.new' '{dir}/grandchild'; while :; do wait; done"]
        "#,
    );
    bench.wait_state("ready");
    let grandchild = wait_until(DEADLINE, "the grandchild", || {
        bench.read("grandchild").trim().parse().ok().map(nix::unistd::Pid::from_raw)
    });
    let grandchild = grandchild.unwrap();
    assert!(alive(grandchild));
    bench.signal(Signal::SIGINT);
    assert_eq!(bench.wait_end().code(), Some(0));
    wait_gone(grandchild);
}

#[test]
fn a_reload_is_passed_on() {
    let bench = Bench::start(
        r#"
        [[child]]
        name = "listener"
        ready = "spawned"
        command = ["sh", "-c", "trap 'touch \"{dir}/reloaded\"' HUP; touch '{dir}/listening'; while :; do sleep 0.05; done"]
        "#,
    );
    wait_until(DEADLINE, "the trap", || bench.path("listening").exists().then_some(())).unwrap();
    bench.signal(Signal::SIGHUP);
    wait_until(DEADLINE, "the reload", || bench.path("reloaded").exists().then_some(())).unwrap();
    bench.wait_state("ready");
}

#[test]
fn a_second_supervisor_of_one_table_steps_back() {
    let bench = Bench::start(STORY);
    bench.wait_state("ready");
    let second = std::process::Command::new(env!("CARGO_BIN_EXE_dg-supervisor"))
        .arg("--config")
        .arg(bench.path("table.toml"))
        .output()
        .unwrap();
    assert_eq!(second.status.code(), Some(75));
}

#[test]
fn a_bad_table_ends_with_78() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("table.toml");
    std::fs::write(&path, "[[child]]\nname = \"a\"\n[[child]]\nname = \"a\"\n").unwrap();
    let output =
        std::process::Command::new(env!("CARGO_BIN_EXE_dg-supervisor")).arg("--config").arg(&path).output().unwrap();
    assert_eq!(output.status.code(), Some(78));
    assert!(String::from_utf8_lossy(&output.stderr).contains("taken twice"));
}
