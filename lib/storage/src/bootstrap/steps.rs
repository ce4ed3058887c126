//! Which statements a server still needs, worked out from what it has.

use super::ROLES;
use crate::connection::quoted;

/// What the catalogue said.
#[derive(Clone, Debug, Default)]
pub(super) struct ServerState {
    pub(super) connected_as: String,
    pub(super) superuser: bool,
    pub(super) roles: Vec<String>,
    pub(super) memberships: Vec<String>,
    pub(super) database_exists: bool,
    pub(super) encoding: Option<String>,
}

/// What one role may do in the database.
#[derive(Clone, Debug)]
pub(super) struct Privileges {
    pub(super) role: String,
    pub(super) may_connect: bool,
    pub(super) may_use: bool,
    pub(super) may_create: bool,
}

impl ServerState {
    /// Roles first, then who may become them, then the database.
    pub(super) fn steps(&self, db: &str) -> Vec<String> {
        let mut steps = Vec::new();
        for role in ROLES {
            if !has(&self.roles, role) {
                steps.push(format!("CREATE ROLE {role} LOGIN;"));
            }
        }
        for role in ROLES {
            if !self.superuser && !has(&self.memberships, role) {
                steps.push(format!("GRANT {role} TO {};", quoted(&self.connected_as)));
            }
        }
        if !self.database_exists {
            let name = quoted(db);
            steps.push(format!("CREATE DATABASE {name} OWNER dg_owner TEMPLATE template0 ENCODING 'UTF8';"));
            // Our own database is not for everybody who has a role on the server.
            steps.push(format!("REVOKE ALL ON DATABASE {name} FROM PUBLIC;"));
            steps.push(format!("GRANT CONNECT, TEMPORARY ON DATABASE {name} TO {};", ROLES.join(", ")));
        }
        steps
    }
}

/// What the roles lack inside the database. Without `found`, everything that an existing database of other hands may lack:
/// the list for an administrator.
pub(super) fn privileges(state: &ServerState, db: &str, found: Option<&[Privileges]>) -> Vec<String> {
    let Some(found) = found else {
        if !state.database_exists {
            return Vec::new();
        }
        return vec![
            format!("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {};", quoted(db), ROLES.join(", ")),
            format!("GRANT USAGE ON SCHEMA public TO {};", ROLES.join(", ")),
            "GRANT CREATE ON SCHEMA public TO dg_owner;".to_owned(),
        ];
    };
    let mut steps = Vec::new();
    for role in found {
        if !role.may_connect {
            steps.push(format!("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {};", quoted(db), role.role));
        }
        if !role.may_use {
            steps.push(format!("GRANT USAGE ON SCHEMA public TO {};", role.role));
        }
        if role.role == "dg_owner" && !role.may_create {
            steps.push("GRANT CREATE ON SCHEMA public TO dg_owner;".to_owned());
        }
    }
    steps
}

fn has(names: &[String], name: &str) -> bool {
    names.iter().any(|known| known == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_server_needs_everything_and_a_prepared_one_nothing() {
        let fresh = ServerState { superuser: true, ..ServerState::default() };
        assert_eq!(fresh.steps("d").len(), 5 + 3);
        let all: Vec<String> = ROLES.map(str::to_owned).to_vec();
        let ready = ServerState {
            superuser: false,
            roles: all.clone(),
            memberships: all,
            database_exists: true,
            ..ServerState::default()
        };
        assert_eq!(ready.steps("d"), Vec::<String>::new());
    }

    #[test]
    fn a_plain_user_becomes_a_member() {
        let state = ServerState {
            connected_as: "app\"1".to_owned(),
            roles: ROLES.map(str::to_owned).to_vec(),
            database_exists: true,
            ..ServerState::default()
        };
        let steps = state.steps("d");
        assert_eq!(steps.len(), 5);
        assert_eq!(steps[0], "GRANT dg_owner TO \"app\"\"1\";");
    }
}
