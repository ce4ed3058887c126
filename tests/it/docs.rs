//! The documentation holds: links lead somewhere, documented settings exist with their defaults, the demo is what it says.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use dg_testkit::{Suite, daemon, fixtures, paths};

#[test]
fn every_relative_link_leads_to_a_file() {
    let root = paths::repository();
    let mut broken = Vec::new();
    for page in pages(&root) {
        let text = fs::read_to_string(&page).unwrap();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = target.split('#').next().unwrap_or_default();
            if file.is_empty() || target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            if !page.parent().unwrap().join(file).exists() {
                broken.push(format!("{}: {target}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// The table in `configuration.md`, each key with its default, is accepted by the daemon that reads it.
#[test]
fn documented_settings_are_known_to_their_daemon() {
    let text = fs::read_to_string(paths::repository().join("docs/operations/configuration.md")).unwrap();
    let rows: Vec<(&str, &str)> = text.lines().filter_map(setting).collect();
    assert!(rows.len() > 20, "{rows:?}");
    for (key, default) in rows {
        let section = key.split('.').next().unwrap();
        let name = match section {
            "console" => "dg-consoled",
            "store" => "dg-store",
            "projector" => "dg-projectord",
            "workflow" => "dg-workflowd",
            _ => "dg-apid",
        };
        let value = default.trim_matches('"');
        let value = if key == "database.url" { "postgresql:///decisiongraph" } else { value };
        let mut command = Command::new(daemon(name).unwrap());
        command.args(["--check-config", "--set", "database.url=postgresql:///decisiongraph"]);
        command.arg("--set").arg(format!("{key}={value}"));
        let output = command.output().unwrap();
        assert!(output.status.success(), "{name} {key} = {value}: {}", String::from_utf8_lossy(&output.stderr));
        let misspelt = Command::new(daemon(name).unwrap())
            .args(["--check-config", "--set", "database.url=postgresql:///decisiongraph", "--set"])
            .arg(format!("{key}x={value}"))
            .output()
            .unwrap();
        assert_eq!(misspelt.status.code(), Some(78), "{name} takes {key}x");
    }
}

/// The tutorial's commands, pasted in order; twice, because it promises that. Its Python is run by `lib/python/tests`.
#[test]
fn the_tutorial_works_as_it_is_written() {
    let curl = Command::new("curl").arg("--version").output();
    if !curl.is_ok_and(|output| output.status.success()) {
        return;
    }
    let suite = Suite::start().unwrap();
    let text: String = tutorial().iter().map(|page| fs::read_to_string(page).unwrap()).collect();
    let blocks: Vec<&str> = text.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(blocks.len() > 12, "{}", blocks.len());
    let program = daemon("examples/tutorial").expect("built by `cargo build --workspace --examples`");
    let script = format!("set -eu\n{}", blocks.concat())
        .replace("http://127.0.0.1:4100", &suite.api_url)
        .replace("dg_...", &suite.admin_token)
        .replacen("dg_get() {", &format!("{}\ndg_get() {{", program.display()), 1);
    let programs = daemon("dg").unwrap().parent().unwrap().to_owned();
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap_or_default());
    let mut digests = Vec::new();
    for _ in 0..2 {
        let ran =
            Command::new("bash").args(["-c", &script]).env("PATH", &path).current_dir(suite.dir()).output().unwrap();
        let (out, errors) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
        assert!(ran.status.success(), "{out}\n{errors}");
        for order in 1..=4 {
            assert!(order == 2 || out.contains(&format!("Refund for order {order}")), "{order}: {out}\n{errors}");
        }
        assert!(!out.contains("invalid_argument") && !out.contains("schema_violation"), "{out}\n{errors}");
        assert!(out.contains(r#""account_id":"refund-desk""#) && out.contains("approved (high)"), "{out}");
        let full = out.lines().filter_map(|line| line.trim().strip_prefix("full_projection"));
        digests.extend(full.map(|digest| digest.trim().to_owned()));
    }
    digests.retain(|digest| digest.starts_with("sha256:") || digest.len() >= 64);
    assert!(digests.len() >= 4, "{digests:?}");
    digests.dedup();
    assert_eq!(digests.len(), 1, "the copy has the digests of the original, the second time too");
}

/// The tutorial shows the example as it is.
#[test]
fn the_rust_of_the_tutorial_is_the_example() {
    let root = paths::repository();
    let page = fs::read_to_string(root.join("docs/tutorial/4-rust.md")).unwrap();
    let shown = page.split("```rust\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let example = fs::read_to_string(root.join("lib/client/examples/tutorial.rs")).unwrap();
    assert_eq!(example.split_once("\n\n").unwrap().1, shown);
}

/// Its pages in their order.
fn tutorial() -> Vec<PathBuf> {
    let dir = fs::read_dir(paths::repository().join("docs/tutorial")).unwrap();
    let mut pages: Vec<_> = dir.flatten().map(|entry| entry.path()).collect();
    pages.retain(|page| page.file_name().is_some_and(|name| name.to_string_lossy().starts_with(char::is_numeric)));
    pages.sort();
    assert_eq!(pages.len(), 7, "{pages:?}");
    pages
}

/// The examples of the API's page, run from top to bottom as it says.
#[test]
fn the_examples_of_the_api_work_as_they_are_written() {
    let curl = Command::new("curl").arg("--version").output();
    if !curl.is_ok_and(|output| output.status.success()) {
        return;
    }
    let suite = Suite::start().unwrap();
    let text = fs::read_to_string(paths::repository().join("docs/api/http.md")).unwrap();
    let blocks: Vec<&str> = text.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(blocks.len() > 15, "{}", blocks.len());
    let script = format!("set -eu\n{}", blocks.concat())
        .replace("http://127.0.0.1:4100", &suite.api_url)
        .replace("dg_…", &suite.admin_token);
    let ran = Command::new("bash").args(["-c", &script]).current_dir(suite.dir()).output().unwrap();
    let (out, errors) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{out}\n{errors}");
    for answer in out.lines() {
        assert!(answer.starts_with(r#"{"data":"#), "{answer}");
    }
    assert!(out.lines().count() > 15, "{out}");
}

#[test]
fn the_demo_has_three_traces_and_twenty_two_events() {
    let events = fixtures::demo().unwrap();
    let of = |trace: &str| events.iter().filter(|event| event["trace_id"] == trace).count();
    assert_eq!(events.len(), 22);
    assert_eq!(of("trace-precedent-renewal-001"), 9);
    assert_eq!(of("trace-incident-review-003"), 7);
    assert_eq!(of("trace-live-renewal-002"), 6);
}

/// `` | `key` | `default` | meaning | ``
fn setting(line: &str) -> Option<(&str, &str)> {
    let mut cells = line.strip_prefix("| `")?.split(" | ");
    let key = cells.next()?.strip_suffix('`')?;
    let default = cells.next()?.strip_prefix('`')?.strip_suffix('`')?;
    let plain = |c: char| c.is_ascii_lowercase() || c == '_' || c == '.';
    key.chars().all(plain).then_some((key, default))
}

fn pages(root: &Path) -> Vec<PathBuf> {
    let mut open = vec![root.to_owned()];
    let mut found = Vec::new();
    while let Some(dir) = open.pop() {
        for path in fs::read_dir(dir).unwrap().flatten().map(|entry| entry.path()) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() && !name.starts_with('.') && name != "target" && name != "node_modules" {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path);
            }
        }
    }
    found
}
