//! The contract of `/sessions`.

use dg_http::Code;
use dg_http::contract::Operation;
use serde_json::json;

use super::{Asked, Ended, Opened};

pub(crate) fn by_password() -> Operation {
    Operation::new("sign_in", "Sign a person in")
        .says("For a program that acts for people. The session is in this answer and nowhere else.")
        .permission("principal_assert")
        .body::<Asked>(&json!({"user_id": "ana", "password": "a longer one of my own", "address": "203.0.113.7"}))
        .answers::<Opened<'_>>(201, "The session.")
        .refuses([Code::SignInRefused])
}

pub(crate) fn out() -> Operation {
    Operation::new("sign_out", "Sign a person out").for_a_person().answers::<Ended<'_>>(200, "The session has ended.")
}
