//! Reads accounts of programs and their tokens.

use dg_client::{Account, OwnToken};
use dg_domain::{Micros, TenantId};

use super::{Found, SignedOut, outage, panel};
use crate::{
    model::{
        Body, Freshness, Notice,
        accounts::{AccountPage, AccountRow, AccountsPage, Grants, TokenRow},
    },
    people::Person,
    place::{ManagedAt, Place},
};

const PERSON: &str = "person";

pub(super) async fn list(person: &Person, place: &Place, tenant: &TenantId, asking: bool) -> Result<Found, SignedOut> {
    let list = panel(person.client.accounts().await.map(|accounts| {
        let programs = accounts.into_iter().filter(|account| account.kind.as_deref() != Some(PERSON));
        programs.map(|account| row(account).0).collect()
    }))?;
    let outage = outage(&list);
    let body = Body::Accounts(Box::new(AccountsPage { tenant: tenant.clone(), asking, list }));
    Ok(Found { place: place.clone(), title: "Accounts".to_owned(), body, freshness: Freshness::Unknown, outage })
}

pub(super) async fn one(person: &Person, place: &Place, tenant: &TenantId, at: &ManagedAt) -> Result<Found, SignedOut> {
    let account = match person.client.account(&at.id).await {
        Err(error) if error.status == Some(404) => return Ok(Found::says(place, Notice::NotFound)),
        Ok(account) if account.kind.as_deref() == Some(PERSON) => return Ok(Found::says(place, Notice::NotFound)),
        answer => panel(answer.map(|account| {
            let (account, mut tokens) = row(account);
            tokens.reverse();
            (account, tokens)
        }))?,
    };
    let outage = outage(&account);
    let body = Body::Account(Box::new(AccountPage { tenant: tenant.clone(), at: at.clone(), account }));
    let title = format!("Account {}", at.id);
    Ok(Found { place: place.clone(), title, body, freshness: Freshness::Unknown, outage })
}

fn row(account: Account) -> (AccountRow, Vec<TokenRow>) {
    let row = AccountRow {
        account_id: account.account_id,
        display_name: account.display_name,
        owner: account.owner_id,
        grants: Grants { roles: account.roles, permissions: account.permissions, tenants: account.tenant_ids },
        disabled: account.disabled,
        created: time(account.created_at.as_deref()),
        created_by: account.created_by.unwrap_or_default(),
    };
    (row, account.tokens.into_iter().map(token).collect())
}

fn token(token: OwnToken) -> TokenRow {
    TokenRow {
        created: time(token.created_at.as_deref()),
        used: time(token.last_used_at.as_deref()),
        expires: time(token.expires_at.as_deref()),
        revoked: time(token.revoked_at.as_deref()).map(|at| (at, token.revoked_by.unwrap_or_default())),
        token_id: token.token_id,
        label: token.label,
        status: token.status.unwrap_or_default(),
        created_by: token.created_by,
        replaces: token.replaces,
    }
}

/// A moment that the service told.
pub(super) fn time(text: Option<&str>) -> Option<Micros> {
    text.and_then(Micros::parse_rfc3339)
}
