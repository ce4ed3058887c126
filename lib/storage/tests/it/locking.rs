//! Scope locks.

use dg_storage::locks::{LockClass, LockKey, LockSession};
use dg_testkit::wait_for;

use crate::scratch::{DEADLINE, Scratch};

#[tokio::test]
async fn a_scope_has_one_owner_and_a_session_holds_many() {
    let scratch = Scratch::new().await;
    let one = LockSession::connect(&scratch.config("dg_projectord")).await.unwrap();
    let two = LockSession::connect(&scratch.config("dg_projectord")).await.unwrap();
    let a = LockKey::new(LockClass::Projection, &["a"]);
    let b = LockKey::new(LockClass::Projection, &["b"]);
    let held = one.try_lock(a).await.unwrap().unwrap();
    assert!(one.try_lock(a).await.unwrap().is_none(), "not even in the same session");
    assert!(two.try_lock(a).await.unwrap().is_none());
    assert!(two.try_lock(LockKey::new(LockClass::Workflow, &["a"])).await.unwrap().is_some(), "another class");
    let also = one.try_lock(b).await.unwrap().unwrap();
    held.release().await.unwrap();
    assert!(two.try_lock(a).await.unwrap().is_some());
    drop(also);
    wait_for(DEADLINE, "the dropped lock", async || two.try_lock(b).await.unwrap()).await.unwrap();
    one.check().await.unwrap();
}

#[tokio::test]
async fn a_killed_session_frees_its_locks_and_says_so() {
    let scratch = Scratch::new().await;
    let key = LockKey::new(LockClass::Projection, &["a"]);
    let first = LockSession::connect(&scratch.config("dg_projectord")).await.unwrap();
    let lock = first.try_lock(key).await.unwrap().unwrap();
    assert_eq!(scratch.terminate("dg_projectord").await, 1);
    tokio::time::timeout(DEADLINE, lock.lost().cancelled()).await.unwrap();
    assert!(lock.is_lost() && first.is_lost());
    assert!(first.check().await.unwrap_err().is_transient());
    assert!(first.try_lock(LockKey::new(LockClass::Seal, &["b"])).await.unwrap_err().is_transient());
    let second = LockSession::connect(&scratch.config("dg_projectord")).await.unwrap();
    wait_for(DEADLINE, "the freed lock", async || second.try_lock(key).await.unwrap()).await.unwrap();
    assert!(lock.release().await.is_err());
}
