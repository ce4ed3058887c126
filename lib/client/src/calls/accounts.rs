//! Accounts: who may do what, and where.

use serde::{Deserialize, Serialize};

use crate::{Account, Client, ClientError, Imported, NewAccountAnswer, client::Repeat, path::segment};

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
    /// Who answers for it: reviews take both for one person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_id: Option<String>,
    /// How people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Seconds after which its first token ends; none for never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_in_s: Option<u64>,
}

/// What becomes different about an account or a person; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AccountChange {
    /// How people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Who answers for it; the inner `None` is nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_id: Option<Option<String>>,
    /// Its roles.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roles: Option<Vec<String>>,
    /// What it may do beyond its roles.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permissions: Option<Vec<String>>,
    /// Where; `*` for everywhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant_ids: Option<Vec<String>>,
    /// Whether it may do nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
}

#[derive(Deserialize)]
struct OneAccount {
    account: Account,
}

impl Client {
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

    /// Changes an account.
    ///
    /// # Errors
    /// `not_found`, `forbidden` for what the caller does not have.
    pub async fn change_account(&self, account_id: &str, change: &AccountChange) -> Result<Account, ClientError> {
        let path = format!("/admin/accounts/{}", segment("an account id", account_id)?);
        Ok(self.patch::<OneAccount>(path, change).await?.account)
    }

    /// Makes the accounts of a `service-accounts.json` as the reference writes it, all or none. `file` is its content, with
    /// `skip_existing` added when accounts that are there already should stay as they are.
    ///
    /// # Errors
    /// `conflict` when one exists, `invalid_argument` with a pointer for what cannot be read.
    pub async fn import_accounts(&self, file: &serde_json::Value) -> Result<Imported, ClientError> {
        self.post("/admin/accounts:import".to_owned(), Vec::new(), file, Repeat::Unsent).await
    }
}
