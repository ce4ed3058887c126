//! Asks for a rebuild like an operator, and waits for it.

use std::time::{Duration, Instant};

use bytes::Bytes;
use dg_domain::Micros;
use dg_projections::RunTarget;
use serde::Deserialize;
use serde_json::json;

use super::super::http::{Connection, accept};
use crate::failure::{Exit, Failure};

/// A run that has not moved for so long does not move.
const STANDSTILL: Duration = Duration::from_secs(120);
/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// A rebuild that is done.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rebuilt {
    /// From its start to its end, by the service's own account.
    pub(super) took: Duration,
    /// Events folded, once per projection.
    pub(super) processed_events: usize,
}

#[derive(Debug, Deserialize)]
struct Answer {
    data: Data,
}

#[derive(Debug, Deserialize)]
struct Data {
    run: Run,
}

/// The part of a run that is read here.
#[derive(Debug, PartialEq, Deserialize)]
struct Run {
    job_id: String,
    status: String,
    started_at: Option<String>,
    finished_at: Option<String>,
    processed_events: usize,
    phase: Option<String>,
    error_code: Option<String>,
    error_message: Option<String>,
}

pub(super) async fn rebuild(connection: &mut Connection, target: RunTarget) -> Result<Rebuilt, Failure> {
    let body = json!({"projection": target.as_str(), "mode": "rebuild", "reason": "dg bench rebuild"}).to_string();
    let (status, answer) = connection.post("/api/v1/admin/replays", Bytes::from(body)).await?;
    accept(status, &answer)?;
    let mut run = serde_json::from_slice::<Answer>(&answer)?.data.run;
    let path = format!("/api/v1/admin/replays/{}", run.job_id);
    let mut moved = Instant::now();
    loop {
        if run.finished_at.is_some() {
            return run.outcome();
        }
        if moved.elapsed() > STANDSTILL {
            return Err(Failure::new(Exit::Unavailable, "storage", "the rebuild has not moved for two minutes"));
        }
        tokio::time::sleep(LOOK_EVERY).await;
        let now = connection.get_json::<Answer>(&path).await?.data.run;
        if now != run {
            (run, moved) = (now, Instant::now());
        }
    }
}

impl Run {
    fn outcome(&self) -> Result<Rebuilt, Failure> {
        let instant = |text: &Option<String>| text.as_deref().and_then(Micros::parse_rfc3339).map(Micros::get);
        let took = instant(&self.finished_at).zip(instant(&self.started_at)).map(|(end, start)| end - start);
        match took.and_then(|micros| u64::try_from(micros).ok()) {
            Some(micros) if self.status == "completed" => {
                Ok(Rebuilt { took: Duration::from_micros(micros), processed_events: self.processed_events })
            }
            _ => {
                let message = format!("the rebuild ended as {}: {:?}", self.status, self.error_message);
                Err(Failure::new(Exit::Software, self.error_code.as_deref().unwrap_or("run_failed"), message))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_completed_run_has_a_time() {
        let run = |status: &str| Run {
            job_id: "j".to_owned(),
            status: status.to_owned(),
            started_at: Some("2026-01-01T00:00:00Z".to_owned()),
            finished_at: Some("2026-01-01T00:00:02.500000Z".to_owned()),
            processed_events: 40,
            phase: None,
            error_code: None,
            error_message: None,
        };
        assert_eq!(run("completed").outcome().unwrap().took, Duration::from_millis(2_500));
        assert!(run("cancelled").outcome().is_err());
    }
}
