//! A fold on several threads, for rebuilds.
//!
//! Every check and every row but nodes and edges concerns one trace, so the traces of a batch are dealt out to the threads and
//! each folds its own. Nodes and edges that several traces name go to the earliest event, as in the log's order.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    thread,
};

use crate::{
    Batch, Changes, FoldError, Folded, Projection,
    fold::{Folder, fold, hole, unbroken},
};

/// The same answer as [`fold`], up to the order of rows, worked out on `threads` threads.
#[must_use]
pub fn fold_parallel(batch: &Batch, wanted: &[Projection], threads: usize) -> Folded {
    if threads < 2 {
        return fold(batch, wanted);
    }
    let whole = unbroken(batch.after, &batch.events);
    let parts: Vec<(Changes, Vec<FoldError>)> = thread::scope(|scope| {
        let part = |at: usize| {
            let mine =
                || batch.events.iter().take(whole).filter(move |event| part_of(&event.event.trace_id, threads) == at);
            let mut folder = Folder::new(batch, wanted, mine());
            mine().for_each(|stored| folder.take(stored));
            folder.finish()
        };
        let others: Vec<_> = (1..threads).map(|at| scope.spawn(move || part(at))).collect();
        let first = part(0);
        let joined = others.into_iter().map(|other| other.join().expect("a fold does not panic"));
        std::iter::once(first).chain(joined).collect()
    });
    let mut changes = Changes::default();
    let mut aside = Vec::new();
    for (part, missing) in parts {
        changes.nodes.extend(part.nodes);
        changes.edges.extend(part.edges);
        changes.summaries.extend(part.summaries);
        changes.policy_evals.extend(part.policy_evals);
        changes.precedents.extend(part.precedents);
        changes.traces.extend(part.traces);
        aside.extend(missing);
    }
    changes.nodes.sort_by(|a, b| (a.key.as_bytes(), a.log_seq).cmp(&(b.key.as_bytes(), b.log_seq)));
    changes.nodes.dedup_by(|later, first| later.key == first.key);
    changes.edges.sort_by(|a, b| (a.key.as_bytes(), a.log_seq).cmp(&(b.key.as_bytes(), b.log_seq)));
    changes.edges.dedup_by(|later, first| later.key == first.key);
    changes.policy_evals.sort_by_key(|row| row.log_seq);
    let mut known = std::collections::HashSet::new();
    changes.policy_evals.retain(|row| known.insert(row.key()));
    aside.sort_by_key(|missing| missing.log_seq);
    Folded { changes, applied: whole, aside, halted: hole(batch, whole, wanted) }
}

fn part_of(trace_id: &str, parts: usize) -> usize {
    let mut hasher = DefaultHasher::new();
    trace_id.hash(&mut hasher);
    usize::try_from(hasher.finish() % parts as u64).unwrap_or(0)
}
