//! The settings of a private server: durable, and sized to the machine.

use std::process::Stdio;

use super::{Account, Binaries, Places, program};
use crate::table::PostgresSection;

const MIB_PER_GIB: u64 = 1024;

/// Command-line arguments for `postgres`. The table's own settings come last and win; what makes the server private does not
/// give way to them.
pub(super) async fn arguments(
    section: &PostgresSection,
    places: &Places,
    binaries: &Binaries,
    account: Option<&Account>,
) -> Vec<String> {
    let lz4 = takes(binaries, account, places, "wal_compression=lz4").await;
    let memory = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| total_mib(&text));
    let mut settings = defaults(memory, lz4);
    settings.extend(section.settings.iter().map(|(key, value)| (key.clone(), value.clone())));
    settings.extend([
        ("listen_addresses".to_owned(), String::new()),
        ("unix_socket_directories".to_owned(), quoted(&places.socket_dir.to_string_lossy())),
        ("unix_socket_permissions".to_owned(), "0700".to_owned()),
        ("port".to_owned(), section.port.to_string()),
    ]);
    settings.into_iter().flat_map(|(key, value)| ["-c".to_owned(), format!("{key}={value}")]).collect()
}

fn defaults(memory_mib: Option<u64>, lz4: bool) -> Vec<(String, String)> {
    // A quarter of the memory; beyond 4 GiB the system's own cache does as well.
    let shared_buffers = (memory_mib.unwrap_or(MIB_PER_GIB) / 4).clamp(64, 4 * MIB_PER_GIB);
    [
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("full_page_writes", "on"),
        ("wal_compression", if lz4 { "lz4" } else { "pglz" }),
        ("max_wal_size", "4GB"),
        ("checkpoint_timeout", "15min"),
        ("checkpoint_completion_target", "0.9"),
        ("jit", "off"),
        ("random_page_cost", "1.1"),
        ("idle_in_transaction_session_timeout", "60s"),
        // A table that grows from nothing is to have statistics soon: until then plans are guesses.
        ("autovacuum_naptime", "5s"),
        ("shared_buffers", &format!("{shared_buffers}MB")),
        ("log_line_prefix", "%m [%p] %q%u@%d "),
        ("logging_collector", "off"),
        ("log_destination", "stderr"),
        ("cluster_name", "decisiongraph"),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .to_vec()
}

/// Asks the server itself whether it knows a setting's value; builds differ.
async fn takes(binaries: &Binaries, account: Option<&Account>, places: &Places, setting: &str) -> bool {
    let mut command = program(&binaries.program("postgres"), account);
    let name = setting.split('=').next().unwrap_or(setting);
    command.args(["-C", name, "-c", setting, "-D"]).arg(&places.data_dir);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().await.is_ok_and(|status| status.success())
}

/// The setting is a list in which a name with a comma or a space must be quoted.
fn quoted(path: &str) -> String {
    format!("\"{}\"", path.replace('"', "\"\""))
}

fn total_mib(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib / 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(settings: &[(String, String)], key: &str) -> String {
        settings.iter().find(|(name, _)| name == key).unwrap().1.clone()
    }

    #[test]
    fn memory_decides_the_buffers() {
        let of = |mib| value(&defaults(mib, true), "shared_buffers");
        assert_eq!(of(Some(2_048)), "512MB");
        assert_eq!(of(Some(64 * MIB_PER_GIB)), "4096MB");
        assert_eq!(of(Some(100)), "64MB");
        assert_eq!(of(None), "256MB");
        assert_eq!(total_mib("MemTotal:       2097152 kB\nMemFree: 1 kB\n"), Some(2_048));
    }

    #[test]
    fn durability_is_never_traded() {
        let settings = defaults(None, false);
        for key in ["fsync", "synchronous_commit", "full_page_writes"] {
            assert_eq!(value(&settings, key), "on");
        }
        assert_eq!(value(&settings, "wal_compression"), "pglz");
    }
}
