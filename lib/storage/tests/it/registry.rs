//! Tenants, accounts and tokens.

use dg_domain::{GuardMode, Micros, TenantId};
use dg_storage::{
    StoreError,
    accounts::NewAccount,
    tenants::{NewTenant, TenantStatus},
};

use crate::scratch::Scratch;

#[tokio::test]
async fn a_tenant_is_registered_once_with_an_empty_log() {
    let scratch = Scratch::new().await;
    let store = scratch.store("dg_apid");
    let new = NewTenant {
        tenant_id: TenantId::new("acme").unwrap(),
        secret_guard: GuardMode::Reference,
        created_by: "root".to_owned(),
    };
    let tenant = store.create_tenant(&new).await.unwrap();
    assert_eq!((tenant.status, tenant.secret_guard), (TenantStatus::Active, GuardMode::Reference));
    assert!(tenant.created_at > Micros::new(1_700_000_000_000_000));
    assert!(matches!(store.create_tenant(&new).await, Err(StoreError::Exists { what: "tenant" })));
    assert_eq!(store.head(&tenant.tenant_id).await.unwrap().get(), 0);
    assert_eq!(store.tenant(&tenant.tenant_id).await.unwrap(), Some(tenant.clone()));
    assert_eq!(store.tenants().await.unwrap(), std::slice::from_ref(&tenant));
    let suspended = store.set_tenant_status(&tenant.tenant_id, TenantStatus::Suspended).await.unwrap();
    assert_eq!(suspended.status, TenantStatus::Suspended);
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
        created_by: "init".to_owned(),
    };
    let account = store.create_account(&new).await.unwrap();
    assert!(matches!(store.create_account(&new).await, Err(StoreError::Exists { what: "account" })));
    assert_eq!(store.account("ops").await.unwrap(), Some(account.clone()));
    assert_eq!(store.accounts().await.unwrap(), std::slice::from_ref(&account));

    let expires_at = Some(Micros::new(1_900_000_000_000_001));
    let token = store.create_token("ops", "abc", [7; 32], expires_at).await.unwrap();
    assert_eq!((token.expires_at, token.revoked_at, token.last_used_at), (expires_at, None, None));
    assert!(matches!(store.create_token("none", "x", [7; 32], None).await, Err(StoreError::NotFound { .. })));
    store.token_used("abc").await.unwrap();
    let found = store.credential("abc").await.unwrap().unwrap();
    assert_eq!((found.secret_sha256, &found.account), ([7; 32], &account));
    assert!(found.token.last_used_at.is_some());
    assert_eq!(found.token.created_at, token.created_at);
    assert!(!format!("{found:?}").contains("secret"));
    assert!(store.credential("unknown").await.unwrap().is_none());

    let revoked = store.revoke_token("ops", "abc").await.unwrap();
    assert!(revoked.revoked_at.is_some());
    assert_eq!(store.revoke_token("ops", "abc").await.unwrap(), revoked);
    assert!(matches!(store.revoke_token("other", "abc").await, Err(StoreError::NotFound { .. })));
    assert_eq!(store.tokens("ops").await.unwrap(), [revoked]);
    assert!(store.set_account_disabled("ops", true).await.unwrap().disabled);
    assert!(scratch.store("dg_workflowd").accounts().await.is_err(), "only dg-apid sees accounts");
}
