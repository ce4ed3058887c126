//! Who looks at an item just now, and who does not want to see it: facts of the moment, which are in no log.

use dg_domain::{Micros, TenantId};

use super::row::workflow_key;
use crate::{
    error::StoreError,
    store::Store,
    values::{PgKey, PgMicros},
};

const CLAIM: &str = include_str!("../../../../sql/queries/workflow/claim.sql");
const UNCLAIM: &str = include_str!("../../../../sql/queries/workflow/unclaim.sql");
const STATE: &str = include_str!("../../../../sql/queries/workflow/claim_state.sql");
const SNOOZE: &str = include_str!("../../../../sql/queries/workflow/snooze.sql");
const UNSNOOZE: &str = include_str!("../../../../sql/queries/workflow/unsnooze.sql");

/// A claim on an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Who holds it.
    pub by: String,
    /// Since when.
    pub since: Micros,
}

/// What became of wanting one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// It is held.
    Held(Claim),
    /// Another holds it.
    ByAnother(Claim),
    /// The item is decided.
    Closed {
        /// Where it stands.
        status: String,
    },
    /// There is no such item.
    Unknown,
}

impl Store {
    /// Takes an open item for somebody. A holder who did nothing with it for `timeout_s` seconds loses it.
    ///
    /// # Errors
    /// As every statement.
    pub async fn claim_item(
        &self,
        tenant: &TenantId,
        workflow_id: &str,
        account: &str,
        timeout_s: f64,
    ) -> Result<Claimed, StoreError> {
        let name = "workflow.claim";
        let key = PgKey(workflow_key(workflow_id));
        let row = self.of(tenant).query_opt(name, CLAIM, &[&tenant.as_str(), &key, &account, &timeout_s]).await?;
        if let Some(row) = row {
            let since = row.try_get::<_, PgMicros>(1).map_err(StoreError::of(name))?.0;
            return Ok(Claimed::Held(Claim { by: account.to_owned(), since }));
        }
        self.why_not(tenant, workflow_id).await
    }

    /// Gives an item back. An item that nobody holds stays as it is.
    ///
    /// # Errors
    /// As every statement.
    pub async fn unclaim_item(
        &self,
        tenant: &TenantId,
        workflow_id: &str,
        account: &str,
    ) -> Result<Claimed, StoreError> {
        let key = PgKey(workflow_key(workflow_id));
        let params = (tenant.as_str(), key, account);
        let row = self.of(tenant).query_opt("workflow.unclaim", UNCLAIM, &[&params.0, &params.1, &params.2]).await?;
        match row {
            Some(_) => Ok(Claimed::Held(Claim { by: account.to_owned(), since: Micros::new(0) })),
            None => self.why_not(tenant, workflow_id).await,
        }
    }

    async fn why_not(&self, tenant: &TenantId, workflow_id: &str) -> Result<Claimed, StoreError> {
        let name = "workflow.claim_state";
        let key = PgKey(workflow_key(workflow_id));
        let Some(row) = self.of(tenant).query_opt(name, STATE, &[&tenant.as_str(), &key]).await? else {
            return Ok(Claimed::Unknown);
        };
        let by: Option<String> = row.try_get(1).map_err(StoreError::of(name))?;
        let since = row.try_get::<_, Option<PgMicros>>(2).map_err(StoreError::of(name))?;
        match by.zip(since) {
            Some((by, since)) => Ok(Claimed::ByAnother(Claim { by, since: since.0 })),
            None => Ok(Claimed::Closed { status: row.try_get(0).map_err(StoreError::of(name))? }),
        }
    }

    /// Hides an item from somebody's queue until then, or until its deadline when that comes first. `None` when there is no such
    /// open item.
    ///
    /// # Errors
    /// As every statement.
    pub async fn snooze_item(
        &self,
        tenant: &TenantId,
        workflow_id: &str,
        account: &str,
        until: Micros,
    ) -> Result<Option<Micros>, StoreError> {
        let name = "workflow.snooze";
        let (key, until) = (PgKey(workflow_key(workflow_id)), PgMicros(until));
        let row = self.of(tenant).query_opt(name, SNOOZE, &[&tenant.as_str(), &key, &account, &until]).await?;
        row.map(|row| Ok(row.try_get::<_, PgMicros>(0).map_err(StoreError::of(name))?.0)).transpose()
    }

    /// Shows an item to somebody again.
    ///
    /// # Errors
    /// As every statement.
    pub async fn unsnooze_item(&self, tenant: &TenantId, workflow_id: &str, account: &str) -> Result<(), StoreError> {
        let key = PgKey(workflow_key(workflow_id));
        self.of(tenant).count("workflow.unsnooze", UNSNOOZE, &[&tenant.as_str(), &key, &account]).await.map(drop)
    }
}
