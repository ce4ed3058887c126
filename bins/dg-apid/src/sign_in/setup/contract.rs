//! The contract of `/sessions/setup`.

use dg_http::Code;
use dg_http::contract::Operation;
use serde_json::json;

use super::super::Opened;
use super::Asked;

pub(crate) fn first() -> Operation {
    Operation::new("set_up", "Make the first person")
        .says(
            "With the code that `dg init` shows, while there is nobody who can sign in. The person may do everything \
             everywhere, and is signed in: the session is in this answer and nowhere else. 409 when a program has the name.",
        )
        .permission("principal_assert")
        .body::<Asked>(&json!({"code": "abcde-fghij-kmnpq-rstuv", "user_id": "ana", "password": "a longer one of my own"}))
        .answers::<Opened<'_>>(201, "The session.")
        .refuses([Code::SignInRefused, Code::Conflict])
}
