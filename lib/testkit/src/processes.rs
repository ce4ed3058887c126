//! Finding and signalling the descendants of one process, by `/proc`; never by a name alone.

use std::collections::HashMap;
use std::fs;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, SysconfVar, sysconf};

/// One process as `/proc` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its id.
    pub pid: u32,
    /// Its parent's id.
    pub parent: u32,
    /// Its program's name, at most 15 characters.
    pub name: String,
}

/// What a process has used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Processor time, its own and the system's for it.
    pub cpu: Duration,
    /// Memory it holds now, in bytes.
    pub resident_bytes: u64,
}

/// What a process has used so far, while it is there.
#[must_use]
pub fn usage(pid: u32) -> Option<Usage> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // After the name, `utime` and `stime` are the 12th and 13th, `rss` is the 22nd.
    let fields: Vec<&str> = stat.get(stat.rfind(')')? + 2..)?.split(' ').collect();
    let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
    let unit = |name| sysconf(name).ok().flatten().and_then(|unit| u64::try_from(unit).ok());
    let ticks = number(11)? + number(12)?;
    Some(Usage {
        cpu: Duration::from_millis(ticks * 1000 / unit(SysconfVar::CLK_TCK)?),
        resident_bytes: number(21)? * unit(SysconfVar::PAGE_SIZE)?,
    })
}

/// Every living descendant of `ancestor` (zombies left out), parents before their children.
#[must_use]
pub fn descendants(ancestor: u32) -> Vec<Process> {
    let mut children: HashMap<u32, Vec<Process>> = HashMap::new();
    for process in all() {
        children.entry(process.parent).or_default().push(process);
    }
    let (mut found, mut next) = (Vec::new(), vec![ancestor]);
    while let Some(pid) = next.pop() {
        for child in children.remove(&pid).unwrap_or_default() {
            next.push(child.pid);
            found.push(child);
        }
    }
    found
}

/// Whether a process with this id is there and not a zombie.
#[must_use]
pub fn is_alive(pid: u32) -> bool {
    read(pid).is_some()
}

/// Sends a signal; a process that is already gone is not an error.
pub fn signal(pid: u32, signal: Signal) {
    if let Ok(raw) = i32::try_from(pid) {
        let _ = kill(Pid::from_raw(raw), signal);
    }
}

fn all() -> impl Iterator<Item = Process> {
    fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| read(entry.file_name().to_str()?.parse().ok()?))
}

/// `/proc/PID/stat` is `pid (name) state parent ...`; the name may hold spaces and parentheses.
fn read(pid: u32) -> Option<Process> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (open, close) = (stat.find('(')?, stat.rfind(')')?);
    let mut rest = stat.get(close + 2..)?.split(' ');
    let (state, parent) = (rest.next()?, rest.next()?.parse().ok()?);
    (state != "Z" && state != "X").then(|| Process { pid, parent, name: stat[open + 1..close].to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_what_it_has_used_itself() {
        let used = usage(std::process::id()).unwrap();
        assert!(used.resident_bytes > 100_000 && used.cpu < Duration::from_secs(3600), "{used:?}");
    }

    #[test]
    fn finds_its_own_child_until_that_has_ended() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let own = descendants(std::process::id());
        assert!(own.iter().any(|process| process.pid == child.id() && process.parent == std::process::id()));
        signal(child.id(), Signal::SIGKILL);
        child.wait().unwrap();
        assert!(!is_alive(child.id()));
    }
}
