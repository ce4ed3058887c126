//! `POST /admin/accounts:import`: a `service-accounts.json` as the reference writes it.
//!
//! That file holds tokens in the clear. Those that its generator drew (43 characters, 256 bits) stay valid, stored as
//! hashes, so that clients need not change; weaker ones are left behind, and an account that has no other gets a new one.

use std::collections::BTreeSet;

use axum::extract::{Request, State};
use dg_http::gate::{AccountCaller, Admin, Principal};
use dg_http::params::NoParams;
use dg_http::token::{Minted, Presented};
use dg_http::{ApiError, Reply, body};
use dg_storage::accounts::{NewAccount, NewToken};
use serde::{Deserialize, Serialize};
use tracing::info;
use utoipa::ToSchema;

use super::super::grants::{self, ACCOUNTS_MANAGE, Grants};
use super::super::tokens::{self, ShownOnce};
use super::AccountJson;
use crate::app::App;
use crate::words;

const LARGEST: usize = 1 << 20;
const MOST: usize = 1_000;

/// The file. What it says beside the accounts is about another console and another moment.
#[derive(Deserialize, ToSchema)]
pub(super) struct File {
    #[schema(min_items = 1, max_items = 1000)]
    service_accounts: Vec<Entry>,
    /// Accounts that are there already are left as they are instead of refusing the file.
    #[serde(default)]
    skip_existing: bool,
}

#[derive(Deserialize, ToSchema)]
#[schema(as = ImportEntry)]
struct Entry {
    #[schema(schema_with = words::name)]
    account_id: String,
    #[serde(default)]
    #[schema(schema_with = words::one_or_many_roles)]
    roles: OneOrMany,
    #[serde(default)]
    #[schema(schema_with = words::one_or_many_permissions)]
    permissions: OneOrMany,
    #[serde(default)]
    #[schema(schema_with = words::one_or_many_tenants)]
    tenant_ids: OneOrMany,
    tokens: Option<OneOrMany>,
    token: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl Default for OneOrMany {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl OneOrMany {
    fn into_vec(self) -> Vec<String> {
        match self {
            Self::One(text) => vec![text],
            Self::Many(texts) => texts,
        }
    }
}

/// An account to make, with what is known of its tokens.
struct Wanted {
    account: NewAccount,
    kept: Vec<NewToken>,
    left_behind: usize,
    minted: Option<Minted>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ImportedAccount)]
pub(super) struct Imported<'a> {
    account: AccountJson,
    tokens_kept: usize,
    tokens_left_behind: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    token: Option<ShownOnce<'a>>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Answer<'a> {
    accounts: Vec<Imported<'a>>,
    skipped: Vec<String>,
    unregistered_tenants: Vec<String>,
}

/// Makes the accounts of the file, all or none.
pub(crate) async fn import(
    State(app): State<App>,
    caller: AccountCaller<Admin>,
    _: NoParams,
    request: Request,
) -> Result<Reply, ApiError> {
    let who = &caller.principal;
    who.require(ACCOUNTS_MANAGE)?;
    let file: File = body::command_within(request, LARGEST).await?;
    let skip_existing = file.skip_existing;
    let mut wanted = file.read(who)?;
    let mut skipped = Vec::new();
    if skip_existing {
        let known: BTreeSet<String> =
            app.store.accounts(None).await?.into_iter().map(|known| known.account_id).collect();
        let is_known = |one: &Wanted| known.contains(&one.account.account_id);
        skipped = wanted.iter().filter(|one| is_known(one)).map(|one| one.account.account_id.clone()).collect();
        wanted.retain(|one| !is_known(one));
    }
    let new: Vec<(NewAccount, Vec<NewToken>)> = wanted.iter().map(Wanted::to_make).collect();
    let made = app.store.create_accounts(&new, Some("service-accounts.json"), &who.by()).await?;
    app.directory_changed().await;
    info!(accounts = made.len(), skipped = skipped.len(), account = who.account_id, "imported accounts");
    let registered = app.store.tenants().await?;
    let is_registered = |name: &String| registered.iter().any(|tenant| tenant.tenant_id.as_str() == name);
    let named: BTreeSet<String> = new.iter().flat_map(|(account, _)| account.tenant_ids.clone()).collect();
    let accounts = made.into_iter().zip(&wanted).map(|((account, _), one)| Imported {
        account: AccountJson::of(account),
        tokens_kept: one.kept.len(),
        tokens_left_behind: one.left_behind,
        token: one.minted.as_ref().map(|minted| ShownOnce::of(minted, None)),
    });
    let answer = Answer {
        accounts: accounts.collect(),
        skipped,
        unregistered_tenants: named.into_iter().filter(|name| name != "*" && !is_registered(name)).collect(),
    };
    Ok(Reply::created(&answer)?.unkept())
}

impl File {
    fn read(self, who: &Principal) -> Result<Vec<Wanted>, ApiError> {
        let bad = |message: &'static str, pointer: String| ApiError::invalid(message).with("pointer", pointer);
        if self.service_accounts.is_empty() || self.service_accounts.len() > MOST {
            return Err(bad("service_accounts holds from 1 to 1000 accounts", "/service_accounts".to_owned()));
        }
        let (mut names, mut digests, mut wanted) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
        for (at, entry) in self.service_accounts.into_iter().enumerate() {
            let pointer = format!("/service_accounts/{at}");
            if !names.insert(entry.account_id.clone()) {
                return Err(bad("the account is in the file twice", format!("{pointer}/account_id")));
            }
            let one = entry.read(who, &pointer)?;
            if !one.kept.iter().all(|token| digests.insert(token.secret_sha256)) {
                return Err(bad("a token is in the file twice", format!("{pointer}/tokens")));
            }
            wanted.push(one);
        }
        Ok(wanted)
    }
}

impl Entry {
    fn read(self, who: &Principal, pointer: &str) -> Result<Wanted, ApiError> {
        grants::name(&self.account_id, &format!("{pointer}/account_id"))?;
        let grants = Grants {
            roles: self.roles.into_vec(),
            permissions: self.permissions.into_vec(),
            tenant_ids: self.tenant_ids.into_vec(),
        };
        grants.check(who, pointer)?;
        // `tokens` stands instead of `token` where there is one, and empty texts count for nothing.
        let texts = self.tokens.map_or_else(|| self.token.into_iter().collect(), OneOrMany::into_vec);
        let texts: Vec<String> = texts.into_iter().filter(|text| !text.is_empty()).collect();
        let presented = texts.iter().filter_map(|text| Presented::imported(text));
        let kept: Vec<NewToken> = presented
            .map(|known| NewToken {
                token_id: known.token_id,
                secret_sha256: known.digest,
                expires_at: None,
                label: Some("imported".to_owned()),
            })
            .collect();
        let account = NewAccount {
            account_id: self.account_id,
            roles: grants.roles,
            permissions: grants.permissions,
            tenant_ids: grants.tenant_ids,
            ..NewAccount::default()
        };
        let minted = kept.is_empty().then(Minted::draw);
        Ok(Wanted { account, left_behind: texts.len() - kept.len(), kept, minted })
    }
}

impl Wanted {
    fn to_make(&self) -> (NewAccount, Vec<NewToken>) {
        let minted = self.minted.as_ref().map(|minted| tokens::new(minted, None, None));
        (self.account.clone(), self.kept.iter().cloned().chain(minted).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(file: Value) -> Result<Vec<Wanted>, String> {
        let all = || vec!["*".to_owned()];
        let who =
            Principal { roles: vec!["admin".into()], permissions: all(), tenant_ids: all(), ..Principal::default() };
        let file: File = serde_json::from_value(file).map_err(|error| error.to_string())?;
        file.read(&who).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn keeps_strong_tokens_and_replaces_weak_ones() {
        let strong = "a".repeat(43);
        let found = read(json!({"generated_at": "2026-01-01T00:00:00Z", "operator_console_account_id": "admin-main",
            "service_accounts": [
                {"account_id": "reader-main", "roles": ["reader"], "permissions": [], "tenant_ids": ["default"],
                 "tokens": [strong, "", "dev-reader-token"], "token": "not this one"},
                {"account_id": "writer-main", "roles": "writer", "tenant_ids": "*", "token": "dev-writer-token"}]}))
        .unwrap();
        assert_eq!((found[0].kept.len(), found[0].left_behind, found[0].minted.is_some()), (1, 1, false));
        assert_eq!((found[1].kept.len(), found[1].left_behind, found[1].minted.is_some()), (0, 1, true));
        assert_eq!(found[1].account.roles, ["writer"]);
        assert_eq!(found[1].to_make().1.len(), 1);
    }

    #[test]
    fn refuses_what_is_ambiguous_or_unknown() {
        let account = |id: &str, token: &str| json!({"account_id": id, "tokens": [token]});
        let (one, two) = ("a".repeat(43), "b".repeat(43));
        assert!(read(json!({"service_accounts": [account("a", &one), account("b", &two)]})).is_ok());
        for bad in [
            json!({}),
            json!({"service_accounts": []}),
            json!({"service_accounts": [account("a", &one), account("a", &two)]}),
            json!({"service_accounts": [account("a", &one), account("b", &one)]}),
            json!({"service_accounts": [account("a b", &one)]}),
            json!({"service_accounts": [{"account_id": "a", "roles": ["root"]}]}),
        ] {
            assert!(read(bad.clone()).is_err(), "{bad}");
        }
    }
}
