//! The audit: one chain, written with the acts, changed by nobody, and an edit by force is found.

use dg_domain::Micros;
use dg_ledger::audit::{AuditHead, BrokenChain};
use dg_storage::{
    Store,
    accounts::{NewAccount, NewToken},
    audit::{AuditFilter, AuditKind, AuditOrder, AuditRow, By, Outcome},
};

use crate::scratch::Scratch;

async fn rows(store: &Store) -> Vec<AuditRow> {
    store.audit(&AuditFilter::default(), AuditOrder::Oldest, None, 10_000).await.unwrap()
}

fn verify(rows: &[AuditRow]) -> Result<AuditHead, BrokenChain> {
    let mut head = AuditHead::START;
    rows.iter().try_for_each(|row| head.follow(&row.entry, row.entry_hash))?;
    Ok(head)
}

async fn account(store: &Store, name: &str) -> bool {
    let new = NewAccount { account_id: name.to_owned(), ..NewAccount::default() };
    let by = By { request_id: Some("r-1".to_owned()), ..By::of("root") };
    store.create_account(&new, &by).await.is_ok()
}

#[tokio::test]
async fn acts_and_their_rows_are_there_together() {
    let scratch = Scratch::new().await;
    let store = scratch.store("dg_apid");
    scratch.tenant("acme").await;
    assert!(account(&store, "bot").await && !account(&store, "bot").await);
    let found = rows(&store).await;
    let actions: Vec<&str> = found.iter().map(|row| row.entry.action.as_str()).collect();
    assert_eq!(actions, ["tenant.create", "account.create"], "an act that was not done left no row");
    let made = &found[1].entry;
    assert_eq!((made.principal.as_deref(), made.request_id.as_deref()), (Some("root"), Some("r-1")));
    assert_eq!((made.subject.as_deref(), made.outcome.as_str()), (Some("bot"), "done"));
    assert_eq!(found[0].entry.about_tenant.as_deref(), Some("acme"));
    assert!(made.recorded_at > Micros::new(1_700_000_000_000_000));
    assert_eq!(verify(&found).unwrap().audit_seq, 2);
}

#[tokio::test]
async fn many_writers_make_one_chain() {
    let scratch = Scratch::new().await;
    let (store, other) = (scratch.store("dg_apid"), scratch.store("dg_apid"));
    let names: Vec<String> = (0..40).map(|n| format!("bot-{n}")).collect();
    let writers = names.iter().enumerate().map(|(n, name)| account(if n % 2 == 0 { &store } else { &other }, name));
    assert!(futures_util::future::join_all(writers).await.into_iter().all(|made| made));
    let note = |n: usize| By::default().note(AuditKind::Refusal, "authenticate", Outcome::Refused).with("count", n);
    store.note((0..5).map(note).collect()).await.unwrap();
    store.note(vec![]).await.unwrap();
    assert_eq!(verify(&rows(&store).await).unwrap().audit_seq, 45);
}

#[tokio::test]
async fn no_role_may_change_it_and_the_owner_is_stopped_too() {
    let scratch = Scratch::new().await;
    let store = scratch.store("dg_apid");
    account(&store, "bot").await;
    let changes = [
        "UPDATE dg_audit SET action = 'x'",
        "DELETE FROM dg_audit",
        "TRUNCATE dg_audit",
        "DELETE FROM dg_audit WHERE false",
    ];
    for role in ["dg_store", "dg_projectord", "dg_apid", "dg_workflowd"] {
        for change in changes {
            let error = scratch.raw(role).await.batch_execute(change).await.unwrap_err();
            assert_eq!(error.code().unwrap().code(), "42501", "{role}: {change}");
        }
    }
    for setting in ["", "SET session_replication_role = replica;"] {
        for change in changes {
            let sql = format!("{setting} {change}");
            let error = scratch.raw("dg_admin").await.batch_execute(&sql).await.unwrap_err();
            assert_eq!(error.code().unwrap().code(), "DG001", "{sql}");
        }
    }
    let owner = scratch.raw("dg_owner").await.batch_execute(changes[0]).await.unwrap_err();
    assert_eq!(owner.code().unwrap().code(), "DG001");
    for role in ["dg_store", "dg_projectord"] {
        assert!(scratch.raw(role).await.batch_execute("SELECT FROM dg_audit").await.is_err(), "{role} reads it");
    }
    // It continues the chain, and so sees where that ends.
    let content = scratch.raw("dg_workflowd").await.batch_execute("SELECT details_json FROM dg_audit").await;
    assert!(content.is_err(), "dg_workflowd reads it");
    // What does not continue the chain is no row of it.
    for (seq, previous) in [("3", "repeat('00', 32)"), ("2", "repeat('00', 32)"), ("1", "repeat('00', 32)")] {
        let sql = format!(
            "INSERT INTO dg_audit (audit_seq, recorded_at, kind, action, outcome, details_json, previous_hash, entry_hash)
             VALUES ({seq}, now(), 'act', 'x', 'done', '{{}}', decode({previous}, 'hex'), decode(repeat('ab', 32), 'hex'))"
        );
        let error = scratch.raw("dg_apid").await.batch_execute(&sql).await.unwrap_err();
        assert!(matches!(error.code().unwrap().code(), "DG003" | "23505"), "{seq}: {error}");
    }
    let grants = "SELECT grantee || ' ' || privilege_type FROM information_schema.role_table_grants
                  WHERE table_name = 'dg_audit' AND grantee <> 'dg_owner' ORDER BY 1";
    let granted = scratch.raw("dg_admin").await.query(grants, &[]).await.unwrap();
    let granted: Vec<String> = granted.iter().map(|row| row.get(0)).collect();
    assert_eq!(granted, ["dg_apid INSERT", "dg_apid SELECT", "dg_workflowd INSERT"]);
}

#[tokio::test]
async fn an_edit_by_force_is_found() {
    let scratch = Scratch::new().await;
    let store = scratch.store("dg_apid");
    for n in 0..5 {
        account(&store, &format!("bot-{n}")).await;
    }
    let noted = verify(&rows(&store).await).unwrap();
    let force = async |sql: &str| {
        let sql = format!("ALTER TABLE dg_audit DISABLE TRIGGER ALL; {sql}; ALTER TABLE dg_audit ENABLE ALWAYS TRIGGER dg_audit_append_only;
                           ALTER TABLE dg_audit ENABLE ALWAYS TRIGGER dg_audit_continues");
        scratch.raw("dg_admin").await.batch_execute(&sql).await.unwrap();
    };
    force("UPDATE dg_audit SET principal = 'mallory' WHERE audit_seq = 3").await;
    assert_eq!(verify(&rows(&store).await), Err(BrokenChain::Altered { audit_seq: 3 }));
    force("UPDATE dg_audit SET principal = 'root' WHERE audit_seq = 3").await;
    assert_eq!(verify(&rows(&store).await), Ok(noted));
    force("DELETE FROM dg_audit WHERE audit_seq = 2").await;
    assert_eq!(verify(&rows(&store).await), Err(BrokenChain::Missing { expected: 2, found: 3 }));
    force("DELETE FROM dg_audit WHERE audit_seq > 1").await;
    // A tail that was cut off breaks no chain; only who noted its end can tell.
    assert_eq!(verify(&rows(&store).await).unwrap().audit_seq, 1);
    assert!(account(&store, "bot-9").await);
    assert_ne!(verify(&rows(&store).await).unwrap().entry_hash, noted.entry_hash);
}

#[tokio::test]
async fn rows_are_found_by_what_they_say() {
    let scratch = Scratch::new().await;
    let store = scratch.store("dg_apid");
    scratch.tenant("acme").await;
    scratch.tenant("other").await;
    account(&store, "bot").await;
    let token = NewToken { token_id: "t1".to_owned(), secret_sha256: [7; 32], expires_at: None, label: None };
    store.create_token("bot", &token, &By::of("ana")).await.unwrap();
    let find = async |change: fn(&mut AuditFilter)| {
        let mut filter = AuditFilter::default();
        change(&mut filter);
        let found = store.audit(&filter, AuditOrder::Newest, None, 100).await.unwrap();
        found.iter().map(|row| row.entry.audit_seq).collect::<Vec<_>>()
    };
    assert_eq!(find(|_| ()).await, [4, 3, 2, 1]);
    assert_eq!(find(|filter| filter.principal = Some("ana".to_owned())).await, [4]);
    assert_eq!(find(|filter| filter.action = Some("tenant.create".to_owned())).await, [2, 1]);
    assert_eq!(find(|filter| filter.subject = Some("bot".to_owned())).await, [3]);
    assert_eq!(find(|filter| filter.about_tenants = Some(vec!["acme".to_owned()])).await, [1]);
    assert_eq!(find(|filter| filter.kind = Some("export".to_owned())).await, Vec::<i64>::new());
    assert_eq!(find(|filter| filter.outcome = Some("done".to_owned())).await.len(), 4);
    assert_eq!(find(|filter| filter.since = Some(Micros::new(4_000_000_000_000_000))).await, Vec::<i64>::new());
    assert_eq!(find(|filter| filter.until = Some(Micros::new(4_000_000_000_000_000))).await.len(), 4);
    let page = store.audit(&AuditFilter::default(), AuditOrder::Newest, Some(3), 1).await.unwrap();
    assert_eq!(page[0].entry.audit_seq, 2);
    let page = store.audit(&AuditFilter::default(), AuditOrder::Oldest, Some(3), 10).await.unwrap();
    assert_eq!(page[0].entry.audit_seq, 4);
}
