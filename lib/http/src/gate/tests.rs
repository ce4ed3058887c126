use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use axum::http::{HeaderValue, header};
use dg_storage::StoreError;

use super::*;
use crate::token::Minted;

#[derive(Default)]
struct Book {
    principals: std::sync::Mutex<HashMap<String, Principal>>,
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

    fn tenant<'a>(&'a self, tenant_id: &'a TenantId) -> Lookup<'a, Option<KnownTenant>> {
        let known = tenant_id.as_str() != "unregistered";
        let suspended = tenant_id.as_str() == "suspended";
        let tenant = known.then(|| KnownTenant { tenant_id: tenant_id.clone(), guard: GuardMode::Precise, suspended });
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
        tenant_ids: vec!["t1".into(), "unregistered".into(), "suspended".into()],
        disabled: false,
        token_id: token.token_id.clone(),
        expires_at: Some(Micros::new(100)),
        revoked: false,
        token_digest: token.digest,
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
    let gate: Arc<Gate> = Arc::new(Gate::new(book.clone()));
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
