//! The contract of `/admin/sessions`.

use dg_http::contract::{Operation, Query};

use super::{ACCOUNTS_MANAGE, Listed, Revoked};

pub(crate) fn list() -> Operation {
    Operation::new("list_sessions", "List sessions")
        .says("Newest first. Who may not use every tenant names a `user_id`.")
        .query(Query::text("user_id").says("Of this person."))
        .query(Query::words("status", ["open", "all"]).default("open"))
        .paged(200, 50)
        .answers::<Listed>(200, "A page of sessions.")
        .leads_to(200, "list_sessions", crate::keyset::NEXT)
        .leads_to(200, "revoke_session", &[("session_id", "/data/sessions/0/session_id")])
        .refuses([dg_http::Code::NotFound])
}

pub(crate) fn revoke() -> Operation {
    Operation::new("revoke_session", "End a session")
        .says("It is refused from the next request on; doing it again changes nothing.")
        .permission(ACCOUNTS_MANAGE)
        .answers::<Revoked>(200, "The session as it is now.")
}
