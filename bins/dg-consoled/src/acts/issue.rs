//! What the forms do that make a secret. The answer to such a form is itself the one page that shows it.

use dg_client::{Client, ClientError, IssuedToken, NewAccount, NewUser, UserAnswer};
use dg_domain::{Micros, TenantId};

use super::{NotDone, managed};
use crate::{
    model::{
        Fields,
        once::{OnceKind, OncePage},
    },
    place::{ManagedAt, Place, Screen},
};

/// Does `act`, whose answer holds a secret. `client` carries the form's key, by which the service knows a form that comes again:
/// nothing is made a second time then, and the page says that the secret was shown before.
///
/// # Errors
/// See [`NotDone`].
pub(crate) async fn issue(client: &Client, tenant: &TenantId, act: &str, fields: &Fields) -> Result<OncePage, NotDone> {
    let account = |id: &str| Place::of(tenant, Screen::Account(ManagedAt::of(id)));
    match act {
        "create-account" => {
            let grants = managed::grants(fields);
            let new = NewAccount {
                account_id: managed::named(fields, "account_id")?.to_owned(),
                roles: grants.roles,
                permissions: grants.permissions,
                tenant_ids: grants.tenants,
                owner_id: fields.text("owner_id"),
                display_name: fields.text("display_name"),
                expires_in_s: seconds(fields, "expires")?,
            };
            let made = once(client.create_account(&new).await)?.map(|made| made.token);
            Ok(token(&new.account_id, made, None, account(&new.account_id)))
        }
        "create-token" => {
            let id = managed::named(fields, "account_id")?;
            let made = client.create_token(id, seconds(fields, "expires")?, fields.get("label")).await;
            Ok(token(id, once(made)?, None, account(id)))
        }
        "rotate-token" => {
            let (id, old) = (managed::named(fields, "account_id")?, managed::named(fields, "token_id")?);
            let rotated = client.rotate_token(id, old, seconds(fields, "overlap")?, seconds(fields, "expires")?).await;
            let (made, until) = match once(rotated)? {
                Some(rotated) => (Some(rotated.token), time(rotated.replaced.expires_at.as_deref())),
                None => (None, None),
            };
            Ok(token(id, made, Some((old.to_owned(), until)), account(id)))
        }
        "create-person" => {
            let grants = managed::grants(fields);
            let new = NewUser {
                user_id: managed::named(fields, "user_id")?.to_owned(),
                display_name: fields.text("display_name"),
                roles: grants.roles,
                permissions: grants.permissions,
                tenant_ids: grants.tenants,
                password: None,
            };
            Ok(password(tenant, &new.user_id, once(client.create_user(&new).await)?))
        }
        "reset-password" => {
            let id = managed::named(fields, "user_id")?;
            managed::typed(fields, &managed::reset_phrase(id))?;
            Ok(password(tenant, id, once(client.reset_password(id, None).await)?))
        }
        _ => Err(NotDone::Unknown),
    }
}

/// What was made; none when the same form had made it before.
fn once<T>(answer: Result<T, ClientError>) -> Result<Option<T>, NotDone> {
    match answer {
        Ok(made) => Ok(Some(made)),
        // A conflict about the thing itself tells no status.
        Err(error) if error.code == "conflict" && error.details.contains_key("status") => Ok(None),
        Err(error) if error.code == "idempotency_conflict" => {
            Err(NotDone::refused(&error.code, "this form was sent before with other values; open it anew"))
        }
        Err(error) => Err(error.into()),
    }
}

fn token(whose: &str, made: Option<IssuedToken>, replaces: Option<(String, Option<Micros>)>, back: Place) -> OncePage {
    let (kind, whose) = (OnceKind::Token, whose.to_owned());
    let expires = made.as_ref().and_then(|made| time(made.expires_at.as_deref()));
    let (secret, public) = made.map(|made| (made.token, made.token_id)).unzip();
    OncePage { kind, whose, secret, public, expires, replaces, back }
}

fn password(tenant: &TenantId, whose: &str, made: Option<UserAnswer>) -> OncePage {
    OncePage {
        kind: OnceKind::Password,
        whose: whose.to_owned(),
        secret: made.and_then(|made| made.password),
        public: None,
        expires: None,
        replaces: None,
        back: Place::of(tenant, Screen::Person(ManagedAt::of(whose))),
    }
}

fn seconds(fields: &Fields, name: &str) -> Result<Option<u64>, NotDone> {
    let Some(sent) = fields.get(name) else { return Ok(None) };
    sent.parse().map(Some).map_err(|_| NotDone::wrong(format!("{sent} is no number of seconds")))
}

fn time(text: Option<&str>) -> Option<Micros> {
    text.and_then(Micros::parse_rfc3339)
}
