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
use dg_projections::{
    Batch, Folded, Model, Projection, TraceAsOf, TraceRow, fold, fold_parallel, history, open_traces,
};
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

fn fold_alone(log: &[StoredEvent]) -> Folded {
    fold(&Batch { events: log.to_vec(), ..Batch::default() }, &Projection::ALL)
}

fn altered(stored: &StoredEvent) -> StoredEvent {
    let mut stored = stored.clone();
    stored.event.payload_json = stored.event.payload_json.replacen(':', ": ", 1);
    stored
}

#[test]
fn nothing_is_folded_after_a_hole() {
    let mut holed = HISTORIES[0].log.clone();
    holed.remove(1);
    let folded = fold_alone(&holed);
    assert_eq!((folded.applied, folded.halted.unwrap().violation.code.as_str()), (1, "event_sequence_invalid"));
    assert_eq!(folded.changes, fold_alone(&HISTORIES[0].log[..1]).changes);
}

#[test]
fn an_altered_event_is_set_aside_and_the_rest_is_folded() {
    let log = &HISTORIES[0].log;
    for at in 0..log.len() {
        let mut damaged = log.clone();
        damaged[at] = altered(&log[at]);
        let folded = fold_alone(&damaged);
        assert_eq!((folded.applied, folded.halted, folded.aside.len()), (log.len(), None, 1));
        let aside = &folded.aside[0];
        assert_eq!((aside.log_seq, aside.violation.code.as_str()), (log[at].log_seq, "conflict"));
        assert_eq!(aside.projections, Projection::ALL);
        // Nothing of it is in the rows, and its skip by an operator gives the same ones.
        assert!(folded.changes.edges.iter().all(|edge| edge.log_seq != aside.log_seq.get()));
        let skips = Projection::ALL.into_iter().map(|projection| (projection, log[at].log_seq)).collect();
        let skipped = fold(&Batch { events: damaged, skips, ..Batch::default() }, &Projection::ALL);
        assert_eq!((&skipped.changes, skipped.aside.len()), (&folded.changes, 0));
        // A trace goes on after an event that is missing: its places are counted.
        let events: i64 = folded.changes.traces.iter().map(|trace| trace.events).sum();
        assert_eq!(events, i64::try_from(log.len()).unwrap());
    }
}

#[test]
fn a_finish_over_altered_earlier_events_is_set_aside_for_precedents_alone() {
    let log = &HISTORIES.iter().find(|history| history.name.starts_with("refund-approved")).unwrap().log;
    let evaluated = log.iter().position(|stored| stored.event.event_type.as_str() == "PolicyEvaluated").unwrap();
    let finish = log.iter().position(|stored| stored.event.event_type.as_str() == "TraceFinished").unwrap();
    let mut earlier = log[..finish].to_vec();
    let batch = |earlier: &[StoredEvent]| {
        let events = log[finish..=finish].to_vec();
        let history = history(earlier, &open_traces(&events));
        Batch { after: log[finish - 1].log_seq, events, history, ..Batch::default() }
    };
    let sound = fold(&batch(&earlier), &Projection::ALL);
    assert!(sound.aside.is_empty() && !sound.changes.precedents.is_empty());
    earlier[evaluated] = altered(&log[evaluated]);
    let refused = fold(&batch(&earlier), &Projection::ALL);
    assert_eq!(refused.aside[0].projections, [Projection::PrecedentIndex]);
    assert!(refused.aside[0].violation.message.contains(&format!("log_seq {}", log[evaluated].log_seq)));
    assert!(refused.changes.precedents.is_empty());
    assert_eq!(refused.changes.summaries, sound.changes.summaries);
}

#[test]
fn threads_do_not_change_the_answer() {
    for History { name, log, .. } in HISTORIES.iter() {
        let batch = Batch { events: log.clone(), ..Batch::default() };
        let mut alone = fold(&batch, &Projection::ALL);
        sort(&mut alone);
        for threads in [1, 2, 4] {
            let mut together = fold_parallel(&batch, &Projection::ALL, threads);
            sort(&mut together);
            assert_eq!(together, alone, "{name}");
        }
    }
}

/// Rows in an order that does not depend on who made them.
fn sort(folded: &mut Folded) {
    let changes = &mut folded.changes;
    changes.nodes.sort_by(|a, b| a.node_id.cmp(&b.node_id));
    changes.edges.sort_by_key(|edge| (edge.log_seq, edge.edge_id()));
    changes.summaries.sort_by_key(|change| format!("{change:?}"));
    changes.policy_evals.sort_by_key(|row| row.log_seq);
    changes.precedents.sort_by_key(|row| row.log_seq);
    changes.traces.sort_by(|a, b| a.trace_id.cmp(&b.trace_id));
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

/// At every position, the answer is that of a log which ends there, however the trace's events are cut into pages.
#[test]
fn a_trace_as_of_a_position_knows_nothing_later() {
    for History { name, log, .. } in HISTORIES.iter().filter(|history| history.log.len() <= 60) {
        let traces: std::collections::BTreeSet<&str> = log.iter().map(|stored| &*stored.event.trace_id).collect();
        for until in 0..=log.len() {
            let model = Model::of(&log[..until], 1000).unwrap();
            let until = LogSeq::new(i64::try_from(until).unwrap()).unwrap();
            for (at, trace_id) in traces.iter().enumerate() {
                let events: Vec<StoredEvent> =
                    log.iter().filter(|stored| stored.event.trace_id == *trace_id).cloned().collect();
                let mut known = TraceAsOf::default();
                for page in events.chunks(1 + at % 3) {
                    if !known.observe(page.to_vec(), until) {
                        break;
                    }
                }
                assert_eq!(known.summary(), model.summaries.get(*trace_id), "{name}: {trace_id} at {until}");
                let row = model.traces.get(*trace_id).and_then(TraceRow::start);
                assert_eq!(known.row(), row, "{name}: {trace_id} at {until}");
            }
        }
    }
}
