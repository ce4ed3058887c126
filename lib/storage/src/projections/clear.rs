//! Removes the rows of generations that nobody will read again, step by step.

use dg_domain::TenantId;
use dg_projections::Projection;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::runner::{borrowed, field};
use crate::{
    error::StoreError,
    locks::{LockClass, LockKey},
    store::Store,
};

const TO_CLEAR: &str = include_str!("../../../../sql/queries/builds/to_clear.sql");
const EMPTIED: &str = include_str!("../../../../sql/queries/builds/emptied.sql");

macro_rules! clear {
    ($table:literal) => {
        include_str!(concat!("../../../../sql/queries/builds/clear_", $table, ".sql"))
    };
}

/// The statements that clear a projection's tables.
const fn statements(projection: Projection) -> &'static [&'static str] {
    match projection {
        Projection::ContextGraph => &[clear!("cg_edges"), clear!("cg_nodes")],
        Projection::TraceSummary => &[clear!("trace_summary")],
        Projection::PrecedentIndex => &[clear!("policy_eval_index"), clear!("precedent_index")],
        Projection::TraceIndex => &[clear!("trace_terms"), clear!("trace_facts"), clear!("trace_index")],
    }
}

/// A slot to be cleared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OldSlot {
    /// Whose.
    pub tenant: TenantId,
    /// Of which projection.
    pub projection: Projection,
    slot: i16,
    job_id: Uuid,
}

impl OldSlot {
    /// The lock of whoever clears it.
    #[must_use]
    pub fn lock(&self) -> LockKey {
        LockKey::new(LockClass::Clear, &[self.tenant.as_str(), self.projection.as_str()])
    }
}

impl Store {
    /// Slots with rows that nobody will read again, the oldest first: of retired generations, and of runs that ended without
    /// a switch.
    ///
    /// # Errors
    /// As [`Store::ping`].
    pub async fn old_slots(&self) -> Result<Vec<OldSlot>, StoreError> {
        let name = "builds.to_clear";
        let mut found = Vec::new();
        for row in &self.query(name, TO_CLEAR, &[]).await? {
            let Some(projection) = Projection::from_name(borrowed(row, "projection_name")?) else { continue };
            let tenant = TenantId::new(borrowed(row, "tenant_id")?);
            let tenant = tenant.map_err(|source| StoreError::corrupt(name, source))?;
            found.push(OldSlot { tenant, projection, slot: field(row, "slot")?, job_id: field(row, "job_id")? });
        }
        Ok(found)
    }

    /// Deletes at most about `rows` rows of a slot. Answers whether there are more; when there are none, the slot is free
    /// and its space is left to dg-store.
    ///
    /// # Errors
    /// As [`Store::ping`].
    pub async fn clear_step(&self, old: &OldSlot, rows: i64) -> Result<bool, StoreError> {
        let (tenant, projection) = (old.tenant.as_str(), old.projection.as_str());
        let params: [&(dyn ToSql + Sync); 4] = [&tenant, &old.slot, &projection, &rows];
        for statement in statements(old.projection) {
            if self.of(&old.tenant).count("builds.clear", statement, &params).await? > 0 {
                return Ok(true);
            }
        }
        self.of(&old.tenant).query("builds.emptied", EMPTIED, &[&tenant, &projection, &old.slot, &old.job_id]).await?;
        Ok(false)
    }
}
