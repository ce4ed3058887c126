//! Finds the server's programs.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

use super::ServerError;

const SUPPORTED: std::ops::RangeInclusive<u32> = 15..=18;

/// A directory with `postgres` and `initdb` of one version.
#[derive(Clone, Debug)]
pub(super) struct Binaries {
    directory: PathBuf,
    major: u32,
}

impl Binaries {
    /// Looks in `configured` alone when it is given; otherwise where `pg_config` points, below `/usr/lib/postgresql`, and on
    /// `PATH`. Of what is found the newest supported version is taken, or exactly `wanted`: the one that made the data.
    pub(super) async fn find(configured: &Path, wanted: Option<u32>) -> Result<Self, ServerError> {
        let directories =
            if configured.as_os_str().is_empty() { candidates().await } else { vec![configured.to_owned()] };
        let mut best: Option<Self> = None;
        for directory in directories {
            let Some(major) = version(&directory).await else { continue };
            let fits = wanted.map_or(SUPPORTED.contains(&major), |wanted| wanted == major);
            if fits && best.as_ref().is_none_or(|best| best.major < major) {
                best = Some(Self { directory, major });
            }
        }
        let range = || wanted.map_or_else(|| "15 to 18".to_owned(), |wanted| format!("{wanted} (which made the data)"));
        best.ok_or_else(|| ServerError::NoBinaries(range()))
    }

    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    pub(super) fn major(&self) -> u32 {
        self.major
    }
}

async fn candidates() -> Vec<PathBuf> {
    let mut found = Vec::new();
    if let Some(text) = first_line(Command::new("pg_config").arg("--bindir")).await {
        found.push(PathBuf::from(text));
    }
    if let Ok(versions) = std::fs::read_dir("/usr/lib/postgresql") {
        found.extend(versions.flatten().map(|entry| entry.path().join("bin")));
    }
    if let Some(path) = std::env::var_os("PATH") {
        found.extend(std::env::split_paths(&path));
    }
    found.retain(|directory| directory.join("postgres").is_file() && directory.join("initdb").is_file());
    found
}

/// `postgres (PostgreSQL) 15.18 (Debian …)` is 15.
async fn version(directory: &Path) -> Option<u32> {
    let line = first_line(Command::new(directory.join("postgres")).arg("--version")).await?;
    parse_version(&line)
}

fn parse_version(line: &str) -> Option<u32> {
    let number = line.split_once("(PostgreSQL) ")?.1;
    number.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

async fn first_line(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().await.ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.lines().next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::parse_version;

    #[test]
    fn versions_are_read() {
        assert_eq!(parse_version("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"), Some(15));
        assert_eq!(parse_version("postgres (PostgreSQL) 18beta2"), Some(18));
        assert_eq!(parse_version("something else"), None);
    }
}
