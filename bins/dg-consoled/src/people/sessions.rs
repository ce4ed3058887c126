//! Signed-in sessions, in memory, bounded in number and time.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use dg_client::{Client, Secret};
use dg_domain::Micros;
use sha2::{Digest, Sha256};

use super::Person;

/// A session ends after this long without a request or an open page.
const IDLE: i64 = 30 * 60 * 1_000_000;
/// A session ends after this long in any case.
const ABSOLUTE: i64 = 12 * 3600 * 1_000_000;
/// Beyond this many the one idle for longest ends.
const MOST: usize = 10_000;

/// All sessions, by the hash of their id, so that a memory dump holds no cookie.
#[derive(Debug, Default)]
pub(crate) struct Sessions(Mutex<HashMap<[u8; 32], Session>>);

#[derive(Debug)]
struct Session {
    person: Arc<Person>,
    began: Micros,
    seen: Micros,
}

impl Sessions {
    /// Begins a session for whoever holds `token`; `id` becomes the cookie.
    pub(crate) fn begin(&self, id: &str, client: Client, token: Secret, csrf: String, now: Micros) -> Arc<Person> {
        let person = Arc::new(Person::new(client, token, false, csrf));
        let session = Session { person: Arc::clone(&person), began: now, seen: now };
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.retain(|_, session| session.keeps(now));
        if sessions.len() >= MOST
            && let Some(oldest) = sessions.iter().min_by_key(|(_, session)| session.seen).map(|(key, _)| *key)
        {
            sessions.remove(&oldest);
        }
        sessions.insert(key(id), session);
        person
    }

    /// Whose session this is, if it has not ended; counts as use.
    pub(crate) fn find(&self, id: &str, now: Micros) -> Option<Arc<Person>> {
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = key(id);
        let session = sessions.get_mut(&key)?;
        if session.keeps(now) {
            session.seen = now;
            return Some(Arc::clone(&session.person));
        }
        sessions.remove(&key);
        None
    }

    /// Ends a session; its open pages end with it.
    pub(crate) fn end(&self, id: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&key(id));
    }
}

impl Session {
    fn keeps(&self, now: Micros) -> bool {
        now.get() - self.seen.get() < IDLE
            && now.get() - self.began.get() < ABSOLUTE
            && !self.person.gone.is_cancelled()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.person.gone.cancel();
    }
}

fn key(id: &str) -> [u8; 32] {
    Sha256::digest(id.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begin(sessions: &Sessions, id: &str, now: Micros) -> Arc<Person> {
        let client = Client::new("http://127.0.0.1:1", "t").unwrap();
        sessions.begin(id, client, Secret::from("t"), String::new(), now)
    }

    #[test]
    fn sessions_end_when_idle_when_old_and_when_asked() {
        let sessions = Sessions::default();
        let at = |minutes: i64| Micros::new(minutes * 60 * 1_000_000);
        let person = begin(&sessions, "a", at(0));
        assert!(sessions.find("a", at(29)).is_some());
        assert!(sessions.find("b", at(29)).is_none());
        assert!(sessions.find("a", at(58)).is_some());
        assert!(!person.gone.is_cancelled());
        assert!(sessions.find("a", at(88)).is_none());
        assert!(person.gone.is_cancelled());

        begin(&sessions, "busy", at(0));
        let last = (0..).map(|step| at(step * 20)).find(|now| sessions.find("busy", *now).is_none()).unwrap();
        assert_eq!(last, at(12 * 60));

        let person = begin(&sessions, "out", at(0));
        sessions.end("out");
        assert!(person.gone.is_cancelled() && sessions.find("out", at(0)).is_none());
    }
}
