//! What dg-projectord costs when nothing happens, and how soon it finds a tenant that is new.

use std::time::{Duration, Instant};

use dg_domain::TenantId;
use dg_testkit::history::Shape;
use dg_testkit::{Projectors, wait_for};

use super::ground::{DEADLINE, Ground};
use super::histories::History;

const TENANTS: usize = 1_000;

/// How long the processor time is measured.
const MEASURED: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread")]
async fn drill_a_thousand_idle_tenants_cost_next_to_nothing() {
    let ground = Ground::new().await;
    for number in 0..TENANTS {
        ground.register(&TenantId::new(&format!("idle-{number:04}")).unwrap()).await;
    }
    let some = History::named("some-traffic", 1, Shape { traces: 50, ..Shape::default() });
    ground.register(&some.tenant).await;
    ground.append(&some.tenant, &some.events[..10]).await;
    let projectors = Projectors::start(&ground.url, 1, &[]).unwrap();
    ground.caught_up(DEADLINE).await;

    // What it still tidies up after the work is a part of the work.
    let mut calm = Duration::MAX;
    for _ in 0..3 {
        let before = projectors.usage(0).unwrap();
        tokio::time::sleep(MEASURED).await;
        let used = projectors.usage(0).unwrap().cpu - before.cpu;
        calm = calm.min(used);
        if calm < MEASURED / 50 {
            break;
        }
    }
    let resident = projectors.usage(0).unwrap().resident_bytes;
    let percent = 100.0 * calm.as_secs_f64() / MEASURED.as_secs_f64();
    eprintln!("{TENANTS} idle tenants: {percent:.2} % of a core, {} KiB resident", resident / 1024);
    // The promise is 2 %, of a release build on a quiet machine.
    assert!(percent < 5.0, "{percent:.2} % of a core");
    assert!(resident < 100 << 20, "{resident} bytes resident");
}

#[tokio::test(flavor = "multi_thread")]
async fn drill_a_new_tenant_is_projected_soon() {
    let ground = Ground::new().await;
    let _projectors = Projectors::start(&ground.url, 1, &[]).unwrap();
    let first = History::named("first", 1, Shape::default());
    ground.register(&first.tenant).await;
    ground.append(&first.tenant, &first.events).await;
    ground.caught_up(DEADLINE).await;
    let new = History::named("new", 2, Shape::default());
    ground.register(&new.tenant).await;
    let began = Instant::now();
    ground.append(&new.tenant, &new.events).await;
    let projected = wait_for(DEADLINE, "the new tenant's projections", async || {
        let cursors = ground.store.cursors(&new.tenant).await.unwrap();
        cursors.cursors.iter().all(|cursor| cursor.applied == cursors.head).then(|| began.elapsed())
    });
    let projected = projected.await.unwrap();
    eprintln!("a new tenant is projected after {} ms", projected.as_millis());
    assert!(projected < Duration::from_secs(5), "a new tenant is promised within 2 s, took {projected:?}");
}
