//! Waiting for runs, with their progress.

use std::time::Duration;

use dg_client::{Client, Run};
use indicatif::{ProgressBar, ProgressStyle};

use crate::failure::{Exit, Failure};

const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Waits until every run has ended, and answers them as they ended. Shows progress on a terminal.
///
/// # Errors
/// 75 when it was interrupted: the runs go on.
pub(crate) async fn follow(client: &Client, mut runs: Vec<Run>) -> Result<Vec<Run>, Failure> {
    let bar = ProgressBar::new(1);
    let style = ProgressStyle::with_template("{bar:30} {percent:>3} %  {msg}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let ended = tokio::select! {
        ended = until_ended(client, &mut runs, &bar) => ended,
        _ = tokio::signal::ctrl_c() => Err(interrupted(&runs)),
    };
    bar.finish_and_clear();
    ended.map(|()| runs)
}

async fn until_ended(client: &Client, runs: &mut [Run], bar: &ProgressBar) -> Result<(), Failure> {
    loop {
        for run in runs.iter_mut().filter(|run| !run.has_ended()) {
            *run = client.tenant(&run.tenant_id).run(&run.job_id).await?;
        }
        let (at, of) = progress(runs);
        bar.set_length(of);
        bar.set_position(at);
        bar.set_message(message(runs));
        if runs.iter().all(Run::has_ended) {
            return Ok(());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Where the runs are together, and where they go.
fn progress(runs: &[Run]) -> (u64, u64) {
    let number = |number: i64| u64::try_from(number).unwrap_or(0);
    let each = runs.iter().map(|run| {
        let target = run.target_log_seq.or(run.until_log_seq).map_or(1, number).max(1);
        if run.has_ended() { (target, target) } else { (number(run.last_log_seq).min(target), target) }
    });
    each.fold((0, 0), |(at, of), (one, target)| (at + one, of + target))
}

fn message(runs: &[Run]) -> String {
    let open: Vec<&Run> = runs.iter().filter(|run| !run.has_ended()).collect();
    let rate: f64 = open.iter().map(|run| run.events_per_second).sum();
    let longest = open
        .iter()
        .filter_map(|run| run.eta_seconds)
        .fold(None, |longest: Option<f64>, eta| Some(longest.map_or(eta, |longest| longest.max(eta))));
    let what = match (open.as_slice(), runs.len()) {
        ([run], 1) if run.phase.is_empty() => run.status.clone(),
        ([run], 1) => format!("{}, {}", run.status, run.phase),
        (open, all) => format!("{} of {all} ended", all - open.len()),
    };
    let left = longest.map_or_else(String::new, |eta| format!("  {} left", span(eta)));
    format!("{what}  {rate:.0} events/s{left}")
}

/// `42 s`, `3 min 5 s`, `2 h 7 min`.
fn span(seconds: f64) -> String {
    let seconds = Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX).as_secs();
    match (seconds / 3_600, seconds / 60 % 60, seconds % 60) {
        (0, 0, s) => format!("{s} s"),
        (0, min, s) => format!("{min} min {s} s"),
        (h, min, _) => format!("{h} h {min} min"),
    }
}

fn interrupted(runs: &[Run]) -> Failure {
    let open: Vec<&Run> = runs.iter().filter(|run| !run.has_ended()).collect();
    let failure = Failure::new(Exit::Temporary, "interrupted", "the waiting ended; what was asked for goes on");
    match open.as_slice() {
        [run] => failure.advise(format!("dg replay follow {} -t {}", run.job_id, run.tenant_id)),
        _ => failure.advise("`dg replay list --status running -t TENANT` shows what is under way"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(status: &str, at: i64, rest: &str) -> Run {
        let text = format!(
            r#"{{"job_id":"j","status":"{status}","tenant_id":"acme","last_log_seq":{at},"target_log_seq":200{rest}}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn progress_is_that_of_all_runs() {
        let rate = r#","events_per_second":1234.4,"eta_seconds":185.2,"phase":"building""#;
        let one = [run("running", 50, rate)];
        assert_eq!(progress(&one), (50, 200));
        assert_eq!(message(&one), "running, building  1234 events/s  3 min 5 s left");
        let two = [run("running", 50, rate), run("completed", 10, "")];
        assert_eq!(progress(&two), (250, 400));
        assert_eq!(message(&two), "1 of 2 ended  1234 events/s  3 min 5 s left");
        assert_eq!(message(&[run("queued", 0, "")]), "queued  0 events/s");
        assert_eq!((span(41.9), span(7_620.0)), ("41 s".to_owned(), "2 h 7 min".to_owned()));
    }

    #[test]
    fn who_stops_waiting_learns_how_to_go_on() {
        let failure = interrupted(&[run("running", 1, "")]);
        assert_eq!(failure.exit(), Exit::Temporary);
        assert_eq!(failure.advice(), Some("dg replay follow j -t acme"));
    }
}
