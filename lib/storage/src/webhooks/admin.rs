//! What administrators do with webhooks. Each change and its row in the audit are one transaction.

use dg_domain::{EventType, LogSeq, Micros, TenantId};
use dg_webhooks::{Secret, Wants};
use tokio_postgres::{Row, types::ToSql};
use uuid::Uuid;

use super::rows::{Attempt, Delivery, DeliveryState, SecretInfo, Webhook, WebhookStatus};
use crate::{
    audit::{self, By, NewEntry},
    error::StoreError,
    store::Store,
    values::PgMicros,
    work::Work,
};

macro_rules! sql {
    ($name:literal) => {
        include_str!(concat!("../../../../sql/queries/webhooks/", $name, ".sql"))
    };
}

/// A tenant may have so many endpoints.
pub const MOST_WEBHOOKS: i64 = 100;
/// Of one endpoint, so many secrets may be valid together.
const MOST_SECRETS: usize = 5;

/// An endpoint to make.
#[derive(Clone, Debug)]
pub struct NewWebhook {
    /// Its id.
    pub webhook_id: Uuid,
    /// Where messages go.
    pub url: String,
    /// What people call it.
    pub description: Option<String>,
    /// What it is told.
    pub wants: Wants,
    /// It is told about events after this one; `None` for the end of the log.
    pub after: Option<LogSeq>,
}

/// A secret to store.
#[derive(Clone, Debug)]
pub struct NewSecret {
    /// Its id.
    pub secret_id: Uuid,
    /// The secret.
    pub secret: Secret,
}

/// What becomes different about an endpoint; `None` leaves it as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are named like the columns of dg_webhooks")]
pub struct WebhookChange {
    pub url: Option<String>,
    pub description: Option<Option<String>>,
    pub events: Option<bool>,
    pub projections: Option<bool>,
    pub event_types: Option<Vec<EventType>>,
    pub trace_id: Option<Option<String>>,
    pub status: Option<WebhookStatus>,
    /// Why the status changes.
    pub reason: Option<String>,
}

/// Which deliveries to list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeliveryFilter {
    /// In which state.
    pub state: Option<DeliveryState>,
    /// Only those before this one: the end of the page before.
    pub after: Option<(Micros, Uuid)>,
}

const MISSING: StoreError = StoreError::NotFound { what: "webhook" };

impl Store {
    /// The endpoints of a tenant, oldest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn webhooks(&self, tenant: &TenantId) -> Result<Vec<Webhook>, StoreError> {
        let name = "webhooks.all";
        let rows = self.of(tenant).query(name, sql!("all"), &[&tenant.as_str()]).await?;
        rows.iter().map(|row| Webhook::read(name, row)).collect()
    }

    /// One endpoint.
    ///
    /// # Errors
    /// The database's.
    pub async fn webhook(&self, tenant: &TenantId, webhook_id: Uuid) -> Result<Option<Webhook>, StoreError> {
        let name = "webhooks.one";
        let row = self.of(tenant).query_opt(name, sql!("one"), &[&tenant.as_str(), &webhook_id]).await?;
        row.map(|row| Webhook::read(name, &row)).transpose()
    }

    /// What is known about the valid secrets of an endpoint, newest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn webhook_secrets(&self, tenant: &TenantId, webhook_id: Uuid) -> Result<Vec<SecretInfo>, StoreError> {
        let name = "webhooks.secrets";
        let rows = self.of(tenant).query(name, sql!("secrets"), &[&tenant.as_str(), &webhook_id]).await?;
        rows.iter().map(|row| SecretInfo::read(name, row)).collect()
    }

    /// How many messages of an endpoint are in which state.
    ///
    /// # Errors
    /// The database's.
    pub async fn webhook_counts(
        &self,
        tenant: &TenantId,
        webhook_id: Uuid,
    ) -> Result<Vec<(DeliveryState, i64)>, StoreError> {
        let name = "webhooks.counts";
        let rows = self.of(tenant).query(name, sql!("counts"), &[&tenant.as_str(), &webhook_id]).await?;
        let read = |row: &Row| {
            let row = crate::projections::columns::Columns { name, row };
            Ok((row.named("state", DeliveryState::from_name)?, row.get("deliveries")?))
        };
        rows.iter().map(read).collect()
    }

    /// Makes an endpoint with its first secret.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for a tenant that is not registered, [`StoreError::WrongState`] when the tenant has
    /// [`MOST_WEBHOOKS`] already, or the database's.
    pub async fn create_webhook(
        &self,
        tenant: &TenantId,
        new: &NewWebhook,
        secret: &NewSecret,
        by: &By,
    ) -> Result<Webhook, StoreError> {
        let name = "webhooks.create";
        let work = Work::begin_of(self, tenant).await?;
        let types = type_names(&new.wants);
        let params: [&(dyn ToSql + Sync); 11] = [
            &tenant.as_str(),
            &new.webhook_id,
            &new.url,
            &new.description,
            &new.wants.events,
            &new.wants.projections,
            &types,
            &new.wants.trace_id,
            &new.after.map(LogSeq::get),
            &by.name(),
            &MOST_WEBHOOKS,
        ];
        let Some(row) = work.query_opt(name, sql!("create"), &params).await? else {
            return Err(match self.tenant(tenant).await? {
                Some(_) => StoreError::WrongState { what: "list of the tenant's webhooks", status: "full" },
                None => StoreError::NotFound { what: "tenant" },
            });
        };
        let webhook = Webhook::read(name, &row)?;
        insert_secret(&work, tenant, new.webhook_id, secret, by).await?;
        let entry = note(by, "webhook.create", tenant, new.webhook_id).with("url_host", host(&webhook.url));
        let entry = entry.with("what", what(&webhook.wants)).with("event_type", types.clone());
        let entry = entry.with("trace_id", webhook.wants.trace_id.clone());
        audit::append(&work, vec![entry.with("secret_kind", secret.secret.kind().as_str())]).await?;
        work.commit().await?;
        Ok(webhook)
    }

    /// Changes an endpoint. One that becomes active begins with a clean slate, and what waits for it is due at once.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or the database's.
    pub async fn change_webhook(
        &self,
        tenant: &TenantId,
        webhook_id: Uuid,
        change: &WebhookChange,
        by: &By,
    ) -> Result<Webhook, StoreError> {
        let name = "webhooks.change";
        let work = Work::begin_of(self, tenant).await?;
        let row = work.query_opt("webhooks.lock", sql!("lock"), &[&tenant.as_str(), &webhook_id]).await?;
        let before = Webhook::read("webhooks.lock", &row.ok_or(MISSING)?)?;
        let wants = Wants {
            events: change.events.unwrap_or(before.wants.events),
            projections: change.projections.unwrap_or(before.wants.projections),
            event_types: change.event_types.clone().unwrap_or_else(|| before.wants.event_types.clone()),
            trace_id: change.trace_id.clone().unwrap_or_else(|| before.wants.trace_id.clone()),
        };
        let url = change.url.as_ref().unwrap_or(&before.url);
        let description = change.description.as_ref().unwrap_or(&before.description);
        let status = change.status.unwrap_or(before.status);
        let revived = status == WebhookStatus::Active && before.status != WebhookStatus::Active;
        let params: [&(dyn ToSql + Sync); 11] = [
            &tenant.as_str(),
            &webhook_id,
            url,
            description,
            &wants.events,
            &wants.projections,
            &type_names(&wants),
            &wants.trace_id,
            &status.as_str(),
            &revived,
            &change.reason,
        ];
        let row = work.query_opt(name, sql!("change"), &params).await?.ok_or(MISSING)?;
        let after = Webhook::read(name, &row)?;
        if revived {
            work.query("webhooks.retry_pending", sql!("retry_pending"), &[&tenant.as_str(), &webhook_id]).await?;
        }
        let entry = differences(note(by, "webhook.change", tenant, webhook_id), &before, &after);
        let entry = match &change.reason {
            Some(reason) => entry.with("reason", reason.clone()),
            None => entry,
        };
        audit::append(&work, vec![entry]).await?;
        work.commit().await?;
        Ok(after)
    }

    /// Removes an endpoint with everything that was queued for it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or the database's.
    pub async fn delete_webhook(&self, tenant: &TenantId, webhook_id: Uuid, by: &By) -> Result<(), StoreError> {
        let work = Work::begin_of(self, tenant).await?;
        let row = work.query_opt("webhooks.delete", sql!("delete"), &[&tenant.as_str(), &webhook_id]).await?;
        row.ok_or(MISSING)?;
        audit::append(&work, vec![note(by, "webhook.delete", tenant, webhook_id)]).await?;
        work.commit().await
    }

    /// Gives an endpoint another secret; the ones it has go on for `overlap_s` seconds at most.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::WrongState`] when too many are valid together, or the database's.
    pub async fn rotate_webhook_secret(
        &self,
        tenant: &TenantId,
        webhook_id: Uuid,
        secret: &NewSecret,
        overlap_s: u32,
        by: &By,
    ) -> Result<(), StoreError> {
        let work = Work::begin_of(self, tenant).await?;
        let row = work.query_opt("webhooks.lock", sql!("lock"), &[&tenant.as_str(), &webhook_id]).await?;
        row.ok_or(MISSING)?;
        let id: [&(dyn ToSql + Sync); 2] = [&tenant.as_str(), &webhook_id];
        work.query("webhooks.drop_secrets", sql!("drop_secrets"), &id).await?;
        let end = "webhooks.end_secrets";
        work.query(end, sql!("end_secrets"), &[&tenant.as_str(), &webhook_id, &f64::from(overlap_s)]).await?;
        if work.query("webhooks.secrets", sql!("secrets"), &id).await?.len() >= MOST_SECRETS {
            return Err(StoreError::WrongState { what: "list of the webhook's secrets", status: "full" });
        }
        insert_secret(&work, tenant, webhook_id, secret, by).await?;
        let entry = note(by, "webhook.rotate", tenant, webhook_id).with("secret_id", secret.secret_id.to_string());
        let entry = entry.with("secret_kind", secret.secret.kind().as_str()).with("overlap_s", overlap_s);
        audit::append(&work, vec![entry]).await?;
        work.commit().await
    }

    /// Queues a message of type `webhook.test`.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::WrongState`] unless it is active, or the database's.
    pub async fn test_webhook(
        &self,
        tenant: &TenantId,
        webhook_id: Uuid,
        delivery_id: Uuid,
        data_json: &str,
        by: &By,
    ) -> Result<Delivery, StoreError> {
        let name = "webhooks.test";
        let work = Work::begin_of(self, tenant).await?;
        active(&work, tenant, webhook_id).await?;
        let params: [&(dyn ToSql + Sync); 4] = [&tenant.as_str(), &webhook_id, &delivery_id, &data_json];
        let row = work.query_opt(name, sql!("test"), &params).await?.ok_or(MISSING)?;
        let entry = note(by, "webhook.test", tenant, webhook_id).with("delivery_id", delivery_id.to_string());
        audit::append(&work, vec![entry]).await?;
        work.commit().await?;
        Delivery::read(name, &row)
    }

    /// Sends the events after `after` up to `until` again. Takes the place of a replay that
    /// is under way.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::WrongState`] unless it is active, or the database's.
    pub async fn replay_webhook(
        &self,
        tenant: &TenantId,
        webhook_id: Uuid,
        after: LogSeq,
        until: LogSeq,
        by: &By,
    ) -> Result<Webhook, StoreError> {
        let name = "webhooks.replay";
        let work = Work::begin_of(self, tenant).await?;
        active(&work, tenant, webhook_id).await?;
        let params: [&(dyn ToSql + Sync); 4] = [&tenant.as_str(), &webhook_id, &after.get(), &until.get()];
        let row = work.query_opt(name, sql!("replay"), &params).await?.ok_or(MISSING)?;
        let entry = note(by, "webhook.replay", tenant, webhook_id);
        audit::append(&work, vec![entry.with("after", after.get()).with("until", until.get())]).await?;
        work.commit().await?;
        Webhook::read(name, &row)
    }

    /// Begins a new round for every dead letter of an endpoint; answers how many there were.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::WrongState`] unless it is active, or the database's.
    pub async fn retry_dead_letters(&self, tenant: &TenantId, webhook_id: Uuid, by: &By) -> Result<u64, StoreError> {
        let work = Work::begin_of(self, tenant).await?;
        active(&work, tenant, webhook_id).await?;
        let id: [&(dyn ToSql + Sync); 2] = [&tenant.as_str(), &webhook_id];
        let queued = work.count("webhooks.retry_dead", sql!("retry_dead"), &id).await?;
        let entry = note(by, "webhook.replay", tenant, webhook_id).with("dead_letters", queued);
        audit::append(&work, vec![entry]).await?;
        work.commit().await?;
        Ok(queued)
    }

    /// Begins a new round for one message, whatever became of it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or the database's.
    pub async fn retry_delivery(
        &self,
        tenant: &TenantId,
        webhook_id: Uuid,
        delivery_id: Uuid,
        by: &By,
    ) -> Result<Delivery, StoreError> {
        let name = "webhooks.retry";
        let work = Work::begin_of(self, tenant).await?;
        let id: [&(dyn ToSql + Sync); 3] = [&tenant.as_str(), &webhook_id, &delivery_id];
        let row = work.query_opt(name, sql!("retry"), &id).await?;
        let row = row.ok_or(StoreError::NotFound { what: "delivery" })?;
        let entry = note(by, "webhook.retry", tenant, webhook_id).with("delivery_id", delivery_id.to_string());
        audit::append(&work, vec![entry]).await?;
        work.commit().await?;
        Delivery::read(name, &row)
    }

    /// A page of an endpoint's messages, newest first, at most `limit`.
    ///
    /// # Errors
    /// The database's.
    pub async fn deliveries(
        &self,
        tenant: &TenantId,
        webhook_id: Uuid,
        filter: DeliveryFilter,
        limit: i64,
    ) -> Result<Vec<Delivery>, StoreError> {
        let name = "webhooks.deliveries";
        let params: [&(dyn ToSql + Sync); 6] = [
            &tenant.as_str(),
            &webhook_id,
            &filter.state.map(DeliveryState::as_str),
            &filter.after.map(|(at, _)| PgMicros(at)),
            &filter.after.map(|(_, delivery_id)| delivery_id),
            &limit,
        ];
        let rows = self.of(tenant).query(name, sql!("deliveries"), &params).await?;
        rows.iter().map(|row| Delivery::read(name, row)).collect()
    }

    /// One message of an endpoint with its latest attempts, latest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn delivery(
        &self,
        tenant: &TenantId,
        webhook_id: Uuid,
        delivery_id: Uuid,
    ) -> Result<Option<(Delivery, Vec<Attempt>)>, StoreError> {
        let (name, id): (_, [&(dyn ToSql + Sync); 3]) =
            ("webhooks.delivery", [&tenant.as_str(), &webhook_id, &delivery_id]);
        let Some(row) = self.of(tenant).query_opt(name, sql!("delivery"), &id).await? else { return Ok(None) };
        let delivery = Delivery::read(name, &row)?;
        let name = "webhooks.attempts";
        let attempts = self.of(tenant).query(name, sql!("attempts"), &id).await?;
        let attempts = attempts.iter().map(|row| Attempt::read(name, row)).collect::<Result<_, _>>()?;
        Ok(Some((delivery, attempts)))
    }
}

async fn active(work: &Work, tenant: &TenantId, webhook_id: Uuid) -> Result<(), StoreError> {
    let row = work.query_opt("webhooks.lock", sql!("lock"), &[&tenant.as_str(), &webhook_id]).await?;
    match Webhook::read("webhooks.lock", &row.ok_or(MISSING)?)?.status {
        WebhookStatus::Active => Ok(()),
        other => Err(StoreError::WrongState { what: "webhook", status: other.as_str() }),
    }
}

async fn insert_secret(
    work: &Work,
    tenant: &TenantId,
    webhook_id: Uuid,
    new: &NewSecret,
    by: &By,
) -> Result<(), StoreError> {
    let secret = &new.secret;
    let params: [&(dyn ToSql + Sync); 7] = [
        &tenant.as_str(),
        &webhook_id,
        &new.secret_id,
        &secret.kind().as_str(),
        &secret.reveal(),
        &secret.public_key(),
        &by.name(),
    ];
    work.query("webhooks.create_secret", sql!("create_secret"), &params).await.map(drop)
}

fn note(by: &By, action: &'static str, tenant: &TenantId, webhook_id: Uuid) -> NewEntry {
    by.did(action).tenant(tenant.as_str()).subject(&webhook_id.to_string())
}

fn type_names(wants: &Wants) -> Vec<&'static str> {
    wants.event_types.iter().map(|event_type| event_type.as_str()).collect()
}

fn what(wants: &Wants) -> Vec<&'static str> {
    [("events", wants.events), ("projections", wants.projections)]
        .into_iter()
        .filter_map(|(word, wanted)| wanted.then_some(word))
        .collect()
}

/// Paths and queries of endpoints may be secrets: the audit names the host.
fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?']).next().unwrap_or_default().to_owned()
}

fn differences(entry: NewEntry, before: &Webhook, after: &Webhook) -> NewEntry {
    let mut entry = entry;
    if after.url != before.url {
        entry = entry.with("url_host", host(&after.url)).with("url_host_before", host(&before.url));
    }
    if after.description != before.description {
        entry = entry.with("description", after.description.clone());
    }
    if what(&after.wants) != what(&before.wants) {
        entry = entry.with("what", what(&after.wants)).with("what_before", what(&before.wants));
    }
    if after.wants.event_types != before.wants.event_types {
        entry = entry.with("event_type", type_names(&after.wants));
    }
    if after.wants.trace_id != before.wants.trace_id {
        entry = entry.with("trace_id", after.wants.trace_id.clone());
    }
    if after.status != before.status {
        entry = entry.with("status", after.status.as_str()).with("status_before", before.status.as_str());
    }
    entry
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_audit_names_the_host_alone() {
        assert_eq!(host("https://example.org:8443/services/T0/secret?key=x"), "example.org:8443");
        assert_eq!(host("https://example.org?key=x"), "example.org");
    }
}
