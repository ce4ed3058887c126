//! The kinds of reads that are measured, with the time each may take.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::super::{
    Plan, fill,
    load::{Decision, Lengths},
};
use crate::failure::Failure;

/// Different questions of one kind, so that not one page of the database is read again and again.
const QUESTIONS: usize = 200;

/// A kind of read.
#[derive(Clone, Debug)]
pub(in super::super) struct Kind {
    pub(in super::super) name: &'static str,
    /// What 99 of 100 may take, in milliseconds.
    pub(in super::super) target_ms: u32,
    paths: Vec<String>,
    proof: &'static str,
}

impl Kind {
    /// A question, another one for each number.
    pub(super) fn path(&self, number: usize) -> &str {
        &self.paths[number % self.paths.len()]
    }

    /// What an answer that found something holds.
    pub(super) const fn proof(&self) -> &'static str {
        self.proof
    }
}

/// Decisions that are in the log as a whole.
#[derive(Clone, Debug)]
pub(in super::super) struct Corpus {
    short: Vec<Decision>,
    long: Vec<Decision>,
}

impl Corpus {
    /// Some decisions of what [`fill::fill`] sends for a plan, from all over the log.
    ///
    /// # Errors
    /// When there are too few events for a decision of each length.
    pub(in super::super) fn of(plan: &Plan) -> Result<Self, Failure> {
        let (mut short, mut long) = (Vec::new(), Vec::new());
        for share in fill::shares(plan, Lengths::Mixed) {
            for decision in share.whole() {
                if decision.is_long() { long.push(decision) } else { short.push(decision) }
            }
        }
        let thin = |all: Vec<Decision>| {
            let step = (all.len() / QUESTIONS).max(1);
            all.into_iter().step_by(step).take(QUESTIONS).collect()
        };
        if short.is_empty() || long.is_empty() {
            return Err(Failure::usage("so few events on so many connections hold no whole decision; send more"));
        }
        Ok(Self { short: thin(short), long: thin(long) })
    }

    /// Everything that has a target, a kind each.
    pub(in super::super) fn all_kinds(&self) -> Vec<Kind> {
        let short = |name, target_ms, proof, path: &dyn Fn(Decision) -> String| {
            let paths = self.short.iter().map(|decision| path(*decision)).collect();
            Kind { name, target_ms, paths, proof }
        };
        let search = |name, path: &dyn Fn(Decision) -> String| {
            short(name, 50, "\"trace_id\"", &|decision| format!("/api/v1/traces?order=started&{}", path(decision)))
        };
        vec![
            self.timeline(),
            self.summary(),
            self.graph("graph_trace", 2),
            short("graph_entity", 25, "\"from_node_id\"", &|decision| {
                context("entity", &format!("account:{}", decision.account_id()), 2)
            }),
            short("graph_policy_hub", 25, "\"from_node_id\"", &|decision| {
                context("policy", &format!("{}:2026.03", decision.policy_id()), 2)
            }),
            short("graph_actor_hub", 25, "\"from_node_id\"", &|decision| {
                context("actor", &format!("person:{}", decision.approver_id()), 2)
            }),
            self.precedents("precedents_policy"),
            short("precedents_entity", 25, "\"trace_id\"", &|decision| {
                format!("/api/v1/precedents?entity_type=account&entity_id={}", text(&decision.account_id()))
            }),
            search("search_policy_actor", &|decision| {
                format!("policy={}&actor={}", text(&decision.policy_id()), text(&decision.actor()))
            }),
            search("search_entity_outcome", &|decision| {
                let outcome = decision.outcome();
                format!("entity_type=account&entity_id={}&outcome={outcome}", text(&decision.account_id()))
            }),
            search("search_tag_workflow", &|decision| {
                format!("tag={}&workflow={}", text(decision.region()), text(decision.workflow()))
            }),
            search("search_text_policy", &|decision| {
                format!("q={}&policy={}", text(decision.customer()), text(&decision.policy_id()))
            }),
            search("search_fact_policy", &|decision| {
                let fact = format!("amount>{}", decision.amount() - 1);
                format!("fact={}&policy={}", text(&fact), text(&decision.policy_id()))
            }),
        ]
    }

    /// What people and agents ask all day: the load beside a rebuild.
    pub(in super::super) fn everyday_kinds(&self) -> Vec<Kind> {
        vec![
            self.timeline(),
            self.summary(),
            self.graph("graph_trace", 1),
            self.precedents("precedents_policy"),
            self.listing(),
        ]
    }

    fn timeline(&self) -> Kind {
        let events = |decision: &Decision| format!("/api/v1/traces/{}/events?limit=100", text(&decision.trace_id()));
        let paths = self.long.iter().map(events).collect();
        Kind { name: "timeline_100", target_ms: 5, paths, proof: "\"trace_seq\":99," }
    }

    fn summary(&self) -> Kind {
        let paths = self.each(|decision| format!("/api/v1/traces/{}?events=0", text(&decision.trace_id())));
        Kind { name: "summary", target_ms: 2, paths, proof: "\"summary\":{" }
    }

    fn graph(&self, name: &'static str, depth: u32) -> Kind {
        let paths = self.each(|decision| context("trace", &decision.trace_id(), depth));
        Kind { name, target_ms: 25, paths, proof: "\"from_node_id\"" }
    }

    fn precedents(&self, name: &'static str) -> Kind {
        let paths = self.each(|decision| format!("/api/v1/precedents?policy_id={}", text(&decision.policy_id())));
        Kind { name, target_ms: 25, paths, proof: "\"trace_id\"" }
    }

    fn listing(&self) -> Kind {
        let paths = self.each(|decision| {
            format!("/api/v1/traces?workflow={}&outcome={}", text(decision.workflow()), decision.outcome())
        });
        Kind { name: "listing", target_ms: 50, paths, proof: "\"trace_id\"" }
    }

    fn each(&self, path: impl Fn(Decision) -> String) -> Vec<String> {
        self.short.iter().map(|decision| path(*decision)).collect()
    }
}

fn context(node_type: &str, node_id: &str, depth: u32) -> String {
    format!("/api/v1/graph/context?node_type={node_type}&node_id={}&max_depth={depth}", text(node_id))
}

fn text(value: &str) -> String {
    utf8_percent_encode(value, NON_ALPHANUMERIC).to_string()
}
