//! Where notifications go beside inboxes.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use dg_client::{Client, NewWebhookSecret};
use serde_json::{Map, Value, json};

use super::preferences::document;
use crate::{
    cli::TenantFlag,
    failure::Failure,
    output::{Output, Table, printable, shortened},
};

/// What to do with channels.
#[derive(Debug, Subcommand)]
pub(crate) enum ChannelsCommand {
    /// List the channels of the tenant.
    #[command(after_help = "Examples:\n  dg notifications channels list -t acme")]
    List(TenantFlag),
    /// Make a channel. Of a webhook the secret is printed, once.
    Create(CreateArgs),
    /// Change a channel: name, place, preferences, paused or active.
    Set(SetArgs),
    /// Remove a channel with everything that was to go there.
    #[command(after_help = "Examples:\n  dg notifications channels delete 0198c6b2-… -t acme")]
    Delete(One),
    /// Give a webhook another secret and print it, once.
    Rotate(RotateArgs),
    /// Send a test.
    #[command(after_help = "Examples:\n  dg notifications channels test 0198c6b2-… -t acme")]
    Test(One),
}

/// One channel.
#[derive(Debug, Args)]
pub(crate) struct One {
    /// Id of the channel; `dg notifications channels list` shows them.
    channel_id: String,
    #[command(flatten)]
    tenant: TenantFlag,
}

/// The channel to make.
#[derive(Debug, Args)]
#[command(after_help = "\
A channel is told of everything once, or, with --personal, for each person that chose its kind. --preferences is a file of JSON as \
`dg notifications preferences` takes it.

Examples:
  dg notifications channels create email reviews@example.org --name reviews -t acme
  dg notifications channels create webhook https://example.org/hook --name bus --json | jq -r .secret.secret
  dg notifications channels create chat https://chat.example.org/hooks/x1 --name 'on call' --preferences escalations.json")]
pub(crate) struct CreateArgs {
    /// Its kind.
    #[arg(value_parser = ["email", "webhook", "chat"])]
    channel: String,
    /// An address, or a URL.
    target: String,
    /// What people call it.
    #[arg(long)]
    name: String,
    /// For each person that chose its kind.
    #[arg(long)]
    personal: bool,
    /// What it is told, and when.
    #[arg(long, value_name = "FILE")]
    preferences: Option<PathBuf>,
    /// How messages of a webhook are signed; hmac without this.
    #[arg(long, value_parser = ["hmac", "ed25519"])]
    secret_kind: Option<String>,
    #[command(flatten)]
    tenant: TenantFlag,
}

/// What becomes different.
#[derive(Debug, Args)]
#[command(after_help = "\
What is not named stays.

Examples:
  dg notifications channels set 0198c6b2-… --pause
  dg notifications channels set 0198c6b2-… --activate --target https://example.org/new")]
pub(crate) struct SetArgs {
    /// Id of the channel.
    channel_id: String,
    /// What people call it.
    #[arg(long)]
    name: Option<String>,
    /// An address, or a URL.
    #[arg(long)]
    target: Option<String>,
    /// What it is told, and when.
    #[arg(long, value_name = "FILE")]
    preferences: Option<PathBuf>,
    /// Tell it nothing for now.
    #[arg(long, conflicts_with = "activate")]
    pause: bool,
    /// Tell it again.
    #[arg(long)]
    activate: bool,
    #[command(flatten)]
    tenant: TenantFlag,
}

/// The secret to replace.
#[derive(Debug, Args)]
#[command(after_help = "\
Messages are signed with both secrets until the overlap is over: put the new one in place meanwhile.

Examples:
  dg notifications channels rotate 0198c6b2-… --overlap-s 600 --json | jq -r .secret.secret")]
pub(crate) struct RotateArgs {
    /// Id of the channel.
    channel_id: String,
    /// Seconds for which the old ones go on; a day without this.
    #[arg(long, value_name = "SECONDS")]
    overlap_s: Option<u32>,
    #[command(flatten)]
    tenant: TenantFlag,
}

impl ChannelsCommand {
    pub(super) const fn tenant(&self) -> &TenantFlag {
        match self {
            Self::List(tenant) => tenant,
            Self::Create(args) => &args.tenant,
            Self::Set(args) => &args.tenant,
            Self::Delete(one) | Self::Test(one) => &one.tenant,
            Self::Rotate(args) => &args.tenant,
        }
    }
}

pub(super) async fn run(client: &Client, command: ChannelsCommand, out: &mut Output<'_>) -> Result<(), Failure> {
    match command {
        ChannelsCommand::List(_) => list(client, out).await,
        ChannelsCommand::Create(args) => {
            let made = client.create_channel(&new(args)?).await?;
            if out.is_json() {
                return out.document(&made);
            }
            out.line(format!("Made {} for {}.", made.channel.channel_id, printable(&made.channel.target)))?;
            tell_secret(made.secret.as_ref(), out)
        }
        ChannelsCommand::Set(args) => {
            let channel = client.change_channel(&args.channel_id, &change(&args)?).await?;
            if out.is_json() {
                return out.document(&json!({ "channel": channel }));
            }
            Ok(out.line(format!("{} is {}.", channel.channel_id, channel.status))?)
        }
        ChannelsCommand::Delete(One { channel_id, .. }) => {
            client.delete_channel(&channel_id).await?;
            if out.is_json() {
                return out.document(&json!({ "channel_id": channel_id, "deleted": true }));
            }
            Ok(out.line(format!("Removed {channel_id}."))?)
        }
        ChannelsCommand::Rotate(args) => {
            let rotated = client.rotate_channel_secret(&args.channel_id, args.overlap_s).await?;
            if out.is_json() {
                return out.document(&rotated);
            }
            tell_secret(Some(&rotated.secret), out)
        }
        ChannelsCommand::Test(One { channel_id, .. }) => {
            let queued = client.test_channel(&channel_id).await?;
            if out.is_json() {
                return out.document(&queued);
            }
            Ok(out.line(format!(
                "Queued; `dg notifications deliveries --channel {channel_id}` shows what became of it."
            ))?)
        }
    }
}

async fn list(client: &Client, out: &mut Output<'_>) -> Result<(), Failure> {
    let channels = client.channels().await?;
    if out.is_json() {
        return out.document(&json!({ "channels": channels }));
    }
    let mut table = Table::new(&["CHANNEL", "KIND", "NAME", "STATUS", "FOR", "TARGET"]);
    for one in channels {
        let audience = if one.personal { "each person" } else { "all" };
        let (name, target) = (printable(&one.name), shortened(&printable(&one.target), 60));
        table.row([one.channel_id, one.channel, name, one.status, audience.to_owned(), target]);
    }
    Ok(out.table(&table)?)
}

fn new(args: CreateArgs) -> Result<Value, Failure> {
    let mut body = Map::new();
    body.insert("channel".to_owned(), Value::from(args.channel));
    body.insert("name".to_owned(), Value::from(args.name));
    body.insert("target".to_owned(), Value::from(args.target));
    body.insert("personal".to_owned(), Value::from(args.personal));
    if let Some(kind) = args.secret_kind {
        body.insert("secret_kind".to_owned(), Value::from(kind));
    }
    if let Some(file) = args.preferences {
        body.insert("preferences".to_owned(), document(&file)?);
    }
    Ok(Value::Object(body))
}

fn change(args: &SetArgs) -> Result<Value, Failure> {
    let mut body = Map::new();
    for (key, given) in [("name", &args.name), ("target", &args.target)] {
        if let Some(text) = given {
            body.insert(key.to_owned(), Value::from(text.as_str()));
        }
    }
    if args.pause || args.activate {
        body.insert("status".to_owned(), Value::from(if args.pause { "paused" } else { "active" }));
    }
    if let Some(file) = &args.preferences {
        body.insert("preferences".to_owned(), document(file)?);
    }
    Ok(Value::Object(body))
}

fn tell_secret(secret: Option<&NewWebhookSecret>, out: &mut Output<'_>) -> Result<(), Failure> {
    let Some(secret) = secret else { return Ok(()) };
    match (&secret.secret, &secret.public_key) {
        (Some(shared), _) => {
            out.line(format!("Its secret, which is shown only now:\n\n  {}", shared.expose()))?;
        }
        (None, Some(key)) => out.line(format!("Its public key: {key}"))?,
        (None, None) => {}
    }
    Ok(())
}
