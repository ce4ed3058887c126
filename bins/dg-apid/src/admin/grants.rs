//! What an account may be given, and by whom.

use dg_domain::TenantId;
use dg_http::gate::{Principal, Role};
use dg_http::{ApiError, Code};
use dg_storage::accounts::Account;
use serde::{Deserialize, Deserializer};

pub(crate) const ACCOUNTS_MANAGE: &str = "accounts_manage";
pub(crate) const TENANTS_MANAGE: &str = "tenants_manage";
pub(crate) const AUDIT_READ: &str = "audit_read";
pub(crate) const WEBHOOKS_MANAGE: &str = "webhooks_manage";

/// What an account may be given beside its roles; `*` is all of it.
pub(crate) const PERMISSIONS: [&str; 16] = [
    "projection_replay",
    "projection_rebuild",
    "projection_quarantine",
    "workflow_review",
    "workflow_assign",
    "workflow_escalate",
    "workflow_override",
    "workflow_export",
    "workflow_configure",
    "payload_unmask",
    ACCOUNTS_MANAGE,
    TENANTS_MANAGE,
    AUDIT_READ,
    WEBHOOKS_MANAGE,
    dg_http::gate::PRINCIPAL_ASSERT,
    "*",
];

/// Roles, permissions and tenants as somebody asked for them.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Grants {
    #[serde(default)]
    pub(super) roles: Vec<String>,
    #[serde(default)]
    pub(super) permissions: Vec<String>,
    #[serde(default)]
    pub(super) tenant_ids: Vec<String>,
}

impl Grants {
    /// Checks that all of it exists, and that `giver` has it. `at` is where in the body it stands.
    ///
    /// # Errors
    /// `invalid_argument` with a pointer, `forbidden`.
    pub(super) fn check(&self, giver: &Principal, at: &str) -> Result<(), ApiError> {
        let bad =
            |message: &'static str, key: &str| Err(ApiError::invalid(message).with("pointer", format!("{at}/{key}")));
        if !self.roles.iter().all(|role| Role::parse(role).is_some()) {
            return bad("roles are reader, writer and admin", "roles");
        }
        if !self.permissions.iter().all(|name| PERMISSIONS.contains(&name.as_str())) {
            return bad("permissions holds a name that is not known", "permissions");
        }
        if !self.tenant_ids.iter().all(|tenant| tenant == "*" || TenantId::new(tenant).is_ok()) {
            return bad("tenant_ids holds names of tenants, or *", "tenant_ids");
        }
        if giver.covers(&self.roles, &self.permissions, &self.tenant_ids) {
            return Ok(());
        }
        Err(ApiError::new(
            Code::Forbidden,
            "nobody gives roles, permissions or tenants that they do not have themselves",
        ))
    }
}

/// Whether somebody sees an account: who administers some tenants sees what is of those and of no other.
pub(super) fn sees(who: &Principal, account: &Account) -> bool {
    account.tenant_ids.iter().all(|tenant| who.may_use(tenant))
}

/// Lets somebody change an account, or what it is known by: nobody takes over one that may do more.
///
/// # Errors
/// `forbidden`.
pub(super) fn over(who: &Principal, account: &Account) -> Result<(), ApiError> {
    if who.covers(&account.roles, &account.permissions, &account.tenant_ids) {
        return Ok(());
    }
    Err(ApiError::new(Code::Forbidden, "the account may do what the caller may not, and is not the caller's to change")
        .with("account_id", account.account_id.clone()))
}

/// A name for an account: the form of tenant names.
///
/// # Errors
/// `invalid_argument` with the pointer.
pub(crate) fn name(text: &str, pointer: &str) -> Result<(), ApiError> {
    if TenantId::new(text).is_ok() {
        return Ok(());
    }
    let message = "the name needs 1 to 128 characters of A-Z a-z 0-9 . _ : @ - and starts with a letter or digit";
    Err(ApiError::invalid(message).with("pointer", pointer))
}

/// A text that people read: 1 to 200 characters, none of them for control.
///
/// # Errors
/// `invalid_argument` with the pointer.
pub(crate) fn title(text: Option<&str>, pointer: &'static str) -> Result<(), ApiError> {
    match text {
        Some(text) if text.trim().is_empty() || text.chars().count() > 200 || text.chars().any(char::is_control) => {
            Err(ApiError::invalid("it needs 1 to 200 characters").with("pointer", pointer))
        }
        _ => Ok(()),
    }
}

/// Tells `null` from a key that is not there.
pub(super) fn given<'de, T, D>(reader: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::deserialize(reader).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn giver(permissions: &[&str], tenants: &[&str]) -> Principal {
        let owned = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect();
        Principal {
            roles: vec!["admin".to_owned()],
            permissions: owned(permissions),
            tenant_ids: owned(tenants),
            ..Principal::default()
        }
    }

    fn check(giver: &Principal, roles: &[&str], permissions: &[&str], tenants: &[&str]) -> Result<(), Code> {
        let owned = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect();
        let grants = Grants { roles: owned(roles), permissions: owned(permissions), tenant_ids: owned(tenants) };
        grants.check(giver, "").map_err(|error| error.code())
    }

    #[test]
    fn what_does_not_exist_cannot_be_given() {
        let all = giver(&["*"], &["*"]);
        assert_eq!(check(&all, &["reader"], &["workflow_review", "*"], &["*", "acme"]), Ok(()));
        assert_eq!(check(&all, &["root"], &[], &[]), Err(Code::InvalidArgument));
        assert_eq!(check(&all, &[], &["fly"], &[]), Err(Code::InvalidArgument));
        assert_eq!(check(&all, &[], &[], &["a b"]), Err(Code::InvalidArgument));
    }

    #[test]
    fn nobody_gives_or_takes_over_more_than_they_have() {
        let some = giver(&["workflow_review"], &["acme"]);
        assert_eq!(check(&some, &["admin"], &["workflow_review"], &["acme"]), Ok(()));
        assert_eq!(check(&some, &[], &["*"], &[]), Err(Code::Forbidden));
        assert_eq!(check(&some, &[], &[], &["*"]), Err(Code::Forbidden));
        assert_eq!(check(&some, &[], &["audit_read"], &[]), Err(Code::Forbidden));
    }

    #[test]
    fn names_and_titles_are_bounded() {
        assert!(name("ana@example.org", "/user_id").is_ok());
        for bad in ["", "a b", "-a", &"a".repeat(129)] {
            assert!(name(bad, "/user_id").is_err(), "{bad}");
        }
        assert!(title(None, "/label").is_ok() && title(Some("Ana Ü"), "/label").is_ok());
        for bad in ["", " ", "a\nb", &"a".repeat(201)] {
            assert!(title(Some(bad), "/label").is_err(), "{bad}");
        }
    }
}
