//! Searching traces, against the conditions applied to every trace of the model.

use dg_domain::LogSeq;
use dg_projections::{FactFilter, Model, TraceActivity, TraceFilter, TraceStart, WalkLimits};
use dg_storage::projections::{Direction, PrecedentQuery, Snapshot, StartPosition, TraceCount};
use dg_testkit::rng::Rng;

use crate::{
    projections::{bench, generated, log},
    scratch::Scratch,
};

/// What the model finds, in no order.
fn expected<'m>(model: &'m Model, filter: &TraceFilter) -> Vec<(&'m TraceActivity, &'m TraceStart)> {
    let conditions = filter.conditions();
    let started = model.traces.values().map(|trace| (trace, trace.started.as_ref().unwrap()));
    started
        .filter(|(trace, start)| {
            conditions.hold(&trace.search)
                && filter.started_after.is_none_or(|after| start.started_instant >= after)
                && filter.started_before.is_none_or(|before| start.started_instant < before)
        })
        .collect()
}

/// A filter out of what some trace has, or almost has.
fn some_filter(rng: &mut Rng, model: &Model) -> TraceFilter {
    let traces: Vec<&TraceActivity> = model.traces.values().collect();
    let mut filter = TraceFilter { companions: rng.chance(50), ..TraceFilter::default() };
    for _ in 0..rng.below(4) {
        let trace = *rng.pick(&traces);
        let start = trace.started.as_ref().unwrap();
        let terms: Vec<&str> = trace.search.terms.iter().map(String::as_str).collect();
        let having = |kind: &str| {
            let of_kind: Vec<&str> = terms.iter().filter_map(|term| term.strip_prefix(kind)).collect();
            of_kind.first().map(|text| (*text).to_owned())
        };
        match rng.below(11) {
            0 => filter.workflow = Some(start.workflow.clone()),
            1 => filter.outcome = having("outcome:"),
            2 => filter.finished = Some(rng.chance(50)),
            3 => filter.entity_type = Some(start.primary_entity_type.clone()),
            4 => {
                filter.entity_type = Some(start.primary_entity_type.clone());
                filter.entity_id = Some(start.primary_entity_id.clone());
            }
            5 => filter.policy = having("policy:"),
            6 => filter.actor = having("actor:"),
            7 => filter.tags.extend(having("tag:")),
            8 => filter.text = having("word:"),
            9 => {
                let mut known = terms.iter().filter(|term| term.starts_with("fact:") && term.contains('='));
                let Some((key, value)) = known.next_back().and_then(|term| term[5..].split_once('=')) else { continue };
                let operator = *rng.pick(&["=", "!=", "<", "<=", ">", ">="]);
                filter.facts.extend(FactFilter::read(&format!("{key}{operator}{value}")));
            }
            _ if rng.chance(50) => filter.started_after = Some(start.started_instant),
            _ => filter.started_before = Some(start.started_instant),
        }
    }
    filter
}

async fn check(snapshot: &Snapshot, model: &Model, filter: &TraceFilter) -> usize {
    let mut expected = expected(model, filter);
    let found = snapshot.count_traces(filter).await.unwrap();
    assert_eq!(found, TraceCount::Exactly(i64::try_from(expected.len()).unwrap()), "{filter:?}");

    expected.sort_by_key(|(trace, start)| std::cmp::Reverse((start.started_instant, trace.first_log_seq)));
    let size = 7.max(expected.len() / 4);
    let limit = i64::try_from(size).unwrap();
    let mut after = None;
    for page in expected.chunks(size) {
        let rows = snapshot.started_traces(filter, after, limit).await.unwrap();
        let ids = |row: &dg_projections::TraceRow| row.trace_id.clone();
        let wanted: Vec<String> = page.iter().map(|(trace, _)| trace.trace_id.clone()).collect();
        assert_eq!(rows.iter().map(ids).collect::<Vec<_>>(), wanted, "{filter:?} after {after:?}");
        after =
            rows.last().map(|last| StartPosition { started: last.started_instant, first_log_seq: last.first_log_seq });
    }
    assert!(after.is_none() || snapshot.started_traces(filter, after, limit).await.unwrap().is_empty());

    expected.sort_by_key(|(trace, _)| std::cmp::Reverse(trace.last_log_seq));
    let mut before = None;
    for page in expected.chunks(size) {
        let rows = snapshot.active_traces(filter, before, limit).await.unwrap();
        let found: Vec<&str> = rows.iter().map(|row| &*row.trace_id).collect();
        let wanted: Vec<&str> = page.iter().map(|(trace, _)| &*trace.trace_id).collect();
        assert_eq!(found, wanted, "{filter:?} before {before:?}");
        before = rows.last().map(|last| last.last_log_seq);
    }
    expected.len()
}

#[tokio::test]
async fn every_search_finds_what_the_model_says() {
    let bench = bench().await;
    // Short lists are probed, long ones merged.
    for (seed, traces, searches) in [(0, 60, 150), (1, 60, 50), (2, 1200, 15)] {
        let tenant = bench.tenant(&format!("t{seed}")).await;
        let events = generated(7 + seed, traces);
        for batch in events.chunks(1000) {
            bench.append(&tenant, batch).await;
        }
        bench.catch_up(&tenant, if traces > 100 { 1000 } else { 37 }, usize::MAX).await;
        let model = Model::of(&log(&tenant, &events), 1000).unwrap();
        let snapshot = bench.store.snapshot(&tenant).await.unwrap();
        let mut rng = Rng::new(seed);
        let (mut some, mut none) = (0, 0);
        for _ in 0..searches {
            let filter = some_filter(&mut rng, &model);
            match check(&snapshot, &model, &filter).await {
                0 => none += 1,
                _ => some += 1,
            }
        }
        assert!(some > searches / 3, "{some} found something, {none} nothing");
        snapshot.close().await.unwrap();
    }
}

/// 5,000 traces put in by hand: every second has one of two terms, all have a third, and a number.
const FILL: &str = "
    INSERT INTO dg_trace_index
    SELECT 'big', 0, 'tr-' || i, false, 'w', 't', 'c', NULL, 'c1', NULL, 'x', to_timestamp(i), NULL, 1, i, i, 0, 'TraceStarted',
           'x', '{}', '{}', '{}'
    FROM generate_series(1, 5000) AS i;
    INSERT INTO dg_trace_terms
    SELECT 'big', 0, term, to_timestamp(i), i
    FROM generate_series(1, 5000) AS i, unnest(ARRAY['tag:' || i % 2, 'tag:all', 'fact:n', 'fact:n=' || i]) AS term;
    INSERT INTO dg_trace_facts SELECT 'big', 0, 'n', i * 1000000::bigint, to_timestamp(i), i FROM generate_series(1, 5000) AS i;
";

#[tokio::test]
async fn searches_merge_sorted_lists_with_and_without_statistics() {
    let scratch = Scratch::new().await;
    let tenant = scratch.tenant("big").await;
    let owner = scratch.raw("dg_owner").await;
    scratch.raw_of("dg_projectord", "big").await.batch_execute(FILL).await.unwrap();
    let store = scratch.store("dg_apid");
    for round in 0..2 {
        if round == 1 {
            owner.batch_execute("ANALYZE").await.unwrap();
        }
        let snapshot = store.snapshot(&tenant).await.unwrap();
        let fact = |text: &str| FactFilter::read(text).unwrap();
        for (tags, facts, text, found) in [
            (vec!["0", "all"], vec![], None, 2500),
            (vec!["0", "1"], vec![], None, 0),
            (vec!["all"], vec!["n>4000"], None, 1000),
            (vec!["1"], vec!["n>=10", "n<20"], None, 5),
            (vec!["1"], vec!["n=17"], None, 1),
            (vec!["1"], vec!["n!=17"], None, 2499),
            (vec![], vec![], Some(false), 5000),
        ] {
            let filter = TraceFilter {
                tags: tags.into_iter().map(str::to_owned).collect(),
                facts: facts.into_iter().map(fact).collect(),
                finished: text,
                ..TraceFilter::default()
            };
            let plan = snapshot.explain_search(&filter).await.unwrap();
            assert!(!plan.contains("Nested Loop") && !plan.contains("Hash"), "{plan}");
            assert!(!plan.contains("Seq Scan on dg_") && !plan.contains("Bitmap"), "{plan}");
            let terms = plan.matches("on dg_trace_terms").count();
            assert_eq!(terms, plan.matches("Index Only Scan Backward using dg_trace_terms").count(), "{plan}");
            assert_eq!(snapshot.count_traces(&filter).await.unwrap(), TraceCount::Exactly(found), "{filter:?}");
            // Many hits, and all of them asked.
            let rows = snapshot.active_traces(&filter, None, 10).await.unwrap();
            assert_eq!(i64::try_from(rows.len()).unwrap(), found.min(10), "{filter:?}");
        }
        // The switches are as they were.
        assert!(snapshot.trace("tr-1").await.unwrap().is_some());
        snapshot.close().await.unwrap();
    }
}

/// What graph and precedents answer, in one text.
async fn graph_and_precedents(snapshot: &Snapshot, centres: &[String]) -> String {
    let mut said = String::new();
    for centre in centres {
        let limits = WalkLimits { max_depth: 2, max_nodes: 20, max_edges: 30, node_types: None };
        said += &format!("{:?}\n", snapshot.subgraph(centre, limits, None).await.unwrap());
        said += &format!("{:?}\n", snapshot.node_edges(centre, Direction::Both, None, 5).await.unwrap());
    }
    for policy_id in [None, Some("cap".to_owned())] {
        let query = PrecedentQuery { policy_id, ..PrecedentQuery::default() };
        said += &format!("{:?}\n", snapshot.precedents(&query, 100).await.unwrap());
    }
    said
}

#[tokio::test]
async fn looking_back_gives_what_was_answered_then() {
    let bench = bench().await;
    for seed in 0..2 {
        let tenant = bench.tenant(&format!("t{seed}")).await;
        let events = generated(90 + seed, 8);
        bench.append(&tenant, &events).await;
        let model = Model::of(&log(&tenant, &events), 1000).unwrap();
        let centres: Vec<String> = model.nodes.keys().step_by(9).cloned().collect();
        let mut then = Vec::new();
        for applied in 0..=events.len() {
            if applied > 0 {
                bench.catch_up(&tenant, 1, 1).await;
            }
            let snapshot = bench.store.snapshot(&tenant).await.unwrap();
            then.push(graph_and_precedents(&snapshot, &centres).await);
            snapshot.close().await.unwrap();
        }
        for (until, expected) in then.iter().enumerate() {
            let mut snapshot = bench.store.snapshot(&tenant).await.unwrap();
            snapshot.look_back(LogSeq::new(i64::try_from(until).unwrap()).unwrap());
            assert_eq!(&graph_and_precedents(&snapshot, &centres).await, expected, "seed {seed} at {until}");
            snapshot.close().await.unwrap();
        }
    }
}
