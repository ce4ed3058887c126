//! dg-workflowd: follows the log for what people have to look at, tells them, and tells others by webhooks.

mod config;
mod follower;
mod review;
mod telling;
mod webhooks;

use std::process::ExitCode;
use std::time::Duration;

use dg_runtime::admin::{Admin, Readiness, Reason};
use dg_runtime::flags::Identity;
use dg_runtime::rooms::Rooms;
use dg_runtime::{Daemon, Failure};
use dg_storage::listener::Listener;
use dg_storage::notifier::Notifier;
use dg_storage::{Channel, Store};
use dg_webhooks::{Policy, Reach};

use crate::config::WorkflowSettings;
use crate::follower::Follower;
use crate::review::Reviewer;
use crate::telling::Teller;
use crate::webhooks::{Caller, Courier, Metrics, Tools};

/// The database role it works with; it refuses to work with more.
const ROLE: &str = "dg_workflowd";

const IDENTITY: Identity = Identity {
    name: "dg-workflowd",
    about: "Follows the log for what people have to look at, and delivers notifications and webhooks",
    version: env!("CARGO_PKG_VERSION"),
};

const CHANNELS: [Channel; 2] = [Channel::Log, Channel::Workflow];
const HEARD: [Channel; 3] = [Channel::Log, Channel::Projection, Channel::Workflow];

fn main() -> ExitCode {
    dg_runtime::daemon::main(IDENTITY, run)
}

async fn run(daemon: Daemon<WorkflowSettings>) -> Result<(), Failure> {
    let Daemon { config, stop, metrics, mut addresses, .. } = daemon;
    let store = Store::open(&config.database).map_err(Failure::config)?;
    let admin = Admin::bind(&config.admin, IDENTITY.name).await?;
    addresses.add("admin", admin.address());
    addresses.write()?;
    let mut rooms = Rooms::new(stop, Duration::from_millis(config.grace_ms));
    rooms.spawn("admin", admin.serve(readiness(store.clone()), metrics.clone(), rooms.stop()));
    let (workflow, poll_every) = (&config.workflow, config.workflow.poll_every());
    let listener = Listener::start(config.database.clone(), &HEARD, rooms.stop());
    let caller = Caller::new(
        Reach::of(workflow.webhook_allow_private),
        Duration::from_millis(workflow.webhook_connect_timeout_ms),
        Duration::from_millis(workflow.webhook_timeout_ms),
    );
    let telling = telling::Tools {
        store: store.clone(),
        caller: caller.clone(),
        mailer: workflow.mailer(),
        schedule: workflow.notify_schedule(),
        at_once: workflow.notify_at_once,
        item_url: workflow.item_url.clone(),
        kept_days: workflow.notify_keep_days,
        metrics: telling::Metrics::register(&metrics),
    };
    let tools = Tools {
        store: store.clone(),
        caller,
        schedule: workflow.schedule(),
        policy: Policy { disable_after: Duration::from_millis(workflow.webhook_disable_after_ms) },
        at_once: workflow.webhook_at_once,
        metrics: Metrics::register(&metrics),
    };
    let notifier = Notifier::start(config.database.clone(), rooms.stop());
    let reviewer =
        Reviewer::new(config.database.clone(), store.clone(), listener.clone(), notifier, poll_every, &metrics);
    let stop = rooms.stop();
    rooms.spawn("review", async move {
        reviewer.run(stop).await;
        Ok::<_, Failure>(())
    });
    let teller = Teller::new(config.database.clone(), telling, listener.clone(), poll_every);
    let stop = rooms.stop();
    rooms.spawn("teller", async move {
        teller.run(stop).await;
        Ok::<_, Failure>(())
    });
    let courier = Courier::new(config.database, tools, listener.clone(), poll_every);
    let stop = rooms.stop();
    rooms.spawn("courier", async move {
        courier.run(stop).await;
        Ok::<_, Failure>(())
    });
    let nudges = listener.follow(&CHANNELS).poll_every(poll_every);
    rooms.spawn("follower", Follower::new(store, &metrics).run(nudges, rooms.stop()));
    rooms.run().await
}

fn readiness(store: Store) -> Readiness {
    Readiness::new(move || {
        let store = store.clone();
        async move { store.check_daemon(ROLE).await.map_err(|error| vec![Reason::new(error.code(), error.to_string())]) }
    })
}
