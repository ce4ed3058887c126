//! From the first status to a suite that is ready, and beyond.

use std::{path::PathBuf, time::Duration};

use dg_client::{Client, Options, RetryPolicy};
use dg_http::setup::SetupCode;
use dg_storage::{Store, StoreError};
use serde_json::json;

use super::{
    layout::Layout,
    render::Plan,
    seed::{self, Tokens},
    watch::Watch,
};
use crate::{
    commands::database,
    connection::ClientFile,
    failure::{Exit, Failure},
    output::Output,
};

/// A fresh database is made and migrated within a few seconds; a busy machine needs longer.
const START: Duration = Duration::from_secs(120);

/// Waits until everything is up, makes what is missing, says where things are unless it was `told` before, then follows
/// the suite for ever.
///
/// # Errors
/// When it does not come up.
pub(super) async fn accompany(
    plan: &Plan,
    layout: &Layout,
    tokens: &Tokens,
    demo: bool,
    watch: &mut Watch,
    told: &mut bool,
    out: &mut Output<'_>,
) -> Result<(), Failure> {
    let place = match tokio::time::timeout(START, start(plan, layout, tokens, demo, watch)).await {
        Ok(place) => place?,
        Err(_) => {
            let message = format!("the suite was not ready within {} s", START.as_secs());
            return Err(Failure::new(Exit::Temporary, "not_ready", message)
                .advise(format!("look into {}, then try again", layout.dir().display())));
        }
    };
    if !*told {
        tell(&place, layout, demo, out)?;
        *told = true;
    }
    loop {
        watch.changed().await;
    }
}

/// Where a running suite is.
struct Place {
    api_url: String,
    console_url: String,
    admin_token: String,
    database_url: String,
    /// While nobody can sign in with a password.
    setup: Option<SetupCode>,
    /// Where the private server keeps its data, when that is outside of the suite's directory.
    data_elsewhere: Option<PathBuf>,
}

async fn start(plan: &Plan, layout: &Layout, tokens: &Tokens, demo: bool, watch: &mut Watch) -> Result<Place, Failure> {
    let mut accounts_made = false;
    let mut setup = None;
    loop {
        let status = watch.changed().await;
        if let Some(child) = status.down() {
            return Err(watch.explain(child));
        }
        // The schema is there now. The console may need its reader's token to become ready.
        if !accounts_made && status.is_up("dg-store") {
            let socket = status.postgres.as_ref().map(|server| server.socket_dir.as_path());
            let url = plan.owner_url(socket).ok_or_else(|| {
                Failure::new(Exit::Software, "internal_error", "the supervisor does not say where its server is")
            })?;
            setup = make_accounts(&url, tokens).await?;
            accounts_made = true;
        }
        if accounts_made && status.ready {
            let socket = status.postgres.as_ref().map(|server| server.socket_dir.as_path());
            let place = Place {
                api_url: address(layout, "dg-apid", "api")?,
                console_url: address(layout, "dg-consoled", "console")?,
                admin_token: tokens.admin.reveal().to_owned(),
                database_url: plan.owner_url(socket).unwrap_or_default(),
                setup: setup.take(),
                data_elsewhere: status
                    .postgres
                    .map(|server| server.data_dir)
                    .filter(|data_dir| !data_dir.starts_with(layout.dir())),
            };
            let options = Options { retry: RetryPolicy::PATIENT, ..Options::default() };
            seed::tenants(&Client::with_options(&place.api_url, place.admin_token.as_str(), options)?, demo).await?;
            write_client_file(&place, layout)?;
            return Ok(place);
        }
    }
}

/// Tried again while the database is away: a child may have been restarted just now.
async fn make_accounts(url: &str, tokens: &Tokens) -> Result<Option<SetupCode>, StoreError> {
    let store = Store::open(&database::owner(url))?;
    let make = async || {
        seed::accounts(&store, tokens).await?;
        database::open_setup(&store, "dg up").await
    };
    for _ in 0..20 {
        match make().await {
            Err(error) if error.is_transient() => tokio::time::sleep(Duration::from_millis(250)).await,
            other => return other,
        }
    }
    make().await
}

/// The address a daemon's listener got, by its own words.
fn address(layout: &Layout, daemon: &str, listener: &str) -> Result<String, Failure> {
    let path = layout.address_file(daemon);
    let text = std::fs::read_to_string(&path)?;
    let found = text.lines().find_map(|line| line.strip_prefix(listener)?.strip_prefix(' '));
    found.map(ToOwned::to_owned).ok_or_else(|| {
        let message = format!("{} names no listener {listener}", path.display());
        Failure::new(Exit::Software, "internal_error", message)
    })
}

fn write_client_file(place: &Place, layout: &Layout) -> Result<(), Failure> {
    let file = ClientFile {
        api_url: place.api_url.clone(),
        token: place.admin_token.clone(),
        tenant: seed::DEFAULT_TENANT.to_owned(),
        database_url: Some(place.database_url.clone()),
    };
    let text = toml::to_string(&file).map_err(super::unwritable)?;
    layout.write_private(&layout.client_file(), &text)
}

fn tell(place: &Place, layout: &Layout, demo: bool, out: &mut Output<'_>) -> Result<(), Failure> {
    if out.is_json() {
        out.document(&json!({
            "admin_token": place.admin_token,
            "api_url": place.api_url,
            "console_url": place.console_url,
            "database_url": place.database_url,
            "event": "ready",
            "setup_code": place.setup.as_ref().map(SetupCode::reveal),
        }))?;
        return Ok(out.flush()?);
    }
    out.line("\n\x1b[1mDecisionGraph is running.\x1b[0m\n")?;
    for (name, text) in [
        ("Console", place.console_url.as_str()),
        ("API", &place.api_url),
        ("Sign in", &place.admin_token),
        ("", &format!("(administrator {}; also in {})", seed::ADMIN, layout.client_file().display())),
        ("State", &layout.dir().display().to_string()),
    ] {
        out.line(format!("  {name:<8} {text}"))?;
    }
    if let Some(code) = &place.setup {
        out.line(format!(
            "  {:<8} {}/setup, where you make yourself the first person; code {}",
            "People",
            place.console_url,
            code.reveal()
        ))?;
    }
    if let Some(data_dir) = &place.data_elsewhere {
        out.line(format!("  {:<8} {} (PostgreSQL's account cannot reach the state)", "Data", data_dir.display()))?;
    }
    let tenant = if demo { format!(" -t {}", seed::DEMO_TENANT) } else { String::new() };
    out.line(format!(
        "\nIn another terminal: dg status, dg traces{tenant}, dg doctor. Ctrl-C here stops everything.\n"
    ))?;
    Ok(out.flush()?)
}
