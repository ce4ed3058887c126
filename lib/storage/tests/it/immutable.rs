//! Nobody changes the log.

use crate::{
    events::{request, trace},
    scratch::Scratch,
};

const CHANGES: [&str; 4] = [
    "UPDATE dg_event_log SET payload_json = '{}'",
    "DELETE FROM dg_event_log",
    "TRUNCATE dg_event_log",
    "DELETE FROM dg_event_log WHERE false",
];

#[tokio::test]
async fn no_role_may_change_the_log_and_the_owner_is_stopped_too() {
    let scratch = Scratch::new().await;
    let tenant = scratch.tenant("t").await;
    let (stage, _stop) = scratch.stage();
    stage.append(request(&tenant, trace("a", 2))).await.unwrap();
    for role in ["dg_store", "dg_projectord", "dg_apid", "dg_workflowd"] {
        let client = scratch.raw(role).await;
        for change in CHANGES {
            let error = client.batch_execute(change).await.unwrap_err();
            assert_eq!(error.code().unwrap().code(), "42501", "{role}: {change}");
        }
    }
    for user in ["dg_owner", "dg_admin"] {
        let client = scratch.raw(user).await;
        for setting in ["", "SET session_replication_role = replica;"] {
            if user == "dg_owner" && !setting.is_empty() {
                continue;
            }
            for change in CHANGES {
                let error = client.batch_execute(&format!("{setting} {change}")).await.unwrap_err();
                let error = error.as_db_error().unwrap();
                assert_eq!(error.code().code(), "DG001", "{user}: {setting} {change}");
                assert!(error.message().contains("append-only"), "{}", error.message());
            }
        }
    }
    assert_eq!(scratch.store("dg_projectord").head(&tenant).await.unwrap().get(), 3);
}

/// The grants of the design, checked against the catalogue, so that a later migration cannot widen them unnoticed.
#[tokio::test]
async fn grants_on_the_log_and_its_heads_are_exactly_these() {
    let scratch = Scratch::new().await;
    let sql = "SELECT grantee || ' ' || table_name || ' ' || privilege_type || coalesce(' ' || column_name, '')
               FROM (SELECT grantee, table_name, privilege_type, NULL AS column_name
                     FROM information_schema.role_table_grants
                     UNION ALL
                     SELECT grantee, table_name, privilege_type, column_name
                     FROM information_schema.role_column_grants
                     WHERE privilege_type = 'UPDATE') AS granted
               WHERE table_name IN ('dg_event_log', 'dg_tenant_heads') AND grantee <> 'dg_owner'
               ORDER BY 1";
    let rows = scratch.raw("dg_admin").await.query(sql, &[]).await.unwrap();
    let found: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(
        found,
        [
            "dg_apid dg_event_log INSERT",
            "dg_apid dg_event_log SELECT",
            "dg_apid dg_tenant_heads INSERT",
            "dg_apid dg_tenant_heads SELECT",
            "dg_apid dg_tenant_heads UPDATE last_log_seq",
            "dg_projectord dg_event_log SELECT",
            "dg_projectord dg_tenant_heads SELECT",
            "dg_store dg_event_log SELECT",
            "dg_store dg_tenant_heads INSERT",
            "dg_store dg_tenant_heads SELECT",
            "dg_workflowd dg_event_log INSERT",
            "dg_workflowd dg_event_log SELECT",
            "dg_workflowd dg_tenant_heads SELECT",
            "dg_workflowd dg_tenant_heads UPDATE last_log_seq",
        ]
    );
}
