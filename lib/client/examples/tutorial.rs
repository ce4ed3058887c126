//! What `docs/tutorial/4-rust.md` shows.

use std::{env, error::Error, time::Duration};

use dg_client::{
    ActionCommitted, ActionProposed, ActionStatus, Actor, Client, Entity, Outcome, Policy, PolicyDecision,
    PolicyEvaluated, Source, TraceFinished, TraceStarted,
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let client = Client::new(&env::var("DG_API_URL")?, env::var("DG_TOKEN")?)?.tenant(env::var("DG_TENANT")?);
    let recorder = client.recorder(Actor::new("agent", "refund-agent"), Source::new("refund-program", "shop"));

    let order = Entity::new("order", "order-3").system("shop");
    let started = TraceStarted::new("refund", "Refund for order 3", order.clone());
    let trace = recorder.start_trace(started).trace_id("refund-3").repeatable().await?;
    trace.evaluate_policy(PolicyEvaluated::new(Policy::new("refund-window", "3"), PolicyDecision::Allow)).await?;
    trace.propose_action(ActionProposed::new("pay-3", "refund", order, "payments")).await?;
    // ... pay ...
    trace.commit_action(ActionCommitted::new("pay-3", ActionStatus::Success)).await?;
    trace.finish_trace(TraceFinished::new(Outcome::Success)).await?;

    recorder.wait_visible(Duration::from_secs(10)).await?;
    Ok(())
}
