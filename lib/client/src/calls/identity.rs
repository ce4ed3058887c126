//! Who one is, and administration of tenants, accounts and tokens.

use serde::{Deserialize, Serialize};

use crate::{Account, Client, ClientError, IssuedToken, Me, NewAccountAnswer, Tenant, client::Repeat, path::segment};

/// A tenant to create.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NewTenant {
    /// 1 to 128 of `A-Z a-z 0-9 . _ : @ -`, beginning with a letter or digit.
    pub tenant_id: String,
    /// `precise` (default) or `reference`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_guard: Option<String>,
}

/// An account to create.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NewAccount {
    /// Its name, recorded with everything it does.
    pub account_id: String,
    /// Of `reader`, `writer`, `admin`.
    pub roles: Vec<String>,
    /// Of the permissions of the API; `*` for all.
    pub permissions: Vec<String>,
    /// Tenants it may use; `*` for all.
    pub tenant_ids: Vec<String>,
}

#[derive(Deserialize)]
struct OneTenant {
    tenant: Tenant,
}

#[derive(Deserialize)]
struct OneAccount {
    account: Account,
}

#[derive(Deserialize)]
struct OneToken {
    token: IssuedToken,
}

impl Client {
    /// The account behind the token. Needs no tenant.
    ///
    /// # Errors
    /// `unauthorized` for a token that is not valid.
    pub async fn me(&self) -> Result<Me, ClientError> {
        self.get("/me".to_owned(), Vec::new()).await
    }

    /// All registered tenants.
    ///
    /// # Errors
    /// `forbidden` without the admin role.
    pub async fn tenants(&self) -> Result<Vec<Tenant>, ClientError> {
        #[derive(Deserialize)]
        struct Found {
            tenants: Vec<Tenant>,
        }
        Ok(self.get::<Found>("/admin/tenants".to_owned(), Vec::new()).await?.tenants)
    }

    /// Registers a tenant.
    ///
    /// # Errors
    /// `conflict` when it exists, `invalid_argument` for an id that is not one.
    pub async fn create_tenant(&self, tenant: &NewTenant) -> Result<Tenant, ClientError> {
        // Repeating is not safe: the answer "exists" would hide that this very call created it.
        Ok(self.post::<OneTenant>("/admin/tenants".to_owned(), Vec::new(), tenant, Repeat::Unsent).await?.tenant)
    }

    /// All accounts.
    ///
    /// # Errors
    /// `forbidden` without the admin role.
    pub async fn accounts(&self) -> Result<Vec<Account>, ClientError> {
        #[derive(Deserialize)]
        struct Found {
            accounts: Vec<Account>,
        }
        Ok(self.get::<Found>("/admin/accounts".to_owned(), Vec::new()).await?.accounts)
    }

    /// One account with its tokens, which are named and not shown.
    ///
    /// # Errors
    /// `not_found` for an unknown account.
    pub async fn account(&self, account_id: &str) -> Result<Account, ClientError> {
        let path = format!("/admin/accounts/{}", segment("an account id", account_id)?);
        Ok(self.get::<OneAccount>(path, Vec::new()).await?.account)
    }

    /// Creates an account with its first token, which is in this answer and nowhere else.
    ///
    /// # Errors
    /// `conflict` when it exists, `invalid_argument` for roles or permissions that are none.
    pub async fn create_account(&self, account: &NewAccount) -> Result<NewAccountAnswer, ClientError> {
        self.post("/admin/accounts".to_owned(), Vec::new(), account, Repeat::Unsent).await
    }

    /// Issues one more token, so that a rotation can overlap.
    ///
    /// # Errors
    /// `not_found` for an unknown account.
    pub async fn create_token(&self, account_id: &str, expires_in_s: Option<u64>) -> Result<IssuedToken, ClientError> {
        #[derive(Serialize)]
        struct Body {
            #[serde(skip_serializing_if = "Option::is_none")]
            expires_in_s: Option<u64>,
        }
        let path = format!("/admin/accounts/{}/tokens", segment("an account id", account_id)?);
        Ok(self.post::<OneToken>(path, Vec::new(), &Body { expires_in_s }, Repeat::Unsent).await?.token)
    }

    /// Revokes a token; it is refused from the next request on.
    ///
    /// # Errors
    /// `not_found` for an unknown account or token.
    pub async fn revoke_token(&self, account_id: &str, token_id: &str) -> Result<(), ClientError> {
        let path = format!(
            "/admin/accounts/{}/tokens/{}/revoke",
            segment("an account id", account_id)?,
            segment("a token id", token_id)?
        );
        let _: serde_json::Value = self.post(path, Vec::new(), &serde_json::Map::new(), Repeat::Safe).await?;
        Ok(())
    }
}
