use std::path::Path;

use serde::Deserialize;

use super::*;
use crate::secret::Secret;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct TestSettings {
    environment: Environment,
    grace_ms: u64,
    log: LogConfig,
    admin: AdminConfig,
    projector: Projector,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Projector {
    batch_events: u32,
    verify: bool,
    key: Secret,
}

impl Settings for TestSettings {
    fn log(&self) -> &LogConfig {
        &self.log
    }

    fn check(&self, problems: &mut Problems) {
        self.admin.check(problems);
        problems.require(self.projector.batch_events <= 10_000, "projector.batch_events", "at most 10000");
    }
}

fn layers(directory: &Path, file: &str, env: &[(&str, &str)], overrides: &[(&str, &str)]) -> Layers {
    let path = directory.join("dg.toml");
    std::fs::write(&path, file).unwrap();
    let own = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    };
    Layers { file: Some(path), credentials: None, env: own(env).into_iter().collect(), overrides: own(overrides) }
}

fn load_text(file: &str, env: &[(&str, &str)], overrides: &[(&str, &str)]) -> Result<TestSettings, Problems> {
    let directory = tempfile::tempdir().unwrap();
    load_from(&layers(directory.path(), file, env, overrides))
}

fn bad_keys(file: &str, env: &[(&str, &str)]) -> Vec<String> {
    load_text(file, env, &[]).unwrap_err().iter().map(|problem| problem.key.clone()).collect()
}

#[test]
fn defaults_hold_without_any_layer() {
    let settings: TestSettings = load_from(&Layers::default()).unwrap();
    assert_eq!(settings.log, LogConfig::default());
    assert_eq!(settings.admin.listen, "127.0.0.1:0");
    assert_eq!(settings.environment, Environment::Production);
}

#[test]
fn later_layers_win() {
    let file = "grace_ms = 5\n[projector]\nbatch_events = 1\n[log]\nlevel = \"warn\"\n";
    let env = [("DG__PROJECTOR__BATCH_EVENTS", "2"), ("DG__PROJECTOR__VERIFY", "true"), ("DG__LOG__LEVEL", "error")];
    let settings = load_text(file, &env, &[("log.level", "debug")]).unwrap();
    assert_eq!(settings.grace_ms, 5);
    assert_eq!(settings.projector.batch_events, 2);
    assert!(settings.projector.verify);
    assert_eq!(settings.log.level, "debug");
}

#[test]
fn fragments_follow_the_file_in_name_order() {
    let directory = tempfile::tempdir().unwrap();
    let layers = layers(directory.path(), "grace_ms = 1", &[], &[]);
    std::fs::create_dir(directory.path().join("conf.d")).unwrap();
    for (name, text) in [("20.toml", "grace_ms = 20"), ("10.toml", "grace_ms = 10"), ("30.txt", "grace_ms = 30")] {
        std::fs::write(directory.path().join("conf.d").join(name), text).unwrap();
    }
    assert_eq!(load_from::<TestSettings>(&layers).unwrap().grace_ms, 20);
}

#[test]
fn every_bad_key_is_named_at_once() {
    let file = "environment = \"moon\"\n[projector]\nbatch_evnts = 1\nverify = \"perhaps\"\n[log]\nformat = \"xml\"\n[typo]\na = 1\n";
    let keys = bad_keys(file, &[("DG__LOG__COLOUR", "red")]);
    assert_eq!(keys, ["typo", "environment", "log.colour", "log.format", "projector.batch_evnts", "projector.verify"]);
}

#[test]
fn the_origin_is_told() {
    let problems = load_text("[projector]\nbatch_evnts = 1\n", &[], &[]).unwrap_err().to_string();
    assert!(problems.contains("unknown field `batch_evnts`") && problems.contains("dg.toml"), "{problems}");
}

#[test]
fn sections_of_other_daemons_are_passed_over() {
    load_text("[console]\nlisten = \"127.0.0.1:1\"\n[database]\nurl = \"x\"\n", &[], &[]).unwrap();
}

#[test]
fn checks_of_the_daemon_are_reported_together() {
    let keys =
        bad_keys("[admin]\nlisten = \"0.0.0.0:1\"\n[projector]\nbatch_events = 99999\n[log]\nlevel = \"a=b=c\"\n", &[]);
    assert_eq!(keys, ["log.level", "admin.listen", "projector.batch_events"]);
}

#[test]
fn a_missing_or_broken_file_is_a_problem() {
    let missing = Layers { file: Some("/nonexistent/dg.toml".into()), ..Layers::default() };
    assert!(load_from::<TestSettings>(&missing).unwrap_err().to_string().contains("/nonexistent/dg.toml"));
    assert_eq!(bad_keys("grace_ms = ", &[]), ["file"]);
}

#[test]
fn an_empty_variable_counts_as_unset() {
    assert_eq!(load_text("grace_ms = 5", &[("DG__GRACE_MS", "")], &[]).unwrap().grace_ms, 5);
}

#[test]
fn secrets_stay_out_of_debug_output() {
    let settings = load_text("[projector]\nkey = \"hunter2\"\n", &[], &[]).unwrap();
    assert_eq!(settings.projector.key.expose(), "hunter2");
    assert!(!format!("{settings:?}").contains("hunter2"));
}

#[test]
fn listen_addresses_are_read() {
    assert_eq!(Listen::parse("[::1]:5").unwrap(), Listen::Tcp("[::1]:5".parse().unwrap()));
    assert_eq!(Listen::parse("unix:/a b").unwrap(), Listen::Unix("/a b".into()));
    assert!(Listen::parse("unix:a").is_err());
    assert!(Listen::parse("localhost").is_err());
}

#[test]
fn credentials_are_settings_between_file_and_environment() {
    let directory = tempfile::tempdir().unwrap();
    let credentials = directory.path().join("credentials");
    std::fs::create_dir(&credentials).unwrap();
    let given = [
        ("dg_projector.key", "hunter2\n"),
        ("dg_projector.batch_events", "7"),
        ("dg_grace_ms", "9"),
        ("other", "not ours"),
    ];
    for (name, text) in given {
        std::fs::write(credentials.join(name), text).unwrap();
    }
    let file = "grace_ms = 1\n[projector]\nbatch_events = 1\nverify = true\n";
    let env = [("DG__GRACE_MS", "3")];
    let layers = Layers { credentials: Some(credentials.clone()), ..layers(directory.path(), file, &env, &[]) };
    let settings: TestSettings = load_from(&layers).unwrap();
    assert_eq!(settings.projector.key.expose(), "hunter2");
    assert_eq!((settings.projector.batch_events, settings.projector.verify, settings.grace_ms), (7, true, 3));
    std::fs::write(credentials.join("dg_nonsense.key"), "x").unwrap();
    std::fs::write(credentials.join("dg_projector.kee"), "x").unwrap();
    let keys: Vec<_> = load_from::<TestSettings>(&layers).unwrap_err().iter().map(|bad| bad.key.clone()).collect();
    assert_eq!(keys, ["nonsense", "projector.kee"]);
}

#[test]
fn a_credential_for_a_file_is_its_path() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("dg_console.service_token_file"), "token").unwrap();
    let found = credentials::read(directory.path(), &mut Problems::default());
    let path = directory.path().join("dg_console.service_token_file").display().to_string();
    assert_eq!(found, [("console.service_token_file".to_owned(), path)]);
}
