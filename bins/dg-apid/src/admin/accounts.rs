//! `/admin/accounts`: who may call.

use axum::extract::{Request, State};
use dg_domain::TenantId;
use dg_http::gate::{AccountCaller, Admin, Role};
use dg_http::params::NoParams;
use dg_http::path::Segments;
use dg_http::token::Minted;
use dg_http::{ApiError, Code, Reply, body};
use dg_storage::accounts::{Account, NewAccount};
use serde::{Deserialize, Serialize};
use tracing::info;

use super::tokens::{ShownOnce, TokenJson};
use crate::app::App;

/// What an account may be given beside its roles; `*` is all of it.
const PERMISSIONS: [&str; 9] = [
    "projection_replay",
    "projection_rebuild",
    "projection_quarantine",
    "workflow_review",
    "workflow_assign",
    "workflow_escalate",
    "workflow_override",
    "workflow_export",
    "*",
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    account_id: String,
    #[serde(default)]
    roles: Vec<String>,
    #[serde(default)]
    permissions: Vec<String>,
    #[serde(default)]
    tenant_ids: Vec<String>,
}

#[derive(Serialize)]
struct AccountJson {
    account_id: String,
    roles: Vec<String>,
    permissions: Vec<String>,
    tenant_ids: Vec<String>,
    disabled: bool,
    created_at: String,
    created_by: String,
    /// Named, not shown; in the answer about one account only.
    #[serde(skip_serializing_if = "Option::is_none")]
    tokens: Option<Vec<TokenJson>>,
}

/// Lists every account, by name.
pub(crate) async fn list(State(app): State<App>, _: AccountCaller<Admin>, _: NoParams) -> Result<Reply, ApiError> {
    #[derive(Serialize)]
    struct Listed {
        accounts: Vec<AccountJson>,
    }
    let accounts = app.store.accounts().await?;
    Reply::ok(&Listed { accounts: accounts.into_iter().map(AccountJson::of).collect() })
}

/// Makes an account with a first token, which is shown in this answer and never again.
pub(crate) async fn create(
    State(app): State<App>,
    caller: AccountCaller<Admin>,
    _: NoParams,
    request: Request,
) -> Result<Reply, ApiError> {
    #[derive(Serialize)]
    struct Created<'a> {
        account: AccountJson,
        token: ShownOnce<'a>,
    }
    let new = body::command::<Asked>(request).await?.into_account(&caller.principal.account_id)?;
    let account = app.store.create_account(&new).await?;
    let minted = Minted::draw();
    app.store.create_token(&account.account_id, &minted.token_id, minted.digest, None).await?;
    app.directory_changed();
    info!(made = account.account_id, account = caller.principal.account_id, "made an account");
    Reply::created(&Created { account: AccountJson::of(account), token: ShownOnce::of(&minted, None) })
}

/// Describes one account and its tokens, which it names and does not show.
pub(crate) async fn show(
    State(app): State<App>,
    Segments([account_id]): Segments<1>,
    _: AccountCaller<Admin>,
    _: NoParams,
) -> Result<Reply, ApiError> {
    #[derive(Serialize)]
    struct Shown {
        account: AccountJson,
    }
    let account = app.store.account(&account_id).await?.ok_or_else(|| unknown(&account_id))?;
    let tokens = app.store.tokens(&account_id).await?;
    let tokens = Some(tokens.into_iter().map(TokenJson::of).collect());
    Reply::ok(&Shown { account: AccountJson { tokens, ..AccountJson::of(account) } })
}

/// The answer for an account that does not exist.
pub(super) fn unknown(account_id: &str) -> ApiError {
    ApiError::new(Code::NotFound, "there is no such account").with("account_id", account_id)
}

impl Asked {
    fn into_account(self, created_by: &str) -> Result<NewAccount, ApiError> {
        let bad = |message: &'static str, pointer: &'static str| ApiError::invalid(message).with("pointer", pointer);
        let named = |text: &str| TenantId::new(text).is_ok();
        if !named(&self.account_id) {
            let message =
                "account_id needs 1 to 128 characters of A-Z a-z 0-9 . _ : @ - and starts with a letter or digit";
            return Err(bad(message, "/account_id"));
        }
        if !self.roles.iter().all(|role| Role::parse(role).is_some()) {
            return Err(bad("roles are reader, writer and admin", "/roles"));
        }
        if !self.permissions.iter().all(|name| PERMISSIONS.contains(&name.as_str())) {
            return Err(bad("permissions holds a name that is not known", "/permissions"));
        }
        if !self.tenant_ids.iter().all(|tenant| tenant == "*" || named(tenant)) {
            return Err(bad("tenant_ids holds names of tenants, or *", "/tenant_ids"));
        }
        Ok(NewAccount {
            account_id: self.account_id,
            roles: self.roles,
            permissions: self.permissions,
            tenant_ids: self.tenant_ids,
            created_by: created_by.to_owned(),
        })
    }
}

impl AccountJson {
    fn of(account: Account) -> Self {
        Self {
            account_id: account.account_id,
            roles: account.roles,
            permissions: account.permissions,
            tenant_ids: account.tenant_ids,
            disabled: account.disabled,
            created_at: account.created_at.rfc3339(),
            created_by: account.created_by,
            tokens: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn check(body: Value) -> bool {
        serde_json::from_value::<Asked>(body).is_ok_and(|asked| asked.into_account("root").is_ok())
    }

    #[test]
    fn reads_an_account() {
        assert!(check(json!({"account_id": "bot"})));
        assert!(check(
            json!({"account_id": "b@x.y", "roles": ["writer"], "permissions": ["*"], "tenant_ids": ["*", "t1"]})
        ));
        for bad in [
            json!({}),
            json!({"account_id": ""}),
            json!({"account_id": "a\u{0}b"}),
            json!({"account_id": "bot", "roles": ["root"]}),
            json!({"account_id": "bot", "permissions": ["fly"]}),
            json!({"account_id": "bot", "tenant_ids": ["a b"]}),
            json!({"account_id": "bot", "token": "x"}),
        ] {
            assert!(!check(bad.clone()), "{bad}");
        }
    }
}
