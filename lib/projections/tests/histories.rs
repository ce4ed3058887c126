//! Whole histories: our own scenarios always, the published ones when they lie beside the checkout.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a failed step is a failed test")]

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, LazyLock},
};

use dg_domain::{
    GuardMode, LogSeq, Micros, NewEvent, Rules, StoredEvent, TenantId,
    append::{Ledger, Outcome},
};
use dg_projections::{Model, Projection, fold, history, open_traces};
use proptest::prelude::*;
use serde_json::Value;

struct History {
    name: String,
    log: Vec<StoredEvent>,
    expected: Value,
    snapshot: Option<Value>,
}

fn read(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap()
}

fn append(events: &[Value]) -> Vec<StoredEvent> {
    let mut ledger = Ledger::new(TenantId::new("t").unwrap(), LogSeq::START);
    let store = |event: &Value| {
        let event = NewEvent::parse(event.to_string().as_bytes(), &Rules::edge(GuardMode::Precise)).unwrap();
        match ledger.append(event, Micros::default(), "test") {
            Outcome::Stored(stored) => Arc::unwrap_or_clone(stored),
            other => panic!("{other:?}"),
        }
    };
    events.iter().map(store).collect()
}

static HISTORIES: LazyLock<Vec<History>> = LazyLock::new(load);

fn load() -> Vec<History> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let reference = std::env::var_os("DG_REFERENCE_DIR").map_or(root.join("../shared/reference"), PathBuf::from);
    let mut found = Vec::new();
    for folder in [root.join("fixtures/scenarios"), reference.join("golden"), reference.join("histories")] {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for path in entries.map(|entry| entry.unwrap().path()) {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if !name.ends_with(".json") || name.ends_with(".expected.json") || name.ends_with(".snapshot.json") {
                continue;
            }
            let document = read(&path);
            let beside =
                |kind: &str| Some(path.with_extension(kind)).filter(|path| path.exists()).map(|path| read(&path));
            let expected = beside("expected.json")
                .or_else(|| document.get("expected_digests").cloned())
                .or_else(|| document.get("expected").cloned())
                .unwrap_or_else(|| panic!("{name} has no digests"));
            let log = append(document["events"].as_array().unwrap());
            found.push(History { name, log, expected, snapshot: beside("snapshot.json") });
        }
    }
    assert!(found.len() >= 5, "our own scenarios are part of the project");
    found
}

fn check_digests(name: &str, model: &Model, expected: &Value) {
    let digests = model.digests();
    for (projection, digest) in [
        ("context_graph", digests.context_graph),
        ("trace_summary", digests.trace_summary),
        ("precedent_index", digests.precedent_index),
        ("full_projection", digests.full_projection),
    ] {
        let expected = expected.get("digests").unwrap_or(expected);
        assert_eq!(expected[projection].as_str(), Some(&*digest.prefixed()), "{name}: {projection}");
    }
}

#[test]
fn digests_are_the_published_ones_at_any_batch_size() {
    for history in HISTORIES.iter() {
        for batch in [1, 7, 1000] {
            check_digests(&history.name, &Model::of(&history.log, batch).unwrap(), &history.expected);
        }
    }
}

#[test]
fn rows_are_those_of_the_snapshots() {
    for History { name, log, snapshot, .. } in HISTORIES.iter() {
        let Some(snapshot) = snapshot else { continue };
        let model = Model::of(log, 13).unwrap();
        let ids = |rows: &Value, key: &str| -> Vec<String> {
            rows.as_array().unwrap().iter().map(|row| row[key].as_str().unwrap().to_owned()).collect()
        };
        let evals = &snapshot["policy_eval_index"];
        let mut ours: Vec<_> = model.policy_evals.iter().map(|(id, row)| (row.log_seq, id.clone())).collect();
        ours.sort();
        assert_eq!(ours.into_iter().map(|(_, id)| id).collect::<Vec<_>>(), ids(evals, "index_id"), "{name}");
        let nodes = &snapshot["context_graph"]["nodes"];
        assert_eq!(model.nodes.keys().cloned().collect::<Vec<_>>(), ids(nodes, "node_id"), "{name}");
        let edges = &snapshot["context_graph"]["edges"];
        assert_eq!(model.edges.keys().cloned().collect::<Vec<_>>(), ids(edges, "edge_id"), "{name}");
    }
}

#[test]
fn a_missing_or_altered_event_is_never_folded() {
    let log = HISTORIES[0].log.clone();
    let mut holed = log.clone();
    holed.remove(1);
    let folded = fold(LogSeq::START, &holed, &Projection::ALL, Default::default());
    assert_eq!((folded.applied, folded.failure.unwrap().violation.code.as_str()), (1, "event_sequence_invalid"));
    let mut altered = log.clone();
    altered[1].event.payload_json = altered[1].event.payload_json.replacen(':', ": ", 1);
    let folded = fold(LogSeq::START, &altered, &Projection::ALL, Default::default());
    assert_eq!((folded.applied, folded.failure.unwrap().violation.code.as_str()), (1, "conflict"));
    let alone = fold(LogSeq::START, &log[..1], &Projection::ALL, Default::default());
    assert_eq!(folded.changes, alone.changes);
}

#[test]
fn a_finish_over_altered_earlier_events_is_refused() {
    let log = &HISTORIES.iter().find(|history| history.name.starts_with("refund-approved")).unwrap().log;
    let evaluated = log.iter().position(|stored| stored.event.event_type.as_str() == "PolicyEvaluated").unwrap();
    let finish = log.iter().position(|stored| stored.event.event_type.as_str() == "TraceFinished").unwrap();
    let batch = &log[finish..=finish];
    let mut altered = log[..finish].to_vec();
    altered[evaluated].event.payload_json = altered[evaluated].event.payload_json.replacen(':', ": ", 1);
    let after = log[finish - 1].log_seq;
    let refused = fold(after, batch, &Projection::ALL, history(&altered, &open_traces(batch)));
    assert_eq!((refused.applied, refused.failure.unwrap().violation.code.as_str()), (0, "conflict"));
    let sound = fold(after, batch, &Projection::ALL, history(&log[..finish], &open_traces(batch)));
    assert!(sound.failure.is_none() && !sound.changes.precedents.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Cut the log anywhere, fold each projection in a pass of its own or all in one: same rows.
    #[test]
    fn cuts_do_not_matter(which in any::<prop::sample::Index>(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6)) {
        let log = &HISTORIES[which.index(HISTORIES.len())].log;
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(log.len())).collect();
        cuts.push(log.len());
        cuts.sort_unstable();
        let mut model = Model::default();
        let mut from = 0;
        for to in cuts {
            let batch = &log[from..to];
            model.apply(batch, history(&log[..from], &open_traces(batch))).unwrap();
            from = to;
        }
        prop_assert_eq!(&model, &Model::of(log, log.len()).unwrap());
    }
}
