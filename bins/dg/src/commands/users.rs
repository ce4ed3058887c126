//! `dg users`: people who sign in.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use dg_client::{Link, NewUser, UserAnswer};
use serde_json::json;

use super::{accounts::SetArgs, joined, or_dash};
use crate::{
    cli::Global,
    connection,
    failure::{Exit, Failure},
    output::{Output, Table},
};

/// What to do with users.
#[derive(Debug, Subcommand)]
pub(crate) enum UsersCommand {
    /// List all users.
    #[command(after_help = "Examples:\n  dg users list\n  dg users list --json | jq '.users[].last_seen_at'")]
    List,
    /// Show one user.
    #[command(after_help = "Examples:\n  dg users show ana")]
    Show {
        /// Name of the user.
        #[arg(value_name = "NAME")]
        user_id: String,
    },
    /// Create a user and print the first password, once.
    Create(CreateArgs),
    /// Change what a user may do, or switch them off and on.
    #[command(after_help = "\
What is not named stays as it is. It counts from the next request on, in every process.

Examples:
  dg users set ana --role writer --permission workflow_review
  dg users set ana --disabled true")]
    Set(SetArgs),
    /// Give a user another first password and end their sessions.
    Password(PasswordArgs),
    /// Let a user sign in at an OpenID Connect issuer.
    #[command(after_help = "\
The issuer is the one of api.oidc.issuer, and the subject what its tokens call the user (`sub`). An issuer's subject is one
user, and a user one subject of an issuer.

Examples:
  dg users link ana --issuer https://id.example.org --subject 248289761001")]
    Link {
        /// Name of the user.
        #[arg(value_name = "NAME")]
        user_id: String,
        /// The issuer, to the letter.
        #[arg(long, value_name = "URL")]
        issuer: String,
        /// Whom the issuer means.
        #[arg(long, value_name = "TEXT")]
        subject: String,
    },
    /// Do not let a user sign in at an issuer any more, and end their sessions.
    #[command(after_help = "Examples:\n  dg users unlink ana --issuer https://id.example.org")]
    Unlink {
        /// Name of the user.
        #[arg(value_name = "NAME")]
        user_id: String,
        /// The issuer, to the letter.
        #[arg(long, value_name = "URL")]
        issuer: String,
    },
}

/// The user to create.
#[derive(Debug, Args)]
#[command(after_help = "\
The password is for signing in once: the user has to choose another one.

Examples:
  dg users create ana --role reader --tenant acme --display-name 'Ana Ruiz'
  dg users create ops --role admin --tenant '*' --permission '*' --json | jq -r .password")]
pub(crate) struct CreateArgs {
    /// Their name: recorded with everything they do.
    #[arg(value_name = "NAME")]
    user_id: String,
    /// What they may do; may be repeated.
    #[arg(long = "role", value_name = "ROLE", required = true, value_parser = ["reader", "writer", "admin"])]
    roles: Vec<String>,
    /// Where; may be repeated, '*' for every tenant.
    #[arg(short, long = "tenant", value_name = "TENANT", required = true)]
    tenants: Vec<String>,
    /// More that they may do; may be repeated, '*' for all.
    #[arg(long = "permission", value_name = "PERMISSION")]
    permissions: Vec<String>,
    /// How people call them.
    #[arg(long, value_name = "TEXT")]
    display_name: Option<String>,
    /// File with the first password; one is drawn without this.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

/// Whose password to set.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  dg users password ana\n  dg users password ana --password-file first.txt")]
pub(crate) struct PasswordArgs {
    /// Name of the user.
    #[arg(value_name = "NAME")]
    user_id: String,
    /// File with the first password; one is drawn without this.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

pub(crate) async fn run(global: &Global, command: UsersCommand, out: &mut Output<'_>) -> Result<(), Failure> {
    let client = connection::service(global)?;
    match command {
        UsersCommand::List => {
            let users = client.users().await?;
            if out.is_json() {
                return out.document(&json!({ "users": users }));
            }
            let mut table = Table::new(&["USER", "NAME", "ROLES", "PERMISSIONS", "TENANTS", "STATE", "LAST SEEN"]);
            for user in users {
                let state = if user.disabled { "disabled" } else { "active" };
                table.row([
                    user.user_id,
                    or_dash(user.display_name),
                    joined(&user.roles),
                    joined(&user.permissions),
                    joined(&user.tenant_ids),
                    state.to_owned(),
                    or_dash(user.last_seen_at),
                ]);
            }
            Ok(out.table(&table)?)
        }
        UsersCommand::Show { user_id } => {
            let user = client.user(&user_id).await?;
            let links = client.links(&user_id).await?;
            if out.is_json() {
                return out.document(&json!({ "links": links, "user": user }));
            }
            out.line(format!("{}{}", user.user_id, if user.disabled { " (disabled)" } else { "" }))?;
            let password = match (user.has_password, user.must_change_password) {
                (false, _) => "none".to_owned(),
                (true, true) => "to be changed by the user".to_owned(),
                (true, false) => format!("of {}", or_dash(user.password_changed_at)),
            };
            for (name, text) in [
                ("name", or_dash(user.display_name)),
                ("roles", joined(&user.roles)),
                ("permissions", joined(&user.permissions)),
                ("tenants", joined(&user.tenant_ids)),
                ("password", password),
                ("last seen", or_dash(user.last_seen_at)),
                ("created", or_dash(user.created_at)),
            ] {
                out.line(format!("  {name:<12} {text}"))?;
            }
            for Link { issuer, subject, .. } in links {
                out.line(format!("  {:<12} {subject} at {issuer}", "signs in as"))?;
            }
            Ok(())
        }
        UsersCommand::Create(args) => {
            let password = args.password_file.as_deref().map(read).transpose()?;
            let CreateArgs { user_id, roles, tenants: tenant_ids, permissions, display_name, .. } = args;
            let new = NewUser { user_id, display_name, roles, permissions, tenant_ids, password };
            tell(&client.create_user(&new).await?, "Created", out)
        }
        UsersCommand::Set(args) => {
            let user = client.change_user(&args.account_id, &args.change()).await?;
            if out.is_json() {
                return out.document(&json!({ "user": user }));
            }
            Ok(out.line(format!("Changed {}.", user.user_id))?)
        }
        UsersCommand::Password(args) => {
            let password = args.password_file.as_deref().map(read).transpose()?;
            let answer = client.reset_password(&args.user_id, password.as_deref()).await?;
            tell(&answer, "Set the password of", out)
        }
        UsersCommand::Link { user_id, issuer, subject } => {
            let link = client.link_user(&user_id, &issuer, &subject).await?;
            if out.is_json() {
                return out.document(&json!({ "link": link, "user_id": user_id }));
            }
            Ok(out.line(format!("{user_id} signs in as {} at {}.", link.subject, link.issuer))?)
        }
        UsersCommand::Unlink { user_id, issuer } => {
            let link = client.unlink_user(&user_id, &issuer).await?;
            if out.is_json() {
                return out.document(&json!({ "link": link, "user_id": user_id }));
            }
            Ok(out.line(format!("{user_id} does not sign in at {} any more.", link.issuer))?)
        }
    }
}

fn tell(answer: &UserAnswer, verb: &str, out: &mut Output<'_>) -> Result<(), Failure> {
    let user = &answer.user;
    let password = answer.password.as_ref().map(dg_client::Secret::expose);
    if out.is_json() {
        return out.document(&json!({ "password": password, "user": user, "user_id": user.user_id }));
    }
    out.line(format!("{verb} {}.", user.user_id))?;
    match password {
        Some(password) => Ok(out.line(format!(
            "The password, which is shown only now and has to be changed at the first sign-in:\n\n  {password}"
        ))?),
        None => Ok(()),
    }
}

fn read(file: &Path) -> Result<String, Failure> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::new(Exit::Data, "bad_format", format!("{}: {error}", file.display())))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}
