//! The contract of policy simulations.

use dg_http::contract::Operation;
use serde_json::json;

use super::{Asked, SimulationJson};

pub(crate) fn simulate() -> Operation {
    Operation::new("simulate_policy", "Say what another policy would have said")
        .says("A candidate is an ordered list of rules over observed facts; the first of which all comparisons hold counts. It is held against the last decision of the policy in each trace, with the facts that had been observed by then. Where a fact that matters was not recorded, nothing is claimed. It is computed from the log and changes nothing; with `as_of_log_seq` the answer is the same for ever.")
        .looks_back()
        .fresh()
        .body::<Asked>(&json!({
            "policy_id": "refunds",
            "candidate": {
                "rules": [
                    {"when": [{"fact": "amount", "operator": "gt", "value": "1000"}], "decision": "require_exception"},
                    {"when": [{"fact": "region", "operator": "eq", "value": "EU"}], "decision": "allow"},
                ],
                "otherwise": "deny",
            },
            "traces": {"workflow": "refunds", "started_after": "2026-11-01T00:00:00Z", "limit": 1000},
        }))
        .answers::<SimulationJson>(200, "How they compare.")
}
