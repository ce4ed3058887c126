//! Waiting for the one line `dg up --json` prints when everything is ready.

use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::Child;
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;

/// Answers the ready line, or why there is none. Whatever else comes on stdout goes to the suite's log.
pub(super) fn await_line(dg: &mut Child, dir: &Path, deadline: Duration) -> Result<Value, String> {
    let stdout = dg.stdout.take().ok_or("stdout is not a pipe")?;
    let log = OpenOptions::new().append(true).open(dir.join("suite.log")).map_err(|error| error.to_string())?;
    let (found, line) = mpsc::channel();
    std::thread::spawn(move || read_all(BufReader::new(stdout), log, &found));
    line.recv_timeout(deadline).map_err(|error| match error {
        mpsc::RecvTimeoutError::Timeout => format!("not ready within {} s", deadline.as_secs()),
        mpsc::RecvTimeoutError::Disconnected => "ended before it was ready".to_owned(),
    })
}

fn read_all(stdout: impl BufRead, mut log: impl Write, found: &mpsc::Sender<Value>) {
    for line in stdout.lines().map_while(Result::ok) {
        match serde_json::from_str::<Value>(&line) {
            Ok(value) if value["event"] == "ready" => {
                let _ = found.send(value);
            }
            Ok(_) | Err(_) => {
                let _ = writeln!(log, "{line}");
            }
        }
    }
}
