//! The outbox of notifications: what went out, what waits, and what was given up.

mod teller;

use dg_domain::{Micros, TenantId};
use dg_workflow::telling::Channel;
use tokio_postgres::{Row, types::ToSql};
use uuid::Uuid;

pub use self::teller::{Attempted, Due, Seal, Sent, TellingScope, TellingTotals};
use crate::{
    audit::{self, By},
    error::StoreError,
    projections::columns::Columns,
    store::Store,
    values::PgMicros,
    work::Work,
};

macro_rules! sql {
    ($name:literal) => {
        include_str!(concat!("../../../../sql/queries/telling/", $name, ".sql"))
    };
}

/// The words of a delivery's state (WF-48).
pub const DELIVERY_STATES: [&str; 4] = ["pending", "delivered", "failed", "suppressed"];

/// Which deliveries; everything absent lets all through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeliveriesFilter {
    /// In this state, one of [`DELIVERY_STATES`].
    pub state: Option<&'static str>,
    /// By this channel.
    pub channel_id: Option<Uuid>,
    /// To this person.
    pub account_id: Option<String>,
    /// Of this notification.
    pub notification_id: Option<Uuid>,
    /// Only those before this one: the end of the page before.
    pub after: Option<(Micros, Uuid)>,
}

/// One notification on its way to one place.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are named like the columns of dg_workflow_deliveries")]
pub struct DeliveryRow {
    pub delivery_id: Uuid,
    /// None for a test.
    pub notification_id: Option<Uuid>,
    pub channel: Channel,
    pub channel_id: Option<Uuid>,
    pub account_id: Option<String>,
    pub is_bundled: bool,
    /// What the receiver knows it by, once it is settled what goes out together.
    pub message_id: Option<Uuid>,
    /// Where it was sent last.
    pub target: Option<String>,
    pub state: String,
    pub attempts: i64,
    pub created_at: Micros,
    pub next_attempt_at: Micros,
    pub finished_at: Option<Micros>,
    pub last_error: Option<String>,
}

impl Store {
    /// A page of a tenant's deliveries, newest first.
    ///
    /// # Errors
    /// As every statement.
    pub async fn telling_deliveries(
        &self,
        tenant: &TenantId,
        filter: &DeliveriesFilter,
        limit: i64,
    ) -> Result<Vec<DeliveryRow>, StoreError> {
        let name = "telling.deliveries";
        let params: [&(dyn ToSql + Sync); 8] = [
            &tenant.as_str(),
            &filter.state,
            &filter.channel_id,
            &filter.account_id,
            &filter.notification_id,
            &filter.after.map(|(at, _)| PgMicros(at)),
            &filter.after.map(|(_, delivery_id)| delivery_id),
            &limit,
        ];
        let rows = self.of(tenant).query(name, sql!("deliveries"), &params).await?;
        rows.iter().map(|row| DeliveryRow::read(name, row)).collect()
    }

    /// Begins a new round for the message that a delivery is part of, or for everything that was given up when none is named.
    /// Answers what is tried again.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when one is named and is not there, or the database's.
    pub async fn retry_telling(
        &self,
        tenant: &TenantId,
        delivery_id: Option<Uuid>,
        by: &By,
    ) -> Result<Vec<DeliveryRow>, StoreError> {
        let name = "telling.retry";
        let work = Work::begin_of(self, tenant).await?;
        let rows = work.query(name, sql!("retry"), &[&tenant.as_str(), &delivery_id]).await?;
        if delivery_id.is_some() && rows.is_empty() {
            work.roll_back().await?;
            return Err(StoreError::NotFound { what: "delivery" });
        }
        let entry = by.did("delivery.retry").tenant(tenant.as_str()).with("deliveries", rows.len());
        let entry = match delivery_id {
            Some(delivery_id) => entry.subject(&delivery_id.to_string()),
            None => entry,
        };
        audit::append(&work, vec![entry]).await?;
        work.commit().await?;
        rows.iter().map(|row| DeliveryRow::read(name, row)).collect()
    }
}

impl DeliveryRow {
    fn read(name: &'static str, row: &Row) -> Result<Self, StoreError> {
        let row = Columns { name, row };
        Ok(Self {
            delivery_id: row.get("delivery_id")?,
            notification_id: row.get("notification_id")?,
            channel: row.named("channel", Channel::from_name)?,
            channel_id: row.get("channel_id")?,
            account_id: row.get("account_id")?,
            is_bundled: row.get("is_bundled")?,
            message_id: row.get("message_id")?,
            target: row.get("target")?,
            state: row.get("state")?,
            attempts: row.get("attempts")?,
            created_at: row.at("created_at")?,
            next_attempt_at: row.at("next_attempt_at")?,
            finished_at: row.at_if_any("finished_at")?,
            last_error: row.get("last_error")?,
        })
    }
}
