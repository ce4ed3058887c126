//! Files as evidence: attaching one, and getting it back.

use std::path::{Path, PathBuf};

use clap::Args;
use dg_client::{Client, WorkflowAction};
use dg_workflow::evidence::{LARGEST_FILE, MediaType};

use super::tell;
use crate::{
    cli::TenantFlag,
    commands::export::deliver,
    failure::{Exit, Failure},
    output::Output,
};

/// What to attach, and to what.
#[derive(Debug, Args)]
#[command(after_help = "\
At most 10 MiB: CSV, JPEG, JSON, Markdown, PDF, plain text, PNG, WebP. Needs the permission workflow_review, or having asked.

Examples:
  dg workflow attach refund-4:exception:refund-4-late invoice.pdf --label 'Invoice 7' -t acme
  dg workflow attach refund-4:exception:refund-4-late notes --type text/plain --note 'from the call'")]
pub(crate) struct AttachArgs {
    /// Id of the item.
    workflow_id: String,
    /// The file.
    file: PathBuf,
    /// What people call it; the name of the file where nothing is said.
    #[arg(long)]
    label: Option<String>,
    /// What is said about it.
    #[arg(long)]
    note: Option<String>,
    /// What it holds, where its name does not tell.
    #[arg(long = "type", value_name = "MEDIA_TYPE")]
    media_type: Option<String>,
    #[command(flatten)]
    pub(super) tenant: TenantFlag,
}

/// Which file.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dg workflow file 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae --out invoice.pdf -t acme")]
pub(crate) struct FileArgs {
    /// The SHA-256 that evidence names.
    sha256: String,
    /// Write to this file, which appears when it is complete.
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    pub(super) tenant: TenantFlag,
}

/// Puts it and names it.
pub(super) async fn attach(client: &Client, args: AttachArgs, out: &mut Output<'_>) -> Result<(), Failure> {
    let path = args.file.as_path();
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    let media_type = match args.media_type {
        Some(media_type) => media_type,
        None => told(name.as_deref().unwrap_or_default())?.to_owned(),
    };
    let file = client.put_workflow_file(&media_type, content(path)?).await?;
    let label = args.label.or(name);
    let action = WorkflowAction {
        action: "attach".to_owned(),
        note: args.note,
        evidence: vec![file.evidence(label.as_deref())],
        ..WorkflowAction::default()
    };
    let done = client.act_on_workflow(&args.workflow_id, &action).await?;
    if out.is_json() {
        return out.document(&done);
    }
    tell(&done.workflow, out)?;
    Ok(out.line(format!("  attached {} ({}, {} bytes)", file.sha256, file.media_type, file.size_bytes))?)
}

/// Gets it back.
pub(super) async fn get(client: &Client, args: &FileArgs, out: &mut Output<'_>) -> Result<(), Failure> {
    deliver(&client.workflow_file(&args.sha256).await?, args.out.as_deref(), out)
}

/// What a file of that name holds.
fn told(name: &str) -> Result<&'static str, Failure> {
    let unknown = || {
        let known = MediaType::ALL.map(MediaType::as_str).join(", ");
        Failure::usage(format!("the name {name:?} does not tell what the file holds"))
            .advise(format!("give --type: {known}"))
    };
    MediaType::of_name(name).map(MediaType::as_str).ok_or_else(unknown)
}

fn content(path: &Path) -> Result<Vec<u8>, Failure> {
    let unreadable = |error: std::io::Error| {
        Failure::new(Exit::Unavailable, "io", format!("cannot read {}: {error}", path.display()))
    };
    let size = std::fs::metadata(path).map_err(unreadable)?.len();
    if size > LARGEST_FILE as u64 {
        return Err(Failure::new(Exit::Data, "payload_too_large", format!("{} is larger than 10 MiB", path.display())));
    }
    std::fs::read(path).map_err(unreadable)
}
