//! Who is looking: signed-in people, and the development reader.
//!
//! A person is a session that the service opened for them, or an API token, and what the service said about it. The console
//! itself may read nothing: every read is made in the person's name, so the service decides anew each time. What it knows
//! lives in memory only; a restart signs everybody out, and nothing secret is ever written down.

mod csrf;
mod said;
mod sessions;

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use dg_client::{Client, ClientError, Me, Secret};
use dg_domain::{Micros, TenantId};
use dg_runtime::{CancellationToken, clock};

pub(crate) use csrf::Csrf;
pub(crate) use sessions::Sessions;

use crate::model::{Said, Viewer};
use said::Saids;

/// For how long an answer about oneself is believed without asking again.
const BELIEVED: i64 = 5_000_000;

/// Somebody with a token.
#[derive(Debug)]
pub(crate) struct Person {
    /// The service, seen with the person's token.
    pub(crate) client: Client,
    /// Nobody signed in; the development token is used.
    pub(crate) development: bool,
    /// What the person's forms carry; empty for the development reader, who can change nothing.
    pub(crate) csrf: String,
    /// Cancelled at sign-out: open pages end.
    pub(crate) gone: CancellationToken,
    /// The token or session itself, for comparing and for asking in the person's name.
    pub(crate) token: Secret,
    known: Mutex<Option<(Micros, Me)>>,
    saids: Saids,
}

impl Person {
    fn new(client: Client, token: Secret, development: bool, csrf: String) -> Self {
        Self {
            client,
            development,
            csrf,
            gone: CancellationToken::new(),
            token,
            known: Mutex::default(),
            saids: Saids::default(),
        }
    }

    /// Keeps what is to be said about a form; the answer names it for the address of the page that says it.
    ///
    /// # Errors
    /// The system has no randomness to give.
    pub(crate) fn say(&self, said: Said) -> Result<String, getrandom::Error> {
        self.saids.keep(said)
    }

    /// What `name` says, unless it was so long ago that others took its place.
    pub(crate) fn said(&self, name: &str) -> Option<Said> {
        self.saids.find(name)
    }

    /// What the service says about the person; asked at most every few seconds unless `anew`.
    ///
    /// # Errors
    /// `unauthorized` once the token is not valid any more; otherwise whatever kept the service from answering.
    pub(crate) async fn me(&self, anew: bool) -> Result<Me, ClientError> {
        let now = clock::now();
        if let Some((at, me)) = self.remembered()
            && !anew
            && now.get() - at.get() < BELIEVED
        {
            return Ok(me);
        }
        let me = self.client.me().await?;
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, me.clone()));
        Ok(me)
    }

    /// Tells people apart without telling who they are.
    pub(crate) fn name(&self) -> String {
        self.remembered().map_or_else(|| "unknown".to_owned(), |(_, me)| me.account_id)
    }

    /// What is known without asking.
    pub(crate) fn viewer(&self) -> Viewer {
        let (account_id, roles, permissions) =
            self.remembered().map(|(_, me)| (me.account_id, me.roles, me.permissions)).unwrap_or_default();
        Viewer { account_id, roles, permissions, development: self.development }
    }

    /// Whether the person has to choose a password before anything else, as far as is known without asking.
    pub(crate) fn must_change_password(&self) -> bool {
        self.remembered().and_then(|(_, me)| me.session).is_some_and(|session| session.must_change_password)
    }

    /// Whether the service opened a session for this person.
    pub(crate) fn has_session(&self) -> bool {
        self.remembered().is_some_and(|(_, me)| me.session.is_some())
    }

    /// The tenants last heard of.
    pub(crate) fn tenants(&self) -> Vec<TenantId> {
        self.remembered().map(|(_, me)| tenants_of(&me)).unwrap_or_default()
    }

    fn remembered(&self) -> Option<(Micros, Me)> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The registered tenants an account may use, as ids; what is no id cannot be an address and is left out.
pub(crate) fn tenants_of(me: &Me) -> Vec<TenantId> {
    me.tenants.iter().filter_map(|tenant| TenantId::new(tenant).ok()).collect()
}

/// The reader that a development installation uses while nobody has signed in.
#[derive(Debug)]
pub(crate) struct Development {
    file: PathBuf,
    current: Mutex<Option<Arc<Person>>>,
}

impl Development {
    /// Uses the token in `file`, read anew for each page, so that it may appear or change later.
    pub(crate) fn new(file: PathBuf) -> Self {
        Self { file, current: Mutex::default() }
    }

    /// The reader, unless there is no usable token.
    pub(crate) fn person(&self, api: &Client) -> Option<Arc<Person>> {
        let token = std::fs::read_to_string(&self.file).ok()?;
        let token = Secret::from(token.trim());
        if token.expose().is_empty() {
            return None;
        }
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(person) = current.as_ref().filter(|person| person.token == token) {
            return Some(Arc::clone(person));
        }
        let client = api.with_token(token.clone()).ok()?;
        let person = Arc::new(Person::new(client, token, true, String::new()));
        *current = Some(Arc::clone(&person));
        Some(person)
    }
}

/// 256 random bits in hex.
///
/// # Errors
/// The system has no randomness to give.
pub(crate) fn random_id() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(hex::encode(bytes))
}
