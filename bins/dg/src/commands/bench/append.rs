//! `append-batch` and `append-single`: everything is sent from all connections at once.

use super::{
    Plan,
    figures::Figures,
    fill::{TENANT, send},
    scratch::Suite,
};
use crate::failure::Failure;

pub(super) async fn run(suite: &Suite, plan: &Plan) -> Result<Figures, Failure> {
    suite.create_tenant(TENANT).await?;
    let sent = send(suite, plan).await?;
    Ok(plan
        .figures()
        .rate(plan.events, sent.spent)
        .with("p50_ms", sent.requests.p50_ms())
        .with("p99_ms", sent.requests.p99_ms())
        .with("timed", "request"))
}
