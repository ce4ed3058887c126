//! Reads people, where they are signed in, and who they are at issuers.

use dg_client::{Link, Session, SessionQuery, User};
use dg_domain::TenantId;

use super::{Found, SignedOut, accounts::time, outage, panel};
use crate::{
    model::{
        Body, Freshness, Notice,
        accounts::Grants,
        people::{LinkRow, PeoplePage, PersonPage, PersonRow, SessionRow},
    },
    people::Person,
    place::{ManagedAt, Place},
};

/// Nobody is signed in at so many places at once; the newest are shown.
const SESSIONS: u32 = 50;

pub(super) async fn list(person: &Person, place: &Place, tenant: &TenantId, asking: bool) -> Result<Found, SignedOut> {
    let list = panel(person.client.users().await.map(|users| users.into_iter().map(row).collect()))?;
    let outage = outage(&list);
    let body = Body::People(Box::new(PeoplePage { tenant: tenant.clone(), asking, list }));
    Ok(Found { place: place.clone(), title: "People".to_owned(), body, freshness: Freshness::Unknown, outage })
}

pub(super) async fn one(person: &Person, place: &Place, tenant: &TenantId, at: &ManagedAt) -> Result<Found, SignedOut> {
    let client = &person.client;
    let query = SessionQuery { user_id: Some(at.id.clone()), limit: Some(SESSIONS), ..SessionQuery::default() };
    let (user, sessions, links) = tokio::join!(client.user(&at.id), client.sessions(&query), client.links(&at.id));
    let who = match user {
        Err(error) if error.status == Some(404) => return Ok(Found::says(place, Notice::NotFound)),
        answer => panel(answer.map(row))?,
    };
    let page = PersonPage {
        tenant: tenant.clone(),
        at: at.clone(),
        sessions: panel(sessions.map(|page| page.sessions.into_iter().map(session).collect()))?,
        links: panel(links.map(|links| links.into_iter().map(link).collect()))?,
        person: who,
    };
    let outage = outage(&page.person);
    let body = Body::Person(Box::new(page));
    Ok(Found { place: place.clone(), title: at.id.clone(), body, freshness: Freshness::Unknown, outage })
}

fn row(user: User) -> PersonRow {
    PersonRow {
        seen: time(user.last_seen_at.as_deref()),
        password_since: time(user.password_changed_at.as_deref()),
        created: time(user.created_at.as_deref()),
        user_id: user.user_id,
        display_name: user.display_name,
        grants: Grants { roles: user.roles, permissions: user.permissions, tenants: user.tenant_ids },
        disabled: user.disabled,
        has_password: user.has_password,
        must_change: user.must_change_password,
        created_by: user.created_by.unwrap_or_default(),
    }
}

fn session(session: Session) -> SessionRow {
    SessionRow {
        began: time(Some(&session.created_at)),
        seen: time(Some(&session.last_seen_at)),
        expires: time(Some(&session.expires_at)),
        session_id: session.session_id,
        agent: session.agent,
        method: session.method,
        address: session.address,
    }
}

fn link(link: Link) -> LinkRow {
    LinkRow { since: time(Some(&link.linked_at)), issuer: link.issuer, subject: link.subject, by: link.linked_by }
}
