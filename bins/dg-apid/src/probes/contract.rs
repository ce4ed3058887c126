//! The contract of the probes.

use dg_http::contract::Operation;
use serde_json::{Value, json};

pub(crate) fn alive() -> Operation {
    probe(Operation::new("get_livez", "Whether the process answers"), &[(200, "ok")])
}

pub(crate) fn ready() -> Operation {
    probe(Operation::new("get_readyz", "Whether the service can work"), &[(200, "ready"), (503, "unready")])
}

pub(crate) fn healthz() -> Operation {
    probe(Operation::new("get_healthz", "Whether the process answers, at the path of older clients"), &[(200, "ok")])
}

fn probe(operation: Operation, answers: &[(u16, &str)]) -> Operation {
    answers.iter().fold(operation.says("Names nothing, and needs no token."), |operation, (status, word)| {
        operation.answer(*status, word, "application/json", &status_word(word))
    })
}

fn status_word(word: &str) -> Value {
    json!({"type": "object", "required": ["status"], "properties": {"status": {"const": word}}})
}
