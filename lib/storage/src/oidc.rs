//! Whom OpenID Connect issuers mean by their subjects, and sign-ins that have begun.

use dg_domain::Micros;
use tokio_postgres::{Row, types::ToSql};

use crate::{
    accounts::{Account, account, instant},
    audit::{self, By},
    error::StoreError,
    store::Store,
    work::Work,
};

const BEGIN: &str = include_str!("../../../sql/queries/oidc/begin.sql");
const TAKE: &str = include_str!("../../../sql/queries/oidc/take.sql");
const PERSON: &str = include_str!("../../../sql/queries/oidc/person.sql");
const LINK: &str = include_str!("../../../sql/queries/oidc/link.sql");
const LINKS: &str = include_str!("../../../sql/queries/oidc/links.sql");
const UNLINK: &str = include_str!("../../../sql/queries/oidc/unlink.sql");
const END_ALL: &str = include_str!("../../../sql/queries/sessions/end_all.sql");

/// What a sign-in is checked against when it comes back. The nonce and the verifier are secrets until then.
#[derive(Clone, PartialEq, Eq)]
pub struct Begun {
    /// The ID token has to name it.
    pub nonce: String,
    /// The code is exchanged with it (PKCE).
    pub code_verifier: String,
    /// Where the browser was to be sent back to.
    pub redirect_uri: String,
}

impl std::fmt::Debug for Begun {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Begun").field("redirect_uri", &self.redirect_uri).finish_non_exhaustive()
    }
}

/// That a subject of an issuer is a person here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The issuer, as its tokens name it.
    pub issuer: String,
    /// Whom the issuer means, in its own words.
    pub subject: String,
    /// The person.
    pub account_id: String,
    /// Since when.
    pub linked_at: Micros,
    /// Who said so; the person themselves when it was their first sign-in.
    pub linked_by: String,
}

impl Store {
    /// Notes a sign-in that begins, for `agent_id` to take within `seconds`; answers when that is over.
    ///
    /// # Errors
    /// The database's.
    pub async fn begin_oidc(
        &self,
        state_sha256: &[u8; 32],
        agent_id: &str,
        begun: &Begun,
        seconds: f64,
    ) -> Result<Micros, StoreError> {
        let name = "oidc.begin";
        let params: [&(dyn ToSql + Sync); 6] =
            [&state_sha256.as_slice(), &agent_id, &begun.nonce, &begun.code_verifier, &begun.redirect_uri, &seconds];
        let row = self.query_opt(name, BEGIN, &params).await?.ok_or(StoreError::NotFound { what: "sign-in" })?;
        instant(name, &row, "expires_at")
    }

    /// Takes a sign-in that `agent_id` began. It cannot be taken again; `None` for one that is unknown, over or another's.
    ///
    /// # Errors
    /// The database's.
    pub async fn take_oidc(&self, state_sha256: &[u8; 32], agent_id: &str) -> Result<Option<Begun>, StoreError> {
        let name = "oidc.take";
        let Some(row) = self.query_opt(name, TAKE, &[&state_sha256.as_slice(), &agent_id]).await? else {
            return Ok(None);
        };
        let read = || -> Result<Option<Begun>, tokio_postgres::Error> {
            if row.try_get("expired")? {
                return Ok(None);
            }
            Ok(Some(Begun {
                nonce: row.try_get("nonce")?,
                code_verifier: row.try_get("code_verifier")?,
                redirect_uri: row.try_get("redirect_uri")?,
            }))
        };
        read().map_err(StoreError::of(name))
    }

    /// The person whom an issuer means by a subject.
    ///
    /// # Errors
    /// The database's.
    pub async fn linked_person(&self, issuer: &str, subject: &str) -> Result<Option<Account>, StoreError> {
        let name = "oidc.person";
        self.query_opt(name, PERSON, &[&issuer, &subject]).await?.map(|row| account(name, &row)).transpose()
    }

    /// Says that a subject of an issuer is a person.
    ///
    /// # Errors
    /// [`StoreError::Exists`] when the subject is somebody already, the person another subject of the issuer, or no person;
    /// or the database's.
    pub async fn link_person(
        &self,
        account_id: &str,
        issuer: &str,
        subject: &str,
        by: &By,
    ) -> Result<Link, StoreError> {
        let name = "oidc.link";
        let work = Work::begin(self).await?;
        let row = work.query_opt(name, LINK, &[&issuer, &subject, &account_id, &by.name()]).await?;
        let linked = link(name, &row.ok_or(StoreError::Exists { what: "link" })?)?;
        let entry = by.did("user.link").subject(account_id).with("issuer", issuer).with("issuer_subject", subject);
        audit::append(&work, vec![entry]).await?;
        work.commit().await?;
        Ok(linked)
    }

    /// Who a person is at issuers.
    ///
    /// # Errors
    /// The database's.
    pub async fn links(&self, account_id: &str) -> Result<Vec<Link>, StoreError> {
        let name = "oidc.links";
        self.query(name, LINKS, &[&account_id]).await?.iter().map(|row| link(name, row)).collect()
    }

    /// Says that a person is nobody at an issuer any more, and ends their sessions.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when they were not, or the database's.
    pub async fn unlink_person(&self, account_id: &str, issuer: &str, by: &By) -> Result<Link, StoreError> {
        let name = "oidc.unlink";
        let work = Work::begin(self).await?;
        let row = work.query_opt(name, UNLINK, &[&account_id, &issuer]).await?;
        let ended = link(name, &row.ok_or(StoreError::NotFound { what: "link" })?)?;
        work.query("sessions.end_all", END_ALL, &[&account_id, &by.name(), &None::<&str>]).await?;
        let entry = by.did("user.unlink").subject(account_id).with("issuer", issuer);
        audit::append(&work, vec![entry.with("issuer_subject", ended.subject.clone())]).await?;
        work.commit().await?;
        Ok(ended)
    }
}

fn link(name: &'static str, row: &Row) -> Result<Link, StoreError> {
    let failed = StoreError::of(name);
    Ok(Link {
        issuer: row.try_get("issuer").map_err(failed)?,
        subject: row.try_get("subject").map_err(failed)?,
        account_id: row.try_get("account_id").map_err(failed)?,
        linked_at: instant(name, row, "linked_at")?,
        linked_by: row.try_get("linked_by").map_err(failed)?,
    })
}
