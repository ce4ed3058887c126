//! Tokens that replace one another, people, sessions, and counted tries.

use dg_domain::Micros;
use dg_storage::{
    Store, StoreError,
    accounts::{AccountKind, NewAccount, NewToken},
    audit::By,
    oidc::Begun,
    people::NewPassword,
    sessions::NewSession,
};

use futures_util::future::join_all;

use crate::scratch::Scratch;

const FAR: Micros = Micros::new(4_000_000_000_000_000);

fn token(id: &str) -> NewToken {
    NewToken { token_id: id.to_owned(), secret_sha256: [7; 32], expires_at: None, label: Some("ci".to_owned()) }
}

fn named(account_id: &str) -> NewAccount {
    NewAccount { account_id: account_id.to_owned(), ..NewAccount::default() }
}

async fn person(store: &Store, account_id: &str) {
    let password = NewPassword { phc: "$argon2id$one".to_owned(), must_change: true };
    let made = store.create_person(&named(account_id), Some(&password), &By::of("root")).await.unwrap();
    assert_eq!(made.kind, AccountKind::Person);
}

#[tokio::test]
async fn a_rotation_overlaps_and_never_prolongs() {
    let scratch = Scratch::new().await;
    let (store, by) = (scratch.store("dg_apid"), By::of("root"));
    store.create_account(&named("bot"), &by).await.unwrap();
    store.create_token("bot", &token("one"), &by).await.unwrap();
    let soon = Micros::new(3_000_000_000_000_000);
    let (two, one) = store.rotate_token("bot", "one", &token("two"), soon, &by).await.unwrap();
    assert_eq!((one.expires_at, two.expires_at, two.replaces.as_deref()), (Some(soon), None, Some("one")));
    assert_eq!((two.label.as_deref(), two.created_by.as_deref()), (Some("ci"), Some("root")));
    let (_, one) = store.rotate_token("bot", "one", &token("three"), FAR, &by).await.unwrap();
    assert_eq!(one.expires_at, Some(soon), "an end never moves away");
    let lost = store.rotate_token("bot", "none", &token("four"), FAR, &by).await;
    assert!(matches!(lost, Err(StoreError::NotFound { what: "token" })));
    store.revoke_token("bot", "one", &by).await.unwrap();
    let over = store.rotate_token("bot", "one", &token("four"), FAR, &by).await;
    assert!(matches!(over, Err(StoreError::WrongState { .. })), "{over:?}");
    assert_eq!(store.tokens("bot").await.unwrap().len(), 3, "a refused rotation makes no token");
    for revival in [
        "UPDATE dg_tokens SET revoked_at = NULL WHERE token_id = 'one'",
        "UPDATE dg_tokens SET expires_at = NULL WHERE token_id = 'one'",
        "UPDATE dg_tokens SET expires_at = 'infinity' WHERE token_id = 'one'",
    ] {
        for role in ["dg_apid", "dg_owner"] {
            let error = scratch.raw(role).await.batch_execute(revival).await.unwrap_err();
            assert_eq!(error.code().unwrap().code(), "DG002", "{role}: {revival}");
        }
    }
    let rekey = "UPDATE dg_tokens SET secret_sha256 = secret_sha256";
    assert_eq!(scratch.raw("dg_apid").await.batch_execute(rekey).await.unwrap_err().code().unwrap().code(), "42501");
}

#[tokio::test]
async fn many_accounts_are_made_or_none() {
    let scratch = Scratch::new().await;
    let (store, by) = (scratch.store("dg_apid"), By::of("root"));
    let new = vec![(named("a"), vec![token("a1"), token("a2")]), (named("b"), vec![])];
    let made = store.create_accounts(&new, Some("file"), &by).await.unwrap();
    assert_eq!(made.iter().map(|(_, tokens)| tokens.len()).collect::<Vec<_>>(), [2, 0]);
    let again = vec![(named("c"), vec![]), (named("a"), vec![])];
    assert!(matches!(store.create_accounts(&again, None, &by).await, Err(StoreError::Exists { .. })));
    assert!(store.account("c").await.unwrap().is_none());
    let taken = vec![(named("d"), vec![token("a1")])];
    assert!(matches!(store.create_accounts(&taken, None, &by).await, Err(StoreError::Exists { what: "token" })));
    assert!(store.account("d").await.unwrap().is_none());
}

#[tokio::test]
async fn a_person_has_a_password_and_sessions_that_end() {
    let scratch = Scratch::new().await;
    let (store, by) = (scratch.store("dg_apid"), By::of("root"));
    store.create_account(&named("console"), &by).await.unwrap();
    person(&store, "ana").await;
    assert!(
        matches!(store.create_account(&named("ana"), &by).await, Err(StoreError::Exists { .. })),
        "one name, one being"
    );
    assert_eq!(store.accounts(Some(AccountKind::Person)).await.unwrap().len(), 1);
    let known = store.password_of("ana").await.unwrap().unwrap();
    assert!(known.must_change && known.phc == "$argon2id$one" && !format!("{known:?}").contains("argon2id"));
    assert!(store.password_of("console").await.unwrap().is_none());
    let by_ana = By { agent: Some("console".to_owned()), address: Some("10.0.0.1".to_owned()), ..By::of("ana") };
    for id in ["s1", "s2"] {
        let new = NewSession {
            session_id: id.to_owned(),
            secret_sha256: [9; 32],
            account_id: "ana".to_owned(),
            agent_id: "console".to_owned(),
            method: "password",
            idle_seconds: 1_800,
            expires_at: FAR,
        };
        let session = store.begin_session(&new, &by_ana).await.unwrap();
        assert!(!session.is_over(session.created_at));
        assert!(session.is_over(FAR) && session.is_over(Micros::new(session.created_at.get() + 1_861_000_000)));
    }
    let found = store.session_credential("s1").await.unwrap().unwrap();
    assert_eq!((found.account.account_id.as_str(), found.must_change, found.secret_sha256), ("ana", true, [9; 32]));
    assert_eq!(found.session.address.as_deref(), Some("10.0.0.1"));
    let changed = NewPassword { phc: "$argon2id$two".to_owned(), must_change: false };
    store.set_password("ana", &changed, Some("s1"), &by_ana).await.unwrap();
    assert!(store.session("s2").await.unwrap().unwrap().ended_at.is_some(), "a new password ends the others");
    assert_eq!(store.sessions(Some("ana"), true, None, 10).await.unwrap().len(), 1);
    let all = store.sessions(None, false, None, 10).await.unwrap();
    let next = store.sessions(None, false, Some((all[0].created_at, &all[0].session_id)), 10).await.unwrap();
    assert_eq!(next, all[1..]);
    let ended = store.end_session("s1", true, &by_ana).await.unwrap();
    assert_eq!(ended.ended_by.as_deref(), Some("ana"));
    assert_eq!(store.end_session("s1", false, &by).await.unwrap(), ended);
    assert!(matches!(store.end_session("none", false, &by).await, Err(StoreError::NotFound { .. })));
    assert!(matches!(store.set_password("console", &changed, None, &by).await, Err(StoreError::NotFound { .. })));
    for role in ["dg_store", "dg_projectord", "dg_workflowd"] {
        for table in ["dg_passwords", "dg_sessions", "dg_tokens", "dg_person_links", "dg_oidc_sign_ins", "dg_setup"] {
            let sql = format!("SELECT FROM {table}");
            let error = scratch.raw(role).await.batch_execute(&sql).await.unwrap_err();
            assert_eq!(error.code().unwrap().code(), "42501", "{role}: {table}");
        }
    }
}

#[tokio::test]
async fn a_sign_in_elsewhere_is_taken_once_by_whom_it_belongs_to() {
    let scratch = Scratch::new().await;
    let (store, by) = (scratch.store("dg_apid"), By::of("root"));
    for program in ["console", "another"] {
        store.create_account(&named(program), &by).await.unwrap();
    }
    let begun = Begun { nonce: "n".to_owned(), code_verifier: "v".to_owned(), redirect_uri: "https://x/".to_owned() };
    assert!(!format!("{begun:?}").contains("\"v\""));
    store.begin_oidc(&[1; 32], "console", &begun, 600.0).await.unwrap();
    store.begin_oidc(&[2; 32], "console", &begun, -1.0).await.unwrap();
    assert_eq!(store.take_oidc(&[1; 32], "another").await.unwrap(), None);
    let at_once = join_all((0..8).map(|_| store.take_oidc(&[1; 32], "console"))).await;
    let taken: Vec<Begun> = at_once.into_iter().filter_map(|taken| taken.unwrap()).collect();
    assert_eq!(taken, std::slice::from_ref(&begun));
    // Too late is too late, and what nobody takes is forgotten.
    assert_eq!(store.take_oidc(&[2; 32], "console").await.unwrap(), None);
    store.begin_oidc(&[3; 32], "console", &begun, -1.0).await.unwrap();
    store.begin_oidc(&[4; 32], "console", &begun, 600.0).await.unwrap();
    let left = scratch.raw("dg_owner").await.query_one("SELECT count(*) FROM dg_oidc_sign_ins", &[]).await.unwrap();
    assert_eq!(left.get::<_, i64>(0), 1);
}

#[tokio::test]
async fn a_subject_is_one_person_and_a_person_one_subject() {
    let scratch = Scratch::new().await;
    let (store, by) = (scratch.store("dg_apid"), By::of("root"));
    store.create_account(&named("console"), &by).await.unwrap();
    for name in ["ana", "ben"] {
        person(&store, name).await;
    }
    let linked = store.link_person("ana", "https://one", "248", &by).await.unwrap();
    assert_eq!((linked.account_id.as_str(), linked.linked_by.as_str()), ("ana", "root"));
    for (who, subject) in [("ana", "249"), ("ben", "248"), ("console", "250"), ("nobody", "251")] {
        let refused = store.link_person(who, "https://one", subject, &by).await;
        assert!(matches!(refused, Err(StoreError::Exists { what: "link" })), "{who} {subject}");
    }
    store.link_person("ana", "https://two", "248", &by).await.unwrap();
    assert_eq!(store.links("ana").await.unwrap().len(), 2);
    let found = store.linked_person("https://one", "248").await.unwrap().unwrap();
    assert_eq!(found.account_id, "ana");
    assert!(store.linked_person("https://one/", "248").await.unwrap().is_none());
    assert_eq!(store.unlink_person("ana", "https://one", &by).await.unwrap(), linked);
    let again = store.unlink_person("ana", "https://one", &by).await;
    assert!(matches!(again, Err(StoreError::NotFound { what: "link" })));
    assert!(store.linked_person("https://one", "248").await.unwrap().is_none());
    let changed = "UPDATE dg_person_links SET account_id = 'ben'";
    assert_eq!(scratch.raw("dg_apid").await.batch_execute(changed).await.unwrap_err().code().unwrap().code(), "42501");
    // A first password that was not changed concerns whoever came in with it.
    for (id, method, must_change) in [("s1", "password", true), ("s2", "oidc", false)] {
        let new = NewSession {
            session_id: id.to_owned(),
            secret_sha256: [9; 32],
            account_id: "ana".to_owned(),
            agent_id: "console".to_owned(),
            method,
            idle_seconds: 1_800,
            expires_at: FAR,
        };
        store.begin_session(&new, &By::of("ana")).await.unwrap();
        assert_eq!(store.session_credential(id).await.unwrap().unwrap().must_change, must_change, "{method}");
    }
}

#[tokio::test]
async fn tries_are_counted_however_many_at_once() {
    let scratch = Scratch::new().await;
    let store = scratch.store("dg_apid");
    let tries = futures_util::future::join_all((0..20).map(|_| store.count_try(&["account:x", "address:y"], 900.0)));
    let mut counts: Vec<i64> =
        tries.await.into_iter().flat_map(|tries| tries.unwrap()).map(|one| one.failures).collect();
    counts.sort_unstable();
    assert_eq!(counts, (1..=20).flat_map(|n| [n, n]).collect::<Vec<i64>>());
    store.forgive_try("account:x", "address:y").await.unwrap();
    let mut after = store.count_try(&["account:x", "address:y"], 900.0).await.unwrap();
    after.sort_by(|a, b| a.scope.cmp(&b.scope));
    assert_eq!(after.iter().map(|one| one.failures).collect::<Vec<_>>(), [1, 20]);
    assert!((890..=900).contains(&after[0].seconds_left), "{after:?}");
    let short = store.count_try(&["account:z"], -1.0).await.unwrap();
    assert_eq!(short[0].failures, 1);
    assert_eq!(store.count_try(&["account:z"], 900.0).await.unwrap()[0].failures, 1, "past its end it begins anew");
}

#[tokio::test]
async fn the_first_person_is_made_once_with_a_code_that_is_good() {
    let scratch = Scratch::new().await;
    let (owner, store, by) = (scratch.store("dg_owner"), scratch.store("dg_apid"), By::of("dg init"));
    let password = NewPassword { phc: "$argon2id$one".to_owned(), must_change: false };
    let refused = async |code: [u8; 32]| store.set_up(&code, &named("ana"), &password, &by).await.unwrap().is_none();
    assert!(!store.setup_is_open().await.unwrap() && refused([1; 32]).await);
    assert!(owner.open_setup(&[1; 32], -1.0, &by).await.unwrap());
    assert!(!store.setup_is_open().await.unwrap() && refused([1; 32]).await, "it is over");
    // Another code takes the place of the one before, and a name that a program has leaves it good.
    for code in [[1; 32], [2; 32]] {
        assert!(owner.open_setup(&code, 60.0, &by).await.unwrap());
    }
    assert!(store.setup_is_open().await.unwrap() && refused([1; 32]).await);
    store.create_account(&named("console"), &by).await.unwrap();
    assert!(matches!(store.set_up(&[2; 32], &named("console"), &password, &by).await, Err(StoreError::Exists { .. })));
    let made = join_all((0..8).map(|nth| {
        let (store, password, by) = (&store, &password, &by);
        async move { store.set_up(&[2; 32], &named(&format!("first-{nth}")), password, by).await.unwrap() }
    }));
    let made: Vec<_> = made.await.into_iter().flatten().collect();
    assert_eq!((made.len(), store.people().await.unwrap().len()), (1, 1));
    assert!(store.password_of(&made[0].account_id).await.unwrap().is_some());
    // Nobody opens it again.
    assert!(!owner.open_setup(&[3; 32], 60.0, &by).await.unwrap());
    assert!(!store.setup_is_open().await.unwrap() && refused([3; 32]).await);
    assert!(store.open_setup(&[4; 32], 60.0, &by).await.is_err(), "only the owner opens it");
}
