//! `dg verify bundle`: checks exported cases with nothing but the file.

use std::{
    io::Read,
    path::{Path, PathBuf},
};

use clap::Args;
use dg_workflow::case;
use serde_json::json;

use crate::{
    failure::{Exit, Failure},
    output::Output,
};

/// Which file.
#[derive(Debug, Args)]
#[command(after_help = "\
Hashes every part, payload and log entry of the bundle again and, where nothing was removed, folds each item again from the events \
that the bundle brings. Reads bundles of `--format ndjson` and `--format json`.

Exit code 65 when something does not hold; the part, the line and the reason are shown.

Examples:
  dg verify bundle case.ndjson
  dg verify bundle case.ndjson --json | jq .events
  dg export case refund-4:exception:late | dg verify bundle -")]
pub(crate) struct BundleArgs {
    /// The bundle; `-` for standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

pub(super) fn run(args: &BundleArgs, out: &mut Output<'_>) -> Result<(), Failure> {
    let bytes = read(&args.file)?;
    let found = case::verify(&bytes).map_err(|fault| {
        let advice = "do not rely on it; export the case again where it came from";
        let failure = Failure::new(Exit::Data, "bundle_damaged", fault.to_string()).advise(advice);
        let failure = failure.note("part", fault.part).note("line", fault.line).note("reason", fault.reason);
        failure.note("workflow_id", fault.workflow_id)
    })?;
    if out.is_json() {
        return out.document(&json!({
            "cases": found.cases, "entries_checked": found.entries, "events": found.events,
            "events_with_removed_values": found.masked, "items_folded": found.folded, "lines": found.lines,
            "payloads_checked": found.payloads, "whole": true,
        }));
    }
    out.line(format!(
        "whole: {} cases, {} events; {} payloads and {} entries hashed again, {} items folded again.",
        found.cases, found.events, found.payloads, found.entries, found.folded
    ))?;
    if found.masked > 0 {
        out.line(format!(
            "{} events had values removed: hashes that cover those could not be computed again.",
            found.masked
        ))?;
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        std::io::stdin().read_to_end(&mut bytes).map(drop)
    } else {
        std::fs::read(path).map(|found| bytes = found)
    };
    read.map_err(|error| Failure::new(Exit::Unavailable, "io", format!("cannot read {}: {error}", path.display())))?;
    Ok(bytes)
}
