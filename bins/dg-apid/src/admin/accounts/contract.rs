//! The contract of `/admin/accounts`.

use dg_http::Code;
use dg_http::contract::Operation;
use serde_json::{Value, json};

use super::import::{Answer, File};
use super::{ACCOUNTS_MANAGE, Asked, Change, Created, Listed, OneAccount};

/// Where the answers about one account have its name.
const ACCOUNT: &[(&str, &str)] = &[("account_id", "/data/account/account_id")];

pub(crate) fn list() -> Operation {
    Operation::new("list_accounts", "List accounts")
        .says("Those that the caller sees, by name.")
        .answers::<Listed>(200, "The accounts.")
        .leads_to(200, "get_account", &[("account_id", "/data/accounts/0/account_id")])
        .leads_to(200, "list_tokens", &[("account_id", "/data/accounts/0/account_id")])
}

pub(crate) fn create() -> Operation {
    Operation::new("create_account", "Make an account")
        .says("With a first token, which is in this answer and nowhere else. `owner_id` names the account that answers for it: reviews take both for one person, so that nobody approves what their own agent asks for. Whoever answers for another has nobody who answers for them.")
        .permission(ACCOUNTS_MANAGE)
        .body::<Asked>(&json!({"account_id": "refund-agent", "roles": ["writer"], "tenant_ids": ["docs"]}))
        .answers::<Created<'_>>(201, "The account and its token.")
        .refuses([Code::Conflict])
        .leads_to(201, "get_account", ACCOUNT)
        .leads_to(201, "change_account", ACCOUNT)
        .leads_to(201, "create_token", ACCOUNT)
        .leads_to(201, "rotate_token", &[ACCOUNT[0], ("token_id", "/data/token/token_id")])
        .leads_to(201, "revoke_token", &[ACCOUNT[0], ("token_id", "/data/token/token_id")])
}

pub(crate) fn show() -> Operation {
    Operation::new("get_account", "Show an account")
        .says("With its tokens, named and not shown.")
        .answers::<OneAccount>(200, "The account.")
}

pub(crate) fn change() -> Operation {
    Operation::new("change_account", "Change an account")
        .if_match()
        .says("What is not named stays. Counts from the next request on.")
        .permission(ACCOUNTS_MANAGE)
        .body_that::<Change>(something_changes(), &json!({"disabled": true}))
        .answers::<OneAccount>(200, "The account as it is now.")
        .refuses([Code::Conflict])
}

pub(crate) fn import() -> Operation {
    Operation::new("import_accounts", "Import a service-accounts.json")
        .says("All accounts of the file or none; at most 1 MiB.")
        .permission(ACCOUNTS_MANAGE)
        .body::<File>(
            &json!({"service_accounts": [{"account_id": "writer-main", "roles": ["writer"], "tenant_ids": ["docs"]}]}),
        )
        .answers::<Answer<'_>>(201, "What became of each account.")
        .refuses([Code::Conflict])
}

/// At least one thing has to change.
pub(crate) fn something_changes() -> Value {
    let given = |name: &str, kind: &str| json!({"required": [name], "properties": {name: {"type": kind}}});
    json!({"anyOf": [given("display_name", "string"), given("roles", "array"), given("permissions", "array"),
                     given("tenant_ids", "array"), given("disabled", "boolean"), {"required": ["owner_id"]}]})
}
