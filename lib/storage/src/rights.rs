//! Whether a daemon's session has the rights of its role and no more.
//!
//! Row-level security does not concern superusers, and whoever has the rights of several roles has all of their policies. A
//! daemon that works like that would do everything right and be protected by nothing, so it is told instead.

use tokio_postgres::Row;
use tracing::warn;

use crate::{bootstrap::ROLES, error::StoreError, store::Store};

const SESSION: &str = include_str!("../../../sql/queries/rights/session.sql");

/// What the catalogue says of a session.
#[derive(Clone, Debug, Default)]
struct Session {
    works_as: String,
    came_as: String,
    superuser: bool,
    bypasses: bool,
    came_mighty: bool,
    rights_of: Vec<String>,
}

impl Session {
    fn read(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Self {
            works_as: row.try_get("works_as")?,
            came_as: row.try_get("came_as")?,
            superuser: row.try_get("superuser")?,
            bypasses: row.try_get("bypasses")?,
            came_mighty: row.try_get("came_mighty")?,
            rights_of: row.try_get("rights_of")?,
        })
    }

    /// What it may do beyond `role`, in words.
    fn excess(&self, role: &str) -> Option<String> {
        if self.superuser {
            return Some("is a superuser".to_owned());
        }
        if self.bypasses {
            return Some("bypasses row-level security".to_owned());
        }
        let others: Vec<&str> = self.rights_of.iter().map(String::as_str).filter(|other| *other != role).collect();
        (!others.is_empty()).then(|| format!("has the rights of {}", others.join(", ")))
    }
}

impl Store {
    /// Whether a daemon can work: the schema is the one this program was built for, and the session has the rights of `role`,
    /// one of [`ROLES`], and no more.
    ///
    /// # Errors
    /// As [`Store::check_schema`]; [`StoreError::RoleTooStrong`].
    pub async fn check_daemon(&self, role: &'static str) -> Result<(), StoreError> {
        if !self.is_restricted() {
            self.check_rights(role).await?;
            self.set_restricted();
        }
        self.check_schema().await
    }

    async fn check_rights(&self, role: &'static str) -> Result<(), StoreError> {
        let name = "rights.session";
        let roles: Vec<&str> = ROLES.to_vec();
        let row = self.query_opt(name, SESSION, &[&roles]).await?;
        let row = row.ok_or(StoreError::NotFound { what: "database role" })?;
        let session = Session::read(&row).map_err(StoreError::of(name))?;
        if let Some(excess) = session.excess(role) {
            return Err(StoreError::RoleTooStrong { found: session.works_as, excess, needed: role });
        }
        if session.came_mighty {
            warn!(
                login = session.came_as,
                role,
                "the database user {} could leave the role {role} again: it is a superuser or bypasses row-level security",
                session.came_as
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(change: impl FnOnce(&mut Session), expected: Option<&str>) {
        let mut session = Session { rights_of: vec!["dg_apid".to_owned()], ..Session::default() };
        change(&mut session);
        assert_eq!(session.excess("dg_apid").as_deref(), expected);
    }

    #[test]
    fn the_rights_of_the_role_are_enough_and_everything_else_is_too_much() {
        check(|_| (), None);
        check(|session| session.came_mighty = true, None);
        check(|session| session.rights_of.clear(), None);
        check(|session| session.superuser = true, Some("is a superuser"));
        check(|session| session.bypasses = true, Some("bypasses row-level security"));
        let more = |session: &mut Session| session.rights_of.insert(1, "dg_owner".to_owned());
        check(more, Some("has the rights of dg_owner"));
    }
}
