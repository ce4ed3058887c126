//! What the processes of the suite cost: processor time and memory, from `/proc`.

use std::{collections::BTreeMap, path::Path};

use nix::unistd::{SysconfVar, sysconf};
use serde_json::{Map, Value, json};

use super::figures::round;
use crate::failure::Failure;

/// One daemon at one moment; for a server that is many processes, all of them together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Usage {
    /// User and system time since the start, ended children included.
    pub(super) cpu_seconds: f64,
    /// Resident memory. Of many processes the sum: pages they share count more than once.
    pub(super) rss_bytes: u64,
    /// The highest it ever was; of many processes that of the largest.
    pub(super) peak_rss_bytes: u64,
    /// Resident memory, shared pages divided among those that share them. None where the system does not say.
    pub(super) pss_bytes: Option<u64>,
}

/// The daemons by name.
#[derive(Clone, Debug, Default)]
pub(super) struct Sample(BTreeMap<String, Usage>);

impl Sample {
    /// Looks at these processes, each with its descendants.
    pub(super) fn take(daemons: &[(String, i32)]) -> Result<Self, Failure> {
        let parents = parents()?;
        let mut usages = BTreeMap::new();
        for (name, pid) in daemons {
            let family = family(*pid, &parents);
            let mut usage = Usage { pss_bytes: Some(0), ..Usage::default() };
            // A process that ended meanwhile is in its parent's account.
            for (pid, one) in family.iter().filter_map(|pid| Some((*pid, of(*pid)?))) {
                usage.cpu_seconds += one.cpu_seconds;
                usage.rss_bytes += one.rss_bytes;
                usage.peak_rss_bytes = usage.peak_rss_bytes.max(one.peak_rss_bytes);
                usage.pss_bytes = usage.pss_bytes.zip(pss(pid)).map(|(sum, pss)| sum + pss);
            }
            usages.insert(name.clone(), usage);
        }
        Ok(Self(usages))
    }

    pub(super) fn of(&self, name: &str) -> Usage {
        self.0.get(name).copied().unwrap_or_default()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (&str, Usage)> {
        self.0.iter().map(|(name, usage)| (name.as_str(), *usage))
    }

    /// Processor time since an earlier sample, and memory now.
    pub(super) fn since(&self, earlier: &Self) -> Value {
        let entries = self.0.iter().map(|(name, usage)| {
            let spent = (usage.cpu_seconds - earlier.of(name).cpu_seconds).max(0.0);
            let cost = json!({
                "cpu_seconds": round(spent, 2),
                "peak_rss_bytes": usage.peak_rss_bytes,
                "pss_bytes": usage.pss_bytes,
                "rss_bytes": usage.rss_bytes,
            });
            (name.clone(), cost)
        });
        Value::Object(entries.collect::<Map<_, _>>())
    }
}

/// Every process of the machine with its parent.
fn parents() -> Result<Vec<(i32, i32)>, Failure> {
    let mut known = Vec::new();
    for entry in std::fs::read_dir("/proc")? {
        let Some(pid) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        known.extend(Stat::read(pid).map(|stat| (pid, stat.parent)));
    }
    Ok(known)
}

fn family(first: i32, parents: &[(i32, i32)]) -> Vec<i32> {
    let mut family = vec![first];
    let mut at = 0;
    while let Some(parent) = family.get(at).copied() {
        family.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(pid, _)| *pid));
        at += 1;
    }
    family
}

fn of(pid: i32) -> Option<Usage> {
    let stat = Stat::read(pid)?;
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let bytes = |name: &str| kilobytes(&status, name).unwrap_or(0);
    let ticks_per_second = sysconf(SysconfVar::CLK_TCK).ok().flatten().unwrap_or(100);
    #[expect(clippy::cast_precision_loss, reason = "seconds to show")]
    let cpu_seconds = stat.ticks as f64 / ticks_per_second as f64;
    Some(Usage { cpu_seconds, rss_bytes: bytes("VmRSS:"), peak_rss_bytes: bytes("VmHWM:"), pss_bytes: None })
}

fn pss(pid: i32) -> Option<u64> {
    kilobytes(&std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?, "Pss:")
}

fn kilobytes(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()? * 1024)
}

/// The fields of `/proc/<pid>/stat` that matter here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stat {
    parent: i32,
    /// User and system, own and of ended children.
    ticks: u64,
}

impl Stat {
    fn read(pid: i32) -> Option<Self> {
        Self::parse(&std::fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat")).ok()?)
    }

    /// The name in the second field may hold anything, so counting starts behind its last bracket: there, field 3 is first.
    fn parse(text: &str) -> Option<Self> {
        let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
        let ticks = fields.get(11..15)?.iter().map(|field| field.parse::<u64>()).sum::<Result<u64, _>>().ok()?;
        Some(Self { parent: fields.get(1)?.parse().ok()?, ticks })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_does_not_shift_the_fields() {
        let text = "17 (a) b) S 4 17 17 0 -1 4194560 1 2 3 4 100 20 3 1 20 0 1 0 5 6 7";
        assert_eq!(Stat::parse(text), Some(Stat { parent: 4, ticks: 124 }));
        assert_eq!(Stat::parse("17 (a"), None);
    }

    #[test]
    fn a_family_is_everybody_below() {
        let parents = [(2, 1), (3, 2), (4, 3), (5, 1)];
        assert_eq!(family(2, &parents), [2, 3, 4]);
    }

    #[test]
    fn sizes_are_bytes() {
        assert_eq!(kilobytes("VmHWM:\t    12 kB\nVmRSS:\t 8 kB\n", "VmRSS:"), Some(8_192));
    }
}
