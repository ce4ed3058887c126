-- Human review: a fold of the log (ADR 27). `item_json` is the value that the fold made, and all that the digest covers; the other
-- columns of an item are its index. What is in no log (who holds an item, what was warned of) has columns of its own, which a
-- rebuild leaves as they are.
--
-- Whoever changes an item locks the tenant's head, then the tenant's row here, and first applies what the log has and the items
-- have not: so commands and dg-workflowd cannot overtake one another.

ALTER TABLE dg_tenants
    ADD COLUMN is_demo boolean NOT NULL DEFAULT false;
-- The demonstration of earlier releases.
UPDATE dg_tenants SET is_demo = true WHERE tenant_id = 'release-demo' AND created_by = 'local-admin';

-- An agent's account may have a person who answers for it: for four eyes the two are one.
ALTER TABLE dg_accounts
    ADD COLUMN owner_id text COLLATE "C",
    ADD CONSTRAINT dg_accounts_owner_fk FOREIGN KEY (owner_id) REFERENCES dg_accounts (account_id),
    ADD CONSTRAINT dg_accounts_owner_is_another CHECK (owner_id <> account_id);

CREATE TABLE dg_workflow_runtime (
    tenant_id      text COLLATE "C" NOT NULL,
    last_log_seq   bigint           NOT NULL DEFAULT 0,
    next_timer_at  timestamptz,
    rebuild_asked_at timestamptz,
    rebuild_asked_by text COLLATE "C",
    rebuilt_at     timestamptz,
    verified_at    timestamptz,
    verified_log_seq bigint,
    -- What the last comparison found: both digests, how many items, how many events were set aside.
    verified_json  text,
    updated_at     timestamptz      NOT NULL DEFAULT now(),
    CONSTRAINT dg_workflow_runtime_pk PRIMARY KEY (tenant_id),
    CONSTRAINT dg_workflow_runtime_last_log_seq_range CHECK (last_log_seq >= 0),
    CONSTRAINT dg_workflow_runtime_rebuild_asked CHECK ((rebuild_asked_at IS NULL) = (rebuild_asked_by IS NULL))
) WITH (fillfactor = 50);

CREATE TABLE dg_workflow_items (
    tenant_id            text COLLATE "C" NOT NULL,
    workflow_key         uuid             NOT NULL,
    workflow_id          text COLLATE "C" NOT NULL,
    trace_key            uuid             NOT NULL,
    trace_id             text COLLATE "C" NOT NULL,
    workflow_kind        text COLLATE "C" NOT NULL,
    workflow_name        text COLLATE "C" NOT NULL,
    subject_type         text COLLATE "C" NOT NULL,
    subject_id           text COLLATE "C" NOT NULL,
    status               text COLLATE "C" NOT NULL,
    priority_rank        smallint         NOT NULL,
    title                text             NOT NULL,
    policy_id            text COLLATE "C",
    template_id          text COLLATE "C",
    requested_by         text COLLATE "C" NOT NULL,
    decided_by           text COLLATE "C",
    assigned_account_id  text COLLATE "C",
    assigned_role        text COLLATE "C",
    requested_at         timestamptz      NOT NULL,
    sla_due_at           timestamptz,
    updated_at           timestamptz      NOT NULL,
    resolved_at          timestamptz,
    current_decision     text COLLATE "C",
    current_reason       text,
    escalation_level     bigint           NOT NULL,
    round                bigint           NOT NULL,
    version              bigint           NOT NULL,
    last_source_log_seq  bigint           NOT NULL,
    item_json            text             NOT NULL,
    -- In no log.
    claimed_by           text COLLATE "C",
    claimed_at           timestamptz,
    claim_renewed_at     timestamptz,
    warned_for           timestamptz,
    next_timer_at        timestamptz,
    CONSTRAINT dg_workflow_items_pk PRIMARY KEY (tenant_id, workflow_key),
    CONSTRAINT dg_workflow_items_status_valid
        CHECK (status IN ('requested', 'changes_requested', 'escalated', 'approved', 'rejected', 'overridden')),
    CONSTRAINT dg_workflow_items_kind_valid CHECK (workflow_kind IN ('exception_review', 'incident_review')),
    CONSTRAINT dg_workflow_items_priority_range CHECK (priority_rank BETWEEN 0 AND 3),
    CONSTRAINT dg_workflow_items_round_range CHECK (round >= 1),
    CONSTRAINT dg_workflow_items_version_range CHECK (version >= 1),
    CONSTRAINT dg_workflow_items_resolved
        CHECK ((resolved_at IS NULL) = (status IN ('requested', 'changes_requested', 'escalated'))),
    CONSTRAINT dg_workflow_items_claim CHECK ((claimed_by IS NULL) = (claimed_at IS NULL)
        AND (claimed_by IS NULL) = (claim_renewed_at IS NULL))
) WITH (fillfactor = 80);

-- The queue: open items, the most urgent and the oldest first.
CREATE INDEX dg_workflow_items_queue_idx
    ON dg_workflow_items (tenant_id, priority_rank, requested_at, workflow_id)
    WHERE status IN ('requested', 'changes_requested', 'escalated');
CREATE INDEX dg_workflow_items_due_idx
    ON dg_workflow_items (tenant_id, sla_due_at, workflow_id)
    WHERE status IN ('requested', 'changes_requested', 'escalated');
CREATE INDEX dg_workflow_items_timer_idx ON dg_workflow_items (tenant_id, next_timer_at) WHERE next_timer_at IS NOT NULL;
CREATE INDEX dg_workflow_items_status_idx ON dg_workflow_items (tenant_id, status, requested_at);
CREATE INDEX dg_workflow_items_trace_idx ON dg_workflow_items (tenant_id, trace_key);
CREATE INDEX dg_workflow_items_account_idx ON dg_workflow_items (tenant_id, assigned_account_id)
    WHERE status IN ('requested', 'changes_requested', 'escalated') AND assigned_account_id IS NOT NULL;
CREATE INDEX dg_workflow_items_claim_idx ON dg_workflow_items (tenant_id, claimed_by) WHERE claimed_by IS NOT NULL;
CREATE INDEX dg_workflow_items_resolved_idx ON dg_workflow_items (tenant_id, resolved_at) WHERE resolved_at IS NOT NULL;

-- What somebody does not want to see for a while.
CREATE TABLE dg_workflow_snoozes (
    tenant_id    text COLLATE "C" NOT NULL,
    account_id   text COLLATE "C" NOT NULL,
    workflow_key uuid             NOT NULL,
    until        timestamptz      NOT NULL,
    CONSTRAINT dg_workflow_snoozes_pk PRIMARY KEY (tenant_id, account_id, workflow_key)
);

-- What was done, one row per event: also a fold, and never changed.
CREATE TABLE dg_workflow_actions (
    tenant_id        text COLLATE "C" NOT NULL,
    workflow_key     uuid             NOT NULL,
    log_seq          bigint           NOT NULL,
    action_id        text COLLATE "C" NOT NULL,
    action_type      text COLLATE "C" NOT NULL,
    trace_id         text COLLATE "C" NOT NULL,
    actor_type       text COLLATE "C" NOT NULL,
    actor_id         text COLLATE "C" NOT NULL,
    actor_account_id text COLLATE "C" NOT NULL,
    note             text,
    payload_json     text             NOT NULL,
    source_event_id  text COLLATE "C" NOT NULL,
    resulting_status text COLLATE "C" NOT NULL,
    round            bigint           NOT NULL,
    created_at       timestamptz      NOT NULL,
    CONSTRAINT dg_workflow_actions_pk PRIMARY KEY (tenant_id, workflow_key, log_seq),
    CONSTRAINT dg_workflow_actions_action_id_unique UNIQUE (tenant_id, action_id),
    CONSTRAINT dg_workflow_actions_log_seq_unique UNIQUE (tenant_id, log_seq)
);

CREATE INDEX dg_workflow_actions_time_idx ON dg_workflow_actions (tenant_id, created_at, log_seq);

-- Notifications: made once per dedupe key, together with what they tell of. Who reads them, and where else they go, comes with the next migrations.
CREATE TABLE dg_workflow_notifications (
    tenant_id            text COLLATE "C" NOT NULL,
    notification_id      uuid             NOT NULL,
    workflow_key         uuid             NOT NULL,
    workflow_id          text COLLATE "C" NOT NULL,
    trace_id             text COLLATE "C" NOT NULL,
    category             text COLLATE "C" NOT NULL,
    channel              text COLLATE "C" NOT NULL DEFAULT 'operator_console',
    status               text COLLATE "C" NOT NULL DEFAULT 'delivered',
    message              text             NOT NULL,
    recipient_account_id text COLLATE "C",
    recipient_role       text COLLATE "C",
    payload_json         text             NOT NULL,
    dedupe_key           text COLLATE "C" NOT NULL,
    dedupe_hash          uuid             NOT NULL,
    created_at           timestamptz      NOT NULL,
    CONSTRAINT dg_workflow_notifications_pk PRIMARY KEY (tenant_id, notification_id),
    CONSTRAINT dg_workflow_notifications_dedupe_unique UNIQUE (tenant_id, dedupe_hash),
    CONSTRAINT dg_workflow_notifications_status_valid CHECK (status IN ('pending', 'delivered', 'failed', 'suppressed'))
);

CREATE INDEX dg_workflow_notifications_item_idx ON dg_workflow_notifications (tenant_id, workflow_key, created_at);
CREATE INDEX dg_workflow_notifications_time_idx ON dg_workflow_notifications (tenant_id, created_at, notification_id);

-- Events that the fold could not take. The items go on without them.
CREATE TABLE dg_workflow_dead_letters (
    tenant_id     text COLLATE "C" NOT NULL,
    log_seq       bigint           NOT NULL,
    event_id      text COLLATE "C" NOT NULL,
    event_type    text COLLATE "C" NOT NULL,
    error_code    text COLLATE "C" NOT NULL,
    error_message text             NOT NULL,
    attempts      bigint           NOT NULL DEFAULT 1,
    first_seen_at timestamptz      NOT NULL DEFAULT now(),
    resolved_at   timestamptz,
    resolved_by   text COLLATE "C",
    resolution    text COLLATE "C",
    CONSTRAINT dg_workflow_dead_letters_pk PRIMARY KEY (tenant_id, log_seq),
    CONSTRAINT dg_workflow_dead_letters_resolution_valid CHECK (resolution IN ('applied', 'skipped')),
    CONSTRAINT dg_workflow_dead_letters_resolved CHECK ((resolved_at IS NULL) = (resolution IS NULL))
);

CREATE FUNCTION dg_workflow_actions_refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog
AS $$
BEGIN
    RAISE EXCEPTION 'an action that was recorded is never changed'
        USING ERRCODE = 'DG003', HINT = 'Record another one.';
END
$$;
REVOKE EXECUTE ON FUNCTION dg_workflow_actions_refuse_change() FROM PUBLIC;

CREATE TRIGGER dg_workflow_actions_insert_only
    BEFORE UPDATE ON dg_workflow_actions
    FOR EACH ROW EXECUTE FUNCTION dg_workflow_actions_refuse_change();

REVOKE ALL ON dg_workflow_runtime, dg_workflow_items, dg_workflow_snoozes, dg_workflow_actions, dg_workflow_notifications,
    dg_workflow_dead_letters FROM PUBLIC;

GRANT SELECT, INSERT, UPDATE ON dg_workflow_runtime, dg_workflow_items TO dg_apid, dg_workflowd;
GRANT SELECT, INSERT, UPDATE, DELETE ON dg_workflow_snoozes TO dg_apid;
GRANT SELECT, INSERT ON dg_workflow_actions, dg_workflow_notifications, dg_workflow_dead_letters TO dg_apid, dg_workflowd;
GRANT UPDATE (attempts, error_code, error_message, resolved_at, resolved_by, resolution) ON dg_workflow_dead_letters
    TO dg_apid, dg_workflowd;
-- A rebuild folds into the same tables: what the fold made goes, and comes again.
GRANT DELETE ON dg_workflow_items, dg_workflow_actions TO dg_workflowd;
-- Retention.
GRANT DELETE ON dg_workflow_notifications TO dg_workflowd;
-- It appends what time and settings do. What an appender reads and moves it was given with the log.
GRANT INSERT ON dg_event_log TO dg_workflowd;
GRANT SELECT ON dg_tenants TO dg_workflowd;

DO $$
DECLARE
    place text;
BEGIN
    FOREACH place IN ARRAY
        '{dg_workflow_runtime,dg_workflow_items,dg_workflow_snoozes,dg_workflow_actions,dg_workflow_notifications,
            dg_workflow_dead_letters}'::text[]
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', place);
        EXECUTE format('CREATE POLICY dg_owner_all ON %I TO dg_owner USING (true)', place);
        EXECUTE format('CREATE POLICY dg_review ON %I TO dg_apid, dg_workflowd '
                       'USING (tenant_id = current_setting(''dg.tenant'', true))', place);
    END LOOP;
END
$$;

-- Where there is something to do: tenants whose items are behind their log, or for whom the clock is needed soon.
CREATE VIEW dg_workflow_work AS
SELECT head.tenant_id, head.last_log_seq, coalesce(runtime.last_log_seq, 0) AS applied_log_seq, runtime.next_timer_at,
       runtime.rebuild_asked_by,
       runtime.last_log_seq > 0 AND runtime.verified_log_seq IS DISTINCT FROM runtime.last_log_seq
           AND coalesce(runtime.verified_at, '-infinity') < now() - interval '1 day' AS unverified
FROM dg_tenant_heads AS head
LEFT JOIN dg_workflow_runtime AS runtime ON runtime.tenant_id = head.tenant_id
WHERE coalesce(runtime.last_log_seq, 0) < head.last_log_seq
   OR runtime.next_timer_at <= clock_timestamp() + interval '2 seconds'
   OR runtime.rebuild_asked_at IS NOT NULL
   OR runtime.last_log_seq > 0 AND runtime.verified_log_seq IS DISTINCT FROM runtime.last_log_seq
      AND coalesce(runtime.verified_at, '-infinity') < now() - interval '1 day';

-- Figures over all tenants, for the metrics of dg-workflowd.
CREATE VIEW dg_workflow_standing AS
SELECT status,
       count(*) AS items,
       count(*) FILTER (WHERE sla_due_at < now() AND status IN ('requested', 'changes_requested', 'escalated')) AS overdue
FROM dg_workflow_items
GROUP BY status;

CREATE VIEW dg_workflow_open_dead_letters AS
SELECT count(*) AS dead_letters
FROM dg_workflow_dead_letters
WHERE resolved_at IS NULL;

REVOKE ALL ON dg_workflow_work, dg_workflow_standing, dg_workflow_open_dead_letters FROM PUBLIC;
GRANT SELECT ON dg_workflow_work, dg_workflow_standing, dg_workflow_open_dead_letters TO dg_workflowd;
