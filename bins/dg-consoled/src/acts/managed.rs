//! What the forms about accounts, people, sessions and tenants do, as far as no secret comes of it.

use dg_client::{AccountChange, Client, LimitsChange, TenantChange};
use dg_domain::TenantId;

use super::{Done, NotDone};
use crate::{
    model::{Fields, accounts::Grants},
    place::{ManagedAt, Place, Screen},
};

/// What has to be typed before a token of `account_id` is taken back.
pub(crate) fn revoke_phrase(account_id: &str) -> String {
    format!("REVOKE {}", account_id.to_uppercase())
}

/// What has to be typed before an account or a person is switched off.
pub(crate) fn disable_phrase(id: &str) -> String {
    format!("DISABLE {}", id.to_uppercase())
}

/// What has to be typed before somebody gets another password.
pub(crate) fn reset_phrase(user_id: &str) -> String {
    format!("RESET {}", user_id.to_uppercase())
}

/// What has to be typed before a tenant gets the status `status`; none for the one in which everything works.
pub(crate) fn status_phrase(status: &str, tenant: &TenantId) -> Option<String> {
    let verb = match status {
        "suspended" => "SUSPEND",
        "closed" => "CLOSE",
        _ => return None,
    };
    Some(format!("{verb} {}", tenant.as_str().to_uppercase()))
}

/// What is given in a form.
pub(super) fn grants(fields: &Fields) -> Grants {
    let all = |name: &str| fields.all(name).map(str::to_owned).collect();
    let tenants = fields.get("tenants").unwrap_or_default();
    let tenants = tenants.split([' ', ',', '\n', '\r', '\t']).filter(|name| !name.is_empty());
    Grants { roles: all("role"), permissions: all("permission"), tenants: tenants.map(str::to_owned).collect() }
}

/// A field that has to be there.
pub(super) fn named<'f>(fields: &'f Fields, name: &str) -> Result<&'f str, NotDone> {
    fields.get(name).ok_or_else(|| NotDone::wrong(format!("{} is missing", name.replace('_', " "))))
}

/// Holds when the phrase was typed as it is shown.
pub(super) fn typed(fields: &Fields, phrase: &str) -> Result<(), NotDone> {
    if fields.get("phrase") == Some(phrase) {
        return Ok(());
    }
    Err(NotDone::refused("phrase_missing", format!("type {phrase} to confirm")))
}

pub(super) async fn change_account(client: &Client, tenant: &TenantId, fields: &Fields) -> Result<Done, NotDone> {
    let id = named(fields, "account_id")?;
    let change = AccountChange { owner_id: Some(fields.text("owner_id")), ..change(fields) };
    client.change_account(id, &change).await?;
    Ok(at_account(tenant, id, "The account is changed. It counts from its next request on."))
}

pub(super) async fn switch_account(client: &Client, tenant: &TenantId, fields: &Fields) -> Result<Done, NotDone> {
    let id = named(fields, "account_id")?;
    let (switch, words) = switch(fields, id)?;
    client.change_account(id, &switch).await?;
    Ok(at_account(tenant, id, &format!("The account is {words}.")))
}

pub(super) async fn revoke_token(client: &Client, tenant: &TenantId, fields: &Fields) -> Result<Done, NotDone> {
    let (id, token_id) = (named(fields, "account_id")?, named(fields, "token_id")?);
    typed(fields, &revoke_phrase(id))?;
    client.revoke_token(id, token_id).await?;
    Ok(at_account(tenant, id, &format!("The token {token_id} is revoked; it is refused from now on.")))
}

pub(super) async fn change_person(client: &Client, tenant: &TenantId, fields: &Fields) -> Result<Done, NotDone> {
    let id = named(fields, "user_id")?;
    client.change_user(id, &change(fields)).await?;
    Ok(at_person(tenant, id, "What they may do is changed. It counts from their next page on."))
}

pub(super) async fn switch_person(client: &Client, tenant: &TenantId, fields: &Fields) -> Result<Done, NotDone> {
    let id = named(fields, "user_id")?;
    let (switch, words) = switch(fields, id)?;
    client.change_user(id, &switch).await?;
    Ok(at_person(tenant, id, &format!("{id} is {words}.")))
}

pub(super) async fn end_session(client: &Client, fields: &Fields) -> Result<Done, NotDone> {
    let session = client.revoke_session(named(fields, "session_id")?).await?;
    Ok(Done::here(format!("The session {} is {}; it is refused from now on.", session.session_id, session.status)))
}

pub(super) async fn link_person(client: &Client, tenant: &TenantId, fields: &Fields) -> Result<Done, NotDone> {
    let id = named(fields, "user_id")?;
    let link = client.link_user(id, named(fields, "issuer")?, named(fields, "subject")?).await?;
    Ok(at_person(tenant, id, &format!("{id} signs in as {} at {} from now on.", link.subject, link.issuer)))
}

pub(super) async fn unlink_person(client: &Client, tenant: &TenantId, fields: &Fields) -> Result<Done, NotDone> {
    let id = named(fields, "user_id")?;
    let link = client.unlink_user(id, named(fields, "issuer")?).await?;
    Ok(at_person(tenant, id, &format!("{id} is nobody at {} any more, and their sessions have ended.", link.issuer)))
}

pub(super) async fn change_tenant(client: &Client, tenant: &TenantId, fields: &Fields) -> Result<Done, NotDone> {
    let reason = fields.text("reason").ok_or_else(|| NotDone::refused("reason_missing", "say why: it is recorded"))?;
    let mut change = TenantChange { reason: Some(reason), ..TenantChange::default() };
    if let Some(status) = fields.text("status") {
        if let Some(phrase) = status_phrase(&status, tenant) {
            typed(fields, &phrase)?;
        }
        change.status = Some(status);
    } else {
        change.limits = LimitsChange {
            max_event_bytes: Some(limit(fields, "max_event_bytes")?),
            max_batch_events: Some(limit(fields, "max_batch_events")?),
            reads_per_second: Some(limit(fields, "reads_per_second")?),
            writes_per_second: Some(limit(fields, "writes_per_second")?),
        };
    }
    let changed = client.change_tenant(tenant.as_str(), &change).await?;
    let text = format!("The tenant is changed; it is {}.", changed.status.unwrap_or_default());
    Ok(Done { text, to: Some(Place::of(tenant, Screen::Tenant { doing: None })) })
}

/// Blank gives a limit up.
fn limit(fields: &Fields, name: &str) -> Result<Option<i64>, NotDone> {
    let Some(sent) = fields.get(name) else { return Ok(None) };
    sent.parse().map(Some).map_err(|_| NotDone::wrong(format!("{} needs a whole number", name.replace('_', " "))))
}

fn change(fields: &Fields) -> AccountChange {
    let grants = grants(fields);
    AccountChange {
        display_name: fields.text("display_name"),
        roles: Some(grants.roles),
        permissions: Some(grants.permissions),
        tenant_ids: Some(grants.tenants),
        ..AccountChange::default()
    }
}

fn switch(fields: &Fields, id: &str) -> Result<(AccountChange, &'static str), NotDone> {
    let (disabled, words) = match fields.get("switch") {
        Some("disable") => (true, "disabled and may do nothing from now on"),
        Some("enable") => (false, "enabled again"),
        _ => return Err(NotDone::wrong("choose what is to be done")),
    };
    if disabled {
        typed(fields, &disable_phrase(id))?;
    }
    Ok((AccountChange { disabled: Some(disabled), ..AccountChange::default() }, words))
}

fn at_account(tenant: &TenantId, id: &str, text: &str) -> Done {
    Done { text: text.to_owned(), to: Some(Place::of(tenant, Screen::Account(ManagedAt::of(id)))) }
}

fn at_person(tenant: &TenantId, id: &str, text: &str) -> Done {
    Done { text: text.to_owned(), to: Some(Place::of(tenant, Screen::Person(ManagedAt::of(id)))) }
}
