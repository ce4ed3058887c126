//! Where a child's output goes.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};
use tokio::process::{Child as Process, Command};

/// A longer line is cut into several.
const LONGEST_LINE: u64 = 16 * 1024;

/// To the child's log file, or to pipes that [`relay`] reads.
pub(super) fn connect(command: &mut Command, name: &str, log_dir: Option<&Path>) -> io::Result<()> {
    match log_dir {
        Some(directory) => {
            let file = OpenOptions::new().create(true).append(true).open(directory.join(format!("{name}.log")))?;
            command.stdout(file.try_clone()?).stderr(file);
        }
        None => {
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
        }
    }
    Ok(())
}

/// Passes piped output on to the supervisor's standard error, each line under the child's name.
pub(super) fn relay(name: &str, process: &mut Process) {
    if let Some(stdout) = process.stdout.take() {
        tokio::task::spawn_local(copy_lines(name.to_owned(), stdout));
    }
    if let Some(stderr) = process.stderr.take() {
        tokio::task::spawn_local(copy_lines(name.to_owned(), stderr));
    }
}

async fn copy_lines(name: String, stream: impl AsyncRead + Unpin) {
    let mut reader = BufReader::new(stream);
    let mut line = Vec::new();
    loop {
        line.clear();
        match (&mut reader).take(LONGEST_LINE).read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {
                let text = String::from_utf8_lossy(&line);
                // Without standard error there is nobody to tell.
                let _ = writeln!(io::stderr().lock(), "{name} | {}", text.trim_end());
            }
        }
    }
}
