//! The contract of `/admin/replays`.

use dg_http::Code;
use dg_http::contract::{Operation, Query};
use dg_projections::{RunMode, RunStatus};
use serde_json::{Value, json};

use super::asked::{Asked, AskedOfMany};
use super::{Because, Listed, OneRun, Queued};
use crate::{keyset, words};

pub(crate) fn start() -> Operation {
    Operation::new("start_run", "Queue a run for the tenant")
        .says(MODES_SAY)
        .permission("projection_replay")
        .permission("projection_rebuild")
        .body_that::<Asked>(
            reason_is_given(),
            &json!({"projection": "all", "mode": "verify", "reason": "after the restore"}),
        )
        .answers::<OneRun<'_>>(202, "The run is queued.")
        .refuses([Code::Conflict])
        .leads_to(202, "get_run", RUN)
        .leads_to(202, "cancel_run", RUN)
        .leads_to(202, "pause_run", RUN)
}

/// Where the answers about one run have its id.
const RUN: &[(&str, &str)] = &[("job_id", "/data/run/job_id")];

pub(crate) fn start_many() -> Operation {
    let example =
        json!({"tenant_ids": ["docs"], "projection": "trace_index", "mode": "verify", "reason": "monthly check"});
    Operation::new("start_runs", "Queue a run for each of several tenants")
        .says(MODES_SAY)
        .permission("projection_replay")
        .permission("projection_rebuild")
        .body_that::<AskedOfMany>(reason_is_given(), &example)
        .answers::<Queued<'_>>(202, "The runs are queued, or refused one by one.")
}

pub(crate) fn list() -> Operation {
    keyset::paged(
        Operation::new("list_runs", "List runs")
            .says("Newest first.")
            .query(Query::words("status", RunStatus::ALL.map(RunStatus::as_str)))
            .query(Query::words("mode", RunMode::ALL.map(RunMode::as_str))),
    )
    .answers::<Listed<'_>>(200, "A page of runs.")
    .leads_to(200, "list_runs", keyset::NEXT)
    .leads_to(200, "get_run", &[("job_id", "/data/runs/0/job_id")])
}

pub(crate) fn show() -> Operation {
    Operation::new("get_run", "Show a run").answers::<OneRun<'_>>(200, "The run.")
}

pub(crate) fn cancel() -> Operation {
    step(Operation::new("cancel_run", "Cancel a run"))
        .says("At once while it waits, else as soon as its runner notices.")
}

pub(crate) fn pause() -> Operation {
    step(Operation::new("pause_run", "Pause a run")).says("It keeps what it has done.")
}

pub(crate) fn resume() -> Operation {
    step(Operation::new("resume_run", "Let a run go on"))
}

fn step(operation: Operation) -> Operation {
    operation
        .permission("projection_replay")
        .permission("projection_rebuild")
        .optional_body::<Because>(&json!({"reason": "asked for by mistake"}))
        .answers::<OneRun<'_>>(200, "The run as it is now.")
        .leads_to(200, "get_run", RUN)
        .leads_to(200, "resume_run", RUN)
        .refuses([Code::Conflict])
}

const MODES_SAY: &str = "`catch_up` brings what readers see to the end of the log, `rebuild` folds it again beside what \
                         readers see and switches, `verify` folds it again and compares. Each needs its own permission: \
                         rebuilds `projection_rebuild`, the others `projection_replay`.";

/// The reason stands beside `metadata` or in it; an end goes with a catch-up only.
fn reason_is_given() -> Value {
    let text = words::reason_text();
    let catch_up = json!({"properties": {"mode": {"enum": ["catch_up", null]}}});
    json!({
        "anyOf": [
            {"required": ["reason"], "properties": {"reason": text}},
            {"required": ["metadata"], "properties": {"metadata": {"required": ["reason"], "properties": {"reason": text}}}},
        ],
        "if": {"required": ["until_log_seq"], "properties": {"until_log_seq": {"type": "integer"}}},
        "then": catch_up,
    })
}
