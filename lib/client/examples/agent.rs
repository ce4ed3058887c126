//! An agent that decides about refunds, and goes on while the service is away.
//!
//! `DG_API_URL`, `DG_TOKEN` and `DG_TENANT` say where; run it with `cargo run -p dg-client --example agent`.

use std::{env, error::Error, path::PathBuf, time::Duration};

use dg_client::{
    ActionCommitted, ActionProposed, ActionStatus, Actor, Client, Entity, Fact, FactValue, InputObserved, InputSource,
    Policy, PolicyDecision, PolicyEvaluated, RecordError, Recorder, Source, Spool, SpoolOptions, Trace, TraceStarted,
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let tenant = env::var("DG_TENANT")?;
    let client = Client::new(&env::var("DG_API_URL")?, env::var("DG_TOKEN")?)?.tenant(&tenant);
    let place = env::var_os("DG_SPOOL").map_or_else(|| env::temp_dir().join("refund-agent-spool"), PathBuf::from);
    let spool = Spool::open(place, &tenant, SpoolOptions::default())?;
    let (actor, source) = (Actor::new("agent", "refund-agent"), Source::new("refund-agent-rs", "shop"));
    let recorder = client.recorder_with_spool(actor, source, spool)?;

    for (order, amount) in [("17", "38.90"), ("18", "1200.00")] {
        decide(&recorder, order, amount).await?;
    }
    recorder.wait_visible(Duration::from_secs(30)).await?;
    recorder.close().await;
    Ok(())
}

/// One decision. Running it again records nothing twice: the trace has a name, and its calls have keys by their number.
async fn decide(recorder: &Recorder, order: &str, amount: &str) -> Result<(), RecordError> {
    let entity = Entity::new("order", order).system("shop");
    let started = TraceStarted::new("refund", format!("Refund of order {order}"), entity.clone());
    let trace = recorder.start_trace(started).trace_id(format!("refund-rs-{order}")).repeatable().await?;
    let went = refund(&trace, entity, order, amount).await;
    trace.finish_by(&went).await?;
    went
}

async fn refund(trace: &Trace, entity: Entity, order: &str, amount: &str) -> Result<(), RecordError> {
    let input = InputObserved::new("order", InputSource::new("shop", "order", order));
    trace.observe_input(input.facts([Fact::new("amount_eur", FactValue::decimal(amount))])).await?;
    let small = amount.len() < 6;
    let decision = if small { PolicyDecision::Allow } else { PolicyDecision::Deny };
    let policy = PolicyEvaluated::new(Policy::new("refund-cap", "2"), decision);
    trace.evaluate_policy(policy.inputs(["order"])).await?;
    if small {
        let action = format!("refund-{order}");
        trace.propose_action(ActionProposed::new(&action, "refund", entity, "payments")).await?;
        // ... the payment itself ...
        trace.commit_action(ActionCommitted::new(&action, ActionStatus::Success)).await?;
    }
    Ok(())
}
