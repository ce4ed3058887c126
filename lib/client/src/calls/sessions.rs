//! Sessions of people, for whoever looks after them.

use serde::{Deserialize, Serialize};

use super::Params;
use crate::{Client, ClientError, Session, client::Repeat, path::segment};

/// Which sessions to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionQuery {
    /// Only those of this person.
    pub user_id: Option<String>,
    /// Also those that have ended.
    pub all: bool,
    /// At most so many.
    pub limit: Option<u32>,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

/// A page of sessions, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionPage {
    /// For the next page; none at the end.
    #[serde(default)]
    pub next_cursor: Option<String>,
    /// The sessions.
    pub sessions: Vec<Session>,
}

#[derive(Deserialize)]
struct OneSession {
    session: Session,
}

impl Client {
    /// One page of sessions.
    ///
    /// # Errors
    /// `forbidden` without the admin role.
    pub async fn sessions(&self, query: &SessionQuery) -> Result<SessionPage, ClientError> {
        let params = Params::default()
            .set("user_id", query.user_id.as_deref())
            .set("status", query.all.then_some("all"))
            .set("limit", query.limit)
            .set("cursor", query.cursor.as_deref());
        self.get("/admin/sessions".to_owned(), params.0).await
    }

    /// Ends somebody's session.
    ///
    /// # Errors
    /// `not_found` for an unknown one.
    pub async fn revoke_session(&self, session_id: &str) -> Result<Session, ClientError> {
        let path = format!("/admin/sessions/{}/revoke", segment("a session id", session_id)?);
        Ok(self.post::<OneSession>(path, Vec::new(), &serde_json::Map::new(), Repeat::Safe).await?.session)
    }
}
