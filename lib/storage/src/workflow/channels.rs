//! Channels of a tenant: where notifications go outside of inboxes. Each change and its row in the audit are one transaction.

use dg_domain::{Micros, TenantId};
use dg_webhooks::Secret;
use dg_workflow::telling::{Channel, Preferences};
use tokio_postgres::{Row, types::ToSql};
use uuid::Uuid;

use crate::{
    audit::{self, By, NewEntry},
    error::StoreError,
    projections::columns::Columns,
    store::Store,
    webhooks::{NewSecret, SecretInfo},
    work::Work,
};

macro_rules! sql {
    ($name:literal) => {
        include_str!(concat!("../../../../sql/queries/telling/", $name, ".sql"))
    };
}

/// A tenant may have so many channels.
pub const MOST_CHANNELS: i64 = 50;
/// Of one webhook, so many secrets may be valid together.
const MOST_SECRETS: usize = 5;

/// Where a channel leads.
#[derive(Clone, Debug)]
pub enum Place {
    /// An address of a mailbox.
    Email(String),
    /// The URL of a program, and what messages to it are signed with.
    Webhook(String, NewSecret),
    /// The URL of a chat, which is a secret, and the host of it, which is not.
    Chat(String, String),
}

/// A channel to make.
#[derive(Clone, Debug)]
pub struct NewChannel {
    /// Its id.
    pub channel_id: Uuid,
    /// What people call it.
    pub name: String,
    /// Where it leads.
    pub place: Place,
    /// Told for each person that chose its kind, and not once for all.
    pub is_personal: bool,
    /// What it is told, and when.
    pub preferences: Preferences,
}

/// What becomes different about a channel; `None` leaves it as it is.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "the fields are those of NewChannel")]
pub struct ChannelChange {
    pub name: Option<String>,
    /// An address, or a URL with the host that is shown of a chat's.
    pub target: Option<(String, Option<String>)>,
    pub is_paused: Option<bool>,
    pub preferences: Option<Preferences>,
}

/// A channel.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the fields are named like the columns of dg_workflow_channels")]
pub struct ChannelRow {
    pub channel_id: Uuid,
    pub channel: Channel,
    pub name: String,
    /// An address, a URL, or the host of a chat.
    pub target: String,
    pub is_personal: bool,
    pub status: String,
    pub preferences: Preferences,
    pub created_at: Micros,
    pub created_by: String,
    pub updated_at: Micros,
}

const MISSING: StoreError = StoreError::NotFound { what: "channel" };

impl Place {
    /// Its kind.
    #[must_use]
    pub const fn channel(&self) -> Channel {
        match self {
            Self::Email(_) => Channel::Email,
            Self::Webhook(..) => Channel::Webhook,
            Self::Chat(..) => Channel::Chat,
        }
    }

    /// What is shown of it.
    #[must_use]
    pub fn target(&self) -> &str {
        match self {
            Self::Email(target) | Self::Webhook(target, _) | Self::Chat(_, target) => target,
        }
    }
}

impl Store {
    /// The channels of a tenant, oldest first.
    ///
    /// # Errors
    /// As every statement.
    pub async fn channels(&self, tenant: &TenantId) -> Result<Vec<ChannelRow>, StoreError> {
        let name = "telling.channels";
        let all: Option<Uuid> = None;
        let rows = self.of(tenant).query(name, sql!("channels"), &[&tenant.as_str(), &all]).await?;
        rows.iter().map(|row| ChannelRow::read(name, row)).collect()
    }

    /// One channel.
    ///
    /// # Errors
    /// As every statement.
    pub async fn channel(&self, tenant: &TenantId, channel_id: Uuid) -> Result<Option<ChannelRow>, StoreError> {
        let name = "telling.channels";
        let one = Some(channel_id);
        let row = self.of(tenant).query_opt(name, sql!("channels"), &[&tenant.as_str(), &one]).await?;
        row.map(|row| ChannelRow::read(name, &row)).transpose()
    }

    /// What is known about the valid secrets of a webhook, newest first.
    ///
    /// # Errors
    /// As every statement.
    pub async fn channel_secrets(&self, tenant: &TenantId, channel_id: Uuid) -> Result<Vec<SecretInfo>, StoreError> {
        let name = "telling.secrets";
        let rows = self.of(tenant).query(name, sql!("secrets"), &[&tenant.as_str(), &channel_id]).await?;
        rows.iter().map(|row| SecretInfo::read(name, row)).collect()
    }

    /// Makes a channel.
    ///
    /// # Errors
    /// [`StoreError::WrongState`] when the tenant has [`MOST_CHANNELS`] already, or the database's.
    pub async fn create_channel(&self, tenant: &TenantId, new: &NewChannel, by: &By) -> Result<ChannelRow, StoreError> {
        let name = "telling.create_channel";
        let work = Work::begin_of(self, tenant).await?;
        let params: [&(dyn ToSql + Sync); 9] = [
            &tenant.as_str(),
            &new.channel_id,
            &new.place.channel().as_str(),
            &new.name,
            &new.place.target(),
            &new.is_personal,
            &new.preferences.to_json().to_string(),
            &by.name(),
            &MOST_CHANNELS,
        ];
        let full = StoreError::WrongState { what: "list of the tenant's channels", status: "full" };
        let row = work.query_opt(name, sql!("create_channel"), &params).await?.ok_or(full)?;
        let channel = ChannelRow::read(name, &row)?;
        match &new.place {
            Place::Email(_) => {}
            Place::Webhook(_, secret) => insert_secret(&work, tenant, new.channel_id, secret, by).await?,
            Place::Chat(url, _) => insert_url(&work, tenant, new.channel_id, url, by).await?,
        }
        let entry = note(by, "channel.create", tenant, new.channel_id).with("channel", channel.channel.as_str());
        audit::append(&work, vec![entry.with("name", new.name.clone()).with("is_personal", new.is_personal)]).await?;
        work.commit().await?;
        Ok(channel)
    }

    /// Changes a channel.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or the database's.
    pub async fn change_channel(
        &self,
        tenant: &TenantId,
        channel_id: Uuid,
        change: &ChannelChange,
        by: &By,
    ) -> Result<ChannelRow, StoreError> {
        let name = "telling.change_channel";
        let work = Work::begin_of(self, tenant).await?;
        let shown = change.target.as_ref().map(|(target, shown)| shown.as_ref().unwrap_or(target));
        let status = change.is_paused.map(|paused| if paused { "paused" } else { "active" });
        let preferences = change.preferences.as_ref().map(|preferences| preferences.to_json().to_string());
        let params: [&(dyn ToSql + Sync); 6] =
            [&tenant.as_str(), &channel_id, &change.name, &shown, &status, &preferences];
        let row = work.query_opt(name, sql!("change_channel"), &params).await?.ok_or(MISSING)?;
        let channel = ChannelRow::read(name, &row)?;
        if let Some((url, Some(_))) = &change.target {
            let now = 0_f64;
            work.count("telling.end_secrets", sql!("end_secrets"), &[&tenant.as_str(), &channel_id, &now]).await?;
            work.count("telling.drop_secrets", sql!("drop_secrets"), &[&tenant.as_str(), &channel_id]).await?;
            insert_url(&work, tenant, channel_id, url, by).await?;
        }
        let entry = note(by, "channel.change", tenant, channel_id).with("status", channel.status.clone());
        let entry = entry.with("moved", change.target.is_some()).with("name", channel.name.clone());
        audit::append(&work, vec![entry]).await?;
        work.commit().await?;
        Ok(channel)
    }

    /// Removes a channel with everything that was to go there.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or the database's.
    pub async fn delete_channel(&self, tenant: &TenantId, channel_id: Uuid, by: &By) -> Result<(), StoreError> {
        let work = Work::begin_of(self, tenant).await?;
        let id: [&(dyn ToSql + Sync); 2] = [&tenant.as_str(), &channel_id];
        work.query_opt("telling.delete_channel", sql!("delete_channel"), &id).await?.ok_or(MISSING)?;
        audit::append(&work, vec![note(by, "channel.delete", tenant, channel_id)]).await?;
        work.commit().await
    }

    /// Gives a webhook another secret; the ones it has go on for `overlap_s` seconds at most.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::WrongState`] for a channel that signs nothing or has too many secrets, or the
    /// database's.
    pub async fn rotate_channel_secret(
        &self,
        tenant: &TenantId,
        channel_id: Uuid,
        secret: &NewSecret,
        overlap_s: u32,
        by: &By,
    ) -> Result<(), StoreError> {
        let work = Work::begin_of(self, tenant).await?;
        let id: [&(dyn ToSql + Sync); 2] = [&tenant.as_str(), &channel_id];
        let name = "telling.lock_channel";
        let channel = ChannelRow::read(name, &work.query_opt(name, sql!("lock_channel"), &id).await?.ok_or(MISSING)?)?;
        if channel.channel != Channel::Webhook {
            return Err(StoreError::WrongState { what: "channel", status: "no webhook" });
        }
        let overlap = f64::from(overlap_s);
        work.count("telling.end_secrets", sql!("end_secrets"), &[&tenant.as_str(), &channel_id, &overlap]).await?;
        work.count("telling.drop_secrets", sql!("drop_secrets"), &id).await?;
        if work.query("telling.secrets", sql!("secrets"), &id).await?.len() >= MOST_SECRETS {
            return Err(StoreError::WrongState { what: "list of the channel's secrets", status: "full" });
        }
        insert_secret(&work, tenant, channel_id, secret, by).await?;
        let entry = note(by, "channel.rotate", tenant, channel_id).with("secret_id", secret.secret_id.to_string());
        audit::append(&work, vec![entry.with("overlap_s", overlap_s)]).await?;
        work.commit().await
    }

    /// Puts a test into the outbox of a channel.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::WrongState`] for one that is paused, or the database's.
    pub async fn test_channel(
        &self,
        tenant: &TenantId,
        channel_id: Uuid,
        delivery_id: Uuid,
        by: &By,
    ) -> Result<(), StoreError> {
        let work = Work::begin_of(self, tenant).await?;
        let name = "telling.lock_channel";
        let row = work.query_opt(name, sql!("lock_channel"), &[&tenant.as_str(), &channel_id]).await?;
        let channel = ChannelRow::read(name, &row.ok_or(MISSING)?)?;
        if channel.status == "paused" {
            return Err(StoreError::WrongState { what: "channel", status: "paused" });
        }
        let params: [&(dyn ToSql + Sync); 4] = [&tenant.as_str(), &delivery_id, &channel.channel.as_str(), &channel_id];
        work.count("telling.test_channel", sql!("test_channel"), &params).await?;
        let entry = note(by, "channel.test", tenant, channel_id).with("delivery_id", delivery_id.to_string());
        audit::append(&work, vec![entry]).await?;
        work.commit().await
    }
}

async fn insert_secret(
    work: &Work,
    tenant: &TenantId,
    channel_id: Uuid,
    new: &NewSecret,
    by: &By,
) -> Result<(), StoreError> {
    let secret: &Secret = &new.secret;
    let params: [&(dyn ToSql + Sync); 7] = [
        &tenant.as_str(),
        &channel_id,
        &new.secret_id,
        &secret.kind().as_str(),
        &secret.reveal(),
        &secret.public_key(),
        &by.name(),
    ];
    work.count("telling.create_secret", sql!("create_secret"), &params).await.map(drop)
}

async fn insert_url(work: &Work, tenant: &TenantId, channel_id: Uuid, url: &str, by: &By) -> Result<(), StoreError> {
    let public: Option<&str> = None;
    let params: [&(dyn ToSql + Sync); 7] =
        [&tenant.as_str(), &channel_id, &Uuid::now_v7(), &"url", &url, &public, &by.name()];
    work.count("telling.create_secret", sql!("create_secret"), &params).await.map(drop)
}

fn note(by: &By, action: &'static str, tenant: &TenantId, channel_id: Uuid) -> NewEntry {
    by.did(action).tenant(tenant.as_str()).subject(&channel_id.to_string())
}

impl ChannelRow {
    fn read(name: &'static str, row: &Row) -> Result<Self, StoreError> {
        let row = Columns { name, row };
        let text: &str = row.get("preferences_json")?;
        let value = serde_json::from_str(text).map_err(|source| StoreError::corrupt(name, source))?;
        Ok(Self {
            channel_id: row.get("channel_id")?,
            channel: row.named("channel", Channel::from_name)?,
            name: row.get("name")?,
            target: row.get("target")?,
            is_personal: row.get("is_personal")?,
            status: row.get("status")?,
            preferences: Preferences::read(&value).unwrap_or_default(),
            created_at: row.at("created_at")?,
            created_by: row.get("created_by")?,
            updated_at: row.at("updated_at")?,
        })
    }
}
