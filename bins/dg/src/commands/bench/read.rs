//! `read`: one client asks a large log one question after another, kind by kind.

use std::io::Write;

use serde_json::{Map, Value, json};

use super::{
    Plan,
    figures::Figures,
    fill::{self, TENANT},
    reads::{self, Corpus},
    scratch::{Suite, tenant_id},
};
use crate::failure::Failure;

/// `wanted` names the kinds to measure; none stands for all.
pub(super) async fn run(
    suite: &Suite,
    plan: &Plan,
    wanted: &[String],
    notes: &mut impl Write,
) -> Result<Figures, Failure> {
    let mut asked = Corpus::of(plan)?.all_kinds();
    if let Some(unknown) = wanted.iter().find(|name| asked.iter().all(|kind| kind.name != name.as_str())) {
        return Err(Failure::usage(format!("there is no kind of read called {unknown}")));
    }
    asked.retain(|kind| wanted.is_empty() || wanted.iter().any(|name| kind.name == name));
    suite.create_tenant(TENANT).await?;
    fill::fill(suite, plan).await?;
    fill::projected(&suite.store()?, &tenant_id(TENANT)?).await?;
    writeln!(notes, "read: calm at {:.0} % of a core", suite.calm().await? * 100.0)?;
    writeln!(notes, "read: the log is filled and projected; asking …")?;
    let mut kinds = Map::new();
    for kind in asked {
        let (client, server) = reads::one_by_one(suite, &kind, plan.lasting).await?;
        let (p99_ms, target_ms) = (server.p99_ms(), f64::from(kind.target_ms));
        writeln!(
            notes,
            "read: {:<22} p50 {:>8.2} ms, p99 {p99_ms:>8.2} ms of {target_ms} ms; at the client p99 {:>8.2} ms",
            kind.name,
            server.p50_ms(),
            client.p99_ms()
        )?;
        let entry = json!({
            "client_p50_ms": client.p50_ms(), "client_p99_ms": client.p99_ms(), "count": server.count(),
            "max_ms": server.max_ms(), "met": p99_ms <= target_ms, "p50_ms": server.p50_ms(), "p99_ms": p99_ms,
            "target_ms": kind.target_ms,
        });
        kinds.insert(kind.name.to_owned(), entry);
    }
    Ok(Figures::default()
        .with("events", plan.events)
        .with("kinds", Value::Object(kinds))
        .with("timed", "answer at the service; client_… request at the client"))
}
