//! What the database tells of itself, and of whoever uses it, to a role that is no monitor.

use dg_storage::{
    locks::{LockClass, LockKey, LockSession},
    migrate::SCHEMA_VERSION,
};

use crate::scratch::Scratch;

#[tokio::test]
async fn the_api_sees_who_is_connected_and_which_locks_are_held() {
    let scratch = Scratch::new().await;
    let store = scratch.store("dg_apid");
    let projector = LockSession::connect(&scratch.config("dg_projectord")).await.unwrap();
    let mut held = Vec::new();
    for tenant in ["a", "b"] {
        held.push(projector.try_lock(LockKey::new(LockClass::Projection, &[tenant])).await.unwrap().unwrap());
    }
    let found = store.environment().await.unwrap();
    let leases: Vec<_> =
        found.leases.iter().map(|one| (one.class, one.holder.as_str(), one.held, one.waiting)).collect();
    assert_eq!(leases, [(LockClass::Projection, "dg_projectord", 2, 0)]);
    let count = |name: &str| found.programs.iter().find(|(one, _)| one == name).map(|(_, count)| *count);
    assert_eq!((count("dg_projectord"), count("dg_workflowd")), (Some(1), None));
    assert!(count("dg_apid").is_some_and(|count| count >= 1), "{:?}", found.programs);
    assert_eq!(found.programs.iter().map(|(_, count)| count).sum::<i64>(), found.connections);
    assert!(found.connections <= found.max_connections && found.size_bytes > 1_000_000, "{found:?}");
    assert!(found.started_at <= found.clock && !found.version.is_empty());
    let versions: Vec<i32> = found.migrations.iter().map(|one| one.version).collect();
    assert_eq!(versions, (1..=SCHEMA_VERSION).collect::<Vec<_>>());
    assert!(found.migrations.iter().all(|one| one.applied_at.is_some_and(|at| at <= found.clock)));
    drop(held);
}
