//! The contract of `/me`.

use dg_http::Code;
use dg_http::contract::Operation;
use serde_json::json;

use super::{AskedPassword, Changed, Me};

pub(crate) fn show() -> Operation {
    Operation::new("get_me", "Show who is asking")
        .says("The account behind the token, or the person in whose name a program asks.")
        .answers::<Me<'_>>(200, "The caller.")
}

pub(crate) fn change_password() -> Operation {
    Operation::new("change_password", "Change the own password")
        .says("For the person of the session; ends their other sessions.")
        .for_a_person()
        .body::<AskedPassword>(&json!({"current": "first-password-1", "new": "a longer one of my own"}))
        .answers::<Changed<'_>>(200, "The password is changed.")
        .refuses([Code::SignInRefused])
}
