//! What a development suite starts with: accounts, tenants, the demo history.

use dg_client::{Client, NewTenant};
use dg_http::{gate::PRINCIPAL_ASSERT, token::Minted};
use dg_storage::{Store, StoreError, accounts::NewAccount, audit::By};

use crate::{
    commands::{database, demo},
    failure::Failure,
};

/// The administrator of a development suite.
pub(super) const ADMIN: &str = "local-admin";
/// Whom the console is while nobody has signed in.
const READER: &str = "local-reader";
/// The console itself: it signs people in and acts for them, and may do nothing in its own name.
const CONSOLE: &str = "local-console";
/// The tenant of everybody's first steps.
pub(super) const DEFAULT_TENANT: &str = "default";
/// The tenant that shows what a filled one looks like.
pub(super) const DEMO_TENANT: &str = demo::SMALL_TENANT;

/// Tokens of one run; those of earlier runs end with it.
pub(super) struct Tokens {
    pub(super) admin: Minted,
    pub(super) reader: Minted,
    pub(super) console: Minted,
}

impl Tokens {
    pub(super) fn draw() -> Self {
        Self { admin: Minted::draw(), reader: Minted::draw(), console: Minted::draw() }
    }
}

/// Makes the accounts, gives them their new tokens, and revokes the old ones.
///
/// # Errors
/// The database's.
pub(super) async fn accounts(store: &Store, tokens: &Tokens) -> Result<(), StoreError> {
    database::administrator(store, ADMIN, "dg up").await?;
    database::account(store, database::everywhere(READER, "reader", &[]), "dg up").await?;
    let permissions = vec![PRINCIPAL_ASSERT.to_owned()];
    let console = NewAccount { account_id: CONSOLE.to_owned(), permissions, ..NewAccount::default() };
    database::account(store, console, "dg up").await?;
    for (account, minted) in [(ADMIN, &tokens.admin), (READER, &tokens.reader), (CONSOLE, &tokens.console)] {
        let known = store.tokens(account).await?;
        for old in known.iter().filter(|token| token.revoked_at.is_none() && token.token_id != minted.token_id) {
            store.revoke_token(account, &old.token_id, &By::of("dg up")).await?;
        }
        // It is there when the supervisor was restarted, or an answer was lost.
        if !known.iter().any(|token| token.token_id == minted.token_id) {
            database::enter_token(store, account, minted, "dg up").await?;
        }
    }
    Ok(())
}

/// Registers the tenants and loads the demo. Everything that is there already stays as it is.
///
/// # Errors
/// The service's.
pub(super) async fn tenants(client: &Client, with_demo: bool) -> Result<(), Failure> {
    let wanted = [DEFAULT_TENANT, DEMO_TENANT];
    for tenant in &wanted[..if with_demo { 2 } else { 1 }] {
        let new = NewTenant { tenant_id: (*tenant).to_owned(), secret_guard: None, demo: *tenant == DEMO_TENANT };
        match client.create_tenant(&new).await {
            Err(error) if error.code != "conflict" => return Err(error.into()),
            _ => {}
        }
    }
    if !with_demo {
        return Ok(());
    }
    demo::small(&client.tenant(DEMO_TENANT)).await.map(drop)
}
