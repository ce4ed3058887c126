//! A spool in trouble: its program killed at random, its disk full, the service away for a day or coming and going.

use std::collections::BTreeSet;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use dg_client::{
    Actor, Client, Entity, EntityObserved, EntityRole, Recorder, Source, Spool, SpoolOptions, TraceStarted,
};
use dg_testkit::Suite;
use dg_testkit::rng::Rng;
use serde_json::{Value, json};

use super::link::Link;
use crate::api::Api;

const TENANT: &str = "spooled";
const TRACE: &str = "killed";
const CHILD: &str = "DG_SPOOL_CHILD";
/// What a waiting event takes on the disk, a little less than it really does.
const EVENT_BYTES: usize = 400;

/// How much happens: a day at one event per second where time allows, else a few minutes of it.
fn events() -> usize {
    if long() { 24 * 60 * 60 } else { 900 }
}

fn kills() -> usize {
    if long() { 60 } else { 6 }
}

fn long() -> bool {
    std::env::var("DG_DRILL").is_ok_and(|value| value == "long")
}

/// What ends before the events do.
enum Disk {
    /// A disk of its own, which becomes full.
    Small(SmallDisk),
    /// Files that may not grow beyond so many blocks of 512 bytes.
    Limited { blocks: usize, dir: tempfile::TempDir },
    /// The bounds of the spool itself.
    Bounded { max_bytes: usize, dir: tempfile::TempDir },
}

impl Disk {
    fn spool(&self) -> PathBuf {
        match self {
            Self::Small(disk) => disk.0.path().join("spool"),
            Self::Limited { dir, .. } | Self::Bounded { dir, .. } => dir.path().join("spool"),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Small(_) | Self::Limited { .. } => "spool_write_failed",
            Self::Bounded { .. } => "spool_full",
        }
    }

    fn max_bytes(&self) -> usize {
        match self {
            Self::Small(_) | Self::Limited { .. } => 1 << 30,
            Self::Bounded { max_bytes, .. } => *max_bytes,
        }
    }
}

/// A tmpfs that goes away with it.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// `None` where mounting is not permitted.
    fn of(bytes: usize) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let size = format!("size={bytes}");
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(dir.path()).output();
        mount.is_ok_and(|output| output.status.success()).then_some(Self(dir))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.0.path()).status();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn drill_a_spool_on_a_full_disk_while_the_service_is_away() {
    let Some(disk) = SmallDisk::of(events() * EVENT_BYTES * 3 / 4) else {
        let _ = writeln!(io::stderr(), "SKIPPED: a tmpfs cannot be mounted here; the file size limit stands in for it");
        return;
    };
    absence(Disk::Small(disk)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn drill_a_spool_that_may_not_grow_while_the_service_is_away() {
    let blocks = events() * EVENT_BYTES * 3 / 4 / 512;
    absence(Disk::Limited { blocks, dir: tempfile::tempdir().unwrap() }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn drill_a_bounded_spool_while_the_service_is_away() {
    let max_bytes = events() * EVENT_BYTES * 3 / 4;
    absence(Disk::Bounded { max_bytes, dir: tempfile::tempdir().unwrap() }).await;
}

/// The service is stopped for as long as a day's events are recorded, by programs that are killed at random.
async fn absence(disk: Disk) {
    let mut suite = Suite::start().unwrap();
    let token = prepare(&suite).await;
    suite.stop().unwrap();
    let mut tally = Tally::default();
    let mut rng = Rng::new(23);
    let closed = suite.api_url.clone();
    for round in 0..=kills() {
        let lines = if round < kills() { Some(1 + rng.below(3 * events() / kills())) } else { None };
        let child = Child { url: &closed, token: &token, disk: &disk, first: tally.next, count: events() };
        tally.add(child.run(lines).await);
    }
    assert!(tally.said_no.len() > events() / 100, "it was never full: {}", tally.said_no.len());
    assert!(tally.said_no.iter().all(|(_, code)| code == disk.code()), "{:?}", tally.said_no);
    suite.start_again().unwrap();
    check(&suite.api_url, &token, &disk, &tally).await;
}

/// The service comes and goes, and answers get lost, while programs that record are killed at random.
#[tokio::test(flavor = "multi_thread")]
async fn drill_a_spool_while_the_service_comes_and_goes() {
    let suite = Suite::start().unwrap();
    let token = prepare(&suite).await;
    let link = Link::to(&suite.api_url).await;
    let disk = Disk::Bounded { max_bytes: 1 << 30, dir: tempfile::tempdir().unwrap() };
    let mut rng = Rng::new(24);
    let mut tally = Tally::default();
    for round in 0..kills() * 2 {
        match round % 4 {
            0 => link.down(),
            1 => link.up(),
            2 => link.lose(2),
            _ => link.cut(),
        }
        let child = Child { url: &link.url, token: &token, disk: &disk, first: tally.next, count: usize::MAX };
        tally.add(child.run(Some(20 + rng.below(events() / kills()))).await);
    }
    assert!(tally.said_no.is_empty(), "{:?}", tally.said_no);
    check(&suite.api_url, &token, &disk, &tally).await;
}

/// A tenant, an account whose token outlives a restart, and a trace.
async fn prepare(suite: &Suite) -> String {
    let admin = Api::admin(suite);
    admin.new_tenant(TENANT, "precise").await;
    let token = admin.new_account("spooler", &["writer"], &[TENANT]).await;
    let client = Client::new(&suite.api_url, token.as_str()).unwrap().tenant(TENANT);
    let recorder = client.recorder(actor(), source());
    recorder.start_trace(TraceStarted::new("w", "t", Entity::new("order", "1"))).trace_id(TRACE).await.unwrap();
    token
}

fn actor() -> Actor {
    Actor::new("agent", "spooler")
}

fn source() -> Source {
    Source::new("spooler", "tests")
}

/// What the programs were told.
#[derive(Default)]
struct Tally {
    next: usize,
    said_yes: Vec<usize>,
    said_no: Vec<(usize, String)>,
    /// Tried, and killed before the answer.
    unknown: BTreeSet<usize>,
}

impl Tally {
    fn add(&mut self, lines: Vec<String>) {
        let mut tried = BTreeSet::new();
        for line in lines {
            let words: Vec<&str> = line.split(' ').collect();
            let number = words.get(1).and_then(|number| number.parse::<usize>().ok());
            match (words.first().copied(), number) {
                (Some("try"), Some(number)) => {
                    tried.insert(number);
                    self.next = number + 1;
                }
                (Some("yes"), Some(number)) => {
                    tried.remove(&number);
                    self.said_yes.push(number);
                }
                (Some("no"), Some(number)) => {
                    tried.remove(&number);
                    self.said_no.push((number, words[2].to_owned()));
                }
                _ => {}
            }
        }
        assert!(tried.len() <= 1, "one at a time: {tried:?}");
        self.unknown.extend(tried);
    }
}

/// The service is there again: exactly what was said yes to arrives, once and in order.
async fn check(url: &str, token: &str, disk: &Disk, tally: &Tally) {
    let recorder = open(url, token, &disk.spool(), disk.max_bytes());
    recorder.flush(Duration::from_secs(300)).await.unwrap();
    let status = recorder.spool().unwrap().status();
    assert_eq!((status.waiting_events, status.dead_letters), (0, 0));
    let mut pages = recorder.client().trace_event_pages(TRACE, None, Some(1000));
    let (mut arrived, mut seqs) = (Vec::new(), Vec::new());
    while let Some(events) = pages.next().await.unwrap() {
        seqs.extend(events.iter().map(|event| event.trace_seq));
        let numbers = events.iter().filter(|event| event.event_type == "EntityObserved");
        arrived.extend(numbers.map(|event| {
            let payload = event.payload_value();
            payload["entity"]["entity_id"].as_str().unwrap().parse::<usize>().unwrap()
        }));
    }
    assert!(seqs.iter().copied().eq(0..=i64::try_from(arrived.len()).unwrap()));
    assert!(arrived.is_sorted_by(|before, after| before < after), "once and in order");
    let unknown = arrived.iter().filter(|number| tally.unknown.contains(number)).count();
    let expected: BTreeSet<usize> = tally.said_yes.iter().copied().collect();
    let found: BTreeSet<usize> = arrived.iter().copied().filter(|number| !tally.unknown.contains(number)).collect();
    assert_eq!(found, expected, "what was said yes to, and nothing that was said no to");
    assert_eq!(tally.said_yes.len(), expected.len());
    let (yes, no, open) = (expected.len(), tally.said_no.len(), tally.unknown.len());
    let _ = writeln!(
        io::stderr(),
        "spool: {yes} said yes to and arrived, {no} said no to, {unknown} of {open} cut off before an answer arrived"
    );
    // There is room again, and nothing waits: straight to the log.
    assert!(!observe(&recorder, usize::MAX).await.unwrap().spooled());
    recorder.close().await;
}

fn open(url: &str, token: &str, spool: &Path, max_bytes: usize) -> Recorder {
    let client = Client::new(url, token).unwrap().tenant(TENANT);
    let spool = Spool::open(spool, TENANT, SpoolOptions { max_bytes, max_events: usize::MAX }).unwrap();
    client.recorder_with_spool(actor(), source(), spool).unwrap()
}

async fn observe(recorder: &Recorder, number: usize) -> Result<dg_client::Recorded, dg_client::RecordError> {
    let entity = Entity::new("n", number.to_string());
    recorder.observe_entity(TRACE, EntityObserved::new(entity, EntityRole::Related)).await
}

/// A program that records numbers, from `first` to `count`: this test binary, asked for [`a_program_that_records`].
struct Child<'a> {
    url: &'a str,
    token: &'a str,
    disk: &'a Disk,
    first: usize,
    count: usize,
}

impl Child<'_> {
    /// Runs it until it has said so many lines, then kills it with SIGKILL; or to its end.
    async fn run(&self, lines: Option<usize>) -> Vec<String> {
        let settings = json!({
            "url": self.url, "token": self.token, "spool": self.disk.spool(), "max_bytes": self.disk.max_bytes(),
            "first": self.first, "count": self.count,
        });
        let exe = std::env::current_exe().unwrap();
        let mut command = match self.disk {
            Disk::Limited { blocks, .. } => {
                // Without the signal a write beyond the limit is an error, as on a full disk.
                let mut shell = Command::new("sh");
                shell.args(["-c", &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"")]).arg(exe);
                shell
            }
            Disk::Small(_) | Disk::Bounded { .. } => Command::new(exe),
        };
        command.args(["--exact", "clients::spool::a_program_that_records", "--ignored", "--nocapture"]);
        command.args(["--test-threads", "1"]).env(CHILD, settings.to_string());
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        tokio::task::spawn_blocking(move || {
            let mut child = command.spawn().unwrap();
            let mut reader = BufReader::new(child.stdout.take().unwrap());
            let mut said = Vec::new();
            while lines.is_none_or(|lines| said.len() < lines) && next_line(&mut reader, &mut said) {}
            if lines.is_some() {
                child.kill().unwrap();
            }
            while next_line(&mut reader, &mut said) {}
            let status = child.wait().unwrap();
            assert!(lines.is_some() || status.success(), "{status}");
            said
        })
        .await
        .unwrap()
    }
}

/// A whole line; one that was cut off in the middle was not said.
fn next_line(reader: &mut impl BufRead, said: &mut Vec<String>) -> bool {
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    let whole = line.ends_with('\n');
    if whole {
        said.push(line.trim_end().to_owned());
    }
    whole
}

#[test]
#[ignore = "a program of the drills above, and nothing without what they tell it"]
fn a_program_that_records() {
    let Ok(settings) = std::env::var(CHILD) else { return };
    let settings: Value = serde_json::from_str(&settings).unwrap();
    let text = |name: &str| settings[name].as_str().unwrap().to_owned();
    let number = |name: &str| usize::try_from(settings[name].as_u64().unwrap()).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let recorder = open(&text("url"), &text("token"), Path::new(&text("spool")), number("max_bytes"));
        let mut out = io::stdout();
        writeln!(out).unwrap(); // behind what the test runner says
        for at in number("first")..number("count") {
            writeln!(out, "try {at}").unwrap();
            match observe(&recorder, at).await {
                Ok(_) => writeln!(out, "yes {at}").unwrap(),
                Err(error) => writeln!(out, "no {at} {}", error.code()).unwrap(),
            }
        }
        recorder.close().await;
    });
}
