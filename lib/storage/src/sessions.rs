//! Sessions of people who signed in.

use dg_domain::Micros;
use tokio_postgres::{Row, types::ToSql};

use crate::{
    accounts::{Account, account, instant, instant_if_any},
    audit::{self, AuditKind, By, Outcome},
    error::StoreError,
    store::Store,
    values::PgMicros,
    work::Work,
};

const CREATE: &str = include_str!("../../../sql/queries/sessions/create.sql");
const CREDENTIAL: &str = include_str!("../../../sql/queries/sessions/credential.sql");
const SEEN: &str = include_str!("../../../sql/queries/sessions/seen.sql");
const PAGE: &str = include_str!("../../../sql/queries/sessions/page.sql");
const ONE: &str = include_str!("../../../sql/queries/sessions/one.sql");
const END: &str = include_str!("../../../sql/queries/sessions/end.sql");

/// What is known about a session, apart from its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The public part.
    pub session_id: String,
    /// Whose it is.
    pub account_id: String,
    /// The program that signed the person in, and that alone may use it.
    pub agent_id: String,
    /// How the person proved who they are: `password` or `oidc`.
    pub method: String,
    /// Where they came from.
    pub address: Option<String>,
    /// When they signed in.
    pub created_at: Micros,
    /// Last used about then, to the minute.
    pub last_seen_at: Micros,
    /// Refused after so long without use.
    pub idle_seconds: i64,
    /// Refused from then on in any case.
    pub expires_at: Micros,
    /// Refused since then.
    pub ended_at: Option<Micros>,
    /// The principal that ended it.
    pub ended_by: Option<String>,
}

impl Session {
    /// Whether it is refused by then.
    #[must_use]
    pub fn is_over(&self, now: Micros) -> bool {
        // Use is noted once a minute at most, so a session lives up to that much longer and never shorter.
        let idle = now.get().saturating_sub(self.last_seen_at.get());
        self.ended_at.is_some() || self.expires_at <= now || idle > (self.idle_seconds + 60).saturating_mul(1_000_000)
    }
}

/// A session to begin. Only the hash of its text is stored.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// The public part.
    pub session_id: String,
    /// SHA-256 of the whole text.
    pub secret_sha256: [u8; 32],
    /// Whose it is.
    pub account_id: String,
    /// The program that signs the person in.
    pub agent_id: String,
    /// How they proved who they are: `password` or `oidc`.
    pub method: &'static str,
    /// Refused after so long without use.
    pub idle_seconds: i64,
    /// Refused from then on in any case.
    pub expires_at: Micros,
}

/// What a presented session is checked against, with the person as they are now.
#[derive(Clone)]
pub struct SessionCredential {
    /// The person.
    pub account: Account,
    /// The session.
    pub session: Session,
    /// Whether the person is to choose another password.
    pub must_change: bool,
    /// SHA-256 of the whole text; compare in constant time.
    pub secret_sha256: [u8; 32],
}

impl std::fmt::Debug for SessionCredential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SessionCredential").field("session", &self.session).finish_non_exhaustive()
    }
}

impl Store {
    /// Begins a session of somebody who proved who they are.
    ///
    /// # Errors
    /// The database's.
    pub async fn begin_session(&self, new: &NewSession, by: &By) -> Result<Session, StoreError> {
        let name = "sessions.create";
        let params: [&(dyn ToSql + Sync); 8] = [
            &new.session_id,
            &new.account_id,
            &new.agent_id,
            &new.secret_sha256.as_slice(),
            &new.method,
            &by.address,
            &new.idle_seconds,
            &PgMicros(new.expires_at),
        ];
        let work = Work::begin(self).await?;
        let row = work.query_opt(name, CREATE, &params).await?.ok_or(StoreError::NotFound { what: "session" })?;
        let entry = by.note(AuditKind::SignIn, "session.sign_in", Outcome::Done).subject(&new.account_id);
        let entry = entry.with("method", new.method).with("session_id", new.session_id.clone());
        audit::append(&work, vec![entry]).await?;
        work.commit().await?;
        session(name, &row)
    }

    /// What a presented session is checked against.
    ///
    /// # Errors
    /// The database's.
    pub async fn session_credential(&self, session_id: &str) -> Result<Option<SessionCredential>, StoreError> {
        let name = "sessions.credential";
        let Some(row) = self.query_opt(name, CREDENTIAL, &[&session_id]).await? else { return Ok(None) };
        let secret: &[u8] = row.try_get("secret_sha256").map_err(StoreError::of(name))?;
        let secret_sha256 = secret.try_into().map_err(|source| StoreError::corrupt(name, source))?;
        let created_at = instant(name, &row, "session_created_at")?;
        Ok(Some(SessionCredential {
            account: account(name, &row)?,
            session: Session { created_at, ..session(name, &row)? },
            must_change: row.try_get("must_change").map_err(StoreError::of(name))?,
            secret_sha256,
        }))
    }

    /// Notes that a session was used, at most once a minute. For a task beside the requests, not for a read itself.
    ///
    /// # Errors
    /// The database's.
    pub async fn session_seen(&self, session_id: &str) -> Result<(), StoreError> {
        self.query("sessions.seen", SEEN, &[&session_id]).await.map(drop)
    }

    /// One session.
    ///
    /// # Errors
    /// The database's.
    pub async fn session(&self, session_id: &str) -> Result<Option<Session>, StoreError> {
        let name = "sessions.one";
        self.query_opt(name, ONE, &[&session_id]).await?.map(|row| session(name, &row)).transpose()
    }

    /// At most `limit` sessions, newest first, after the one at `after`; those of one person, and the open ones only, when
    /// asked for.
    ///
    /// # Errors
    /// The database's.
    pub async fn sessions(
        &self,
        account_id: Option<&str>,
        open_only: bool,
        after: Option<(Micros, &str)>,
        limit: i64,
    ) -> Result<Vec<Session>, StoreError> {
        let name = "sessions.page";
        let (at, id) = after.unzip();
        let at = at.map(PgMicros);
        let rows = self.query(name, PAGE, &[&account_id, &open_only, &at, &id, &limit]).await?;
        rows.iter().map(|row| session(name, row)).collect()
    }

    /// Ends a session; `signing_out` tells whether its own person does it. Doing it again changes nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or the database's.
    pub async fn end_session(&self, session_id: &str, signing_out: bool, by: &By) -> Result<Session, StoreError> {
        let name = "sessions.end";
        let work = Work::begin(self).await?;
        let row = work.query_opt(name, END, &[&session_id, &by.name()]).await?;
        let row = row.ok_or(StoreError::NotFound { what: "session" })?;
        let ended = session(name, &row)?;
        if row.try_get("changed").map_err(StoreError::of(name))? {
            let entry = match signing_out {
                true => by.note(AuditKind::SignIn, "session.sign_out", Outcome::Done).subject(&ended.account_id),
                false => by.did("session.revoke").subject(&ended.account_id),
            };
            audit::append(&work, vec![entry.with("session_id", session_id)]).await?;
        }
        work.commit().await?;
        Ok(ended)
    }
}

fn session(name: &'static str, row: &Row) -> Result<Session, StoreError> {
    let failed = StoreError::of(name);
    Ok(Session {
        session_id: row.try_get("session_id").map_err(failed)?,
        account_id: row.try_get("account_id").map_err(failed)?,
        agent_id: row.try_get("agent_id").map_err(failed)?,
        method: row.try_get("method").map_err(failed)?,
        address: row.try_get("address").map_err(failed)?,
        created_at: instant(name, row, "created_at")?,
        last_seen_at: instant(name, row, "last_seen_at")?,
        idle_seconds: row.try_get("idle_seconds").map_err(failed)?,
        expires_at: instant(name, row, "expires_at")?,
        ended_at: instant_if_any(name, row, "ended_at")?,
        ended_by: row.try_get("ended_by").map_err(failed)?,
    })
}
