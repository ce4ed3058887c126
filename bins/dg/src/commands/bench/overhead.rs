//! `overhead`: what safety costs an append: row-level security, recognising who asks, and counting it.
//!
//! Row-level security: the very statements of the append stage, out of this process, in turns as dg-apid's role with its policies
//! and as a superuser, whom policies do not concern. What is named for the transaction is named in both.
//!
//! Recognising: the service's own gate, asked over and over for what a request shows, as it is asked with a busy token (its
//! look-ups into the database once a second are in it). Beside the number of single appends that the suite takes per second,
//! that is a share of the machine. The same is said of anything else that each request passes, such as the limits: see [`Passed`].

use std::{
    io::Write,
    sync::Arc,
    time::{Duration, Instant},
};

use dg_domain::{GuardMode, NewEvent, Rules, TenantId, append::Outcome};
use dg_http::gate::{Directory, Gate, Role};
use dg_http::limits::{Asked, LimitSettings, Limits, Scope};
use dg_storage::{
    DatabaseConfig, Store,
    log::{AppendMode, AppendRequest, AppendStage, StageConfig},
    notifier::Notifier,
    tenants::TenantLimits,
};
use futures_util::future::try_join_all;
use hyper::{HeaderMap, header::HeaderValue};
use tokio_util::sync::CancellationToken;

use super::{
    Plan,
    figures::{Figures, per_second, round},
    fill::{TENANT, send, shares},
    load::Lengths,
    scratch::{Suite, tenant_id},
};
use crate::failure::{Exit, Failure};

/// Turns of each kind; the middle one counts.
const ROUNDS: usize = 5;
/// Tenants of the turns in which one statement serves many.
const MANY: usize = 16;
/// How long the gate is asked.
const ASKING: Duration = Duration::from_secs(3);
/// What all of it may cost.
const ALLOWED: f64 = 0.10;

/// Something that every request passes: how long one takes of a core.
struct Passed {
    name: &'static str,
    spent: Duration,
}

pub(super) async fn run(suite: &Suite, plan: &Plan, notes: &mut impl Write) -> Result<Figures, Failure> {
    // Nobody else works on the machine meanwhile.
    suite.pause_projector()?;
    let compared = compare(suite, plan, notes).await;
    suite.resume_projector()?;
    let (one, many) = compared?;
    let passed = [
        Passed { name: "authentication", spent: ask_the_gate(suite).await? },
        Passed { name: "limits", spent: ask_the_limits()? },
    ];

    suite.create_tenant(TENANT).await?;
    let single = Plan { batch: 1, connections: 64, events: (plan.events / 4).max(1_000), ..*plan };
    let sent = send(suite, &single).await?;
    let rate = per_second(single.events, sent.spent);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut figures = plan
        .figures()
        .rate(single.events, sent.spent)
        .with("policies_one_tenant", one.figures())
        .with("policies_many_tenants", many.figures())
        .with("timed", "batch of the append stage, gate");
    let mut kept = one.ratio().min(many.ratio());
    for Passed { name, spent } in passed {
        let share = share_of_machine(spent, rate, cores);
        kept *= 1.0 - share;
        let micros = spent.as_secs_f64() * 1e6;
        writeln!(notes, "overhead: {name} takes {micros:.2} µs of a request, {:.2} % of the machine", share * 100.0)?;
        figures = figures.with(&format!("{name}_us"), round(micros, 2)).with(&format!("{name}_share"), round(share, 4));
    }
    let overhead = 1.0 - kept;
    writeln!(notes, "overhead: {:.1} % of the append rate in all", overhead * 100.0)?;
    Ok(figures.with("overhead", round(overhead, 3)).with("met", overhead < ALLOWED))
}

/// Which part of all cores something takes that each of `rate` requests per second passes.
#[expect(clippy::cast_precision_loss, reason = "a number of cores")]
fn share_of_machine(spent: Duration, rate: f64, cores: usize) -> f64 {
    (spent.as_secs_f64() * rate / cores.max(1) as f64).min(1.0)
}

/// Rates with and without, turn by turn.
#[derive(Debug, Default)]
struct Compared {
    with: Vec<f64>,
    without: Vec<f64>,
}

impl Compared {
    /// What is left of the rate, in the middle of all turns.
    fn ratio(&self) -> f64 {
        let ratios = self.with.iter().zip(&self.without).map(|(with, without)| with / without.max(f64::EPSILON));
        median(ratios.collect())
    }

    fn figures(&self) -> serde_json::Value {
        serde_json::json!({
            "per_second": round(median(self.with.clone()), 0),
            "per_second_without": round(median(self.without.clone()), 0),
            "ratio": round(self.ratio(), 3),
        })
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// Takes turns, the one that begins changing, so that what happens on the machine meanwhile happens to both.
async fn compare(suite: &Suite, plan: &Plan, notes: &mut impl Write) -> Result<(Compared, Compared), Failure> {
    let (with, without) = (Appender::start(suite.as_role("dg_apid")), Appender::start(suite.superuser()));
    let mut compared = [Compared::default(), Compared::default()];
    // One more at first, which does not count: tables and caches are cold.
    for round in 0..=ROUNDS {
        for (tenants, compared) in [1, MANY].into_iter().zip(&mut compared) {
            let mut rates = [0.0; 2];
            for turn in 0..2 {
                let restricted = (round + turn) % 2 == 0;
                let appender = if restricted { &with } else { &without };
                let name = format!("overhead-{round}-{tenants}-{turn}");
                rates[usize::from(!restricted)] = appender.append(suite, plan, &name, tenants).await?;
            }
            if round > 0 {
                writeln!(
                    notes,
                    "overhead: {tenants} tenants, {:.0} with and {:.0} without policies",
                    rates[0], rates[1]
                )?;
                compared.with.push(rates[0]);
                compared.without.push(rates[1]);
            }
        }
    }
    with.stop().await;
    without.stop().await;
    let [one, many] = compared;
    Ok((one, many))
}

/// An append stage of this process.
struct Appender {
    stage: AppendStage,
    stop: CancellationToken,
}

impl Appender {
    fn start(database: DatabaseConfig) -> Self {
        let stop = CancellationToken::new();
        let notifier = Notifier::start(database.clone(), stop.clone());
        let stage = AppendStage::start(StageConfig::new(database, dg_runtime::clock::now), notifier, stop.clone());
        Self { stage, stop }
    }

    async fn stop(self) {
        self.stop.cancel();
        self.stage.stopped().await;
    }

    /// Appends a part of the plan's events to new tenants, from all connections at once; answers events per second.
    async fn append(&self, suite: &Suite, plan: &Plan, name: &str, tenants: usize) -> Result<f64, Failure> {
        let mut ids = Vec::with_capacity(tenants);
        for at in 0..tenants {
            let tenant = format!("{name}-{at}");
            suite.create_tenant(&tenant).await?;
            ids.push(tenant_id(&tenant)?);
        }
        let plan = Plan { events: (plan.events / (4 * ROUNDS)).max(1_000), ..*plan };
        let rules = Rules::edge(GuardMode::Precise);
        let mut work: Vec<Vec<AppendRequest>> = Vec::with_capacity(plan.connections);
        for (at, share) in shares(&plan, Lengths::Short).enumerate() {
            let events: Result<Vec<NewEvent>, _> =
                share.events().map(|event| NewEvent::parse(event.as_bytes(), &rules)).collect();
            let mut events =
                events.map_err(|error| Failure::new(Exit::Software, "internal_error", error.message))?.into_iter();
            let mut requests = Vec::new();
            // Each request is for another tenant, but a trace stays with its own: a batch is a whole number of traces or one event.
            for count in 0.. {
                let batch: Vec<NewEvent> =
                    events.by_ref().take(plan.batch.max(super::load::EVENTS_PER_TRACE)).collect();
                if batch.is_empty() {
                    break;
                }
                requests.push(request(&ids[(at + count) % tenants], batch));
            }
            work.push(requests);
        }
        let started = Instant::now();
        let tasks = work.into_iter().map(|requests| {
            let stage = self.stage.clone();
            tokio::spawn(async move {
                for request in requests {
                    stored(&stage, request).await?;
                }
                Ok::<_, Failure>(())
            })
        });
        let joined = try_join_all(tasks).await;
        let spent = started.elapsed();
        let joined = joined.map_err(|error| Failure::new(Exit::Software, "internal_error", error.to_string()))?;
        joined.into_iter().collect::<Result<(), _>>()?;
        Ok(per_second(plan.events, spent))
    }
}

fn request(tenant: &TenantId, events: Vec<NewEvent>) -> AppendRequest {
    AppendRequest { tenant: tenant.clone(), principal: "bench".to_owned(), events, mode: AppendMode::Independent }
}

async fn stored(stage: &AppendStage, request: AppendRequest) -> Result<(), Failure> {
    let failed = |message: String| Failure::new(Exit::Unavailable, "storage", message);
    let outcomes = stage.append(request).await.map_err(|error| failed(error.to_string()))?;
    match outcomes.iter().find(|outcome| !matches!(outcome, Outcome::Stored(_))) {
        None => Ok(()),
        Some(other) => Err(failed(format!("an event was not stored: {other:?}"))),
    }
}

/// How long the gate takes to recognise a caller whom it knows.
async fn ask_the_gate(suite: &Suite) -> Result<Duration, Failure> {
    let directory = Store::open(&suite.as_role("dg_apid"))?;
    let gate: Arc<Gate<dyn Directory>> = Arc::new(Gate::new(directory, LimitSettings::none()));
    let name = "overhead-gate";
    suite.create_tenant(name).await?;
    let mut headers = HeaderMap::new();
    let authorization = HeaderValue::try_from(format!("Bearer {}", suite.admin_token()));
    let unusable = |_| Failure::new(Exit::Software, "internal_error", "the token is no header");
    headers.insert("authorization", authorization.map_err(unusable)?);
    headers.insert("x-tenant-id", HeaderValue::from_static("overhead-gate"));
    let (began, mut asked) = (Instant::now(), 0_u32);
    while began.elapsed() < ASKING {
        for _ in 0..1_000 {
            let entered = gate.enter_tenant(&headers, Role::Writer, dg_runtime::clock::now()).await;
            entered.map_err(|error| Failure::new(Exit::Software, "internal_error", format!("{error:?}")))?;
        }
        asked += 1_000;
    }
    Ok(began.elapsed() / asked)
}

/// How long the limits take for a request of one account among many.
fn ask_the_limits() -> Result<Duration, Failure> {
    // Rates that nobody reaches; the work is the same.
    let rates = 1_000_000_000;
    let limits = Limits::new(LimitSettings {
        writes_per_second: rates,
        tenant_writes_per_second: rates,
        ..LimitSettings::default()
    });
    let accounts: Vec<String> = (0..256).map(|number| format!("agent-{number}")).collect();
    let (began, mut asked) = (Instant::now(), 0_u32);
    while began.elapsed() < ASKING / 3 {
        for account in &accounts {
            let taken = limits.begin(account).and_then(|_seat| {
                let tenant = Some(("overhead", TenantLimits::default()));
                limits.take(Asked { scope: Scope::Write, account, tenant }, 1)
            });
            taken.map_err(|error| Failure::new(Exit::Software, "internal_error", format!("{error:?}")))?;
            asked += 1;
        }
    }
    Ok(began.elapsed() / asked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_turn_counts() {
        let compared = Compared { with: vec![90.0, 50.0, 95.0], without: vec![100.0, 100.0, 100.0] };
        assert!((compared.ratio() - 0.9).abs() < 1e-9);
        assert!((median(Vec::new())).abs() < 1e-9);
    }

    #[test]
    fn a_share_is_one_of_all_cores() {
        let share = share_of_machine(Duration::from_micros(10), 20_000.0, 2);
        assert!((share - 0.1).abs() < 1e-9);
    }
}
