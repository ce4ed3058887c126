//! What somebody wants to be told outside of the console, and at which address.

use dg_domain::{Micros, TenantId};
use dg_workflow::telling::Preferences;

use crate::{error::StoreError, projections::columns::Columns, store::Store};

const ONE: &str = include_str!("../../../../sql/queries/telling/preferences.sql");
const PUT: &str = include_str!("../../../../sql/queries/telling/put_preferences.sql");

/// What somebody wants.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PreferencesRow {
    /// Where e-mail goes.
    pub email: Option<String>,
    /// What is sent, and when.
    pub preferences: Preferences,
    /// When it was said; never for the default.
    pub updated_at: Option<Micros>,
}

impl Store {
    /// What an account wants to be told in a tenant; the default where nothing was said.
    ///
    /// # Errors
    /// As every statement.
    pub async fn preferences(&self, tenant: &TenantId, account_id: &str) -> Result<PreferencesRow, StoreError> {
        let name = "telling.preferences";
        let row = self.of(tenant).query_opt(name, ONE, &[&tenant.as_str(), &account_id]).await?;
        let Some(row) = row else { return Ok(PreferencesRow::default()) };
        let row = Columns { name, row: &row };
        let text: &str = row.get("preferences_json")?;
        let value = serde_json::from_str(text).map_err(|source| StoreError::corrupt(name, source))?;
        Ok(PreferencesRow {
            email: row.get("email")?,
            // What other hands damaged counts as not said, here as where it is used.
            preferences: Preferences::read(&value).unwrap_or_default(),
            updated_at: Some(row.at("updated_at")?),
        })
    }

    /// Keeps what an account wants to be told. `email` is one address, checked before.
    ///
    /// # Errors
    /// As every statement.
    pub async fn put_preferences(
        &self,
        tenant: &TenantId,
        account_id: &str,
        email: Option<&str>,
        preferences: &Preferences,
    ) -> Result<(), StoreError> {
        let name = "telling.put_preferences";
        let text = preferences.to_json().to_string();
        self.of(tenant).count(name, PUT, &[&tenant.as_str(), &account_id, &email, &text]).await.map(drop)
    }
}
