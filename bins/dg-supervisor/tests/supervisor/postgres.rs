use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use dg_testkit::wait_until;
use nix::sys::signal::{Signal, kill};

use crate::bench::{Bench, DEADLINE, alive, wait_gone};

const TABLE: &str = r#"
log_dir = "{dir}/logs"
[postgres]
data_dir = "{dir}/pg/data"
socket_dir = "{dir}/pg/run"
settings = { shared_buffers = "16MB" }
[[child]]
name = "postgres"
kind = "postgres"
[[child]]
name = "witness"
ready = "spawned"
after = ["postgres"]
command = ["sh", "-c", "echo \"$URL\" > '{dir}/witness'; exec sleep 600"]
env = { URL = "host={postgres_socket_dir_encoded}" }
"#;

/// Removes what the supervisor had to put elsewhere, because this directory is private to root.
struct Elsewhere(Vec<PathBuf>);

impl Drop for Elsewhere {
    fn drop(&mut self) {
        for home in self.0.iter().filter(|path| path.starts_with("/var/tmp") || path.starts_with("/tmp")) {
            let _ = fs::remove_dir_all(home);
        }
    }
}

fn place(bench: &Bench, name: &str) -> PathBuf {
    PathBuf::from(bench.status().unwrap()["postgres"][name].as_str().unwrap())
}

fn elsewhere(bench: &Bench) -> Elsewhere {
    let real = [place(bench, "data_dir"), place(bench, "socket_dir")];
    let outside = real.iter().filter(|path| !path.starts_with(bench.dir.path()));
    Elsewhere(outside.filter_map(|path| path.parent().map(Path::to_owned)).collect())
}

fn connects(bench: &Bench) -> bool {
    UnixStream::connect(place(bench, "socket_dir").join(".s.PGSQL.5432")).is_ok()
}

#[test]
fn a_private_server_survives_everything_but_a_stop() {
    let mut bench = Bench::start(TABLE);
    bench.wait_state("ready");
    let _cleanup = elsewhere(&bench);
    assert!(connects(&bench));
    let socket_dir = place(&bench, "socket_dir");
    assert_eq!(fs::metadata(&socket_dir).unwrap().permissions().mode() & 0o777, 0o700);
    let encoded = socket_dir.display().to_string().replace('/', "%2F").replace(' ', "%20");
    wait_until(DEADLINE, "the witness", || bench.path("witness").exists().then_some(())).unwrap();
    wait_until(DEADLINE, "the address", || bench.read("witness").contains(encoded.split('-').next()?).then_some(()))
        .unwrap();

    // The server is killed: it is back within ten seconds.
    let killed = Instant::now();
    let old = bench.pid("postgres");
    kill(old, Signal::SIGKILL).unwrap();
    bench.wait_child("postgres", |child| (child["state"] == "ready" && child["pid"] != old.as_raw()).then_some(()));
    assert!(killed.elapsed() < Duration::from_secs(10), "{:?}", killed.elapsed());
    assert!(connects(&bench));

    // The supervisor is killed: the server goes too, and the next supervisor finds its data again.
    let server = bench.pid("postgres");
    let witness = bench.pid("witness");
    bench.kill9();
    bench.start_again();
    bench.wait_state("ready");
    wait_gone(server);
    wait_gone(witness);
    assert!(connects(&bench));

    let server = bench.pid("postgres");
    bench.signal(Signal::SIGTERM);
    assert_eq!(bench.wait_end().code(), Some(0), "{}", bench.log());
    assert!(!alive(server));
    assert!(!place(&bench, "data_dir").join("postmaster.pid").exists());
    assert!(bench.read("logs/postgres.log").contains("database system is shut down"));
}
