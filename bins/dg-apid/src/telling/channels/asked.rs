//! What is asked of channels, checked.

use dg_http::ApiError;
use dg_storage::workflow::{ChannelChange, NewChannel, Place};
use dg_webhooks::{Reach, SecretKind};
use dg_workflow::telling::{Channel, Preferences};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::admin::webhooks::{asked::target, draw};
use crate::telling::{address, bad};
use crate::words;

/// A channel to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AskedWorkflowChannel)]
pub(super) struct Asked {
    #[schema(schema_with = words::telling_channel)]
    channel: String,
    #[schema(schema_with = words::title)]
    name: String,
    /// An address of a mailbox, or a URL.
    #[schema(schema_with = words::channel_target)]
    target: String,
    /// Whether it is told for each person that chose its kind, and not once for all.
    #[serde(default)]
    #[schema(schema_with = words::nullable_flag)]
    personal: Option<bool>,
    #[serde(default)]
    #[schema(schema_with = words::nullable_preferences)]
    preferences: Option<Value>,
    #[serde(default)]
    #[schema(schema_with = words::nullable_secret_kind)]
    secret_kind: Option<String>,
}

/// What is to be different about a channel.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = WorkflowChannelChange)]
pub(super) struct Change {
    #[schema(schema_with = words::nullable_title)]
    name: Option<String>,
    #[schema(schema_with = words::nullable_channel_target)]
    target: Option<String>,
    #[schema(schema_with = words::nullable_channel_status)]
    status: Option<String>,
    #[schema(schema_with = words::nullable_preferences)]
    preferences: Option<Value>,
}

impl Asked {
    /// # Errors
    /// `invalid_argument`, with the place of what is wrong.
    pub(super) async fn read(self, reach: Reach) -> Result<NewChannel, ApiError> {
        let channel = Channel::from_name(&self.channel);
        let channel = channel.ok_or_else(|| bad("channel is email, webhook or chat", "/channel"))?;
        let kind = self.secret_kind.as_deref().map(|name| {
            SecretKind::from_name(name).ok_or_else(|| bad("secret_kind is hmac or ed25519", "/secret_kind"))
        });
        let kind = kind.transpose()?;
        if kind.is_some() && channel != Channel::Webhook {
            return Err(bad("is for webhooks", "/secret_kind"));
        }
        let is_personal = self.personal.unwrap_or_default();
        if is_personal && channel == Channel::Email {
            return Err(bad("what is sent to a person goes to the person's own address", "/personal"));
        }
        let (target, host) = place(channel, &self.target, reach).await?;
        Ok(NewChannel {
            channel_id: Uuid::now_v7(),
            name: name(&self.name)?,
            place: match channel {
                Channel::Email => Place::Email(target),
                Channel::Webhook => Place::Webhook(target, draw(kind.unwrap_or(SecretKind::Hmac))),
                Channel::Chat => Place::Chat(target, host.unwrap_or_default()),
            },
            is_personal,
            preferences: self.preferences.as_ref().map_or(Ok(Preferences::default()), preferences)?,
        })
    }
}

impl Change {
    /// # Errors
    /// `invalid_argument`, with the place of what is wrong.
    pub(super) async fn read(self, channel: Channel, reach: Reach) -> Result<ChannelChange, ApiError> {
        let is_paused = match self.status.as_deref() {
            None => None,
            Some("active") => Some(false),
            Some("paused") => Some(true),
            Some(_) => return Err(bad("status is active or paused", "/status")),
        };
        let target = match &self.target {
            Some(text) => Some(place(channel, text, reach).await?),
            None => None,
        };
        Ok(ChannelChange {
            name: self.name.as_deref().map(name).transpose()?,
            target,
            is_paused,
            preferences: self.preferences.as_ref().map(preferences).transpose()?,
        })
    }
}

/// Where a channel leads, and what is shown of it where that is not the same.
async fn place(channel: Channel, text: &str, reach: Reach) -> Result<(String, Option<String>), ApiError> {
    if channel == Channel::Email {
        return Ok((address(text, "/target")?, None));
    }
    let url = target(text, reach, "/target").await?;
    // The path of a chat's address is the key to it.
    let host = url.split_once("://").map(|(_, rest)| rest.split(['/', '?']).next().unwrap_or_default().to_owned());
    Ok((url, host.filter(|_| channel == Channel::Chat)))
}

fn name(text: &str) -> Result<String, ApiError> {
    let shown = !text.trim().is_empty() && text.chars().count() <= 200 && !text.chars().any(char::is_control);
    if shown { Ok(text.to_owned()) } else { Err(bad("it needs 1 to 200 characters", "/name")) }
}

fn preferences(value: &Value) -> Result<Preferences, ApiError> {
    Preferences::read(value).map_err(|problems| ApiError::problems("/preferences", &problems))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    async fn read(body: Value) -> Result<NewChannel, String> {
        let asked: Asked = serde_json::from_value(body).map_err(|error| error.to_string())?;
        asked.read(Reach::Anywhere).await.map_err(|error| error.message().to_owned())
    }

    #[tokio::test]
    async fn of_a_chat_the_host_is_shown_and_of_a_webhook_the_address() {
        let chat =
            read(json!({"channel": "chat", "name": "ops", "target": "https://127.0.0.1:8443/services/T0/secret"}))
                .await;
        let Place::Chat(url, shown) = chat.unwrap().place else { panic!("a chat") };
        assert_eq!((url.as_str(), shown.as_str()), ("https://127.0.0.1:8443/services/T0/secret", "127.0.0.1:8443"));
        let hook = json!({"channel": "webhook", "name": "bus", "target": "http://127.0.0.1/x", "personal": true,
            "secret_kind": "ed25519", "preferences": {"mode": "off"}});
        let hook = read(hook).await.unwrap();
        assert!(
            hook.is_personal
                && matches!(&hook.place, Place::Webhook(url, secret)
            if url == "http://127.0.0.1/x" && secret.secret.kind() == SecretKind::Ed25519)
        );
    }

    #[tokio::test]
    async fn what_makes_no_sense_is_refused() {
        for bad in [
            json!({"channel": "pigeon", "name": "x", "target": "a@b"}),
            json!({"channel": "email", "name": "x", "target": "https://127.0.0.1/"}),
            json!({"channel": "email", "name": "x", "target": "a@b", "personal": true}),
            json!({"channel": "email", "name": "x", "target": "a@b", "secret_kind": "hmac"}),
            json!({"channel": "chat", "name": "x", "target": "a@b"}),
            json!({"channel": "chat", "name": " ", "target": "https://127.0.0.1/"}),
            json!({"channel": "chat", "name": "x", "target": "https://127.0.0.1/", "preferences": {"mode": "loud"}}),
        ] {
            assert!(read(bad.clone()).await.is_err(), "{bad}");
        }
    }
}
