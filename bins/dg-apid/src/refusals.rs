//! Writes down who was refused, in a way that nobody can fill the disk with.
//!
//! Somebody whose token was right is named: the first refusal of a kind is a row at once, and those that follow within
//! the minute become one row with their number. Strangers become one row a minute, however many they are. So a process writes
//! at most one row a minute for all strangers, and [`KINDS`] and one more for each account.

use std::collections::{BTreeMap, HashMap};

use dg_http::Code;
use dg_http::refusals::{Refused, Witness};
use dg_runtime::CancellationToken;
use dg_storage::Store;
use dg_storage::audit::{AuditKind, By, NewEntry, Outcome};
use serde_json::{Map, Value};
use tokio::sync::mpsc;
use tokio::time::{Duration, Instant, MissedTickBehavior};
use tracing::warn;

/// How many kinds of refusals of one account are told apart within a minute.
const KINDS: usize = 20;
/// How many addresses of strangers are told apart within a minute.
const ADDRESSES: usize = 1_000;
/// How many of them, those with the most refusals, are named.
const NAMED: usize = 10;
const WINDOW: Duration = Duration::from_secs(60);
const EVERY: Duration = Duration::from_millis(500);

/// The end that requests see.
#[derive(Debug)]
pub(crate) struct Observer(mpsc::Sender<Refused>);

/// The end that writes.
#[derive(Debug)]
pub(crate) struct Recorder {
    store: Store,
    refused: mpsc::Receiver<Refused>,
}

/// The two ends.
pub(crate) fn observed(store: &Store) -> (Observer, Recorder) {
    let (sender, refused) = mpsc::channel(1_024);
    (Observer(sender), Recorder { store: store.clone(), refused })
}

impl Witness for Observer {
    fn refused(&self, refused: Refused) {
        // A failed sign-in is a row of its own, about the person and not about the program.
        if refused.code == Code::SignInRefused.as_str() {
            return;
        }
        // A full channel means thousands a second: what is lost is a part of a number.
        let _ = self.0.try_send(refused);
    }
}

impl Recorder {
    /// Writes until `stop`, and then what is left.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let mut tally = Tally::default();
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut began = Instant::now();
        loop {
            let over = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                _ = ticks.tick() => began.elapsed() >= WINDOW,
                refused = self.refused.recv() => match refused {
                    Some(refused) => {
                        tally.count(refused);
                        continue;
                    }
                    None => break,
                },
            };
            if over {
                began = Instant::now();
            }
            self.write(tally.due(over)).await;
        }
        while let Ok(refused) = self.refused.try_recv() {
            tally.count(refused);
        }
        self.write(tally.due(true)).await;
    }

    async fn write(&self, due: Vec<NewEntry>) {
        let rows = due.len();
        if let Err(error) = self.store.note(due).await {
            warn!(error = &error as &dyn std::error::Error, rows, "refusals were not written to the audit");
        }
    }
}

/// What was counted in this window.
#[derive(Debug, Default)]
struct Tally {
    accounts: HashMap<String, BTreeMap<Kind, Count>>,
    strangers: Strangers,
}

/// What makes two refusals of an account the same; `None` for those beyond [`KINDS`].
type Kind = Option<(String, String, Option<String>, Option<String>)>;

#[derive(Debug)]
struct Count {
    first: Refused,
    times: u64,
    /// How many of them are in the audit.
    written: u64,
}

#[derive(Debug, Default)]
struct Strangers {
    codes: BTreeMap<String, u64>,
    addresses: HashMap<String, u64>,
}

impl Tally {
    fn count(&mut self, refused: Refused) {
        let Some(account) = refused.account.clone() else { return self.strangers.count(refused) };
        let kinds = self.accounts.entry(account).or_default();
        let kind = (refused.route.clone(), refused.code.clone(), refused.tenant.clone(), refused.agent.clone());
        let kind = Some(kind);
        let kind = if kinds.len() < KINDS || kinds.contains_key(&kind) { kind } else { None };
        kinds.entry(kind).or_insert_with(|| Count { first: refused, times: 0, written: 0 }).times += 1;
    }

    /// The rows to write now; all that is left when the window is over.
    fn due(&mut self, over: bool) -> Vec<NewEntry> {
        let mut due = Vec::new();
        let accounts = self.accounts.values_mut().flat_map(|kinds| kinds.iter_mut());
        for (kind, count) in accounts.filter(|(_, count)| count.times > count.written) {
            if count.written == 0 || over {
                due.push(row(kind, &count.first, count.times - count.written));
                count.written = count.times;
            }
        }
        if over {
            self.accounts.clear();
            due.extend(std::mem::take(&mut self.strangers).row());
        }
        due
    }
}

fn row(kind: &Kind, first: &Refused, times: u64) -> NewEntry {
    let by = By {
        principal: first.account.clone(),
        agent: first.agent.clone(),
        request_id: Some(first.request_id.clone()),
        address: first.address.clone(),
    };
    let entry = by.note(AuditKind::Refusal, "request", Outcome::Refused).with("count", times);
    let entry = match kind {
        Some((route, code, _, _)) => entry.with("route", route.clone()).with("code", code.clone()),
        None => entry.with("others", true),
    };
    match (&first.tenant, kind) {
        (Some(tenant), Some(_)) => entry.tenant(tenant),
        _ => entry,
    }
}

impl Strangers {
    fn count(&mut self, refused: Refused) {
        *self.codes.entry(refused.code).or_default() += 1;
        let address = refused.address.unwrap_or_else(|| "unknown".to_owned());
        if self.addresses.len() < ADDRESSES || self.addresses.contains_key(&address) {
            *self.addresses.entry(address).or_default() += 1;
        }
    }

    fn row(self) -> Option<NewEntry> {
        if self.codes.is_empty() {
            return None;
        }
        let mut addresses: Vec<(String, u64)> = self.addresses.into_iter().collect();
        addresses.sort_by(|(a, x), (b, y)| y.cmp(x).then_with(|| a.cmp(b)));
        let told_apart = addresses.len();
        addresses.truncate(NAMED);
        let numbers = |pairs: Vec<(String, u64)>| -> Map<String, Value> {
            pairs.into_iter().map(|(name, count)| (name, Value::from(count))).collect()
        };
        let count: u64 = self.codes.values().sum();
        let entry = By::default().note(AuditKind::Refusal, "authenticate", Outcome::Refused).with("count", count);
        let entry = entry.with("codes", numbers(self.codes.into_iter().collect()));
        Some(entry.with("addresses", numbers(addresses)).with("addresses_seen", told_apart))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(account: Option<&str>, route: &str) -> Refused {
        Refused {
            route: route.to_owned(),
            code: "forbidden".to_owned(),
            account: account.map(str::to_owned),
            agent: None,
            tenant: None,
            address: Some("10.0.0.7".to_owned()),
            request_id: "r".to_owned(),
        }
    }

    #[test]
    fn the_first_is_written_at_once_and_the_rest_as_a_number() {
        let mut tally = Tally::default();
        for _ in 0..3 {
            tally.count(refused(Some("bot"), "GET /a"));
        }
        assert_eq!(tally.due(false).len(), 1);
        assert_eq!(tally.due(false).len(), 0);
        tally.count(refused(Some("bot"), "GET /a"));
        tally.count(refused(Some("bot"), "GET /b"));
        assert_eq!(tally.due(false).len(), 1, "the second kind");
        assert_eq!(tally.due(true).len(), 1, "what was counted of the first one since");
        assert_eq!(tally.due(true).len(), 0);
    }

    #[test]
    fn nobody_fills_the_disk() {
        let mut tally = Tally::default();
        for n in 0..100_000 {
            tally.count(refused(Some("bot"), &format!("GET /{n}")));
            let stranger =
                Refused { address: Some(format!("10.0.{}.{}", n / 250, n % 250)), ..refused(None, "GET /a") };
            tally.count(stranger);
        }
        assert_eq!(tally.due(false).len(), KINDS + 1);
        assert_eq!(tally.due(true).len(), 1, "all strangers are one row");
        assert!(tally.accounts.is_empty());
    }
}
