//! Inboxes and the outbox: who is told, and what goes out to where.

use std::collections::{BTreeSet, HashMap};

use dg_domain::{Micros, TenantId, keys};
use dg_workflow::{
    Notice,
    absence::Absence,
    telling::{Channel, Delivery, Member, Outlet, Preferences, Recipient, audience, plan},
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{error::StoreError, projections::columns::Columns, work::Work, workflow::absences};

macro_rules! sql {
    ($name:literal) => {
        include_str!(concat!("../../../../../sql/queries/telling/", $name, ".sql"))
    };
}

/// Somebody who may be told.
struct Known {
    has_address: bool,
    preferences: Preferences,
}

/// A channel of the tenant.
struct Way {
    outlet: Outlet,
    is_personal: bool,
    preferences: Preferences,
}

/// Puts new notifications into the inboxes of everybody they are for, and into the outbox what goes further.
pub(super) async fn tell(
    work: &Work,
    tenant: &TenantId,
    notices: &[(Uuid, &Notice)],
    now: Micros,
) -> Result<(), StoreError> {
    let absences = absences::at(work, tenant, now).await?;
    let (members, known) = accounts(work, tenant, notices, &absences).await?;
    let ways = ways(work, tenant).await?;
    let (mut recipients, mut deliveries) = (Vec::new(), Vec::new());
    for (notification_id, notice) in notices {
        for way in ways.iter().filter(|way| !way.is_personal) {
            let recipient = Recipient { account_id: None, outlets: vec![way.outlet.clone()], is_away: false };
            let planned = plan(notice, &recipient, &way.preferences, now);
            deliveries.extend(planned.iter().map(|one| delivery(tenant, *notification_id, None, one)));
        }
        for told in audience(&notice.audience, &members, &absences, now) {
            recipients.push(json!({
                "account_id": told.account_id,
                "notification_id": notification_id.to_string(),
                "instead_of": told.instead_of,
            }));
            let Some(known) = known.get(&told.account_id) else { continue };
            let own = known.has_address.then_some(Outlet { channel: Channel::Email, channel_id: None });
            let personal = ways.iter().filter(|way| way.is_personal).map(|way| way.outlet.clone());
            let recipient = Recipient {
                account_id: Some(told.account_id.clone()),
                outlets: own.into_iter().chain(personal).collect(),
                is_away: told.is_away,
            };
            let planned = plan(notice, &recipient, &known.preferences, now);
            deliveries
                .extend(planned.iter().map(|one| delivery(tenant, *notification_id, Some(&told.account_id), one)));
        }
    }
    if !recipients.is_empty() {
        let rows = Value::Array(recipients).to_string();
        work.count("telling.put_recipients", sql!("put_recipients"), &[&tenant.as_str(), &rows]).await?;
    }
    if !deliveries.is_empty() {
        let rows = Value::Array(deliveries).to_string();
        work.count("telling.put_deliveries", sql!("put_deliveries"), &[&tenant.as_str(), &rows]).await?;
    }
    Ok(())
}

/// The row of a message in the outbox. Its id says what goes where: made twice, it is one.
fn delivery(tenant: &TenantId, notification_id: Uuid, account_id: Option<&str>, planned: &Delivery) -> Value {
    let outlet = &planned.outlet;
    let channel_id = outlet.channel_id.as_deref();
    let parts = [
        tenant.as_str(),
        &notification_id.to_string(),
        outlet.channel.as_str(),
        channel_id.unwrap_or_default(),
        account_id.unwrap_or_default(),
    ];
    let delivery_id = uuid::Builder::from_custom_bytes(*keys::parts_key(&parts).as_bytes()).into_uuid();
    json!({
        "delivery_id": delivery_id.to_string(),
        "notification_id": notification_id.to_string(),
        "channel": outlet.channel.as_str(),
        "channel_id": channel_id,
        "account_id": account_id,
        "is_bundled": planned.is_bundled,
        "next_attempt_at": planned.at.rfc3339(),
    })
}

async fn accounts(
    work: &Work,
    tenant: &TenantId,
    notices: &[(Uuid, &Notice)],
    absences: &[Absence],
) -> Result<(Vec<Member>, HashMap<String, Known>), StoreError> {
    let name = "telling.audience";
    let wanted = notices.iter().map(|(_, notice)| &notice.audience);
    let mut names: BTreeSet<&str> = wanted.clone().flat_map(|one| &one.accounts).map(String::as_str).collect();
    names.extend(absences.iter().filter_map(|absence| absence.substitute_id.as_deref()));
    let roles: BTreeSet<&str> = wanted.filter_map(|one| one.role.as_deref()).collect();
    let (names, roles): (Vec<&str>, Vec<&str>) = (names.into_iter().collect(), roles.into_iter().collect());
    let rows = work.query(name, sql!("audience"), &[&tenant.as_str(), &names, &roles]).await?;
    let (mut members, mut known) = (Vec::with_capacity(rows.len()), HashMap::with_capacity(rows.len()));
    for row in &rows {
        let row = Columns { name, row };
        let account_id: String = row.get("account_id")?;
        let email: Option<&str> = row.get("email")?;
        let preferences = row.get::<Option<&str>>("preferences_json")?.map(preferences).unwrap_or_default();
        known.insert(account_id.clone(), Known { has_address: email.is_some(), preferences });
        members.push(Member { account_id, roles: row.get("roles")? });
    }
    Ok((members, known))
}

async fn ways(work: &Work, tenant: &TenantId) -> Result<Vec<Way>, StoreError> {
    let name = "telling.channels_active";
    let rows = work.query(name, sql!("channels_active"), &[&tenant.as_str()]).await?;
    let read = |row| {
        let row = Columns { name, row };
        let channel_id: Uuid = row.get("channel_id")?;
        Ok(Way {
            outlet: Outlet {
                channel: row.named("channel", Channel::from_name)?,
                channel_id: Some(channel_id.to_string()),
            },
            is_personal: row.get("is_personal")?,
            preferences: preferences(row.get("preferences_json")?),
        })
    };
    rows.iter().map(read).collect()
}

/// Preferences that other hands damaged must not keep a decision from being recorded: the default counts then.
fn preferences(text: &str) -> Preferences {
    serde_json::from_str(text).ok().and_then(|value| Preferences::read(&value).ok()).unwrap_or_default()
}
