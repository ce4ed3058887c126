use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use axum::http::{HeaderValue, header};
use dg_storage::StoreError;

use super::*;
use crate::limits::LimitSettings;
use crate::token::Minted;

#[derive(Default)]
struct Book {
    principals: std::sync::Mutex<HashMap<String, Principal>>,
    sessions: std::sync::Mutex<HashMap<String, KnownSession>>,
    down: AtomicBool,
    asked: AtomicUsize,
}

impl Directory for Arc<Book> {
    fn principal<'a>(&'a self, token_id: &'a str) -> Lookup<'a, Option<Principal>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let found = self.principals.lock().unwrap().get(token_id).cloned();
        let down = self.down.load(Ordering::SeqCst);
        Box::pin(async move { if down { Err(gone()) } else { Ok(found) } })
    }

    fn session<'a>(&'a self, session_id: &'a str) -> Lookup<'a, Option<KnownSession>> {
        let found = self.sessions.lock().unwrap().get(session_id).cloned();
        Box::pin(async move { Ok(found) })
    }

    fn tenant<'a>(&'a self, tenant_id: &'a TenantId) -> Lookup<'a, Option<KnownTenant>> {
        let known = tenant_id.as_str() != "unregistered";
        let status = TenantStatus::parse(tenant_id.as_str()).unwrap_or(TenantStatus::Active);
        let (guard, limits) = (GuardMode::Precise, TenantLimits::default());
        let tenant = known.then(|| KnownTenant { tenant_id: tenant_id.clone(), guard, status, limits, is_demo: false });
        let down = self.down.load(Ordering::SeqCst);
        Box::pin(async move { if down { Err(gone()) } else { Ok(tenant) } })
    }
}

fn gone() -> StoreError {
    StoreError::Fenced { scope: "test".into() }
}

fn principal(token: &Minted, change: impl FnOnce(&mut Principal)) -> Principal {
    let mut principal = Principal {
        account_id: "bot".into(),
        roles: vec!["writer".into()],
        permissions: vec![],
        tenant_ids: vec!["t1".into(), "unregistered".into(), "suspended".into(), "closed".into()],
        token_id: token.token_id.clone(),
        expires_at: Some(Micros::new(100)),
        token_digest: token.digest,
        ..Principal::default()
    };
    change(&mut principal);
    principal
}

struct Case {
    book: Arc<Book>,
    gate: Arc<Gate>,
    token: Minted,
}

fn case(change: impl FnOnce(&mut Principal)) -> Case {
    let (book, token) = (Arc::new(Book::default()), Minted::draw());
    book.principals.lock().unwrap().insert(token.token_id.clone(), principal(&token, change));
    let gate: Arc<Gate> = Arc::new(Gate::new(book.clone(), LimitSettings::default()));
    Case { book, gate, token }
}

impl Case {
    async fn check(&self, tenant: Option<&str>, token: Option<&str>, role: Role) -> Result<(), Code> {
        let mut headers = HeaderMap::new();
        if let Some(tenant) = tenant {
            headers.insert("x-tenant-id", HeaderValue::from_str(tenant).unwrap());
        }
        if let Some(token) = token {
            headers.insert(header::AUTHORIZATION, HeaderValue::from_str(&format!("Bearer {token}")).unwrap());
        }
        let entered = self.gate.enter_tenant(&headers, role, Micros::new(50)).await;
        entered.map(drop).map_err(|error| error.code())
    }

    async fn enter(&self) -> Result<(), Code> {
        self.check(Some("t1"), Some(self.token.reveal()), Role::Writer).await
    }
}

#[tokio::test]
async fn checks_in_the_documented_order() {
    let case = case(|_| ());
    let stranger = Minted::draw();
    let good = Some(case.token.reveal());
    assert_eq!(case.check(Some("t1"), good, Role::Writer).await, Ok(()));
    assert_eq!(case.check(Some("t1"), good, Role::Reader).await, Ok(()));
    assert_eq!(case.check(None, None, Role::Admin).await, Err(Code::InvalidArgument));
    assert_eq!(case.check(Some(" "), good, Role::Reader).await, Err(Code::InvalidArgument));
    assert_eq!(case.check(Some("a/b"), good, Role::Reader).await, Err(Code::InvalidArgument));
    assert_eq!(case.check(Some("t2"), None, Role::Admin).await, Err(Code::Unauthorized));
    assert_eq!(case.check(Some("t2"), Some(stranger.reveal()), Role::Admin).await, Err(Code::Unauthorized));
    assert_eq!(case.check(Some("t2"), good, Role::Admin).await, Err(Code::Forbidden));
    assert_eq!(case.check(Some("t1"), good, Role::Admin).await, Err(Code::Forbidden));
    assert_eq!(case.check(Some("unregistered"), good, Role::Writer).await, Err(Code::NotFound));
    assert_eq!(case.check(Some("suspended"), good, Role::Writer).await, Err(Code::Forbidden));
    assert_eq!(case.check(Some("suspended"), good, Role::Reader).await, Ok(()));
}

#[tokio::test]
async fn refuses_tokens_that_ended() {
    assert_eq!(case(|p| p.revoked = true).enter().await, Err(Code::Unauthorized));
    assert_eq!(case(|p| p.disabled = true).enter().await, Err(Code::Unauthorized));
    assert_eq!(case(|p| p.expires_at = Some(Micros::new(50))).enter().await, Err(Code::Unauthorized));
    assert_eq!(case(|p| p.token_digest[0] ^= 1).enter().await, Err(Code::Unauthorized));
    assert_eq!(case(|p| p.expires_at = None).enter().await, Ok(()));
    assert_eq!(case(|p| p.tenant_ids = vec!["*".into()]).enter().await, Ok(()));
}

#[tokio::test]
async fn remembers_accounts_and_never_strangers() {
    let case = case(|_| ());
    case.enter().await.unwrap();
    case.enter().await.unwrap();
    assert_eq!(case.book.asked.load(Ordering::SeqCst), 1);
    let stranger = Minted::draw();
    for asked in [2, 3] {
        let entered = case.check(Some("t1"), Some(stranger.reveal()), Role::Reader).await;
        assert_eq!(entered, Err(Code::Unauthorized));
        assert_eq!(case.book.asked.load(Ordering::SeqCst), asked);
    }
}

#[tokio::test]
async fn forgets_when_told() {
    let case = case(|_| ());
    case.enter().await.unwrap();
    case.book.principals.lock().unwrap().clear();
    case.gate.forget();
    assert_eq!(case.enter().await, Err(Code::Unauthorized));
}

#[tokio::test]
async fn an_outage_is_not_a_bad_token() {
    let case = case(|_| ());
    case.book.down.store(true, Ordering::SeqCst);
    assert_eq!(case.enter().await, Err(Code::Storage));
}

#[tokio::test]
async fn a_suspended_tenant_can_be_looked_after_and_takes_nothing() {
    let case = case(|principal| principal.roles = vec!["admin".into()]);
    let good = Some(case.token.reveal());
    assert_eq!(case.check(Some("suspended"), good, Role::Admin).await, Ok(()));
    assert_eq!(case.check(Some("suspended"), good, Role::Writer).await, Err(Code::Forbidden));
}

#[tokio::test]
async fn a_closed_tenant_is_for_administrators() {
    let case = case(|_| ());
    for role in [Role::Reader, Role::Writer] {
        assert_eq!(case.check(Some("closed"), Some(case.token.reveal()), role).await, Err(Code::Forbidden));
    }
    let case = self::case(|principal| principal.roles = vec!["admin".into()]);
    let good = Some(case.token.reveal());
    assert_eq!(case.check(Some("closed"), good, Role::Reader).await, Ok(()));
    assert_eq!(case.check(Some("closed"), good, Role::Writer).await, Err(Code::Forbidden));
}

/// Signs ana in through `agent` and enters with the case's token and her session.
async fn enter_as_ana(
    case: &Case,
    agent: &str,
    change: impl FnOnce(&mut KnownSession),
) -> Result<Arc<Principal>, Code> {
    let secret = Minted::session();
    let person = Principal {
        account_id: "ana".into(),
        roles: vec!["reader".into()],
        tenant_ids: vec!["t1".into()],
        agent: Some(agent.into()),
        ..Principal::default()
    };
    let session = Session {
        session_id: secret.token_id.clone(),
        account_id: "ana".into(),
        agent_id: agent.into(),
        method: "password".into(),
        address: None,
        created_at: Micros::new(0),
        last_seen_at: Micros::new(0),
        idle_seconds: 60,
        expires_at: Micros::new(100),
        ended_at: None,
        ended_by: None,
    };
    let mut known = KnownSession { principal: Arc::new(person), session, digest: secret.digest };
    change(&mut known);
    case.book.sessions.lock().unwrap().insert(secret.token_id.clone(), known);
    let mut headers = HeaderMap::new();
    headers.insert("x-tenant-id", HeaderValue::from_static("t1"));
    let bearer = format!("Bearer {}", case.token.reveal());
    headers.insert(header::AUTHORIZATION, HeaderValue::from_str(&bearer).unwrap());
    headers.insert(crate::token::X_DG_SESSION, HeaderValue::from_str(secret.reveal()).unwrap());
    let entered = case.gate.enter_tenant(&headers, Role::Reader, Micros::new(50)).await;
    entered.map(|(principal, _)| principal).map_err(|error| error.code())
}

#[tokio::test]
async fn a_program_acts_for_whom_it_signed_in() {
    let console = case(|principal| principal.permissions = vec![PRINCIPAL_ASSERT.into()]);
    let ana = enter_as_ana(&console, "bot", |_| ()).await.unwrap();
    assert_eq!((ana.account_id.as_str(), ana.agent.as_deref()), ("ana", Some("bot")));
    assert!(ana.has_role(Role::Reader) && !ana.has_role(Role::Writer), "the person's rights, not the program's");
    assert_eq!(enter_as_ana(&console, "another", |_| ()).await, Err(Code::SessionEnded));
    assert_eq!(enter_as_ana(&console, "bot", |known| known.digest[0] ^= 1).await, Err(Code::SessionEnded));
    assert_eq!(
        enter_as_ana(&console, "bot", |known| known.session.expires_at = Micros::new(50)).await,
        Err(Code::SessionEnded)
    );
    assert_eq!(
        enter_as_ana(&console, "bot", |known| known.session.ended_at = Some(Micros::new(1))).await,
        Err(Code::SessionEnded)
    );
    let switched_off = |known: &mut KnownSession| Arc::make_mut(&mut known.principal).disabled = true;
    assert_eq!(enter_as_ana(&console, "bot", switched_off).await, Err(Code::SessionEnded));
    let first_password = |known: &mut KnownSession| Arc::make_mut(&mut known.principal).must_change_password = true;
    assert_eq!(enter_as_ana(&console, "bot", first_password).await, Err(Code::Forbidden));
    let nobody = case(|_| ());
    assert_eq!(enter_as_ana(&nobody, "bot", |_| ()).await, Err(Code::Forbidden), "without the permission");
}

#[test]
fn nobody_gives_what_they_do_not_have() {
    let token = Minted::draw();
    let some = principal(&token, |principal| {
        principal.roles = vec!["writer".into()];
        principal.permissions = vec!["workflow_review".into()];
    });
    let check = |role: &str, permission: &str, tenant: &str| {
        some.covers(&[role.to_owned()], &[permission.to_owned()], &[tenant.to_owned()])
    };
    assert!(check("writer", "workflow_review", "t1") && check("reader", "workflow_review", "t1"));
    assert!(!check("admin", "workflow_review", "t1") && !check("writer", "*", "t1"));
    assert!(!check("writer", "workflow_assign", "t1") && !check("writer", "workflow_review", "*"));
}

#[test]
fn a_missing_permission_is_named() {
    let token = Minted::draw();
    let some = principal(&token, |principal| principal.permissions = vec!["projection_replay".into()]);
    assert!(some.require("projection_replay").is_ok());
    let refused = some.require("projection_rebuild").unwrap_err();
    assert_eq!(
        (refused.code(), refused.message()),
        (Code::Forbidden, "the account needs the permission projection_rebuild")
    );
    assert!(principal(&token, |principal| principal.permissions = vec!["*".into()]).require("anything").is_ok());
}
