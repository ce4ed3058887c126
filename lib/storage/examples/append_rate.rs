//! Measures the append stage without HTTP, beside the COPY ceiling of the same table, on a throw-away durable server.
//!
//! `cargo run --release -p dg-storage --example append_rate [seconds]`
#![allow(clippy::unwrap_used, reason = "a measurement that fails has nothing to say")]

use std::{
    io::Write,
    time::{Duration, Instant},
};

use dg_domain::{GuardMode, Micros, NewEvent, Rules, TenantId};
use dg_storage::{
    DatabaseConfig, Store,
    audit::By,
    bench::{CopyLoad, copy_ceiling},
    bootstrap,
    log::{AppendMode, AppendRequest, AppendStage, StageConfig},
    migrate,
    notifier::Notifier,
    tenants::NewTenant,
};
use dg_testkit::Postgres;
use tokio_util::sync::CancellationToken;

const CLOCK: fn() -> Micros = || Micros::new(1_767_225_600_000_000);

#[tokio::main]
async fn main() {
    let seconds = std::env::args().nth(1).map_or(3, |text| text.parse().unwrap());
    let server = Postgres::durable().unwrap();
    bootstrap::prepare(&server.admin_url(), "rate").await.unwrap();
    let config = |role: &str| DatabaseConfig::new(server.url("rate", role));
    migrate::run(&config("dg_owner")).await.unwrap();
    let stop = CancellationToken::new();
    let notifier = Notifier::start(config("dg_apid"), stop.child_token());
    let stage = AppendStage::start(StageConfig::new(config("dg_apid"), CLOCK), notifier, stop.child_token());
    let store = Store::open(&config("dg_apid")).unwrap();

    let mut out = std::io::stdout();
    ceiling(&config("dg_admin"), "ceiling-1", &mut out).await;
    for (clients, batch, tenants) in [
        (1, 1, 1),
        (8, 1, 1),
        (64, 1, 1),
        (128, 1, 1),
        (512, 1, 1),
        (128, 1, 16),
        (1, 100, 1),
        (8, 100, 1),
        (8, 1000, 1),
    ] {
        let names: Vec<TenantId> =
            (0..tenants).map(|at| TenantId::new(&format!("t{clients}-{batch}-{tenants}-{at}")).unwrap()).collect();
        for name in &names {
            let secret_guard = GuardMode::Precise;
            let new = NewTenant { tenant_id: name.clone(), secret_guard, is_demo: false };
            store.create_tenant(&new, &By::of("test")).await.unwrap();
        }
        let before = stage.stats();
        let wal_before = wal(&server).await;
        let began = Instant::now();
        let tasks: Vec<_> = (0..clients)
            .map(|client| {
                let (stage, tenant) = (stage.clone(), names[client % tenants].clone());
                let until = began + Duration::from_secs(seconds);
                tokio::spawn(async move { load(&stage, &tenant, client, batch, until).await })
            })
            .collect();
        let mut latencies: Vec<Duration> = Vec::new();
        for task in tasks {
            latencies.extend(task.await.unwrap());
        }
        let elapsed = began.elapsed();
        let after = stage.stats();
        latencies.sort_unstable();
        let at = |share: usize| latencies[(latencies.len() - 1) * share / 100];
        let batches = after.batches - before.batches;
        writeln!(
            out,
            "{clients:4} clients x {batch:4} on {tenants:2} tenants: {:7.0} events/s  {:6.1} events/commit  {:5.0} WAL bytes/event  p50 {:?} p99 {:?}",
            (after.stored - before.stored) as f64 / elapsed.as_secs_f64(),
            (after.stored - before.stored) as f64 / batches as f64,
            (wal(&server).await - wal_before) / (after.stored - before.stored) as f64,
            at(50),
            at(99)
        )
        .unwrap();
    }
    ceiling(&config("dg_admin"), "ceiling-2", &mut out).await;
    stop.cancel();
    stage.stopped().await;
}

/// Bytes of write-ahead log that the server wrote so far.
async fn wal(server: &Postgres) -> f64 {
    let (client, connection) = tokio_postgres::connect(&server.admin_url(), tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client.query_one("SELECT (pg_current_wal_lsn() - '0/0')::float8", &[]).await.unwrap().get(0)
}

async fn ceiling(owner: &DatabaseConfig, tenant: &str, out: &mut impl Write) {
    let tenant = TenantId::new(tenant).unwrap();
    let rate = copy_ceiling(owner, &CopyLoad { tenant, rows: 100_000, payload_bytes: 800, at: CLOCK() }).await.unwrap();
    writeln!(out, "COPY ceiling: {rate:.0} rows/s").unwrap();
}

async fn load(stage: &AppendStage, tenant: &TenantId, client: usize, batch: usize, until: Instant) -> Vec<Duration> {
    let mut latencies = Vec::new();
    let filling = "x".repeat(680);
    let mut count = 0_usize;
    while Instant::now() < until {
        let events = (count..count + batch).map(|at| event(tenant, client, at, &filling)).collect();
        count += batch;
        let began = Instant::now();
        let request = AppendRequest {
            tenant: tenant.clone(),
            principal: "rate".to_owned(),
            events,
            mode: AppendMode::Independent,
        };
        stage.append(request).await.unwrap();
        latencies.push(began.elapsed());
    }
    latencies
}

/// Traces of ten events.
fn event(tenant: &TenantId, client: usize, at: usize, filling: &str) -> NewEvent {
    let (trace, first) = (at / 10, at.is_multiple_of(10));
    let (kind, payload) = if first {
        (
            "TraceStarted",
            format!(
                r#"{{"workflow":"w","title":"t","note":"{filling}","primary_entity":{{"entity_type":"order","entity_id":"1"}}}}"#
            ),
        )
    } else {
        (
            "InputObserved",
            format!(
                r#"{{"input_id":"i","note":"{filling}","source":{{"system":"s","object_type":"o","object_id":"1"}},"facts":[]}}"#
            ),
        )
    };
    let text = format!(
        r#"{{"event_id":"{tenant}-{client}-{at}","trace_id":"{tenant}-{client}-{trace}","event_type":"{kind}",
        "occurred_at":"2026-01-01T00:00:00Z","source":{{"producer_id":"rate","system":"rate"}},
        "actor":{{"actor_type":"agent","actor_id":"rate"}},"idempotency_key":"{tenant}-{client}-{at}","payload":{payload}}}"#
    );
    NewEvent::parse(text.as_bytes(), &Rules::edge(GuardMode::Precise)).unwrap()
}
