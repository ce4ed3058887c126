//! A suite of the bench's own: started like any other, stopped and removed at the end.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use dg_client::{Client, NewTenant};
use dg_domain::TenantId;
use dg_storage::{
    DatabaseConfig, Store,
    bench::{CopyLoad, copy_ceiling},
};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde::Deserialize;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use super::{Plan, processes::Sample};
use crate::failure::{Exit, Failure};

/// The daemon that folds the log.
pub(super) const PROJECTOR: &str = "dg-projectord";
/// The daemon that works for reviews.
pub(super) const REVIEWER: &str = "dg-workflowd";

/// The private server.
pub(super) const DATABASE: &str = "postgres";

/// A suite is calm when it has used at most so much of a core for so long.
const CALM: f64 = 0.1;
const CALM_WINDOW: Duration = Duration::from_secs(2);
const CALM_DEADLINE: Duration = Duration::from_secs(60);

/// Limits are looked at, and hold nobody up: a bench is one account that does as much as it can.
const UNHELD: [(&str, &str); 5] = [
    ("DG__API__LIMITS__READS_PER_SECOND", "1000000"),
    ("DG__API__LIMITS__WRITES_PER_SECOND", "1000000"),
    ("DG__API__LIMITS__TENANT_READS_PER_SECOND", "1000000"),
    ("DG__API__LIMITS__TENANT_WRITES_PER_SECOND", "1000000"),
    ("DG__API__LIMITS__ADMIN_PER_SECOND", "1000000"),
];
const START_DEADLINE: Duration = Duration::from_secs(90);
const STOP_DEADLINE: Duration = Duration::from_secs(60);

/// The line `dg up --json` prints.
#[derive(Debug, Deserialize)]
struct Ready {
    api_url: String,
    admin_token: String,
    database_url: String,
}

/// The part of the supervisor's status file that is read here.
#[derive(Debug, Deserialize)]
struct Status {
    pid: i32,
    children: Vec<StatusChild>,
}

#[derive(Debug, Deserialize)]
struct StatusChild {
    name: String,
    pid: Option<i32>,
}

/// A running scratch suite. Dropping it without [`Suite::stop`] asks it to end as well.
pub(super) struct Suite {
    up: Child,
    ready: Ready,
    dir: PathBuf,
    _scratch: TempDir,
}

impl Suite {
    pub(super) async fn start(parent: Option<&Path>) -> Result<Self, Failure> {
        let mut builder = tempfile::Builder::new();
        builder.prefix("dg-bench-");
        let scratch = match parent {
            Some(parent) => builder.tempdir_in(parent)?,
            None => builder.tempdir()?,
        };
        let dir = scratch.path().join("suite");
        let mut up = Command::new(std::env::current_exe()?)
            .args(["up", "--json", "--no-demo", "--api-port", "0", "--console-port", "0", "--dir"])
            .arg(&dir)
            .env_remove("DATABASE_URL")
            .envs(UNHELD)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()?;
        let stdout = up.stdout.take().ok_or_else(|| failed("it has no output"))?;
        let mut lines = BufReader::new(stdout).lines();
        let line = tokio::time::timeout(START_DEADLINE, lines.next_line())
            .await
            .map_err(|_| failed("it was not ready in time"))??
            .ok_or_else(|| failed("it ended before it was ready"))?;
        let ready: Ready = serde_json::from_str(&line)?;
        Ok(Self { up, ready, dir, _scratch: scratch })
    }

    pub(super) fn api_url(&self) -> &str {
        &self.ready.api_url
    }

    pub(super) fn admin_token(&self) -> &str {
        &self.ready.admin_token
    }

    /// Its database, as the schema's owner.
    pub(super) fn store(&self) -> Result<Store, Failure> {
        Ok(Store::open(&self.database())?)
    }

    pub(super) fn database(&self) -> DatabaseConfig {
        DatabaseConfig::new(&self.ready.database_url)
    }

    /// Its database, as somebody whom row-level security does not concern: PostgreSQL refuses COPY to everybody else.
    pub(super) fn superuser(&self) -> DatabaseConfig {
        self.as_role("dg_admin")
    }

    /// Its database, as one of the private server's roles.
    pub(super) fn as_role(&self, role: &str) -> DatabaseConfig {
        DatabaseConfig::new(self.ready.database_url.replace("user=dg_owner", &format!("user={role}")))
    }

    pub(super) async fn create_tenant(&self, tenant: &str) -> Result<(), Failure> {
        self.client()?.create_tenant(&NewTenant { tenant_id: tenant.to_owned(), ..NewTenant::default() }).await?;
        Ok(())
    }

    /// A client as its administrator.
    pub(super) fn client(&self) -> Result<Client, Failure> {
        Ok(Client::new(self.api_url(), self.admin_token())?)
    }

    /// Freezes the projector, so that a log can be filled without it.
    pub(super) fn pause_projector(&self) -> Result<(), Failure> {
        self.signal(PROJECTOR, Signal::SIGSTOP)
    }

    pub(super) fn resume_projector(&self) -> Result<(), Failure> {
        self.signal(PROJECTOR, Signal::SIGCONT)
    }

    /// Sends a daemon a signal.
    pub(super) fn signal(&self, name: &str, signal: Signal) -> Result<(), Failure> {
        let pid = self.pid_of(name)?.ok_or_else(|| failed(&format!("it runs no {name}")))?;
        signal_to(pid, signal)
    }

    /// Kills a daemon and leaves it down: whoever would start it again is frozen. Killed, not frozen itself: its sessions end and
    /// hold no locks.
    pub(super) fn take_down(&self, name: &str) -> Result<(), Failure> {
        signal_to(self.status()?.pid, Signal::SIGSTOP)?;
        self.signal(name, Signal::SIGKILL)
    }

    /// Lets it be started again.
    pub(super) fn let_up(&self) -> Result<(), Failure> {
        signal_to(self.status()?.pid, Signal::SIGCONT)
    }

    /// The process id of a daemon, while it runs.
    pub(super) fn pid_of(&self, name: &str) -> Result<Option<i32>, Failure> {
        Ok(self.daemons()?.into_iter().find(|(found, _)| found == name).map(|(_, pid)| pid))
    }

    /// What its processes have cost so far.
    pub(super) fn processes(&self) -> Result<Sample, Failure> {
        Sample::take(&self.daemons()?)
    }

    /// Waits until nothing is done behind the scenes any more: statistics, vacuum and checkpoints that a large fill leaves behind
    /// would be measured otherwise. Answers how busy the suite is then, as a share of one core.
    pub(super) async fn calm(&self) -> Result<f64, Failure> {
        let began = Instant::now();
        let mut before = self.processes()?;
        loop {
            let looked = Instant::now();
            tokio::time::sleep(CALM_WINDOW).await;
            let now = self.processes()?;
            let spent: f64 = now.all().map(|(name, usage)| usage.cpu_seconds - before.of(name).cpu_seconds).sum();
            let busy = spent.max(0.0) / looked.elapsed().as_secs_f64();
            if busy <= CALM || began.elapsed() >= CALM_DEADLINE {
                return Ok(busy);
            }
            before = now;
        }
    }

    /// Names and process ids of what runs.
    fn daemons(&self) -> Result<Vec<(String, i32)>, Failure> {
        Ok(self.status()?.children.into_iter().filter_map(|child| Some((child.name, child.pid?))).collect())
    }

    fn status(&self) -> Result<Status, Failure> {
        Ok(serde_json::from_str(&std::fs::read_to_string(self.dir.join("status.json"))?)?)
    }

    pub(super) async fn stop(mut self) -> Result<(), Failure> {
        self.terminate();
        let ended = tokio::time::timeout(STOP_DEADLINE, self.up.wait()).await;
        ended.map_err(|_| failed("it did not stop in time"))??;
        Ok(())
    }

    fn terminate(&self) {
        if let Some(pid) = self.up.id().and_then(|pid| i32::try_from(pid).ok()) {
            // It may have ended by itself; then there is nobody to tell.
            let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
        }
    }
}

impl Drop for Suite {
    fn drop(&mut self) {
        // A frozen supervisor would not hear of the end; where there is none left, there is nobody to wake.
        let _ = self.let_up();
        self.terminate();
    }
}

fn signal_to(pid: i32, signal: Signal) -> Result<(), Failure> {
    kill(Pid::from_raw(pid), signal).map_err(|error| Failure::from(std::io::Error::from(error)))
}

fn failed(what: &str) -> Failure {
    Failure::new(Exit::Unavailable, "scratch_suite", format!("the scratch suite: {what}"))
        .advise("run `dg up --no-demo --dir /tmp/some-directory` to see what it says")
}

/// A tenant by its name here.
pub(super) fn tenant_id(name: &str) -> Result<TenantId, Failure> {
    TenantId::new(name).map_err(|error| Failure::new(Exit::Software, "internal_error", error.message))
}

/// Rows per second of COPY into the event log's own table, in the suite's own database.
pub(super) async fn ceiling(suite: &Suite, tenant: &str, plan: &Plan) -> Result<f64, Failure> {
    let rows = i64::try_from(plan.events.clamp(20_000, 100_000)).unwrap_or(100_000);
    let load =
        CopyLoad { tenant: tenant_id(tenant)?, rows, payload_bytes: plan.payload_bytes, at: dg_runtime::clock::now() };
    Ok(copy_ceiling(&suite.superuser(), &load).await?)
}
