//! Scope locks.

use std::time::{Duration, Instant};

use dg_projections::Category;
use dg_storage::{
    DatabaseConfig,
    locks::{LockClass, LockKey, LockSession, lease},
    projections::ProjectionWriter,
};
use dg_testkit::{FaultProxy, wait_for};

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

/// A holder that is cut off has no end of its connection to go by: it stops on its own, and only then somebody else gets the
/// lock, with nobody's help.
#[tokio::test(flavor = "multi_thread")]
async fn a_silent_session_stops_first_and_is_freed_then() {
    let scratch = Scratch::new().await;
    let proxy = FaultProxy::before(scratch.server).unwrap();
    let config = scratch.config("dg_projectord");
    let cut_off = DatabaseConfig { url: proxy.url(&config.url, scratch.server), ..config.clone() };
    let key = LockKey::new(LockClass::Projection, &["a"]);
    let holder = LockSession::connect(&cut_off).await.unwrap();
    let lock = holder.try_lock(key).await.unwrap().unwrap();
    let other = LockSession::connect(&config).await.unwrap();

    proxy.hold();
    let held = Instant::now();
    let noticed = async {
        lock.lost().cancelled().await;
        assert!(lock.is_lost() && holder.is_lost());
        held.elapsed()
    };
    let taken = async {
        let bound = lease::FREED_AFTER + Duration::from_secs(3);
        let lock = wait_for(bound, "the lock of a silent holder", async || other.try_lock(key).await.unwrap()).await;
        (lock.unwrap(), held.elapsed())
    };
    let (noticed, (_taken, taken)) = tokio::join!(noticed, taken);
    assert!(noticed <= lease::LOST_AFTER + Duration::from_secs(1), "noticed after {noticed:?}");
    assert!(noticed < taken, "noticed after {noticed:?}, taken after {taken:?}");
    assert!(holder.try_lock(LockKey::new(LockClass::Seal, &["b"])).await.unwrap_err().is_transient());
}

/// A session that has nothing to do keeps what it holds beyond every limit.
#[tokio::test(flavor = "multi_thread")]
async fn an_idle_session_keeps_its_locks() {
    let scratch = Scratch::new().await;
    let key = LockKey::new(LockClass::Projection, &["a"]);
    let holder = LockSession::connect(&scratch.config("dg_projectord")).await.unwrap();
    let lock = holder.try_lock(key).await.unwrap().unwrap();
    let lost = tokio::time::timeout(lease::FREED_AFTER + Duration::from_secs(2), lock.lost().cancelled_owned()).await;
    assert!(lost.is_err() && !lock.is_lost(), "an idle session lost its locks");
    let other = LockSession::connect(&scratch.config("dg_projectord")).await.unwrap();
    assert!(other.try_lock(key).await.unwrap().is_none());
}

/// Rows that somebody holds who does not move: whoever meets them is told soon, and can do something else.
#[tokio::test]
async fn a_scope_whose_rows_are_held_is_not_waited_for() {
    let scratch = Scratch::new().await;
    let tenant = scratch.tenant("held").await;
    let writer = ProjectionWriter::connect(&scratch.config("dg_projectord")).await.unwrap();
    writer.take(&tenant, "first").await.unwrap();
    let holder = scratch.raw_of("dg_projectord", "held").await;
    holder.batch_execute("BEGIN; SELECT 1 FROM dg_projection_cursors FOR UPDATE").await.unwrap();
    let asked = Instant::now();
    let refused = writer.take(&tenant, "second").await.unwrap_err();
    assert!(refused.is_transient() && refused.category() == Category::StorageConflict, "{refused:?}");
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
    holder.batch_execute("ROLLBACK").await.unwrap();
    writer.take(&tenant, "second").await.unwrap();
}
