//! `/admin/accounts`: who may call.

pub(crate) mod contract;
mod import;

use axum::extract::{Request, State};
use dg_http::gate::{AccountCaller, Admin, Principal};
use dg_http::params::NoParams;
use dg_http::path::Segments;
use dg_http::token::Minted;
use dg_http::{ApiError, Code, Reply, body, etag};
use dg_storage::accounts::{Account, AccountChange, NewAccount, Token};
use serde::{Deserialize, Serialize};
use tracing::info;
use utoipa::ToSchema;

pub(crate) use import::import;

use super::grants::{self, ACCOUNTS_MANAGE, Grants};
use super::tokens::{self, ShownOnce, TokenJson};
use crate::app::App;
use crate::words;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Asked {
    #[schema(schema_with = words::name)]
    account_id: String,
    #[schema(schema_with = words::nullable_title)]
    display_name: Option<String>,
    /// Who answers for it: reviews take both for one person.
    #[schema(schema_with = words::nullable_name)]
    owner_id: Option<String>,
    #[serde(default)]
    #[schema(schema_with = words::roles)]
    roles: Vec<String>,
    #[serde(default)]
    #[schema(schema_with = words::permissions)]
    permissions: Vec<String>,
    #[serde(default)]
    #[schema(schema_with = words::tenants)]
    tenant_ids: Vec<String>,
    /// Of the first token.
    #[schema(schema_with = words::life)]
    expires_in_s: Option<i64>,
}

/// What becomes different; what is not there stays.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Change {
    #[schema(schema_with = words::nullable_title)]
    display_name: Option<String>,
    /// Who answers for it; null for nobody.
    #[serde(default, deserialize_with = "grants::given")]
    #[schema(schema_with = words::nullable_name)]
    owner_id: Option<Option<String>>,
    #[schema(schema_with = words::nullable_roles)]
    roles: Option<Vec<String>>,
    #[schema(schema_with = words::nullable_permissions)]
    permissions: Option<Vec<String>>,
    #[schema(schema_with = words::nullable_tenants)]
    tenant_ids: Option<Vec<String>>,
    disabled: Option<bool>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Account)]
pub(super) struct AccountJson {
    account_id: String,
    #[schema(schema_with = words::account_kind)]
    kind: &'static str,
    display_name: Option<String>,
    /// Who answers for it.
    owner_id: Option<String>,
    roles: Vec<String>,
    permissions: Vec<String>,
    tenant_ids: Vec<String>,
    disabled: bool,
    #[schema(format = DateTime)]
    created_at: String,
    created_by: String,
    /// Named, not shown; in the answer about one account only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    tokens: Option<Vec<TokenJson>>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct OneAccount {
    account: AccountJson,
}

#[derive(Serialize, ToSchema)]
struct Listed {
    accounts: Vec<AccountJson>,
}

#[derive(Serialize, ToSchema)]
struct Created<'a> {
    account: AccountJson,
    token: ShownOnce<'a>,
}

/// Lists the accounts that the caller sees, by name.
pub(crate) async fn list(State(app): State<App>, caller: AccountCaller<Admin>, _: NoParams) -> Result<Reply, ApiError> {
    let accounts = app.store.accounts(None).await?.into_iter();
    let accounts = accounts.filter(|account| grants::sees(&caller.principal, account));
    Reply::ok(&Listed { accounts: accounts.map(AccountJson::of).collect() })
}

/// Makes an account with a first token, which is shown in this answer and never again.
pub(crate) async fn create(
    State(app): State<App>,
    caller: AccountCaller<Admin>,
    _: NoParams,
    request: Request,
) -> Result<Reply, ApiError> {
    let who = &caller.principal;
    who.require(ACCOUNTS_MANAGE)?;
    let asked = body::command::<Asked>(request).await?;
    let expires_at = tokens::end(asked.expires_in_s, dg_runtime::clock::now())?;
    let new = asked.into_account(who)?;
    check_owner(&app, who, new.owner_id.as_deref(), &new.account_id).await?;
    let minted = Minted::draw();
    let token = tokens::new(&minted, expires_at, None);
    let made = app.store.create_accounts(&[(new, vec![token])], None, &who.by()).await?;
    app.directory_changed().await;
    let (account, _) = only(made)?;
    info!(made = account.account_id, account = who.account_id, "made an account");
    let created = Created { account: AccountJson::of(account), token: ShownOnce::of(&minted, expires_at) };
    Ok(Reply::created(&created)?.unkept())
}

/// Describes one account and its tokens, which it names and does not show.
pub(crate) async fn show(
    State(app): State<App>,
    Segments([account_id]): Segments<1>,
    caller: AccountCaller<Admin>,
    _: NoParams,
) -> Result<Reply, ApiError> {
    let account = find_seen(&app, &caller.principal, &account_id).await?;
    Reply::ok(&details(&app, account).await?)
}

async fn details(app: &App, account: Account) -> Result<OneAccount, ApiError> {
    let tokens = app.store.tokens(&account.account_id).await?;
    let tokens = Some(tokens.into_iter().map(TokenJson::of).collect());
    Ok(OneAccount { account: AccountJson { tokens, ..AccountJson::of(account) } })
}

/// Changes what an account may do, or switches it off and on. Counts from the next request on.
pub(crate) async fn change(
    State(app): State<App>,
    Segments([account_id]): Segments<1>,
    caller: AccountCaller<Admin>,
    _: NoParams,
    request: Request,
) -> Result<Reply, ApiError> {
    caller.principal.require(ACCOUNTS_MANAGE)?;
    let conditions = request.headers().clone();
    let change = body::command::<Change>(request).await?.read(&caller.principal)?;
    let account = find(&app, &account_id).await?;
    let conditional = etag::check_match(&conditions, &details(&app, account.clone()).await?)?;
    let account = apply(&app, &caller.principal, &account, &change, conditional).await?;
    Reply::ok(&OneAccount { account: AccountJson::of(account) })
}

/// Changes an account that the caller may change; only while it is as it was read, when that is asked for.
pub(super) async fn apply(
    app: &App,
    who: &Principal,
    account: &Account,
    change: &AccountChange,
    conditional: bool,
) -> Result<Account, ApiError> {
    grants::over(who, account)?;
    let owner = change.owner_id.as_ref().and_then(Option::as_deref);
    check_owner(app, who, owner, &account.account_id).await?;
    let own = account.account_id == who.account_id;
    if own
        && (change.disabled == Some(true)
            || change.roles.as_ref().is_some_and(|roles| !roles.contains(&"admin".into())))
    {
        // Somebody would have to go to the database to undo it.
        return Err(ApiError::new(Code::Conflict, "nobody shuts themselves out; another administrator can"));
    }
    let changed =
        app.store.change_account(&account.account_id, change, conditional.then_some(account), &who.by()).await?;
    app.directory_changed().await;
    info!(changed = changed.account_id, account = who.account_id, "changed an account");
    Ok(changed)
}

/// Refuses an owner that the caller does not see, or that is the account itself; chains are refused where they are written.
async fn check_owner(app: &App, who: &Principal, owner: Option<&str>, account_id: &str) -> Result<(), ApiError> {
    let Some(owner) = owner else { return Ok(()) };
    let bad = |message: &'static str| ApiError::invalid(message).with("pointer", "/owner_id");
    if owner == account_id {
        return Err(bad("an account does not answer for itself"));
    }
    let found = app.store.account(owner).await?.filter(|account| grants::sees(who, account));
    found.map(drop).ok_or_else(|| bad("there is no such account"))
}

/// The account of that name.
///
/// # Errors
/// `not_found`, or the store's.
pub(super) async fn find(app: &App, account_id: &str) -> Result<Account, ApiError> {
    app.store.account(account_id).await?.ok_or_else(|| unknown(account_id))
}

/// The account of that name, if the caller sees it.
///
/// # Errors
/// As [`find`].
pub(super) async fn find_seen(app: &App, who: &Principal, account_id: &str) -> Result<Account, ApiError> {
    let account = find(app, account_id).await?;
    if grants::sees(who, &account) { Ok(account) } else { Err(unknown(account_id)) }
}

fn unknown(account_id: &str) -> ApiError {
    ApiError::new(Code::NotFound, "there is no such account").with("account_id", account_id)
}

fn only(made: Vec<(Account, Vec<Token>)>) -> Result<(Account, Vec<Token>), ApiError> {
    made.into_iter().next().ok_or_else(|| ApiError::internal("one account was asked for and none was made"))
}

impl Asked {
    fn into_account(self, who: &Principal) -> Result<NewAccount, ApiError> {
        grants::name(&self.account_id, "/account_id")?;
        grants::title(self.display_name.as_deref(), "/display_name")?;
        let grants = Grants { roles: self.roles, permissions: self.permissions, tenant_ids: self.tenant_ids };
        grants.check(who, "")?;
        Ok(NewAccount {
            account_id: self.account_id,
            display_name: self.display_name,
            owner_id: self.owner_id,
            roles: grants.roles,
            permissions: grants.permissions,
            tenant_ids: grants.tenant_ids,
            ..NewAccount::default()
        })
    }
}

impl Change {
    /// Checks it for `who`.
    ///
    /// # Errors
    /// `invalid_argument`, `forbidden`.
    pub(super) fn read(self, who: &Principal) -> Result<AccountChange, ApiError> {
        let Self { display_name, owner_id, roles, permissions, tenant_ids, disabled } = self;
        grants::title(display_name.as_deref(), "/display_name")?;
        let grants = Grants {
            roles: roles.clone().unwrap_or_default(),
            permissions: permissions.clone().unwrap_or_default(),
            tenant_ids: tenant_ids.clone().unwrap_or_default(),
        };
        grants.check(who, "")?;
        let change = AccountChange { display_name, owner_id, roles, permissions, tenant_ids, disabled };
        if change == AccountChange::default() {
            return Err(ApiError::invalid("say what is to change"));
        }
        Ok(change)
    }
}

impl AccountJson {
    pub(super) fn of(account: Account) -> Self {
        Self {
            account_id: account.account_id,
            kind: account.kind.as_str(),
            display_name: account.display_name,
            owner_id: account.owner_id,
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

    fn root() -> Principal {
        let all = || vec!["*".to_owned()];
        Principal { roles: vec!["admin".to_owned()], permissions: all(), tenant_ids: all(), ..Principal::default() }
    }

    fn check(body: Value) -> bool {
        serde_json::from_value::<Asked>(body).is_ok_and(|asked| asked.into_account(&root()).is_ok())
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
            json!({"account_id": "bot", "display_name": ""}),
            json!({"account_id": "bot", "token": "x"}),
        ] {
            assert!(!check(bad.clone()), "{bad}");
        }
    }

    #[test]
    fn reads_a_change() {
        let check =
            |body: Value| serde_json::from_value::<Change>(body).is_ok_and(|change| change.read(&root()).is_ok());
        assert!(check(json!({"disabled": true})) && check(json!({"roles": []})));
        assert!(!check(json!({})) && !check(json!({"roles": ["root"]})) && !check(json!({"kind": "person"})));
    }
}
