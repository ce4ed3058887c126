//! The graph, precedents, comparisons, and the views of a trace.

use std::collections::BTreeMap;

use super::{NOW, check, event, failure, html, shell, tenant, trace};
use crate::{
    compare::{Case, Comparison},
    graph::{Edge, Graph, Node},
    model::{
        Body, Panel, Standing, Timeline,
        graph::{EdgeFacts, GraphPage, GraphView, NodeFacts, Origin},
        precedents::{ComparePage, Compared, Hit, Hits, PrecedentsPage},
        tabs::{Alike, Evaluation, PolicyPath, Raw, ReviewRow, Step, TabView},
    },
    place::{GraphAsk, PrecedentAsk, TraceTab},
    story,
};

fn ask() -> GraphAsk {
    GraphAsk::around("trace:<t>")
}

fn view(ask: &GraphAsk, truncated: bool) -> GraphView {
    let node = |key: &str, log_seq| Node { key: key.to_owned(), log_seq, ghost: false };
    let edge = |to: &str, kind: &str, id: &str| Edge {
        from: "trace:<t>".to_owned(),
        to: to.to_owned(),
        kind: kind.to_owned(),
        id: id.to_owned(),
    };
    let read = Graph::new(
        "trace:<t>".to_owned(),
        vec![node("trace:<t>", 1), node("policy:cap:2", 2), node("exception:x", 3)],
        vec![
            edge("policy:cap:2", "trace_evaluated_policy", "1"),
            edge("policy:cap:2", "trace_evaluated_policy", "2"),
            edge("trace:away", "trace_cited_precedent", "3"),
            edge("exception:x", "exception_approved_by", "4"),
        ],
    );
    let source = Origin { log_seq: 1204, trace_id: Some("<t>".to_owned()), at: Some(NOW) };
    let facts = NodeFacts { attrs: "{\n  \"a\": 1\n}".to_owned(), source: source.clone() };
    let nodes = BTreeMap::from([("trace:<t>".to_owned(), facts)]);
    let decided = EdgeFacts { attrs: "{}".to_owned(), source, decision: Some("rejected".to_owned()) };
    GraphView::of(read, nodes, BTreeMap::from([("4".to_owned(), decided)]), truncated, ask)
}

fn graph(ask: GraphAsk, content: Panel<GraphView>) -> String {
    let page = GraphPage { tenant: tenant(), ask, begin: Panel::Loading, content };
    html(shell(|_| ()), Body::Graph(Box::new(page)))
}

#[test]
fn a_graph_is_drawn_with_links_and_told_in_words() {
    let drawn = graph(ask(), Panel::Ready(view(&ask(), false)));
    let present = [
        "role=\"img\" aria-label=\"4 nodes, 4 edges, centre trace &#60;t&#62;\"",
        "data-key=\"policy:cap:2\"",
        "aria-label=\"trace away, not stored here\"",
        "ghost",
        "×2",
        "rejected by",
        "node=trace:%3Ct%3E&#38;sel=policy:cap:2",
        "view=table",
        "/t/acme/graph.svg?node=",
        "/t/acme/graph.json?node=",
        "policy (1)",
        "evaluated (2)",
        "log position 1,204",
        "Attributes",
    ];
    check(&drawn, &present, &["<t>", "style=", "id=\"truncated\"", "id=\"path\"", "onclick"]);
}

#[test]
fn a_graph_says_what_it_leaves_out() {
    let narrow = GraphAsk { kinds: vec!["policy".to_owned()], path_to: Some("trace:away".to_owned()), ..ask() };
    let cut = graph(narrow.clone(), Panel::Ready(view(&narrow, true)));
    let present = [
        "2 of other kinds not shown",
        "There is more than the 60 nodes and 120 edges",
        "nodes=120",
        "Nothing that is shown leads to trace:away",
    ];
    check(&cut, &present, &["data-key=\"exception:x\""]);
    let around = GraphAsk { selected: Some("policy:cap:2".to_owned()), ..ask() };
    check(
        &graph(around.clone(), Panel::Ready(view(&around, true))),
        &["Load more around the selected node", "Centre here"],
        &[],
    );
    let path = GraphAsk { path_to: Some("policy:cap:2".to_owned()), ..ask() };
    check(
        &graph(path.clone(), Panel::Ready(view(&path, false))),
        &["Path of 1 step: trace &#60;t&#62; → policy cap:2", "g-edge on"],
        &[],
    );
}

#[test]
fn a_graph_is_also_a_table_and_has_its_other_states() {
    let table = GraphAsk { table: true, as_of: Some(7), ..ask() };
    let told = graph(table.clone(), Panel::Ready(view(&table, false)));
    check(
        &told,
        &["id=\"nodes\"", "id=\"edges\"", "Drawing", "as it was at log position 7", "not stored here"],
        &["<svg class=\"graph\""],
    );
    check(&graph(ask(), Panel::Loading), &["Reading the graph"], &["id=\"picked\""]);
    check(
        &graph(ask(), Panel::Failed(failure(false))),
        &["The graph could not be read.", "The database is away."],
        &[],
    );
    let empty = GraphView::of(Graph::default(), BTreeMap::new(), BTreeMap::new(), false, &ask());
    check(
        &graph(ask(), Panel::Ready(empty)),
        &["Nothing is connected to this node.", "trace:refund-17"],
        &["<svg class=\"graph\""],
    );
}

fn hit() -> Hit {
    Hit {
        trace_id: "t/2".to_owned(),
        title: "<b>Refund</b>".to_owned(),
        workflow: "refund".to_owned(),
        standing: Standing::Success,
        finished: Some(NOW),
        why: vec!["policy cap @ 2".to_owned(), "ended with success".to_owned()],
    }
}

fn precedents(ask: PrecedentAsk, hits: Panel<Hits>) -> String {
    html(shell(|_| ()), Body::Precedents(Box::new(PrecedentsPage { tenant: tenant(), ask, hits })))
}

#[test]
fn precedents_say_why_they_matched_and_lead_to_a_comparison() {
    let hits = Hits { rows: vec![hit(), Hit { trace_id: "t/3".to_owned(), ..hit() }], full: true };
    let of =
        PrecedentAsk { of: Some("t-1".to_owned()), outcome: Some("success".to_owned()), ..PrecedentAsk::default() };
    let found = precedents(of, Panel::Ready(hits.clone()));
    let present = [
        "policy cap @ 2, ended with success",
        "/t/acme/compare?a=t-1&#38;b=t%2F2",
        "/t/acme/traces/t%2F2",
        "The search stopped",
        "Clear filters",
    ];
    check(&found, &present, &["<b>", "Compare A with B"]);
    check(
        &precedents(PrecedentAsk::default(), Panel::Ready(hits)),
        &["Compare A with B", "name=\"b\""],
        &["Clear filters"],
    );
    let none = precedents(PrecedentAsk::default(), Panel::Ready(Hits::default()));
    check(&none, &["No finished decision fits.", "once its trace is finished"], &["<table"]);
    check(&precedents(PrecedentAsk::default(), Panel::Loading), &["Searching"], &["<table"]);
    check(&precedents(PrecedentAsk::default(), Panel::Failed(failure(true))), &["The search could not be made."], &[]);
}

fn compare(only: bool, content: Panel<Compared>, b: Option<&str>) -> String {
    let page = ComparePage { tenant: tenant(), a: Some("t-1".to_owned()), b: b.map(str::to_owned), only, content };
    html(shell(|_| ()), Body::Compare(Box::new(page)))
}

#[test]
fn a_comparison_marks_in_words_and_can_leave_out_what_is_the_same() {
    let facts = |amount: &str| {
        BTreeMap::from([("amount".to_owned(), amount.to_owned()), ("region".to_owned(), "<EU>".to_owned())])
    };
    let a = Case { outcome: Some("success".to_owned()), facts: facts("18"), ..Case::default() };
    let b = Case { outcome: Some("failure".to_owned()), facts: facts("22.5"), ..Case::default() };
    let compared =
        Compared { a_title: "One".to_owned(), b_title: "Two".to_owned(), comparison: Comparison::of(&a, &b) };
    let all = compare(false, Panel::Ready(compared.clone()), Some("t-2"));
    let present = [
        "A ended with success, B ended with failure.",
        "2 differences",
        "+4.5",
        "different",
        "same",
        "&#60;EU&#62;",
        "Neither has any.",
    ];
    check(&all, &present, &["<EU>"]);
    let fewer = compare(true, Panel::Ready(compared), Some("t-2"));
    check(&fewer, &["data-line=\"amount\"", "Show all"], &["data-line=\"region\""]);
    check(&compare(false, Panel::Loading, None), &["Name two decisions"], &["Reading both"]);
    check(&compare(false, Panel::Loading, Some("t-2")), &["Reading both"], &["Name two decisions"]);
    check(&compare(false, Panel::Failed(failure(false)), Some("t-2")), &["The two could not be compared."], &[]);
}

fn tab(tab: TabView) -> String {
    let Body::Trace(mut page) =
        trace(Panel::Ready(Timeline { events: vec![event(0)], from: 0, next: None }), Panel::Loading)
    else {
        panic!("a trace");
    };
    page.tab = tab;
    html(shell(|_| ()), Body::Trace(page))
}

#[test]
fn the_decision_is_told_in_steps_and_evaluations() {
    let payload = r#"{"exception_id":"x","reason":"<margin>"}"#;
    let step = |trace_seq, since, review: Option<&str>| Step {
        trace_seq,
        story: story::tell("ExceptionRequested", payload),
        event_type: "ExceptionRequested".to_owned(),
        at: Some(NOW),
        since,
        review: review.map(str::to_owned),
    };
    let evaluation = Evaluation {
        trace_seq: 3,
        policy: "cap @ 2".to_owned(),
        node: "policy:cap:2".to_owned(),
        decision: "deny".to_owned(),
        violations: vec![("limit".to_owned(), "too <much>".to_owned())],
        explanation: Some("because".to_owned()),
        inputs: vec!["in:1".to_owned()],
    };
    let steps = vec![step(4, None, None), step(5, Some(120_000_000), Some("t-1:exception:x"))];
    let told = tab(TabView::Policy(Panel::Ready(PolicyPath { steps, evaluations: vec![evaluation] })));
    let present = [
        "2 min later",
        "/t/acme/reviews/t-1:exception:x",
        "/t/acme/traces/t-1#seq-5",
        "too &#60;much&#62;",
        "node=policy:cap:2",
        "node=input:in:1",
        "Violations (1)",
    ];
    check(&told, &present, &["id=\"timeline\"", "<margin>"]);
    let none = tab(TabView::Policy(Panel::Ready(PolicyPath::default())));
    check(&none, &["Nothing was evaluated or decided"], &["id=\"decision-path\""]);
    check(&tab(TabView::Policy(Panel::Failed(failure(true)))), &["The decision could not be read."], &[]);
    check(&tab(TabView::outline(TraceTab::Policy, "t-1")), &["Reading …"], &[]);
}

#[test]
fn the_other_views_of_a_trace_have_their_states() {
    let row = ReviewRow {
        workflow_id: "t-1:exception:x y".to_owned(),
        title: "Look <here>".to_owned(),
        status: "in_review".to_owned(),
        open: true,
        overdue: true,
        priority: "high".to_owned(),
        assignee: Some("maya".to_owned()),
        due: Some(NOW),
    };
    let reviews = tab(TabView::Review(Panel::Ready(vec![row])));
    check(
        &reviews,
        &["/t/acme/reviews/t-1:exception:x%20y", "in review", "high, with maya", "overdue", "Look &#60;here&#62;"],
        &["<here>"],
    );
    check(&tab(TabView::Review(Panel::Ready(Vec::new()))), &["Nobody was asked to decide"], &["id=\"reviews\""]);
    let raw = Raw { lines: vec!["{\"a\":\"<x>\"}".to_owned()], cut: true };
    let raw = tab(TabView::Raw(Panel::Ready(raw)));
    check(&raw, &["1 event, one a line", "There are more", "/t/acme/trace.ndjson?trace_id=t-1", "download"], &["<x>"]);
    let alike = Alike {
        policy: Some((
            PrecedentAsk { policy_id: Some("cap".to_owned()), ..PrecedentAsk::default() },
            Hits { rows: vec![hit()], full: false },
        )),
        entity: Some((PrecedentAsk::default(), Hits::default())),
    };
    let alike = tab(TabView::Precedents(Box::new(Panel::Ready(alike))));
    check(
        &alike,
        &[
            "Same policy and type of entity",
            "a=t-1&#38;b=t%2F2",
            "No other finished decision.",
            "precedents?policy=cap",
        ],
        &[],
    );
    let ask = ask();
    let content = Panel::Ready(view(&ask, false));
    let drawn = tab(TabView::Graph(Box::new(ask), Box::new(content)));
    check(&drawn, &["4 nodes, 4 edges", "/t/acme/graph?node=trace:t-1", "aria-current=\"page\""], &["id=\"timeline\""]);
}
