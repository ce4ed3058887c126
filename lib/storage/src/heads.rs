//! Where the logs of all tenants end.

use dg_domain::{LogSeq, TenantId};
use tokio_postgres::Row;

use crate::{error::StoreError, store::Store};

const HEADS: &str = include_str!("../../../sql/queries/tenants/heads.sql");
const HEADLESS: &str = include_str!("../../../sql/queries/tenants/headless.sql");
const REPAIR_HEAD: &str = include_str!("../../../sql/queries/tenants/repair_head.sql");

impl Store {
    /// The last position of every log, by tenant.
    ///
    /// # Errors
    /// The database's.
    pub async fn heads(&self) -> Result<Vec<(TenantId, LogSeq)>, StoreError> {
        let name = "tenants.heads";
        self.query(name, HEADS, &[]).await?.iter().map(|row| read(name, row)).collect()
    }

    /// Makes the head rows that registered tenants lack, at the end of what their logs hold, and answers them. Only
    /// dg-store's role may do this and read the log.
    ///
    /// # Errors
    /// The database's.
    pub async fn repair_heads(&self) -> Result<Vec<(TenantId, LogSeq)>, StoreError> {
        let name = "tenants.headless";
        let mut made = Vec::new();
        for row in &self.query(name, HEADLESS, &[]).await? {
            let tenant_id = tenant(name, row)?;
            let name = "tenants.repair_head";
            let row = self.of(&tenant_id).query_opt(name, REPAIR_HEAD, &[&tenant_id.as_str()]).await?;
            made.extend(row.map(|row| read(name, &row)).transpose()?);
        }
        Ok(made)
    }
}

fn read(name: &'static str, row: &Row) -> Result<(TenantId, LogSeq), StoreError> {
    let last: i64 = row.try_get(1).map_err(StoreError::of(name))?;
    Ok((tenant(name, row)?, LogSeq::new(last).map_err(|source| StoreError::corrupt(name, source))?))
}

fn tenant(name: &'static str, row: &Row) -> Result<TenantId, StoreError> {
    let tenant_id: &str = row.try_get(0).map_err(StoreError::of(name))?;
    TenantId::new(tenant_id).map_err(|source| StoreError::corrupt(name, source))
}
