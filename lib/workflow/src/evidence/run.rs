//! What a replay showed.

use serde_json::{Map, Value, json};

/// A run of the projections that a review asked for, after its end.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EndedRun {
    /// Which.
    pub job_id: String,
    /// What it was about: the name of a projection, `reference` or `all`.
    pub projection: String,
    /// `catch_up`, `rebuild` or `verify`.
    pub mode: String,
    /// `completed`, `failed` or `cancelled`.
    pub status: String,
    /// How far it came.
    pub log_seq: i64,
    /// Why it failed.
    pub error_code: Option<String>,
    /// What it found: digests of before (`actual`, `digests_before`) and of a replay (`expected`, `digests_after`) by projection,
    /// whether they are `equal`, and whether both are of one position (`level`).
    pub result: Map<String, Value>,
}

impl EndedRun {
    /// Whether a replay gave something else than what was there at the same position.
    #[must_use]
    pub fn differs(&self) -> bool {
        let says = |key: &str, word: bool| self.result.get(key).and_then(Value::as_bool) == Some(word);
        self.status == "completed" && says("equal", false) && !says("level", false)
    }

    /// In one sentence.
    #[must_use]
    pub fn summary(&self) -> String {
        let Self { mode, projection, .. } = self;
        let compared = self.result.get("equal").and_then(Value::as_bool);
        match (self.status.as_str(), compared) {
            ("completed", _) if self.differs() => {
                format!("The replay ({mode}, {projection}) does not give what was there.")
            }
            ("completed", Some(true)) => format!("The replay ({mode}, {projection}) gives what was there."),
            ("completed", _) => format!("The replay ({mode}, {projection}) is complete."),
            (status, _) => format!("The replay ({mode}, {projection}) {status}."),
        }
    }

    /// As evidence: an entry per projection whose digests are known, otherwise one of the run itself.
    #[must_use]
    pub fn evidence(&self) -> Vec<Value> {
        let digests = |keys: [&str; 2]| {
            let found = keys.iter().find_map(|key| self.result.get(*key)?.as_object());
            found.cloned().unwrap_or_default()
        };
        let (before, after) = (digests(["digests_before", "actual"]), digests(["digests_after", "expected"]));
        let log_seq = self.result.get("log_seq").and_then(Value::as_i64).unwrap_or(self.log_seq);
        let text = |of: &Map<String, Value>, name: &str| of.get(name).and_then(Value::as_str).map(str::to_owned);
        let mut entries: Vec<Value> = after
            .keys()
            .map(|name| {
                let (before, after) = (text(&before, name), text(&after, name));
                of_run(&self.job_id, name, before.as_deref(), after.as_deref(), log_seq)
            })
            .collect();
        if entries.is_empty() {
            entries.push(of_run(&self.job_id, &self.projection, None, None, log_seq));
        }
        for entry in &mut entries {
            entry["mode"] = json!(self.mode);
            entry["status"] = json!(self.status);
            if let Some(code) = &self.error_code {
                entry["error_code"] = json!(code);
            }
        }
        entries
    }
}

/// What a replay showed of one projection, as an entry (WF-37, WF-56): digests in whatever form the run tells them. Whether they
/// are equal is said where both are known.
#[must_use]
pub fn of_run(job_id: &str, projection: &str, before: Option<&str>, after: Option<&str>, log_seq: i64) -> Value {
    json!({
        "kind": "run",
        "job_id": job_id,
        "projection": projection,
        "digest_before": before,
        "digest_after": after,
        "equal": before.zip(after).map(|(before, after)| before == after),
        "log_seq": log_seq,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draft::object;

    fn run(mode: &str, status: &str, result: Value) -> EndedRun {
        EndedRun {
            job_id: "job".to_owned(),
            projection: "all".to_owned(),
            mode: mode.to_owned(),
            status: status.to_owned(),
            log_seq: 7,
            error_code: None,
            result: object(result),
        }
    }

    #[test]
    fn each_projection_is_an_entry() {
        let result =
            json!({"equal": false, "log_seq": 9, "expected": {"a": "x", "b": "y"}, "actual": {"a": "x", "b": "z"}});
        let verified = run("verify", "completed", result);
        assert!(verified.differs());
        let entries = verified.evidence();
        let told: Vec<_> = entries.iter().map(|one| (&one["projection"], &one["equal"], &one["log_seq"])).collect();
        assert_eq!(told, [(&json!("a"), &json!(true), &json!(9)), (&json!("b"), &json!(false), &json!(9))]);
        assert!(crate::evidence::read(&Value::Array(entries)).is_ok());
    }

    #[test]
    fn digests_of_two_positions_are_no_difference() {
        let result = |equal: bool, level: bool| json!({"equal": equal, "level": level, "digests_before": {"a": "x"}, "digests_after": {"a": "y"}});
        assert!(run("rebuild", "completed", result(false, true)).differs());
        assert!(!run("rebuild", "completed", result(false, false)).differs());
        assert!(!run("rebuild", "completed", result(true, true)).differs());
        assert!(!run("rebuild", "failed", result(false, true)).differs());
    }

    #[test]
    fn a_run_without_digests_is_an_entry_too() {
        let mut failed = run("catch_up", "failed", json!({}));
        failed.error_code = Some("event_sequence_invalid".to_owned());
        let entries = failed.evidence();
        assert_eq!(entries.len(), 1);
        assert_eq!((&entries[0]["equal"], &entries[0]["log_seq"]), (&Value::Null, &json!(7)));
        assert_eq!(entries[0]["error_code"], "event_sequence_invalid");
        assert_eq!(failed.summary(), "The replay (catch_up, all) failed.");
        assert_eq!(run("catch_up", "completed", json!({})).summary(), "The replay (catch_up, all) is complete.");
    }
}
