//! The contract of `/admin/users`.

use dg_http::Code;
use dg_http::contract::Operation;
use serde_json::json;

use super::super::accounts::contract::something_changes;
use super::{
    ACCOUNTS_MANAGE, Asked, AskedLink, AskedPassword, AskedUnlink, Change, Links, Listed, OneLink, OneUser,
    WithPassword,
};

/// Where the answers about one person have their name.
const USER: &[(&str, &str)] = &[("user_id", "/data/user/user_id")];

pub(crate) fn list() -> Operation {
    Operation::new("list_users", "List people")
        .says("Those that the caller sees, by name.")
        .answers::<Listed>(200, "The people.")
        .leads_to(200, "get_user", &[("user_id", "/data/users/0/user_id")])
}

pub(crate) fn create() -> Operation {
    Operation::new("create_user", "Make a person")
        .says("A password that is drawn is in this answer and nowhere else. They have to choose another one.")
        .permission(ACCOUNTS_MANAGE)
        .body::<Asked>(
            &json!({"user_id": "ana", "display_name": "Ana Ruiz", "roles": ["reader"], "tenant_ids": ["docs"]}),
        )
        .answers::<WithPassword>(201, "The person.")
        .refuses([Code::Conflict])
        .leads_to(201, "get_user", USER)
        .leads_to(201, "change_user", USER)
        .leads_to(201, "reset_password", USER)
}

pub(crate) fn show() -> Operation {
    Operation::new("get_user", "Show a person").answers::<OneUser>(200, "The person.")
}

pub(crate) fn change() -> Operation {
    Operation::new("change_user", "Change a person")
        .if_match()
        .says("What is not named stays. Counts from the next request on.")
        .permission(ACCOUNTS_MANAGE)
        .body_that::<Change>(something_changes(), &json!({"roles": ["writer"]}))
        .answers::<OneUser>(200, "The person as they are now.")
        .refuses([Code::Conflict])
}

pub(crate) fn reset_password() -> Operation {
    Operation::new("reset_password", "Give a person another first password")
        .says("Ends their sessions.")
        .permission(ACCOUNTS_MANAGE)
        .optional_body::<AskedPassword>(&json!({}))
        .answers::<WithPassword>(200, "The person, with the password when it was drawn.")
}

pub(crate) fn links() -> Operation {
    Operation::new("list_user_links", "Show who a person is at issuers").answers::<Links>(200, "Their links.")
}

pub(crate) fn link() -> Operation {
    Operation::new("link_user", "Link a person to an issuer")
        .says("From then on the subject of the issuer signs in as this person.")
        .permission(ACCOUNTS_MANAGE)
        .body::<AskedLink>(&json!({"issuer": "https://login.example.org", "subject": "248289761001"}))
        .answers::<OneLink>(201, "The link.")
        .refuses([Code::Conflict])
}

pub(crate) fn unlink() -> Operation {
    Operation::new("unlink_user", "Unlink a person from an issuer")
        .says("Ends their sessions.")
        .permission(ACCOUNTS_MANAGE)
        .body::<AskedUnlink>(&json!({"issuer": "https://login.example.org"}))
        .answers::<OneLink>(200, "The link that is gone.")
}
