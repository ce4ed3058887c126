//! The tables of webhooks: what is queued, fenced off, written down and forgotten, under the roles of the daemons.

use std::time::Duration;

use dg_domain::{EventType, LogSeq, Micros, TenantId};
use dg_storage::Store;
use dg_storage::audit::{AuditFilter, AuditOrder, By};
use dg_storage::bench::{CopyLoad, copy_ceiling};
use dg_storage::webhooks::courier::{Course, Queued, Recorded, Served};
use dg_storage::webhooks::{DeliveryFilter, DeliveryState, NewSecret, NewWebhook, WebhookChange, WebhookStatus};
use dg_webhooks::{Secret, SecretKind, Wants, event_id};
use uuid::Uuid;

use crate::scratch::Scratch;

const EVENTS: i64 = 40;

struct Case {
    scratch: Scratch,
    tenant: TenantId,
    api: Store,
    courier: Store,
    webhook_id: Uuid,
}

fn seq(raw: i64) -> LogSeq {
    LogSeq::new(raw).unwrap()
}

fn new(url: &str, after: Option<i64>) -> NewWebhook {
    let wants = Wants { events: true, projections: true, event_types: vec![EventType::TraceStarted], trace_id: None };
    NewWebhook {
        webhook_id: Uuid::now_v7(),
        url: url.to_owned(),
        description: Some("of a test".to_owned()),
        wants,
        after: after.map(seq),
    }
}

fn secret(kind: SecretKind) -> NewSecret {
    NewSecret { secret_id: Uuid::now_v7(), secret: Secret::new(kind, [3; 32]) }
}

impl Case {
    async fn new() -> Self {
        let scratch = Scratch::new().await;
        let tenant = scratch.tenant("t").await;
        let load = CopyLoad { tenant: tenant.clone(), rows: EVENTS, payload_bytes: 100, at: Micros::new(0) };
        copy_ceiling(&scratch.config("dg_admin"), &load).await.unwrap();
        let set = "UPDATE dg_tenant_heads SET last_log_seq = (SELECT max(log_seq) FROM dg_event_log WHERE tenant_id = 't') WHERE tenant_id = 't'";
        scratch.raw("dg_owner").await.batch_execute(set).await.unwrap();
        let (api, courier) = (scratch.store("dg_apid"), scratch.store("dg_workflowd"));
        let webhook = new("https://example.org/a", Some(0));
        api.create_webhook(&tenant, &webhook, &secret(SecretKind::Hmac), &By::of("ana")).await.unwrap();
        Self { scratch, tenant, api, courier, webhook_id: webhook.webhook_id }
    }

    async fn take(&self) -> Served {
        let epoch = self.courier.take_webhooks(&self.tenant, "here").await.unwrap();
        Served { tenant: self.tenant.clone(), webhook_id: self.webhook_id, epoch }
    }

    fn queued(&self, log_seq: i64) -> Queued {
        let delivery_id = event_id(self.webhook_id, seq(log_seq));
        Queued { delivery_id, message_type: "event.TraceStarted".to_owned(), log_seq: seq(log_seq) }
    }
}

fn ended(delivery_id: Uuid, state: DeliveryState) -> Recorded {
    let failed = state != DeliveryState::Delivered;
    Recorded {
        delivery_id,
        state,
        wait: Duration::from_secs(3_600),
        status: Some(if failed { 500 } else { 204 }),
        error: failed.then(|| "the endpoint answered 500".to_owned()),
        took: Duration::from_millis(5),
    }
}

#[tokio::test]
async fn what_is_queued_moves_with_the_cursor_and_is_written_down() {
    let case = Case::new().await;
    let (courier, served) = (&case.courier, case.take().await);
    assert_eq!(courier.webhooks_to_serve().await.unwrap(), [(case.tenant.clone(), case.webhook_id)]);
    let service = courier.serve_webhook(&served).await.unwrap().unwrap();
    assert_eq!((service.webhook.last_log_seq, service.head, service.secrets.len()), (seq(0), seq(EVENTS), 1));
    let entries = courier.log_entries(&case.tenant, seq(2), seq(5), 10).await.unwrap();
    assert_eq!(entries.iter().map(|entry| entry.log_seq.get()).collect::<Vec<_>>(), [3, 4, 5]);

    let first = [case.queued(1), case.queued(2)];
    assert!(courier.queue_deliveries(&served, Course::Live, seq(0), seq(5), &first).await.unwrap());
    let again = courier.queue_deliveries(&served, Course::Live, seq(0), seq(5), &first).await.unwrap();
    assert!(!again, "the cursor is not where it was any more");
    assert_eq!(courier.waiting_deliveries(&served, 100).await.unwrap(), 2);
    let due = courier.due_deliveries(&served, &[], 10, false).await.unwrap();
    assert_eq!(due.iter().map(|due| due.log_seq.unwrap().get()).collect::<Vec<_>>(), [1, 2]);
    let rest = courier.due_deliveries(&served, &[due[0].delivery_id], 10, true).await.unwrap();
    assert_eq!(rest, due[1..]);
    assert_eq!(courier.events_at(&case.tenant, &[1, 2]).await.unwrap().len(), 2);

    let standing = courier.record_attempt(&served, &ended(due[0].delivery_id, DeliveryState::Pending)).await.unwrap();
    assert_eq!(standing.map(|standing| (standing.failures_before, standing.failures)), Some((0, 1)));
    let standing = courier.record_attempt(&served, &ended(due[1].delivery_id, DeliveryState::Delivered)).await.unwrap();
    assert_eq!(standing.map(|standing| (standing.failures_before, standing.failures)), Some((1, 0)));
    assert!(courier.due_deliveries(&served, &[], 10, false).await.unwrap().is_empty(), "in an hour");
    courier.retry_pending(&served).await.unwrap();
    assert_eq!(courier.due_deliveries(&served, &[], 10, false).await.unwrap()[0].tries, 1);
    courier.record_attempt(&served, &ended(due[0].delivery_id, DeliveryState::Dead)).await.unwrap();

    let filter = DeliveryFilter { state: Some(DeliveryState::Dead), after: None };
    let dead = case.api.deliveries(&case.tenant, case.webhook_id, filter, 10).await.unwrap();
    assert_eq!((dead.len(), dead[0].attempts, dead[0].last_status), (1, 2, Some(500)));
    let (_, attempts) = case.api.delivery(&case.tenant, case.webhook_id, dead[0].delivery_id).await.unwrap().unwrap();
    assert_eq!(attempts.iter().map(|attempt| attempt.attempt).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(case.api.retry_dead_letters(&case.tenant, case.webhook_id, &By::of("ana")).await.unwrap(), 1);
    assert_eq!(courier.due_deliveries(&served, &[], 10, false).await.unwrap()[0].tries, 0, "a new round");

    let overview = courier.webhooks_overview().await.unwrap();
    assert_eq!((overview.active, overview.pending, overview.dead), (1, 1, 0));
    assert!(overview.lag_seconds >= 0.0);
    assert_eq!(courier.prune_deliveries(&served, DeliveryState::Delivered, 1).await.unwrap(), 0);
    assert_eq!(courier.prune_deliveries(&served, DeliveryState::Delivered, 0).await.unwrap(), 1);
}

#[tokio::test]
async fn who_was_replaced_writes_nothing() {
    let case = Case::new().await;
    let old = case.take().await;
    let new = case.take().await;
    assert!(case.courier.queue_deliveries(&new, Course::Live, seq(0), seq(1), &[case.queued(1)]).await.unwrap());
    let id = case.queued(1).delivery_id;
    let fenced = |outcome: Result<(), dg_storage::StoreError>| assert_eq!(outcome.unwrap_err().code(), "fenced");
    fenced(case.courier.queue_deliveries(&old, Course::Live, seq(1), seq(2), &[]).await.map(drop));
    fenced(case.courier.queue_deliveries(&old, Course::Replay, seq(1), seq(2), &[]).await.map(drop));
    fenced(case.courier.record_attempt(&old, &ended(id, DeliveryState::Delivered)).await.map(drop));
    assert!(!case.courier.disable_webhook(&old, "no", &By::of("here")).await.unwrap());
    case.courier.rest_webhook(&old, Duration::from_secs(60)).await.unwrap();
    assert!(case.courier.serve_webhook(&new).await.unwrap().is_some(), "it neither rests nor is disabled");
    let webhook = case.api.webhook(&case.tenant, case.webhook_id).await.unwrap().unwrap();
    assert_eq!((webhook.last_log_seq, webhook.failures), (seq(1), 0));
}

#[tokio::test]
async fn a_replay_sends_again_and_ends() {
    let case = Case::new().await;
    let served = case.take().await;
    let (courier, by) = (&case.courier, By::of("ana"));
    courier.queue_deliveries(&served, Course::Live, seq(0), seq(EVENTS), &[case.queued(3)]).await.unwrap();
    let id = case.queued(3).delivery_id;
    courier.record_attempt(&served, &ended(id, DeliveryState::Delivered)).await.unwrap();
    let asked = case.api.replay_webhook(&case.tenant, case.webhook_id, seq(2), seq(4), &by).await.unwrap();
    assert_eq!(asked.replay, Some((seq(2), seq(4))));
    assert!(courier.queue_deliveries(&served, Course::Replay, seq(2), seq(3), &[case.queued(3)]).await.unwrap());
    let due = courier.due_deliveries(&served, &[], 10, false).await.unwrap();
    assert_eq!(due.iter().map(|due| due.delivery_id).collect::<Vec<_>>(), [id], "under the id it had");
    assert!(courier.queue_deliveries(&served, Course::Replay, seq(3), seq(4), &[]).await.unwrap());
    let webhook = case.api.webhook(&case.tenant, case.webhook_id).await.unwrap().unwrap();
    assert_eq!((webhook.replay, webhook.last_log_seq), (None, seq(EVENTS)));
}

#[tokio::test]
async fn news_about_projections_replaces_news_that_nobody_took() {
    let case = Case::new().await;
    let served = case.take().await;
    let owner = case.scratch.raw("dg_owner").await;
    let advance = |log_seq: i64| {
        format!(
            "INSERT INTO dg_projection_cursors (tenant_id, projection_name, epoch, owner, last_log_seq)
             VALUES ('t', 'trace_index', 1, 'x', {log_seq})
             ON CONFLICT (tenant_id, projection_name) DO UPDATE SET last_log_seq = excluded.last_log_seq;
             UPDATE dg_webhooks SET announced_at = announced_at - interval '1 minute'"
        )
    };
    assert_eq!(case.courier.webhook_news(&served).await.unwrap(), None);
    let mut ids = Vec::new();
    for log_seq in [3, 5] {
        owner.batch_execute(&advance(log_seq)).await.unwrap();
        let news = case.courier.webhook_news(&served).await.unwrap().unwrap();
        assert_eq!(news.applied_seq, seq(log_seq));
        let id = Uuid::now_v7();
        assert!(case.courier.announce_advance(&served, &news, id, &news.projections, &[]).await.unwrap());
        assert_eq!(case.courier.webhook_news(&served).await.unwrap(), None);
        ids.push(id);
        if log_seq == 3 {
            case.courier.record_attempt(&served, &ended(id, DeliveryState::Pending)).await.unwrap();
        }
    }
    let all = case.api.deliveries(&case.tenant, case.webhook_id, DeliveryFilter::default(), 10).await.unwrap();
    assert_eq!(all.iter().map(|one| (one.delivery_id, one.attempts)).collect::<Vec<_>>(), [(ids[1], 1)]);
    owner.batch_execute(&advance(7)).await.unwrap();
    let news = case.courier.webhook_news(&served).await.unwrap().unwrap();
    let id = Uuid::now_v7();
    case.courier.announce_advance(&served, &news, id, &news.projections, &[ids[1]]).await.unwrap();
    assert_eq!(case.courier.waiting_deliveries(&served, 10).await.unwrap(), 2, "what is on its way stays what it is");
}

#[tokio::test]
async fn endpoints_are_changed_given_up_and_removed_and_the_audit_says_so() {
    let case = Case::new().await;
    let served = case.take().await;
    let (api, tenant, id, by) = (&case.api, &case.tenant, case.webhook_id, By::of("ana"));
    let kinds = |secrets: Vec<dg_storage::webhooks::SecretInfo>| secrets.iter().map(|one| one.kind).collect::<Vec<_>>();
    api.rotate_webhook_secret(tenant, id, &secret(SecretKind::Ed25519), 60, &by).await.unwrap();
    assert_eq!(kinds(api.webhook_secrets(tenant, id).await.unwrap()), [SecretKind::Ed25519, SecretKind::Hmac]);
    assert_eq!(case.courier.serve_webhook(&served).await.unwrap().unwrap().secrets.len(), 2);
    api.rotate_webhook_secret(tenant, id, &secret(SecretKind::Hmac), 0, &by).await.unwrap();
    assert_eq!(kinds(api.webhook_secrets(tenant, id).await.unwrap()), [SecretKind::Hmac]);
    for _ in 0..4 {
        api.rotate_webhook_secret(tenant, id, &secret(SecretKind::Hmac), 60, &by).await.unwrap();
    }
    let full = api.rotate_webhook_secret(tenant, id, &secret(SecretKind::Hmac), 60, &by).await.unwrap_err();
    assert_eq!(full.code(), "conflict");

    assert!(
        case.courier.disable_webhook(&served, "the endpoint answered 410 Gone", &By::of("dg-workflowd")).await.unwrap()
    );
    assert_eq!(case.courier.serve_webhook(&served).await.unwrap(), None);
    assert!(case.courier.webhooks_to_serve().await.unwrap().is_empty());
    assert_eq!(api.test_webhook(tenant, id, Uuid::now_v7(), "{}", &by).await.unwrap_err().code(), "conflict");
    let change = WebhookChange {
        status: Some(WebhookStatus::Active),
        event_types: Some(Vec::new()),
        description: Some(None),
        ..WebhookChange::default()
    };
    let webhook = api.change_webhook(tenant, id, &change, &by).await.unwrap();
    assert_eq!((webhook.status, webhook.status_reason, webhook.description), (WebhookStatus::Active, None, None));
    assert!(webhook.wants.event_types.is_empty());
    api.test_webhook(tenant, id, Uuid::now_v7(), "{}", &by).await.unwrap();
    assert_eq!(api.webhook_counts(tenant, id).await.unwrap(), [(DeliveryState::Pending, 1)]);
    api.delete_webhook(tenant, id, &by).await.unwrap();
    assert_eq!(api.delete_webhook(tenant, id, &by).await.unwrap_err().code(), "not_found");
    assert_eq!(api.webhooks(tenant).await.unwrap(), []);

    let rows = api.audit(&AuditFilter::default(), AuditOrder::Oldest, None, 100).await.unwrap();
    let text: Vec<String> = rows.iter().map(|row| format!("{:?}", row.entry)).collect();
    for action in ["create", "rotate", "disable", "change", "test", "delete"] {
        assert!(text.iter().any(|row| row.contains(&format!("webhook.{action}"))), "{action}: {text:?}");
    }
    let shown = secret(SecretKind::Hmac).secret.reveal();
    assert!(text.iter().all(|row| !row.contains(&shown) && !row.contains("whsk_")), "{text:?}");
}

#[tokio::test]
async fn who_makes_a_secret_cannot_read_it_again() {
    let case = Case::new().await;
    let api = case.scratch.raw("dg_apid").await;
    for refused in [
        "SELECT secret FROM dg_webhook_secrets",
        "SELECT * FROM dg_webhook_secrets",
        "UPDATE dg_webhook_secrets SET secret = secret",
        "INSERT INTO dg_webhook_attempts DEFAULT VALUES",
    ] {
        let error = api.batch_execute(refused).await.unwrap_err();
        assert_eq!(error.code().map(|code| code.code().to_owned()), Some("42501".to_owned()), "{refused}");
    }
    let courier = case.scratch.raw("dg_workflowd").await;
    courier.batch_execute("SELECT secret FROM dg_webhook_secrets").await.unwrap();
    for refused in
        ["UPDATE dg_webhooks SET url = 'x'", "INSERT INTO dg_webhook_secrets DEFAULT VALUES", "DELETE FROM dg_webhooks"]
    {
        assert!(courier.batch_execute(refused).await.is_err(), "{refused}");
    }
}
