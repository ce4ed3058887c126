//! Prints decisions of people as they are recorded, until it is stopped.
//!
//! `cargo run -p dg-client --example follow`, with `DG_API_URL`, `DG_TOKEN` and `DG_TENANT`; `DG_COUNT` ends it after so many.

use std::{
    env,
    error::Error,
    io::{self, Write},
};

use dg_client::{Client, FollowQuery};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let client = Client::new(&env::var("DG_API_URL")?, env::var("DG_TOKEN")?)?.tenant(env::var("DG_TENANT")?);
    let count = env::var("DG_COUNT").ok().and_then(|count| count.parse().ok()).unwrap_or(usize::MAX);
    let event_types = vec!["ApprovalRecorded".to_owned()];
    let mut events = client.follow_events(FollowQuery { after: Some(0), event_types, trace_id: None });
    for _ in 0..count {
        let Some(event) = events.next().await.transpose()? else { break };
        let payload = event.payload_value();
        let (decision, subject) = (&payload["decision"], &payload["subject"]["subject_id"]);
        writeln!(io::stdout(), "{} {}: {decision} {subject}", event.log_seq, event.trace_id)?;
    }
    Ok(())
}
