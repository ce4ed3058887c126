//! The contract of `/admin/accounts/{account_id}/tokens`.

use dg_http::Code;
use dg_http::contract::Operation;
use serde_json::json;

use super::{ACCOUNTS_MANAGE, Asked, Created, Listed, Revoked, Rotated, Rotation};

/// Where the account of a new token is, and the token.
const MADE: &[(&str, &str)] = &[("account_id", "$request.path.account_id"), ("token_id", "/data/token/token_id")];

pub(crate) fn list() -> Operation {
    Operation::new("list_tokens", "List the tokens of an account")
        .says("Oldest first; named and not shown.")
        .answers::<Listed>(200, "The tokens.")
        .leads_to(200, "revoke_token", &[MADE[0], ("token_id", "/data/tokens/0/token_id")])
}

pub(crate) fn create() -> Operation {
    Operation::new("create_token", "Make another token")
        .says("It is in this answer and nowhere else; the others stay valid.")
        .permission(ACCOUNTS_MANAGE)
        .body::<Asked>(&json!({"label": "second machine", "expires_in_s": 2_592_000}))
        .answers::<Created<'_>>(201, "The token.")
        .leads_to(201, "rotate_token", MADE)
        .leads_to(201, "revoke_token", MADE)
}

pub(crate) fn rotate() -> Operation {
    Operation::new("rotate_token", "Put a token in the place of another")
        .says("The one before goes on for a while, so that clients can change over.")
        .permission(ACCOUNTS_MANAGE)
        .optional_body::<Rotation>(&json!({"overlap_s": 3_600}))
        .answers::<Rotated<'_>>(201, "Both tokens.")
        .refuses([Code::Conflict])
}

pub(crate) fn revoke() -> Operation {
    Operation::new("revoke_token", "Take a token back")
        .says("It is refused from the next request on; doing it again changes nothing.")
        .permission(ACCOUNTS_MANAGE)
        .answers::<Revoked>(200, "The token as it is now.")
}
