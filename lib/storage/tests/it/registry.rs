//! Tenants, accounts and tokens.

use dg_domain::{GuardMode, Micros, TenantId};
use dg_storage::{
    StoreError,
    accounts::{AccountChange, NewAccount, NewToken},
    audit::By,
    tenants::{NewTenant, TenantChange, TenantLimits, TenantStatus},
};

use crate::scratch::Scratch;

#[tokio::test]
async fn a_tenant_is_registered_once_with_an_empty_log() {
    let scratch = Scratch::new().await;
    let store = scratch.store("dg_apid");
    let new =
        NewTenant { tenant_id: TenantId::new("acme").unwrap(), secret_guard: GuardMode::Reference, is_demo: false };
    let by = By::of("root");
    let tenant = store.create_tenant(&new, &by).await.unwrap();
    assert_eq!(tenant.created_by, "root");
    assert_eq!((tenant.status, tenant.secret_guard), (TenantStatus::Active, GuardMode::Reference));
    assert!(tenant.created_at > Micros::new(1_700_000_000_000_000));
    assert!(matches!(store.create_tenant(&new, &by).await, Err(StoreError::Exists { what: "tenant" })));
    assert_eq!(store.head(&tenant.tenant_id).await.unwrap().get(), 0);
    assert_eq!(store.tenant(&tenant.tenant_id).await.unwrap(), Some(tenant.clone()));
    assert_eq!(store.tenants().await.unwrap(), std::slice::from_ref(&tenant));
    let change = TenantChange {
        status: Some(TenantStatus::Suspended),
        max_event_bytes: Some(Some(2_048)),
        ..TenantChange::default()
    };
    let suspended = store.change_tenant(&tenant.tenant_id, change, None, Some("unpaid"), &by).await.unwrap();
    assert_eq!((suspended.status, suspended.secret_guard), (TenantStatus::Suspended, GuardMode::Reference));
    assert_eq!(suspended.limits, TenantLimits { max_event_bytes: Some(2_048), ..TenantLimits::default() });
    let change = TenantChange { max_event_bytes: Some(None), ..TenantChange::default() };
    let widened = store.change_tenant(&tenant.tenant_id, change, Some(&suspended), None, &by).await.unwrap();
    assert_eq!((widened.status, widened.limits), (TenantStatus::Suspended, TenantLimits::default()));
    let nobody = TenantId::new("nobody").unwrap();
    assert_eq!(store.tenant(&nobody).await.unwrap(), None);
    assert!(matches!(store.head(&nobody).await, Err(StoreError::NotFound { .. })));
}

#[tokio::test]
async fn a_token_is_made_found_used_and_revoked() {
    let scratch = Scratch::new().await;
    let store = scratch.store("dg_apid");
    let new = NewAccount {
        account_id: "ops".to_owned(),
        roles: vec!["admin".to_owned()],
        permissions: vec!["workflow_review".to_owned()],
        tenant_ids: vec!["acme".to_owned(), "default".to_owned()],
        ..NewAccount::default()
    };
    let by = By::of("init");
    let account = store.create_account(&new, &by).await.unwrap();
    assert_eq!(account.created_by, "init");
    assert!(matches!(store.create_account(&new, &by).await, Err(StoreError::Exists { what: "account" })));
    assert_eq!(store.account("ops").await.unwrap(), Some(account.clone()));
    assert_eq!(store.accounts(None).await.unwrap(), std::slice::from_ref(&account));

    let expires_at = Some(Micros::new(1_900_000_000_000_001));
    let new = NewToken { token_id: "abc".to_owned(), secret_sha256: [7; 32], expires_at, label: None };
    let token = store.create_token("ops", &new, &by).await.unwrap();
    assert_eq!((token.expires_at, token.revoked_at, token.last_used_at), (expires_at, None, None));
    assert!(matches!(store.create_token("none", &new, &by).await, Err(StoreError::NotFound { .. })));
    store.token_used("abc").await.unwrap();
    let found = store.credential("abc").await.unwrap().unwrap();
    assert_eq!((found.secret_sha256, &found.account), ([7; 32], &account));
    assert!(found.token.last_used_at.is_some());
    assert_eq!(found.token.created_at, token.created_at);
    assert!(!format!("{found:?}").contains("secret"));
    assert!(store.credential("unknown").await.unwrap().is_none());

    let revoked = store.revoke_token("ops", "abc", &by).await.unwrap();
    assert!(revoked.revoked_at.is_some());
    assert_eq!(store.revoke_token("ops", "abc", &by).await.unwrap(), revoked);
    assert!(matches!(store.revoke_token("other", "abc", &by).await, Err(StoreError::NotFound { .. })));
    assert_eq!(store.tokens("ops").await.unwrap(), [revoked]);
    let change = AccountChange { disabled: Some(true), ..AccountChange::default() };
    let disabled = store.change_account("ops", &change, None, &by).await.unwrap();
    assert!(disabled.disabled && disabled.roles == account.roles, "{disabled:?}");
    assert!(scratch.store("dg_workflowd").accounts(None).await.is_err(), "only dg-apid sees accounts");
}
