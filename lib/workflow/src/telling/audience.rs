//! Who hears of a notification.

use std::collections::BTreeMap;

use dg_domain::Micros;

use crate::{
    Audience,
    absence::{self, Absence},
};

/// An account that may use the tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Member {
    /// Which.
    pub account_id: String,
    /// Its roles.
    pub roles: Vec<String>,
}

/// Somebody who finds a notification in their inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Who.
    pub account_id: String,
    /// For whom they stand in; none for whoever was meant.
    pub instead_of: Option<String>,
    /// Whether they are away: they find it when they are back.
    pub is_away: bool,
}

/// Everybody who is told, each once, by name: who is named, who has the role, and who stands in for those of them that are away.
/// Whoever is not among `members` may not use the tenant and is told nothing.
#[must_use]
pub fn audience(wanted: &Audience, members: &[Member], absences: &[Absence], now: Micros) -> Vec<Told> {
    let knows = |account_id: &str| wanted.but.as_deref() == Some(account_id);
    let meant = members.iter().filter(|member| {
        let named = wanted.accounts.contains(&member.account_id);
        let of_role = wanted.role.as_ref().is_some_and(|role| member.roles.contains(role));
        (named || of_role) && !knows(&member.account_id)
    });
    let mut told: BTreeMap<&str, Told> = BTreeMap::new();
    let mut away = Vec::new();
    for member in meant {
        let account_id = member.account_id.clone();
        let is_away = absence::is_away(&account_id, now, absences);
        if is_away {
            away.push(account_id.clone());
        }
        told.insert(&member.account_id, Told { account_id, instead_of: None, is_away });
    }
    for account_id in away {
        let Some(found) = absence::resolve(&account_id, now, absences) else { continue };
        let substitute = members.iter().find(|member| member.account_id == found.account_id);
        if let Some(substitute) = substitute.filter(|substitute| !knows(&substitute.account_id)) {
            told.entry(&substitute.account_id).or_insert_with(|| Told {
                account_id: substitute.account_id.clone(),
                instead_of: Some(account_id),
                is_away: false,
            });
        }
    }
    told.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(account_id: &str, roles: &[&str]) -> Member {
        Member { account_id: account_id.to_owned(), roles: roles.iter().map(|role| (*role).to_owned()).collect() }
    }

    fn away(account_id: &str, substitute: Option<&str>) -> Absence {
        Absence {
            absence_id: account_id.to_owned(),
            account_id: account_id.to_owned(),
            substitute_id: substitute.map(str::to_owned),
            from: Micros::new(0),
            until: Micros::new(10),
        }
    }

    /// Who is told, `name*` when away, `name<other` when in the place of another.
    fn check(accounts: &[&str], role: Option<&str>, but: Option<&str>, absences: &[Absence], expected: &[&str]) {
        let members = [
            member("ana", &["admin"]),
            member("ben", &["writer", "admin"]),
            member("cem", &["writer"]),
            member("dea", &[]),
        ];
        let wanted = Audience {
            accounts: accounts.iter().map(|name| (*name).to_owned()).collect(),
            role: role.map(str::to_owned),
            but: but.map(str::to_owned),
        };
        let told = audience(&wanted, &members, absences, Micros::new(5));
        let shown: Vec<String> = told
            .iter()
            .map(|told| {
                let instead = told.instead_of.as_ref().map(|other| format!("<{other}")).unwrap_or_default();
                format!("{}{}{instead}", told.account_id, if told.is_away { "*" } else { "" })
            })
            .collect();
        assert_eq!(shown, expected);
    }

    #[test]
    fn named_ones_and_members_of_the_role_are_told_once() {
        check(&["dea", "ben"], Some("admin"), None, &[], &["ana", "ben", "dea"]);
        check(&["dea", "ben"], Some("admin"), Some("ben"), &[], &["ana", "dea"]);
        check(&["stranger"], None, None, &[], &[]);
        check(&[], None, None, &[], &[]);
    }

    #[test]
    fn whoever_stands_in_is_told_as_well() {
        check(&["ana"], None, None, &[away("ana", Some("cem"))], &["ana*", "cem<ana"]);
        check(&["ana", "cem"], None, None, &[away("ana", Some("cem"))], &["ana*", "cem"]);
        check(&[], Some("admin"), Some("cem"), &[away("ana", Some("cem"))], &["ana*", "ben"]);
        check(&["ana"], None, None, &[away("ana", Some("stranger"))], &["ana*"]);
        check(&["ana"], None, None, &[away("ana", None)], &["ana*"]);
        check(&["ana"], None, None, &[away("ana", Some("ben")), away("ben", Some("dea"))], &["ana*", "dea<ana"]);
    }
}
