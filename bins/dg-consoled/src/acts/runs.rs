//! What the forms about runs and set-aside events do.

use dg_client::{Client, ClientError, NewRun};
use dg_domain::TenantId;

use super::{Done, NotDone};
use crate::{
    model::{Failure, Fields},
    place::{ASKED_MODES, FailuresAt, Place, Screen, TARGETS},
};

/// What has to be typed before a run of `mode` about `target` is asked for; none for a run that changes nothing.
pub(crate) fn phrase(mode: &str, target: &str) -> Option<String> {
    (mode != "verify").then(|| format!("{} {}", mode.to_uppercase(), target.to_uppercase()))
}

pub(super) async fn start(client: &Client, fields: &Fields) -> Result<Done, NotDone> {
    let one_of = |name: &str, known: &[&str]| fields.text(name).filter(|value| known.contains(&value.as_str()));
    let mode = one_of("mode", &ASKED_MODES).ok_or_else(|| NotDone::wrong("choose what the run does"))?;
    let projection = one_of("projection", &TARGETS).ok_or_else(|| NotDone::wrong("choose what the run is about"))?;
    let reason = fields.text("reason").ok_or_else(no_reason)?;
    let until_log_seq = match fields.get("until") {
        Some(until) => {
            Some(until.parse().map_err(|_| NotDone::wrong("the end of a catch-up is a position of the log"))?)
        }
        None => None,
    };
    typed(fields, phrase(&mode, &projection))?;
    let new = NewRun { projection, mode, reason, until_log_seq };
    let run = client.start_run(&new).await.map_err(meeting)?;
    Ok(settled(client, "The run is queued. This page follows it.", Some(&run.job_id)))
}

pub(super) async fn step(client: &Client, fields: &Fields) -> Result<Done, NotDone> {
    let job_id = fields.get("job").ok_or_else(|| NotDone::wrong("no run is named"))?;
    let reason = fields.get("reason").ok_or_else(no_reason)?;
    let (step, text) = match fields.get("step") {
        Some(step @ "cancel") => (step, "The run is being cancelled"),
        Some(step @ "pause") => (step, "The run pauses and keeps what it has done"),
        Some(step @ "resume") => (step, "The run goes on"),
        _ => return Err(NotDone::wrong("choose what happens to the run")),
    };
    let run = client.step_run(job_id, step, Some(reason)).await?;
    Ok(settled(client, &format!("{text}; it is {}.", run.status), Some(&run.job_id)))
}

pub(super) async fn decide(client: &Client, fields: &Fields) -> Result<Done, NotDone> {
    let id = fields.get("failure").ok_or_else(|| NotDone::wrong("no event is named"))?;
    let reason = fields.get("reason");
    let done = match fields.get("decision") {
        Some("retry") => client.retry_failure(id).await.map(|queued| queued.run.job_id),
        Some("resolve") => client.resolve_failure(id, reason.ok_or_else(no_reason)?).await.map(|one| one.run.job_id),
        Some("quarantine") => {
            typed(fields, Some(quarantine_phrase(fields.get("log_seq").unwrap_or_default())))?;
            client.quarantine(id, reason.ok_or_else(no_reason)?).await?;
            return Ok(settled(client, "The event is accepted as missing.", None));
        }
        _ => return Err(NotDone::wrong("choose what is to be done")),
    };
    let job_id = done.map_err(meeting)?;
    Ok(settled(client, "A run that projects the event is queued. This page follows it.", Some(&job_id)))
}

/// What has to be typed before the event at `log_seq` is accepted as missing.
pub(crate) fn quarantine_phrase(log_seq: &str) -> String {
    format!("QUARANTINE {log_seq}")
}

pub(super) async fn verify_reviews(client: &Client) -> Result<Done, NotDone> {
    let verdict = client.verify_workflows().await?;
    let (items, at) = (verdict.items, verdict.log_seq);
    if verdict.equal {
        return Ok(Done::here(format!(
            "The {items} reviews at position {at} are as the log says: {}.",
            verdict.workflow_digest
        )));
    }
    let (kept, folded) = (verdict.workflow_digest, verdict.folded_digest);
    let message =
        format!("the reviews at position {at} are not as the log says: {kept} is kept, the log gives {folded}");
    Err(NotDone::refused("different", message))
}

/// Goes to the run, or back to the list.
fn settled(client: &Client, text: &str, job_id: Option<&str>) -> Done {
    let tenant = client.tenant_id().and_then(|tenant| TenantId::new(tenant).ok());
    let screen = job_id.map_or_else(|| Screen::Failures(FailuresAt::default()), Screen::run);
    Done { text: text.to_owned(), to: tenant.map(|tenant| Place::of(&tenant, screen)) }
}

fn typed(fields: &Fields, phrase: Option<String>) -> Result<(), NotDone> {
    match phrase {
        Some(phrase) if fields.get("phrase") != Some(&phrase) => {
            Err(NotDone::refused("phrase_missing", format!("type {phrase} to confirm")))
        }
        _ => Ok(()),
    }
}

/// A refusal that names the run in the way.
fn meeting(error: ClientError) -> NotDone {
    let other = error.details.get("job_id").and_then(serde_json::Value::as_str).map(str::to_owned);
    match (NotDone::from(error), other) {
        (NotDone::Refused(failure), Some(job_id)) if !failure.message.contains(&job_id) => {
            let message = format!("{} (run {job_id})", failure.message.trim_end_matches('.'));
            NotDone::Refused(Failure { message, ..failure })
        }
        (not_done, _) => not_done,
    }
}

fn no_reason() -> NotDone {
    NotDone::refused("reason_missing", "say why: it is recorded with what you do")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        Fields(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    async fn code(pairs: &[(&str, &str)]) -> String {
        // Nobody answers there: a form that is refused before anything is sent has another code.
        let client =
            Client::new("http://127.0.0.1:1", "t").unwrap().tenant("acme").retry(dg_client::RetryPolicy::NEVER);
        match start(&client, &fields(pairs)).await {
            Err(NotDone::Refused(failure)) => failure.code,
            other => format!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn a_run_is_asked_for_with_its_phrase() {
        let rebuild = [("mode", "rebuild"), ("projection", "all"), ("reason", "a test")];
        assert_eq!(code(&rebuild).await, "phrase_missing");
        assert_eq!(code(&[&rebuild[..], &[("phrase", "rebuild all")]].concat()).await, "phrase_missing");
        assert_eq!(code(&[&rebuild[..], &[("phrase", " REBUILD ALL ")]].concat()).await, "unavailable");
        assert_eq!(code(&[("mode", "verify"), ("projection", "all"), ("reason", "a test")]).await, "unavailable");
        assert_eq!(code(&[("mode", "verify"), ("projection", "all"), ("reason", " ")]).await, "reason_missing");
        assert_eq!(code(&[("mode", "destroy"), ("projection", "all"), ("reason", "x")]).await, "invalid_argument");
        assert_eq!(phrase("catch_up", "trace_summary").unwrap(), "CATCH_UP TRACE_SUMMARY");
    }
}
