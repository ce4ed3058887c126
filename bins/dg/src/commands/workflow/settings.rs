//! Templates of reviews, and where new items go.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use dg_client::{Client, Routing, Template};
use serde_json::{Value, json};

use crate::{
    cli::TenantFlag,
    commands::{notifications::document, or_dash},
    failure::Failure,
    output::{Output, Table, printable, shortened},
};

/// What to do with templates.
#[derive(Debug, Subcommand)]
pub(crate) enum TemplatesCommand {
    /// List the newest version of each template.
    #[command(after_help = "Examples:\n  dg workflow templates list -t acme")]
    List(TenantFlag),
    /// Print the definition of a template.
    #[command(
        after_help = "Examples:\n  dg workflow templates show incident_triage -t acme > triage.json\n  dg workflow templates show refund --version 3"
    )]
    #[command(disable_version_flag = true)]
    Show {
        /// Name of the template.
        template_id: String,
        /// Another version than the newest; 0 for what is built in.
        #[arg(long, value_name = "N")]
        version: Option<i64>,
        #[command(flatten)]
        tenant: TenantFlag,
    },
    /// Make the next version of a template.
    Put(PutTemplateArgs),
}

/// The version to make.
#[derive(Debug, Args)]
#[command(after_help = "\
The file holds JSON as `dg workflow templates show` prints it. Items keep the version that they were made by.

Examples:
  dg workflow templates put refund refund.json --reason 'two people for refunds' -t acme
  dg workflow templates show refund | jq '.required_approvals = 2' | dg workflow templates put refund - --reason audit --seen 3
  dg workflow templates put refund refund.json --disable --reason 'not any more'")]
pub(crate) struct PutTemplateArgs {
    /// Name of the template.
    template_id: String,
    #[command(flatten)]
    put: PutArgs,
    /// Take it out of use.
    #[arg(long)]
    disable: bool,
}

/// What to do with routing.
#[derive(Debug, Subcommand)]
pub(crate) enum RoutingCommand {
    /// Print what is said about new items.
    #[command(
        after_help = "Examples:\n  dg workflow routing show -t acme > routing.json\n  dg workflow routing show --version 3"
    )]
    #[command(disable_version_flag = true)]
    Show {
        /// Another version than the newest.
        #[arg(long, value_name = "N")]
        version: Option<i64>,
        #[command(flatten)]
        tenant: TenantFlag,
    },
    /// Say something else about new items; those that are there stay where they are.
    #[command(after_help = "\
The file holds JSON: rules, of which the first that matches counts, sla_profile and calendar_id.

Examples:
  dg workflow routing put routing.json --reason 'large refunds need two people' -t acme")]
    Put(PutArgs),
}

/// A definition.
#[derive(Debug, Args)]
pub(crate) struct PutArgs {
    /// Its JSON; `-` for standard input.
    file: PathBuf,
    /// Why, for the audit.
    #[arg(long)]
    reason: String,
    /// Only if this is the newest version; 0 for none.
    #[arg(long, value_name = "VERSION")]
    seen: Option<i64>,
    #[command(flatten)]
    tenant: TenantFlag,
}

impl TemplatesCommand {
    pub(super) const fn tenant(&self) -> &TenantFlag {
        match self {
            Self::List(tenant) | Self::Show { tenant, .. } => tenant,
            Self::Put(args) => &args.put.tenant,
        }
    }
}

impl RoutingCommand {
    pub(super) const fn tenant(&self) -> &TenantFlag {
        match self {
            Self::Show { tenant, .. } => tenant,
            Self::Put(args) => &args.tenant,
        }
    }
}

pub(super) async fn templates(client: &Client, command: TemplatesCommand, out: &mut Output<'_>) -> Result<(), Failure> {
    match command {
        TemplatesCommand::List(_) => list(client.workflow_templates().await?, out),
        TemplatesCommand::Show { template_id, version, .. } => {
            let found = client.workflow_template(&template_id, version).await?;
            if out.is_json() {
                return out.document(&json!({ "template": found }));
            }
            Ok(out.line(format!("{:#}", found.definition))?)
        }
        TemplatesCommand::Put(PutTemplateArgs { template_id, put, disable }) => {
            let definition = document(&put.file)?;
            let made = client.put_workflow_template(&template_id, &definition, !disable, &put.reason, put.seen).await?;
            if out.is_json() {
                return out.document(&json!({ "template": made }));
            }
            Ok(out.line(format!("{} is at version {}.", made.template_id, made.version))?)
        }
    }
}

pub(super) async fn routing(client: &Client, command: RoutingCommand, out: &mut Output<'_>) -> Result<(), Failure> {
    let shown = |found: Routing, line: String, out: &mut Output<'_>| {
        if out.is_json() {
            return out.document(&json!({ "routing": found }));
        }
        Ok(out.line(line)?)
    };
    match command {
        RoutingCommand::Show { version, .. } => {
            let found = client.workflow_routing(version).await?;
            let line = format!("{:#}", found.definition);
            shown(found, line, out)
        }
        RoutingCommand::Put(args) => {
            let made = client.put_workflow_routing(&document(&args.file)?, &args.reason, args.seen).await?;
            let line = format!("Routing is at version {}.", made.version);
            shown(made, line, out)
        }
    }
}

fn list(templates: Vec<Template>, out: &mut Output<'_>) -> Result<(), Failure> {
    if out.is_json() {
        return out.document(&json!({ "templates": templates }));
    }
    let mut table = Table::new(&["TEMPLATE", "VERSION", "IN USE", "TITLE", "PRIORITY", "APPROVALS", "BY"]);
    for one in templates {
        let text = |key: &str| one.definition.get(key).and_then(Value::as_str).unwrap_or("-").to_owned();
        let approvals = one.definition.get("required_approvals").and_then(Value::as_i64).unwrap_or(1).to_string();
        let (title, priority) = (shortened(&printable(&text("title")), 40), text("default_priority"));
        let used = if one.enabled { "yes" } else { "no" }.to_owned();
        let by = or_dash(one.created_by.as_deref().map(printable));
        table.row([one.template_id, one.version.to_string(), used, title, priority, approvals, by]);
    }
    Ok(out.table(&table)?)
}
