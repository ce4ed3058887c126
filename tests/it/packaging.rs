//! What operators install beside the daemons holds: rules and dashboard name metrics that exist, each alert has its page,
//! and the commands on the pages can be typed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use dg_testkit::{Suite, daemon, paths, wait_for};
use serde_json::Value;

use crate::api::Api;
use crate::events::started;

const DAEMONS: [&str; 5] = ["dg-store", "dg-projectord", "dg-apid", "dg-workflowd", "dg-consoled"];

#[tokio::test(flavor = "multi_thread")]
async fn rules_and_dashboard_name_metrics_of_the_daemons() {
    let suite = Suite::start().unwrap();
    let expressions: Vec<(String, String)> =
        rules().into_iter().map(|rule| (rule.name, rule.expression)).chain(panels()).collect();
    // A metric by tenant comes with the first look at that tenant.
    let mut unknown = BTreeSet::new();
    let all_known = wait_for(Duration::from_secs(30), "every metric", async || {
        let known = known(&suite).await;
        unknown = expressions
            .iter()
            .flat_map(|(place, expression)| metrics(expression).map(move |metric| (place, metric)))
            .filter(|(_, metric)| !known.contains(*metric))
            .map(|(place, metric)| format!("{place}: {metric}"))
            .collect();
        unknown.is_empty().then_some(())
    });
    let all_known = all_known.await.is_ok();
    assert!(all_known, "no daemon has\n{}", unknown.into_iter().collect::<Vec<_>>().join("\n"));
}

/// The gauges and counts of ingest are brought up to date while projections move all the time.
#[tokio::test(flavor = "multi_thread")]
async fn commits_are_counted_while_it_is_busy() {
    let suite = Suite::start().unwrap();
    let api = Api::admin(&suite).new_tenant("busy", "precise").await;
    let counted = wait_for(Duration::from_secs(30), "more than five commits", async || {
        api.post("/api/v1/events", &started(&format!("t-{}", api.whole_log().await.len()))).await.expect(201);
        let metrics = page(&suite, "dg-apid").await;
        let commits = metrics.lines().find_map(|line| line.strip_prefix("dg_append_commits_total "))?;
        (commits.parse::<u64>().unwrap() > 5).then_some(())
    });
    counted.await.unwrap();
}

/// The series that the daemons of a suite show.
async fn known(suite: &Suite) -> BTreeSet<String> {
    let mut known = BTreeSet::new();
    for name in DAEMONS {
        known.extend(series(&page(suite, name).await));
    }
    assert!(known.contains("dg_build_info") && known.contains("dg_append_commits_total"), "{known:?}");
    known
}

#[test]
fn every_alert_has_its_page_and_every_page_its_alert() {
    let mut alerts = BTreeMap::new();
    for rule in rules().into_iter().filter(|rule| rule.alert) {
        let name = rule.name.as_str();
        assert!(["critical", "warning"].contains(&rule.severity.as_str()), "{name}: {}", rule.severity);
        for (key, text) in [("summary", &rule.summary), ("description", &rule.description)] {
            assert!(!text.is_empty(), "{name} has no {key}");
        }
        assert_eq!(rule.runbook, format!("docs/operations/runbooks/{name}.md"));
        assert_eq!(alerts.insert(name.to_owned(), rule.severity), None, "{name} is there twice");
    }
    let dir = runbooks();
    let pages: BTreeSet<String> = fs::read_dir(&dir)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .filter(|name| name != "README")
        .collect();
    assert_eq!(pages, alerts.keys().cloned().collect());
    let index = fs::read_to_string(dir.join("README.md")).unwrap();
    for (name, severity) in alerts {
        let text = fs::read_to_string(dir.join(&name).with_extension("md")).unwrap();
        assert!(text.starts_with(&format!("# {name}\n")), "{name}");
        let parts: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        let wanted = ["How bad it is", "What to look at", "What to do", "How to know that it is over"];
        assert_eq!(parts, wanted, "{name}");
        assert!(index.contains(&format!("| [{name}]({name}.md) | {severity} |")), "{name} is not in the index");
    }
}

#[test]
fn recorded_names_are_recorded_and_used_names_too() {
    let rules = rules();
    let recorded: BTreeSet<&str> = rules.iter().filter(|rule| !rule.alert).map(|rule| rule.name.as_str()).collect();
    for rule in &rules {
        for name in words(&rule.expression).filter(|word| word.starts_with("dg:")) {
            assert!(recorded.contains(name), "{}: nobody records {name}", rule.name);
        }
    }
}

#[test]
fn the_dashboard_is_whole() {
    let dashboard = dashboard();
    assert!(dashboard["schemaVersion"].as_i64().unwrap() >= 39);
    let panels = dashboard["panels"].as_array().unwrap();
    let rows: Vec<&str> =
        panels.iter().filter(|panel| panel["type"] == "row").map(|panel| panel["title"].as_str().unwrap()).collect();
    let wanted = ["Health", "Ingest", "Projections", "Runs", "Failures", "Self-checks", "Database", "Daemons"];
    assert_eq!(rows, wanted);
    let mut ids = BTreeSet::new();
    let mut taken = BTreeSet::new();
    for panel in panels {
        let title = panel["title"].as_str().unwrap();
        assert!(ids.insert(panel["id"].as_i64().unwrap()), "{title} has the id of another panel");
        let at = |key: &str| panel["gridPos"][key].as_i64().unwrap();
        assert!(at("x") + at("w") <= 24, "{title} is too wide");
        for cell in (at("x")..at("x") + at("w")).flat_map(|x| (at("y")..at("y") + at("h")).map(move |y| (x, y))) {
            assert!(taken.insert(cell), "{title} lies on another panel");
        }
        if panel["type"] != "row" {
            assert!(!panel["description"].as_str().unwrap().is_empty(), "{title} says nothing about itself");
            assert_eq!(panel["datasource"]["uid"], "${datasource}", "{title}");
        }
    }
}

/// The commands in runbooks and in the page about projections, each with `--help` at its end: it names a command and flags
/// that exist.
#[test]
fn commands_of_the_pages_can_be_typed() {
    let operations = paths::repository().join("docs/operations");
    let mut pages: Vec<PathBuf> = fs::read_dir(runbooks()).unwrap().map(|entry| entry.unwrap().path()).collect();
    pages.push(operations.join("projections.md"));
    let mut commands: BTreeMap<Vec<String>, PathBuf> = BTreeMap::new();
    for page in pages {
        for command in typed(&fs::read_to_string(&page).unwrap()) {
            commands.insert(command, page.clone());
        }
    }
    assert!(commands.len() > 10, "{commands:?}");
    let dg = daemon("dg").unwrap();
    let mut wrong = Vec::new();
    for (command, page) in commands {
        let output = Command::new(&dg).args(&command[1..]).arg("--help").output().unwrap();
        if !output.status.success() {
            let first = String::from_utf8_lossy(&output.stderr).lines().next().unwrap_or_default().to_owned();
            wrong.push(format!("{}: {}: {first}", page.display(), command.join(" ")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Prometheus' own tool agrees, where it is installed.
#[test]
fn promtool_takes_the_rules() {
    let rules = paths::repository().join("packaging/prometheus");
    for words in [["check", "rules", "decisiongraph.rules.yml"], ["test", "rules", "decisiongraph.rules.test.yml"]] {
        let Ok(output) = Command::new("promtool").args(words).current_dir(&rules).output() else { return };
        let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{text}");
    }
}

/// One rule of the rules file.
#[derive(Debug)]
struct Rule {
    alert: bool,
    name: String,
    expression: String,
    severity: String,
    summary: String,
    description: String,
    runbook: String,
}

fn rules() -> Vec<Rule> {
    let file = paths::repository().join("packaging/prometheus/decisiongraph.rules.yml");
    let rules: Value = serde_saphyr::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    let groups = rules["groups"].as_array().unwrap().iter();
    let rules = groups.flat_map(|group| group["rules"].as_array().unwrap());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    rules
        .map(|rule| Rule {
            alert: rule["alert"].is_string(),
            name: text(&rule["alert"]) + &text(&rule["record"]),
            expression: text(&rule["expr"]),
            severity: text(&rule["labels"]["severity"]),
            summary: text(&rule["annotations"]["summary"]),
            description: text(&rule["annotations"]["description"]),
            runbook: text(&rule["annotations"]["runbook_url"]),
        })
        .collect()
}

fn dashboard() -> Value {
    let file = paths::repository().join("packaging/grafana/decisiongraph.json");
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

/// Title and expression of every query of the dashboard.
fn panels() -> Vec<(String, String)> {
    let dashboard = dashboard();
    let mut found = Vec::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        let title = panel["title"].as_str().unwrap();
        for target in panel["targets"].as_array().into_iter().flatten() {
            found.push((title.to_owned(), target["expr"].as_str().unwrap().to_owned()));
        }
    }
    for annotation in dashboard["annotations"]["list"].as_array().unwrap() {
        found.push(("annotation".to_owned(), annotation["expr"].as_str().unwrap().to_owned()));
    }
    assert!(found.len() > 40, "{}", found.len());
    found
}

/// The metrics page of a daemon.
async fn page(suite: &Suite, daemon: &str) -> String {
    let file = suite.dir().join("the state/run").join(format!("{daemon}.addr"));
    let addresses = fs::read_to_string(&file).unwrap();
    let admin = addresses.lines().find_map(|line| line.strip_prefix("admin ")).unwrap();
    reqwest::get(format!("{admin}/metrics")).await.unwrap().text().await.unwrap()
}

/// The names of the series that a metrics page gives, from its declarations.
fn series(page: &str) -> Vec<String> {
    let mut names = Vec::new();
    for declaration in page.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let (name, kind) = declaration.split_once(' ').unwrap();
        let endings: &[&str] = match kind {
            "counter" => &["_total"],
            "histogram" => &["_bucket", "_sum", "_count"],
            "info" => &["_info"],
            _ => &[""],
        };
        names.extend(endings.iter().map(|ending| format!("{name}{ending}")));
    }
    names
}

fn metrics(expression: &str) -> impl Iterator<Item = &str> {
    words(expression).filter(|word| word.starts_with("dg_"))
}

fn words(expression: &str) -> impl Iterator<Item = &str> {
    expression.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':'))
}

fn runbooks() -> PathBuf {
    paths::repository().join("docs/operations/runbooks")
}

/// The `dg` commands in code spans and blocks, as words; redirections and what follows are left out.
fn typed(page: &str) -> Vec<Vec<String>> {
    let spans = page.split('`').skip(1).step_by(2);
    let lines = spans.flat_map(str::lines).map(str::trim).filter(|line| line.starts_with("dg "));
    lines.map(shell_words).collect()
}

fn shell_words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (at, part) in line.split('"').enumerate() {
        if at % 2 == 1 {
            words.push(part.to_owned());
        } else if let Some((before, _)) = part.split_once(['>', '|', '#']) {
            words.extend(before.split_whitespace().map(str::to_owned));
            break;
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

#[test]
fn commands_are_found_in_spans_and_blocks() {
    let page = "Say `dg status -t acme`, or\n```sh\ndg export -t \"a b\" > file\n  dg digest   # now\n```\n`dg` alone is a name.";
    let words = |text: &str| text.split('_').map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(typed(page), [words("dg_status_-t_acme"), words("dg_export_-t_a b"), words("dg_digest")]);
}
