//! Graph and precedent queries answer what an independent implementation answers, where that one is at hand.

use std::path::PathBuf;
use std::process::Command;

use dg_testkit::rng::Rng;
use dg_testkit::{Suite, fixtures, paths};
use serde_json::Value;

use crate::api::{Api, encoded};

#[tokio::test(flavor = "multi_thread")]
async fn queries_agree_with_an_independent_implementation() {
    let Some(oracle) = Oracle::find() else { return };
    let suite = Suite::start().unwrap();
    let admin = Api::admin(&suite);
    let mut rng = Rng::new(17);
    for history in fixtures::histories().unwrap().into_iter().take(2) {
        let tenant = admin.new_tenant(&history.name, "precise").await;
        tenant.append_all(&history.events, 1000).await;
        tenant.digests_at(history.events.len()).await;
        let asked = Asked { oracle: &oracle, file: oracle.file(&history.name), tenant: &tenant };
        let traces: Vec<&str> = history.events.iter().map(|event| event["trace_id"].as_str().unwrap()).collect();
        for _ in 0..5 {
            asked.neighbourhood("trace", rng.pick::<&str>(&traces), &mut rng).await;
            asked.edges("trace", rng.pick::<&str>(&traces), &mut rng).await;
        }
        let entity = history.events.iter().find_map(|event| event["payload"].get("primary_entity")).unwrap();
        let kind = entity["entity_type"].as_str().unwrap();
        let id = entity["entity_id"].as_str().unwrap();
        asked.neighbourhood("entity", &format!("{kind}:{id}"), &mut rng).await;
        asked.neighbourhood("nothing", "of that name", &mut rng).await;
        asked.precedents(&[("entity-type", kind), ("entity-id", id)]).await;
        asked.precedents(&[("policy-id", "cap")]).await;
        asked.precedents(&[("policy-id", "gate"), ("policy-version", "2.0"), ("outcome", "success")]).await;
        asked.precedents(&[("outcome", "failure"), ("limit", "2")]).await;
        asked.precedents(&[]).await;
    }
}

struct Oracle {
    program: PathBuf,
    reference: PathBuf,
}

impl Oracle {
    fn find() -> Option<Self> {
        let reference = paths::reference()?;
        let program = reference.join("dg_oracle.py");
        let python = Command::new("python3").arg("--version").output().ok()?;
        (program.is_file() && python.status.success()).then_some(Self { program, reference })
    }

    fn file(&self, history: &str) -> PathBuf {
        self.reference.join("histories").join(format!("{history}.json"))
    }

    fn ask(&self, file: &PathBuf, words: &[&str]) -> Value {
        let mut command = Command::new("python3");
        command.arg(&self.program).arg("query").arg(file).args(words).env("PYTHONDONTWRITEBYTECODE", "1");
        let output = command.output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

struct Asked<'a> {
    oracle: &'a Oracle,
    file: PathBuf,
    tenant: &'a Api,
}

impl Asked<'_> {
    async fn neighbourhood(&self, kind: &str, id: &str, rng: &mut Rng) {
        let depth = rng.below(5).to_string();
        let (nodes, edges) = (1 + rng.below(40), 1 + rng.below(60));
        let (nodes, edges) = (nodes.to_string(), edges.to_string());
        let mut words = vec!["subgraph", "--node-type", kind, "--node-id", id, "--max-depth", &depth];
        words.extend(["--max-nodes", &nodes, "--max-edges", &edges]);
        let mut path = format!(
            "/api/v1/graph/context?node_type={kind}&node_id={}&max_depth={depth}&max_nodes={nodes}&max_edges={edges}",
            encoded(id)
        );
        if rng.chance(40) {
            words.extend(["--edge-types", "trace_evaluated_policy", "--edge-types", "trace_involves_entity"]);
            path.push_str("&edge_types=trace_evaluated_policy,trace_involves_entity");
        }
        if rng.chance(40) {
            words.extend(["--node-types", "policy", "--node-types", "trace"]);
            path.push_str("&node_types=policy&node_types=trace");
        }
        let answer = self.tenant.get(&path).await;
        assert_eq!(answer.expect(200), &self.oracle.ask(&self.file, &words), "{path}");
    }

    /// Every page, each from the cursor of the one before.
    async fn edges(&self, kind: &str, id: &str, rng: &mut Rng) {
        let direction = *rng.pick(&["both", "incoming", "outgoing"]);
        let limit = (1 + rng.below(6)).to_string();
        let common =
            format!("/api/v1/graph/edges?node_type={kind}&node_id={}&direction={direction}&limit={limit}", encoded(id));
        let mut cursor = Value::Null;
        loop {
            let mut words =
                vec!["edges", "--node-type", kind, "--node-id", id, "--direction", direction, "--limit", &limit];
            let (mut path, position) = (common.clone(), cursor["log_seq"].to_string());
            if let Some(key) = cursor["edge_key"].as_str() {
                words.extend(["--cursor-edge-key", key, "--cursor-log-seq", &position]);
                path.push_str(&format!("&cursor_edge_key={}&cursor_log_seq={position}", encoded(key)));
            }
            let answer = self.tenant.get(&path).await;
            let expected = self.oracle.ask(&self.file, &words);
            assert_eq!(answer.expect(200), &expected, "{path}");
            cursor = expected["next_cursor"].clone();
            if cursor.is_null() {
                return;
            }
        }
    }

    async fn precedents(&self, filters: &[(&str, &str)]) {
        let flags: Vec<String> =
            filters.iter().flat_map(|(name, value)| [format!("--{name}"), (*value).to_owned()]).collect();
        let words: Vec<&str> = ["precedents"].into_iter().chain(flags.iter().map(String::as_str)).collect();
        let query: Vec<String> =
            filters.iter().map(|(name, value)| format!("{}={}", name.replace('-', "_"), encoded(value))).collect();
        let path = format!("/api/v1/precedents?{}", query.join("&"));
        let answer = self.tenant.get(&path).await;
        assert_eq!(answer.expect(200)["precedents"], self.oracle.ask(&self.file, &words), "{path}");
    }
}
