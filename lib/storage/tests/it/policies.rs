//! What each daemon's role can reach by direct SQL. The tables come from the catalogue, so a new one cannot be forgotten.

use std::collections::BTreeSet;

use dg_ledger::signing::Seed;
use dg_storage::{DatabaseConfig, Store, StoreError, bootstrap, migrate, projections::RunFilter};
use dg_testkit::Postgres;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

use crate::{
    events::{request, trace},
    scratch::Scratch,
};

const DAEMONS: [&str; 4] = ["dg_store", "dg_projectord", "dg_apid", "dg_workflowd"];

/// Tables with a tenant that have no row security, each with the reason.
const WITHOUT: [(&str, &str); 1] = [(
    "dg_tenants",
    "the registry: which tenants there are is every daemon's business, and a row holds none of their data",
)];

/// Who sees the rows of all tenants in a table, because it could not find its work otherwise. Nobody changes them like that.
const SEES_ALL: [(&str, &str); 7] = [
    ("dg_projectord", "dg_projection_builds"),
    ("dg_projectord", "dg_projection_cursors"),
    ("dg_projectord", "dg_projection_runs"),
    ("dg_projectord", "dg_tenant_heads"),
    ("dg_store", "dg_projection_builds"),
    ("dg_store", "dg_tenant_heads"),
    ("dg_workflowd", "dg_tenant_heads"),
];

/// Views that read with the owner's rights, and who may read them.
const OWNERS_VIEWS: [(&str, &str); 11] = [
    ("dg_check_durations", "dg_projectord"),
    ("dg_failure_totals", "dg_projectord"),
    ("dg_log_times", "dg_projectord"),
    ("dg_webhook_standing", "dg_workflowd"),
    ("dg_webhook_work", "dg_workflowd"),
    ("dg_workflow_files_left", "dg_store"),
    ("dg_workflow_open_dead_letters", "dg_workflowd"),
    ("dg_workflow_standing", "dg_workflowd"),
    ("dg_workflow_telling_standing", "dg_workflowd"),
    ("dg_workflow_telling_work", "dg_workflowd"),
    ("dg_workflow_work", "dg_workflowd"),
];

/// A row of the tenant `a` for each table that appending does not fill.
const ROWS: &str = "
    INSERT INTO dg_projection_cursors (tenant_id, projection_name) VALUES ('a', 'trace_summary');
    INSERT INTO dg_projection_builds (tenant_id, projection_name, slot, state, job_id)
        VALUES ('a', 'trace_summary', 1, 'building', gen_random_uuid());
    INSERT INTO dg_projection_runs (tenant_id, job_id, projection_name, mode, reason, requested_by)
        VALUES ('a', gen_random_uuid(), 'all', 'verify', 'r', 'x');
    INSERT INTO dg_projection_failures
        (tenant_id, projection_name, log_seq, trace_id, event_id, category, error_code, error_message)
        VALUES ('a', 'trace_summary', 1, 't', 'e', 'c', 'c', 'm');
    INSERT INTO dg_projection_digest_history
        (tenant_id, digest_id, projection_name, generation, last_log_seq, computed_at, computed_by, source)
        VALUES ('a', gen_random_uuid(), 'trace_summary', 1, 1, now(), 'x', 'run');
    INSERT INTO dg_idempotency_keys (tenant_id, account_id, key_sha256, request_sha256, claimed_at)
        VALUES ('a', 'x', sha256('k'), sha256('r'), now());
    INSERT INTO dg_webhooks (tenant_id, webhook_id, url, events, projections, created_by, last_log_seq)
        VALUES ('a', '01900000-0000-7000-8000-000000000001', 'https://example.org', true, false, 'x', 0);
    INSERT INTO dg_webhook_secrets (tenant_id, webhook_id, secret_id, kind, secret, created_by)
        VALUES ('a', '01900000-0000-7000-8000-000000000001', '01900000-0000-7000-8000-000000000002', 'hmac', repeat('s', 32), 'x');
    INSERT INTO dg_webhook_scopes (tenant_id, epoch, owner) VALUES ('a', 1, 'x');
    INSERT INTO dg_webhook_deliveries (tenant_id, webhook_id, delivery_id, message_type, log_seq)
        VALUES ('a', '01900000-0000-7000-8000-000000000001', '01900000-0000-7000-8000-000000000003', 'm', 1);
    INSERT INTO dg_webhook_attempts (tenant_id, webhook_id, delivery_id, attempt, duration_ms)
        VALUES ('a', '01900000-0000-7000-8000-000000000001', '01900000-0000-7000-8000-000000000003', 1, 1);
    INSERT INTO dg_workflow_runtime (tenant_id) VALUES ('a');
    INSERT INTO dg_workflow_items (tenant_id, workflow_key, workflow_id, trace_key, trace_id, workflow_kind, workflow_name, subject_type,
        subject_id, status, priority_rank, title, requested_by, requested_at, updated_at, escalation_level, round, version,
        last_source_log_seq, item_json)
        VALUES ('a', gen_random_uuid(), 'w', gen_random_uuid(), 't', 'exception_review', 'w', 's', 's', 'requested', 1, 't', 'x', now(),
            now(), 0, 1, 1, 1, '{}');
    INSERT INTO dg_workflow_snoozes VALUES ('a', 'x', gen_random_uuid(), now());
    INSERT INTO dg_workflow_actions (tenant_id, workflow_key, log_seq, action_id, action_type, trace_id, actor_type, actor_id,
        actor_account_id, payload_json, source_event_id, resulting_status, round, created_at)
        VALUES ('a', gen_random_uuid(), 1, 'a', 'requested', 't', 'agent', 'x', 'x', '{}', 'e', 'requested', 1, now());
    INSERT INTO dg_workflow_notifications (tenant_id, notification_id, workflow_key, workflow_id, trace_id, category, message,
        payload_json, dedupe_key, dedupe_hash, created_at)
        VALUES ('a', '01900000-0000-7000-8000-000000000004', gen_random_uuid(), 'w', 't', 'comment', 'm', '{}', 'k', gen_random_uuid(), now());
    INSERT INTO dg_workflow_dead_letters (tenant_id, log_seq, event_id, event_type, error_code, error_message)
        VALUES ('a', 1, 'e', 't', 'c', 'm');
    INSERT INTO dg_workflow_recipients (tenant_id, account_id, notification_id)
        VALUES ('a', 'x', '01900000-0000-7000-8000-000000000004');
    INSERT INTO dg_workflow_preferences (tenant_id, account_id, preferences_json) VALUES ('a', 'x', '{}');
    INSERT INTO dg_workflow_channels (tenant_id, channel_id, channel, name, target, is_personal, preferences_json, created_by)
        VALUES ('a', '01900000-0000-7000-8000-000000000005', 'webhook', 'n', 'https://example.org', false, '{}', 'x');
    INSERT INTO dg_workflow_channel_secrets (tenant_id, channel_id, secret_id, kind, secret, created_by)
        VALUES ('a', '01900000-0000-7000-8000-000000000005', gen_random_uuid(), 'hmac', repeat('s', 32), 'x');
    INSERT INTO dg_workflow_deliveries (tenant_id, delivery_id, notification_id, channel, channel_id, is_bundled, message_id,
        next_attempt_at)
        VALUES ('a', gen_random_uuid(), '01900000-0000-7000-8000-000000000004', 'webhook', '01900000-0000-7000-8000-000000000005',
            false, gen_random_uuid(), now());
    INSERT INTO dg_workflow_telling_scopes (tenant_id, epoch, owner) VALUES ('a', 1, 'x');
    INSERT INTO dg_workflow_absences (tenant_id, absence_id, account_id, from_at, until_at, updated_by)
        VALUES ('a', gen_random_uuid(), 'x', now(), now() + interval '1 day', 'x');
    INSERT INTO dg_workflow_calendars (tenant_id, calendar_id, version, definition_json, reason, created_by)
        VALUES ('a', 'c', 1, '{}', 'r', 'x');
    INSERT INTO dg_workflow_templates (tenant_id, template_id, version, enabled, definition_json, reason, created_by)
        VALUES ('a', 't', 1, true, '{}', 'r', 'x');
    INSERT INTO dg_workflow_routing (tenant_id, version, routing_json, reason, created_by) VALUES ('a', 1, '{}', 'r', 'x');
    INSERT INTO dg_workflow_turns VALUES ('a', 't', 1);
    INSERT INTO dg_workflow_files (tenant_id, sha256, media_type, size_bytes, content, put_by)
        VALUES ('a', sha256('f'), 'text/plain', 1, 'f', 'x');
    INSERT INTO dg_cg_nodes VALUES ('a', 0, gen_random_uuid(), 1, 'n', 't', 'c');
    INSERT INTO dg_cg_edges VALUES
        ('a', 0, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 1, 'k', 'e', 't', 'c');
    INSERT INTO dg_trace_summary VALUES ('a', 0, 't', 'w', 't', 'k', NULL, 'i', NULL, 's', NULL, 1, 1);
    INSERT INTO dg_policy_eval_index VALUES ('a', 0, gen_random_uuid(), 1, 't', 'p', '1', 'e', 'c');
    INSERT INTO dg_precedent_index VALUES ('a', 0, 1, 1, 'e', 't', 'p', '1', NULL, 'k', NULL, 'i');
    INSERT INTO dg_trace_index VALUES
        ('a', 0, 't', false, 'w', 't', 'k', NULL, 'i', NULL, 's', now(), NULL, 1, 1, 1, 0, 'TraceStarted', 'x', '{}', '{}', '{}');
    INSERT INTO dg_trace_terms VALUES ('a', 0, 'tag:x', now(), 1);
    INSERT INTO dg_trace_facts VALUES ('a', 0, 'n', 1, now(), 1);
";

/// Names out of the catalogue.
async fn names(client: &Client, sql: &str) -> Vec<String> {
    client.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

/// Tables that have a tenant, without partitions.
async fn tenant_tables(client: &Client) -> Vec<String> {
    names(
        client,
        "SELECT class.relname::text FROM pg_class AS class
         JOIN pg_attribute AS tenant ON tenant.attrelid = class.oid AND tenant.attname = 'tenant_id'
         WHERE class.relnamespace = 'public'::regnamespace AND class.relkind IN ('r', 'p') AND NOT class.relispartition
         ORDER BY 1",
    )
    .await
}

async fn partitions(client: &Client) -> Vec<String> {
    names(client, "SELECT relname::text FROM pg_class WHERE relispartition AND relkind = 'r' ORDER BY 1").await
}

fn guarded(tables: Vec<String>) -> Vec<String> {
    tables.into_iter().filter(|table| WITHOUT.iter().all(|(name, _)| name != table)).collect()
}

/// Whether a role may do something with some column of a table.
async fn may(client: &Client, role: &str, table: &str, what: &str) -> bool {
    let sql = if what == "DELETE" {
        "SELECT has_table_privilege($1, $2, $3)"
    } else {
        "SELECT has_any_column_privilege($1, $2, $3)"
    };
    client.query_one(sql, &[&role, &table, &what]).await.unwrap().get(0)
}

/// Two tenants with equal rows in every table.
async fn twins() -> Scratch {
    let scratch = Scratch::new().await;
    let tenant = scratch.tenant("a").await;
    scratch.tenant("b").await;
    let (stage, stop) = scratch.stage();
    stage.append(request(&tenant, trace("t", 2))).await.unwrap();
    stop.cancel();
    stage.stopped().await;
    let admin = scratch.raw("dg_admin").await;
    admin.batch_execute(ROWS).await.unwrap();
    admin.batch_execute("DELETE FROM dg_tenant_heads WHERE tenant_id = 'b'").await.unwrap();
    // Tables are filled by name, and those that others point at are not the first.
    admin.batch_execute("SET session_replication_role = replica").await.unwrap();
    for table in guarded(tenant_tables(&admin).await) {
        let sql = format!(
            "INSERT INTO {table} SELECT twin.* FROM {table} AS row,
             jsonb_populate_record(NULL::{table}, to_jsonb(row) || '{{\"tenant_id\": \"b\"}}') AS twin WHERE row.tenant_id = 'a'"
        );
        let made = admin.execute(&sql, &[]).await.unwrap();
        assert!(made > 0, "give {table} a row in ROWS");
    }
    scratch
}

/// Rows of the tenants `a` and `b` that a session sees.
async fn seen(client: &Client, table: &str) -> (i64, i64) {
    let sql = format!(
        "SELECT count(*) FILTER (WHERE tenant_id = 'a'), count(*) FILTER (WHERE tenant_id IS DISTINCT FROM 'a') FROM {table}"
    );
    let row = client.query_one(&sql, &[]).await.unwrap();
    (row.get(0), row.get(1))
}

/// The code of an error that a statement ends with, and whether row security was what refused it; nothing it does stays.
async fn refusal(client: &Client, sql: &str) -> Option<(String, bool)> {
    client.batch_execute("BEGIN").await.unwrap();
    let done = client.batch_execute(sql).await;
    client.batch_execute("ROLLBACK").await.unwrap();
    let error = done.err()?;
    let error = error.as_db_error().unwrap();
    Some((error.code().code().to_owned(), error.message().contains("row-level security")))
}

/// How many rows a statement changes; none of them stays changed.
async fn changed(client: &Client, sql: &str) -> u64 {
    client.batch_execute("BEGIN").await.unwrap();
    let messages = client.simple_query(sql).await.unwrap();
    client.batch_execute("ROLLBACK").await.unwrap();
    let counts = messages.iter().filter_map(|message| match message {
        SimpleQueryMessage::CommandComplete(rows) => Some(*rows),
        _ => None,
    });
    counts.sum()
}

#[tokio::test]
async fn every_table_of_tenants_has_row_security_and_a_policy_for_each_grant() {
    let scratch = Scratch::new().await;
    let admin = scratch.raw("dg_admin").await;
    let tables = tenant_tables(&admin).await;
    for (name, _) in WITHOUT {
        assert!(tables.iter().any(|table| table == name), "{name} is no table with a tenant any more");
    }
    for table in guarded(tables) {
        let sql = "SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE oid = $1::text::regclass";
        let forced: bool = admin.query_one(sql, &[&table]).await.unwrap().get(0);
        assert!(forced, "{table} has a tenant and no forced row security");
        for (role, what, letter) in DAEMONS.iter().flat_map(|role| {
            [("SELECT", "r"), ("INSERT", "a"), ("UPDATE", "w"), ("DELETE", "d")]
                .map(|(what, letter)| (*role, what, letter))
        }) {
            let sql = "SELECT count(*) FROM pg_policy
                       WHERE polrelid = $1::text::regclass AND polcmd::text IN ($3, '*')
                         AND (SELECT oid FROM pg_roles WHERE rolname = $2::text) = ANY (polroles)";
            let policies: i64 = admin.query_one(sql, &[&table, &role, &letter]).await.unwrap().get(0);
            if may(&admin, role, &table, what).await {
                assert!(policies > 0, "{role} may {what} {table} and has no policy for it");
            }
        }
    }
    let everybody = "SELECT polrelid::regclass::text FROM pg_policy WHERE 0 = ANY (polroles)";
    assert_eq!(names(&admin, everybody).await, Vec::<String>::new(), "a policy for everybody");
}

/// COPY is refused under row security, so the projector fills partitions by their names, with nothing else to do there.
#[tokio::test]
async fn partitions_are_for_copying_in_and_a_trigger_stands_in_for_the_policy() {
    let scratch = twins().await;
    let admin = scratch.raw("dg_admin").await;
    let projector = scratch.raw_of("dg_projectord", "a").await;
    let partitions = partitions(&admin).await;
    assert!(partitions.len() >= 16);
    for table in &partitions {
        for (role, what) in
            DAEMONS.iter().flat_map(|role| ["SELECT", "INSERT", "UPDATE", "DELETE"].map(|what| (*role, what)))
        {
            let expected = role == "dg_projectord" && what == "INSERT";
            assert_eq!(may(&admin, role, table, what).await, expected, "{role} {what} {table}");
        }
        if table.ends_with("_slot1") {
            continue;
        }
        let insert = async |tenant: &str| {
            let sql = format!(
                "SELECT (to_jsonb(row) || jsonb_build_object('tenant_id', $1::text))::text FROM {table} AS row LIMIT 1"
            );
            let row: String = admin.query_one(&sql, &[&tenant]).await.unwrap().get(0);
            let sql = format!(
                "INSERT INTO {table} SELECT (jsonb_populate_record(NULL::{table}, '{}')).*",
                row.replace('\'', "''")
            );
            refusal(&projector, &sql).await
        };
        assert_eq!(insert("c").await, Some(("42501".to_owned(), true)), "{table}");
        assert_eq!(insert("a").await, Some(("23505".to_owned(), false)), "{table}");
        projector.batch_execute("SET dg.tenant = 'c'").await.unwrap();
        assert_eq!(insert("c").await, None, "{table}");
        projector.batch_execute("SET dg.tenant = 'a'").await.unwrap();
    }
}

#[tokio::test]
async fn views_and_functions_read_with_the_rights_of_who_asks() {
    let scratch = Scratch::new().await;
    let admin = scratch.raw("dg_admin").await;
    let views = names(
        &admin,
        "SELECT relname::text FROM pg_class WHERE relkind = 'v' AND relnamespace = 'public'::regnamespace
         AND NOT coalesce('security_invoker=true' = ANY (reloptions), false) ORDER BY 1",
    )
    .await;
    assert_eq!(views, OWNERS_VIEWS.map(|(view, _)| view));
    for (view, reader) in OWNERS_VIEWS {
        for role in DAEMONS {
            assert_eq!(may(&admin, role, view, "SELECT").await, role == reader, "{role} {view}");
            for what in ["INSERT", "UPDATE", "DELETE"] {
                assert!(!may(&admin, role, view, what).await, "{role} {what} {view}");
            }
        }
    }
    let open = names(
        &admin,
        "SELECT proname::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace
         AND (prosecdef OR has_function_privilege('dg_apid', oid, 'EXECUTE'))",
    )
    .await;
    assert_eq!(open, Vec::<String>::new());
}

#[tokio::test]
async fn with_one_tenant_named_nothing_of_another_is_seen() {
    let scratch = twins().await;
    let admin = scratch.raw("dg_admin").await;
    for (role, table) in SEES_ALL {
        assert!(may(&admin, role, table, "SELECT").await, "{role} does not read {table}");
    }
    for role in DAEMONS {
        let (named, unnamed) = (scratch.raw_of(role, "a").await, scratch.raw(role).await);
        let empty = scratch.raw_of(role, "").await;
        for table in guarded(tenant_tables(&admin).await) {
            if !may(&admin, role, &table, "SELECT").await {
                continue;
            }
            let all = SEES_ALL.contains(&(role, table.as_str()));
            let (own, others) = seen(&named, &table).await;
            assert!(own > 0, "{role} does not see its tenant in {table}");
            assert_eq!(others > 0, all, "{role} sees {others} rows of others in {table}");
            for session in [&unnamed, &empty] {
                assert_eq!(seen(session, &table).await != (0, 0), all, "{role} sees {table} with no tenant named");
            }
        }
    }
}

#[tokio::test]
async fn with_one_tenant_named_nothing_of_another_is_changed() {
    let scratch = twins().await;
    let admin = scratch.raw("dg_admin").await;
    let (mut updates, mut deletes, mut inserts) = (0, 0, 0);
    for role in DAEMONS {
        let (named, unnamed) = (scratch.raw_of(role, "a").await, scratch.raw(role).await);
        for table in guarded(tenant_tables(&admin).await) {
            let column = "SELECT attname::text FROM pg_attribute
                          WHERE attrelid = $2::text::regclass AND attnum > 0 AND NOT attisdropped
                            AND has_column_privilege($1, attrelid, attnum, 'UPDATE') ORDER BY attnum DESC LIMIT 1";
            if let Some(row) = admin.query_opt(column, &[&role, &table]).await.unwrap() {
                let column: String = row.get(0);
                let update = |of: &str| format!("UPDATE {table} SET {column} = {column} WHERE tenant_id = '{of}'");
                assert!(changed(&named, &update("a")).await > 0, "{role} cannot change its tenant's {table}");
                assert_eq!(changed(&named, &update("b")).await, 0, "{role} {table}");
                assert_eq!(
                    changed(&named, &format!("UPDATE {table} SET {column} = {column}")).await,
                    changed(&named, &update("a")).await
                );
                assert_eq!(changed(&unnamed, &update("a")).await, 0, "{role} {table}");
                let moved = refusal(&named, &format!("UPDATE {table} SET tenant_id = 'c' WHERE tenant_id = 'a'")).await;
                assert_eq!(moved.unwrap().0, "42501", "{role} gives rows of {table} away");
                updates += 1;
            }
            if may(&admin, role, &table, "DELETE").await {
                let delete = |of: &str| format!("DELETE FROM {table} WHERE tenant_id = '{of}'");
                assert!(changed(&named, &delete("a")).await > 0, "{role} cannot delete from its tenant's {table}");
                assert_eq!(changed(&named, &delete("b")).await, 0, "{role} {table}");
                assert_eq!(changed(&unnamed, &delete("a")).await, 0, "{role} {table}");
                deletes += 1;
            }
            if may(&admin, role, &table, "INSERT").await {
                let insert = insertion(&admin, role, &table).await;
                assert_eq!(refusal(&named, &insert("b")).await, Some(("42501".to_owned(), true)), "{role} {table}");
                assert_eq!(refusal(&unnamed, &insert("a")).await, Some(("42501".to_owned(), true)), "{role} {table}");
                let own = refusal(&named, &insert("a")).await;
                assert!(own.as_ref().is_none_or(|(code, _)| code != "42501"), "{role} {table}: {own:?}");
                inserts += 1;
            }
        }
    }
    assert!(updates >= 15 && deletes >= 10 && inserts >= 15, "{updates} {deletes} {inserts}");
}

/// A row that is there once more, in the columns that the role may insert, under another tenant.
async fn insertion(admin: &Client, role: &str, table: &str) -> impl Fn(&str) -> String {
    let columns = "SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute
                   WHERE attrelid = $2::text::regclass AND attnum > 0 AND NOT attisdropped
                     AND has_column_privilege($1, attrelid, attnum, 'INSERT')";
    let columns: String = admin.query_one(columns, &[&role, &table]).await.unwrap().get(0);
    let row = format!("SELECT to_jsonb(row)::text FROM {table} AS row WHERE tenant_id = 'a' LIMIT 1");
    let row: String = admin.query_one(&row, &[]).await.unwrap().get(0);
    let (row, table) = (row.replace('\'', "''"), table.to_owned());
    move |tenant| {
        format!(
            "INSERT INTO {table} ({columns}) SELECT {columns} FROM jsonb_populate_record(NULL::{table},
             '{row}'::jsonb || '{{\"tenant_id\": \"{tenant}\"}}')"
        )
    }
}

/// The list is for statements that serve several tenants, in the tables that those touch.
#[tokio::test]
async fn a_list_of_tenants_opens_what_appending_and_asking_for_runs_needs() {
    let scratch = twins().await;
    let admin = scratch.raw("dg_admin").await;
    for role in DAEMONS {
        let session = scratch.raw(role).await;
        session.batch_execute("SET dg.tenants = 'x,a,b'").await.unwrap();
        let mut opened = BTreeSet::new();
        for table in guarded(tenant_tables(&admin).await) {
            let all = SEES_ALL.contains(&(role, table.as_str()));
            if !all && may(&admin, role, &table, "SELECT").await && seen(&session, &table).await != (0, 0) {
                opened.insert(table);
            }
        }
        let expected: &[&str] = match role {
            "dg_apid" => &["dg_event_log", "dg_projection_cursors", "dg_projection_runs", "dg_tenant_heads"],
            "dg_workflowd" => &["dg_event_log", "dg_projection_cursors"],
            _ => &[],
        };
        assert_eq!(opened.iter().map(String::as_str).collect::<Vec<_>>(), expected, "{role}");
        session.batch_execute("SET dg.tenants = 'aa,ab, a'").await.unwrap();
        for table in &opened {
            assert_eq!(seen(&session, table).await, (0, 0), "{role} {table}: only whole names count");
        }
    }
}

#[tokio::test]
async fn log_and_audit_refuse_every_change_in_the_catalogue_too() {
    let scratch = Scratch::new().await;
    let admin = scratch.raw("dg_admin").await;
    for table in ["dg_event_log", "dg_audit"] {
        // BEFORE, and then DELETE, UPDATE and TRUNCATE, by statement; also when triggers are told to be silent.
        let sql = "SELECT bit_or(tgtype::int) FROM pg_trigger
                   WHERE tgrelid = $1::text::regclass AND tgenabled = 'A' AND tgtype & 2 = 2 AND tgtype & 1 = 0";
        let kinds: i32 = admin.query_one(sql, &[&table]).await.unwrap().get(0);
        assert_eq!(kinds & (8 | 16 | 32), 8 | 16 | 32, "{table}");
        for role in DAEMONS {
            for what in ["UPDATE", "DELETE", "TRUNCATE"] {
                let sql = "SELECT has_table_privilege($1, $2, $3) OR ($3 = 'UPDATE' AND has_any_column_privilege($1, $2, 'UPDATE'))";
                let granted: bool = admin.query_one(sql, &[&role, &table, &what]).await.unwrap().get(0);
                assert!(!granted, "{role} {what} {table}");
            }
            let session = scratch.raw_of(role, "a").await;
            for change in [
                format!("UPDATE {table} SET recorded_at = now()"),
                format!("DELETE FROM {table}"),
                format!("TRUNCATE {table}"),
            ] {
                assert_eq!(refusal(&session, &change).await.unwrap().0, "42501", "{role}: {change}");
            }
        }
    }
}

#[tokio::test]
async fn the_seed_of_a_signing_key_is_for_dg_store_alone() {
    let scratch = Scratch::new().await;
    let keeper = scratch.raw("dg_store").await;
    let add = "INSERT INTO dg_signing_keys (key_id, public_key, seed)
               VALUES ('0123456789abcdef', decode(repeat('01', 32), 'hex'), decode(repeat('02', 32), 'hex'))";
    keeper.batch_execute(add).await.unwrap();
    assert_eq!(keeper.query_one("SELECT seed FROM dg_signing_keys", &[]).await.unwrap().get::<_, Vec<u8>>(0), [2; 32]);
    for role in ["dg_projectord", "dg_apid", "dg_workflowd"] {
        let session = scratch.raw(role).await;
        let public = "SELECT key_id, public_key, created_at FROM dg_signing_keys";
        assert_eq!(session.query(public, &[]).await.unwrap().len(), 1, "{role}");
        for attack in [
            "SELECT seed FROM dg_signing_keys",
            "SELECT * FROM dg_signing_keys",
            "SELECT k FROM dg_signing_keys AS k",
            "SELECT 1 FROM dg_signing_keys WHERE seed IS NOT NULL",
            "COPY dg_signing_keys TO STDOUT",
            add,
            "UPDATE dg_signing_keys SET seed = ''",
            "DELETE FROM dg_signing_keys",
        ] {
            assert_eq!(refusal(&session, attack).await.unwrap().0, "42501", "{role}: {attack}");
        }
    }
    for change in ["UPDATE dg_signing_keys SET seed = ''", "DELETE FROM dg_signing_keys", "TRUNCATE dg_signing_keys"] {
        assert_eq!(refusal(&keeper, change).await.unwrap().0, "42501", "{change}");
    }
}

#[tokio::test]
async fn of_many_who_come_at_once_one_makes_the_signing_key() {
    let scratch = Scratch::new().await;
    let stores: Vec<Store> = (0..4).map(|_| scratch.store("dg_store")).collect();
    let seeds: Vec<Seed> = (0..4).map(|n| Seed::new([n; 32])).collect();
    let made =
        futures_util::future::join_all(stores.iter().zip(&seeds).map(|(store, seed)| store.signing_key(seed))).await;
    let made: Vec<_> = made.into_iter().map(Result::unwrap).collect();
    assert_eq!(made.iter().filter(|key| key.is_new).count(), 1);
    assert!(made.iter().all(|key| key.known == made[0].known && key.seed.public_key() == key.known.public_key));
    assert_eq!(scratch.store("dg_apid").signing_keys().await.unwrap(), [made[0].known.clone()]);
    let admin = scratch.raw("dg_admin").await;
    admin.batch_execute("UPDATE dg_signing_keys SET seed = decode(repeat('07', 32), 'hex')").await.unwrap();
    let error = stores[0].signing_key(&seeds[0]).await.unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
}

#[tokio::test]
async fn no_daemon_owns_creates_or_becomes_anything() {
    let scratch = Scratch::new().await;
    let admin = scratch.raw("dg_admin").await;
    let mighty = names(
        &admin,
        "SELECT rolname::text FROM pg_roles WHERE rolname IN ('dg_owner', 'dg_store', 'dg_projectord', 'dg_apid', 'dg_workflowd')
         AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication)",
    )
    .await;
    assert_eq!(mighty, Vec::<String>::new());
    for role in DAEMONS {
        let owned: i64 = admin
            .query_one(
                "SELECT (SELECT count(*) FROM pg_shdepend WHERE refclassid = 'pg_authid'::regclass AND deptype = 'o'
                          AND refobjid = $1::text::regrole)
                      + (SELECT count(*) FROM pg_class WHERE relowner = $1::text::regrole)
                      + (SELECT count(*) FROM pg_proc WHERE proowner = $1::text::regrole)",
                &[&role],
            )
            .await
            .unwrap()
            .get(0);
        assert_eq!(owned, 0, "{role} owns something");
        let session = scratch.raw(role).await;
        for attack in [
            "CREATE TABLE public.mine ()",
            "CREATE SCHEMA mine",
            "CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "CREATE ROLE mine",
            "ALTER TABLE dg_event_log DISABLE TRIGGER ALL",
            "ALTER TABLE dg_event_log NO FORCE ROW LEVEL SECURITY",
            "DROP POLICY dg_owner_all ON dg_event_log",
            "CREATE POLICY mine ON dg_event_log USING (true)",
            "SET session_replication_role = replica",
            "COPY dg_event_log TO PROGRAM 'true'",
            "SELECT * FROM pg_authid",
        ] {
            assert_eq!(refusal(&session, attack).await.unwrap().0, "42501", "{role}: {attack}");
        }
        let off = refusal(&session, "SET row_security = off; SELECT count(*) FROM dg_tenant_heads").await;
        assert!(off.is_some_and(|(code, _)| code == "42501"), "{role} switches row security off");
        for other in names(&admin, "SELECT rolname::text FROM pg_roles").await {
            if other != role {
                let become_it = format!("SET ROLE \"{other}\"");
                assert_eq!(refusal(&session, &become_it).await.unwrap().0, "42501", "{role}: {become_it}");
            }
        }
    }
}

/// What a daemon is on a server where everybody has one login: it takes its role when it connects.
#[tokio::test]
async fn a_login_for_all_is_held_to_the_role_it_took() {
    let server = Postgres::start().unwrap();
    let (admin, connection) = tokio_postgres::connect(&server.admin_url(), NoTls).await.unwrap();
    tokio::spawn(connection);
    for statement in ["CREATE ROLE customer LOGIN CREATEROLE CREATEDB", "CREATE DATABASE hosted OWNER customer"] {
        admin.batch_execute(statement).await.unwrap();
    }
    let url = server.url("hosted", "customer");
    bootstrap::prepare(&url, "hosted").await.unwrap();
    migrate::run(&DatabaseConfig::new(&url).with_role("dg_owner")).await.unwrap();
    let refused = |role: &str, url: &str| {
        let config = DatabaseConfig::new(url).with_role(role);
        async move { Store::open(&config).unwrap().check_daemon("dg_apid").await }
    };
    refused("dg_apid", &url).await.unwrap();
    refused("dg_apid", &server.url("hosted", "dg_admin")).await.unwrap();
    for (role, user) in [("", "customer"), ("", "dg_admin"), ("dg_owner", "customer"), ("dg_store", "customer")] {
        let error = refused(role, &server.url("hosted", user)).await.unwrap_err();
        assert!(matches!(error, StoreError::RoleTooStrong { needed: "dg_apid", .. }), "{role} {user}: {error}");
        assert!(error.to_string().contains("database.role = \"dg_apid\""), "{error}");
    }
    let (session, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    tokio::spawn(connection);
    session.batch_execute("SET ROLE dg_apid; SET dg.tenant = 'a'").await.unwrap();
    for attack in [
        "UPDATE dg_event_log SET payload_json = '{}'",
        "DELETE FROM dg_audit",
        "TRUNCATE dg_event_log",
        "SELECT seed FROM dg_signing_keys",
        "INSERT INTO dg_tenant_heads (tenant_id) VALUES ('b')",
        "CREATE TABLE public.mine ()",
    ] {
        assert_eq!(refusal(&session, attack).await.unwrap().0, "42501", "{attack}");
    }
}

/// Roles belong to the server and databases are many: whoever comes first makes the roles, the others find them.
#[tokio::test]
async fn many_databases_may_be_prepared_at_once() {
    let server = Postgres::start().unwrap();
    let url = server.admin_url();
    let names: Vec<String> = (0..4).map(|n| format!("dg-{n}")).collect();
    let prepared = futures_util::future::join_all(names.iter().map(|name| bootstrap::prepare(&url, name))).await;
    prepared.into_iter().for_each(|done| assert!(done.unwrap().created_database));
    let owners: Vec<DatabaseConfig> =
        names.iter().map(|name| DatabaseConfig::new(server.url(name, "dg_owner"))).collect();
    for applied in futures_util::future::join_all(owners.iter().map(migrate::run)).await {
        assert_eq!(applied.unwrap().version, dg_storage::SCHEMA_VERSION);
    }
}

/// A database with data of the release before policies goes on with them.
#[tokio::test]
async fn a_database_of_before_is_taken_along() {
    let server = Postgres::start().unwrap();
    bootstrap::prepare(&server.admin_url(), "old").await.unwrap();
    let owner = DatabaseConfig::new(server.url("old", "dg_owner"));
    assert_eq!(migrate::run_to(&owner, 9).await.unwrap().version, 9);
    let (before, connection) = tokio_postgres::connect(&server.url("old", "dg_apid"), NoTls).await.unwrap();
    tokio::spawn(connection);
    let sql = "INSERT INTO dg_tenants (tenant_id, created_by) VALUES ('a', 'x'), ('b', 'x');
               INSERT INTO dg_tenant_heads (tenant_id) VALUES ('a'), ('b');
               INSERT INTO dg_projection_runs (tenant_id, job_id, projection_name, mode, reason, requested_by)
               VALUES ('a', gen_random_uuid(), 'all', 'verify', 'r', 'x'), ('b', gen_random_uuid(), 'all', 'verify', 'r', 'x')";
    before.batch_execute(sql).await.unwrap();
    assert_eq!(seen(&before, "dg_projection_runs").await, (1, 1), "nothing kept tenants apart");
    migrate::run(&owner).await.unwrap();
    assert_eq!(seen(&before, "dg_projection_runs").await, (0, 0));
    let store = Store::open(&DatabaseConfig::new(server.url("old", "dg_apid"))).unwrap();
    store.check_daemon("dg_apid").await.unwrap();
    let tenant = dg_domain::TenantId::new("a").unwrap();
    assert_eq!(store.runs(&tenant, &RunFilter::default(), 9).await.unwrap().len(), 1);
    assert_eq!(store.head(&tenant).await.unwrap().get(), 0);
}
