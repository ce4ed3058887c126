//! Events that cannot be folded: everything before and after them is projected, they are named, and once their payload is
//! back the projections are those of a tenant that never had the damage.

use dg_domain::LogSeq;
use dg_projections::{Model, Projection, Skips};
use dg_testkit::history::Shape;
use dg_testkit::{Projectors, wait_for};
use serde_json::Value;
use tokio_postgres::Client;
use uuid::Uuid;

use super::ground::{DEADLINE, Ground};
use super::histories::History;
use super::runs::Runs;

/// What is done to the payload, by somebody who may do anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Damage {
    /// It is not what was hashed.
    Altered,
    /// It is what was hashed, but no event of its type.
    Unreadable,
}

/// Which event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Middle,
    Start,
    Finish,
    Evaluation,
    /// The evaluation was projected before it was damaged; its trace finishes later.
    FoldedEvaluation,
}

const TARGETS: [Target; 5] =
    [Target::Middle, Target::Start, Target::Finish, Target::Evaluation, Target::FoldedEvaluation];

/// A tenant with one damaged event.
struct Case {
    target: Target,
    damage: Damage,
    history: History,
    /// Where the damaged event is.
    log_seq: usize,
    /// Where the projections show it: the finish, for what had been folded already.
    shown_at: usize,
    /// Its payload and hash as they were.
    sound: (String, Vec<u8>),
}

/// An event that some projection does not hold.
#[derive(Clone, Debug)]
struct Missing {
    failure_id: Uuid,
    projection: String,
    log_seq: i64,
    status: String,
    category: String,
}

#[tokio::test(flavor = "multi_thread")]
async fn drill_a_damaged_event_is_set_aside_and_comes_back() {
    let ground = Ground::new().await;
    let runs = Runs::of(&ground).await;
    let mut cases = Vec::new();
    for damage in [Damage::Altered, Damage::Unreadable] {
        for target in TARGETS {
            cases.push(Case::prepare(&ground, target, damage).await);
        }
    }
    let settings = [("DG__PROJECTOR__BATCH_EVENTS", "5"), ("DG__PROJECTOR__CHECK_AFTER_MS", "300")];
    let projectors = Projectors::start(&ground.url, 2, &settings).unwrap();
    ground.caught_up(DEADLINE).await;
    for case in &mut cases {
        case.damage_what_is_folded(&ground).await;
    }
    ground.caught_up(DEADLINE).await;
    for case in &cases {
        case.is_set_aside(&ground, "open").await;
        case.digests_say_so(&ground).await;
    }
    let metrics = projectors.daemon(0).wait_admin("/metrics", 200, "dg_projection_open_failures ").unwrap();
    assert!(!metrics.contains("dg_projection_open_failures 0\n"), "{metrics}");
    for case in &cases {
        match case.damage {
            Damage::Altered => case.quarantine_and_release(&ground, &runs).await,
            Damage::Unreadable => case.rebuild(&ground, &runs).await,
        }
    }
    ground.caught_up(DEADLINE).await;
    let histories: Vec<History> = cases.into_iter().map(|case| case.history).collect();
    ground.check(&histories).await;
    let jobs = {
        let mut jobs = Vec::new();
        for history in &histories {
            jobs.push(runs.ask(&history.tenant, "verify", "all").await);
        }
        jobs
    };
    for run in runs.completed(&jobs).await {
        assert_eq!(run.result["equal"], true, "{run:?}");
    }
}

impl Case {
    /// Appends the log, as far as it has to be there before the projectors start, and damages what they are not to have seen.
    async fn prepare(ground: &Ground, target: Target, damage: Damage) -> Self {
        let name = format!("{target:?}-{damage:?}").to_lowercase();
        let history = History::named(&name, 77, Shape { traces: 10, shortest: 4, ..Shape::default() });
        let (log_seq, finish) = find(&history.events, target);
        ground.register(&history.tenant).await;
        let folded = target == Target::FoldedEvaluation;
        let first = if folded { log_seq } else { history.events.len() };
        ground.append(&history.tenant, &history.events[..first]).await;
        let mut case = Self {
            target,
            damage,
            log_seq,
            shown_at: if folded { finish } else { log_seq },
            history,
            sound: (String::new(), Vec::new()),
        };
        if !folded {
            case.harm(ground).await;
        }
        case
    }

    /// Damages what is in the projections already, and appends the rest.
    async fn damage_what_is_folded(&mut self, ground: &Ground) {
        if self.target == Target::FoldedEvaluation {
            self.harm(ground).await;
            ground.append(&self.history.tenant, &self.history.events[self.log_seq..]).await;
        }
    }

    async fn harm(&mut self, ground: &Ground) {
        let admin = ground.admin().await;
        let sql = "SELECT payload_json, payload_hash FROM dg_event_log WHERE tenant_id = $1 AND log_seq = $2";
        let row = admin.query_one(sql, &[&self.history.tenant.as_str(), &number(self.log_seq)]).await.unwrap();
        self.sound = (row.get(0), row.get(1));
        match self.damage {
            Damage::Altered => self.put(&admin, &format!("{} ", self.sound.0), &self.sound.1).await,
            Damage::Unreadable => self.put(&admin, "{}", &hash("{}")).await,
        }
    }

    async fn restore(&self, ground: &Ground) {
        self.put(&ground.admin().await, &self.sound.0, &self.sound.1).await;
    }

    async fn put(&self, admin: &Client, payload: &str, payload_hash: &[u8]) {
        admin.batch_execute("BEGIN; ALTER TABLE dg_event_log DISABLE TRIGGER ALL").await.unwrap();
        let sql = "UPDATE dg_event_log SET payload_json = $3, payload_hash = $4 WHERE tenant_id = $1 AND log_seq = $2";
        let tenant = self.history.tenant.as_str();
        admin.execute(sql, &[&tenant, &number(self.log_seq), &payload, &payload_hash]).await.unwrap();
        let sql = "ALTER TABLE dg_event_log ENABLE ALWAYS TRIGGER dg_event_log_append_only; COMMIT";
        admin.batch_execute(sql).await.unwrap();
    }

    /// The projections that go on without the event.
    fn without(&self) -> Vec<Projection> {
        match self.target {
            Target::FoldedEvaluation => vec![Projection::PrecedentIndex],
            Target::Middle | Target::Start | Target::Finish | Target::Evaluation => Projection::ALL.to_vec(),
        }
    }

    /// What the projections hold meanwhile.
    fn damaged_model(&self) -> Model {
        let log_seq = LogSeq::new(number(self.shown_at)).unwrap();
        let skips: Skips = self.without().into_iter().map(|projection| (projection, log_seq)).collect();
        Model::without(&self.history.log(), skips).unwrap()
    }

    /// It is named once per projection that does not hold it, and everything else is projected.
    async fn is_set_aside(&self, ground: &Ground, status: &str) {
        let missing = self.missing(ground).await;
        let names: Vec<&str> = missing.iter().map(|missing| &*missing.projection).collect();
        let mut expected: Vec<&str> = self.without().into_iter().map(Projection::as_str).collect();
        expected.sort_unstable();
        assert_eq!(names, expected, "{} {missing:?}", self.history.tenant);
        let category = if self.damage == Damage::Altered { "payload_hash_mismatch" } else { "schema_violation" };
        for missing in &missing {
            let found = (missing.log_seq, &*missing.status, &*missing.category);
            assert_eq!(found, (number(self.shown_at), status, category), "{}", self.history.tenant);
        }
        ground.check_against(&self.history, &self.damaged_model()).await;
    }

    /// A digest that was written down tells how many events are not in it.
    async fn digests_say_so(&self, ground: &Ground) {
        let admin = ground.admin().await;
        let sql = "SELECT count(*) FROM dg_projection_digests WHERE tenant_id = $1 AND last_log_seq = $2
                   AND projection_name = 'precedent_index' AND skipped_events = 1";
        let params: [&(dyn tokio_postgres::types::ToSql + Sync); 2] =
            [&self.history.tenant.as_str(), &number(self.history.events.len())];
        let said = wait_for(DEADLINE, "a digest with a skipped event", async || {
            (admin.query_one(sql, &params).await.unwrap().get::<_, i64>(0) == 1).then_some(())
        });
        said.await.unwrap();
    }

    /// An operator accepts the gap; a rebuild keeps to that, a release before the payload is back changes nothing, and one
    /// after it brings the event back to its place.
    async fn quarantine_and_release(&self, ground: &Ground, runs: &Runs) {
        let tenant = &self.history.tenant;
        let sql = "UPDATE dg_projection_failures SET status = 'quarantined', quarantined_at = now(),
                       quarantined_by = 'test', quarantine_reason = 'a drill'
                   WHERE tenant_id = $1 AND status = 'open'";
        ground.role_of("dg_apid", tenant.as_str()).await.execute(sql, &[&tenant.as_str()]).await.unwrap();
        self.is_set_aside(ground, "quarantined").await;
        let rebuilt = runs.ask(tenant, "rebuild", "all").await;
        if self.target == Target::FoldedEvaluation {
            // The rebuild meets the evaluation itself, which is damaged now.
            runs.completed(&[rebuilt]).await;
            self.restore(ground).await;
            return self.come_back(ground, runs).await;
        }
        runs.completed(&[rebuilt]).await;
        self.is_set_aside(ground, "quarantined").await;
        for missing in self.missing(ground).await {
            let run = runs.ended(runs.release(tenant, &missing.projection, missing.failure_id).await).await;
            assert_eq!(run.status, "failed", "{tenant} {run:?}");
            assert!(!run.error.is_empty(), "{tenant} {run:?}");
        }
        self.is_set_aside(ground, "quarantined").await;
        self.restore(ground).await;
        self.come_back(ground, runs).await;
    }

    async fn come_back(&self, ground: &Ground, runs: &Runs) {
        let tenant = &self.history.tenant;
        for missing in self.missing(ground).await {
            let run = runs.ended(runs.release(tenant, &missing.projection, missing.failure_id).await).await;
            assert_eq!(run.status, "completed", "{tenant} {missing:?} {run:?}");
        }
        assert!(self.missing(ground).await.is_empty(), "{tenant}");
        ground.check(std::slice::from_ref(&self.history)).await;
    }

    /// A rebuild tries what was only set aside again: in vain at first, for good once the payload is back.
    async fn rebuild(&self, ground: &Ground, runs: &Runs) {
        let tenant = &self.history.tenant;
        if self.target != Target::FoldedEvaluation {
            let job = runs.ask(tenant, "rebuild", "all").await;
            runs.completed(&[job]).await;
            self.is_set_aside(ground, "open").await;
        }
        self.restore(ground).await;
        let job = runs.ask(tenant, "rebuild", "all").await;
        runs.completed(&[job]).await;
        assert!(self.missing(ground).await.is_empty(), "{tenant}");
        let sql = "SELECT count(*) FROM dg_projection_failures WHERE tenant_id = $1 AND status = 'superseded'";
        let superseded: i64 = ground.admin().await.query_one(sql, &[&tenant.as_str()]).await.unwrap().get(0);
        assert!(superseded > 0, "{tenant}: the history of failures is kept");
        ground.check(std::slice::from_ref(&self.history)).await;
    }

    async fn missing(&self, ground: &Ground) -> Vec<Missing> {
        let sql = "SELECT failure_id, projection_name, log_seq, status, category FROM dg_projection_failures
                   WHERE tenant_id = $1 AND status IN ('open', 'quarantined') ORDER BY projection_name, log_seq";
        let rows = ground.admin().await.query(sql, &[&self.history.tenant.as_str()]).await.unwrap();
        rows.iter()
            .map(|row| Missing {
                failure_id: row.get("failure_id"),
                projection: row.get("projection_name"),
                log_seq: row.get("log_seq"),
                status: row.get("status"),
                category: row.get("category"),
            })
            .collect()
    }
}

/// Where an event of that kind is, and where its trace finishes.
fn find(events: &[Value], target: Target) -> (usize, usize) {
    let finish_of = |event: &Value| {
        let finishes = |other: &Value| other["trace_id"] == event["trace_id"] && other["event_type"] == "TraceFinished";
        events.iter().position(finishes)
    };
    let wanted = |event: &Value| match target {
        Target::Start => event["event_type"] == "TraceStarted",
        Target::Finish => event["event_type"] == "TraceFinished",
        Target::Evaluation | Target::FoldedEvaluation => event["event_type"] == "PolicyEvaluated",
        Target::Middle => {
            !["TraceStarted", "TraceFinished", "PolicyEvaluated"].iter().any(|kind| event["event_type"] == **kind)
        }
    };
    let found = events.iter().enumerate().find_map(|(at, event)| {
        let finish = finish_of(event).filter(|_| wanted(event))?;
        Some((at + 1, finish + 1))
    });
    found.unwrap()
}

fn number(position: usize) -> i64 {
    i64::try_from(position).unwrap()
}

fn hash(text: &str) -> Vec<u8> {
    dg_domain::Hash32::of(text.as_bytes()).as_bytes().to_vec()
}
