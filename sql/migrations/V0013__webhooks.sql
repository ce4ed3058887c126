-- Webhooks: endpoints that are told about events and projections, what they are to be told, and what became of it.
--
-- A message is queued in the transaction that moves its endpoint's cursor, so none is lost and none is queued twice. Only a few
-- are queued ahead; what an endpoint has not got yet is otherwise in the log and nowhere else. Secrets are apart: dg-apid
-- makes them and cannot read them again, dg-workflowd signs with them.

CREATE TABLE dg_webhooks (
    tenant_id         text COLLATE "C" NOT NULL,
    webhook_id        uuid             NOT NULL,
    url               text             NOT NULL,
    description       text,
    events            boolean          NOT NULL,
    projections       boolean          NOT NULL,
    event_types       text[]           NOT NULL DEFAULT '{}',
    trace_id          text COLLATE "C",
    status            text COLLATE "C" NOT NULL DEFAULT 'active',
    status_reason     text,
    status_changed_at timestamptz      NOT NULL DEFAULT now(),
    created_at        timestamptz      NOT NULL DEFAULT now(),
    created_by        text             NOT NULL,
    updated_at        timestamptz      NOT NULL DEFAULT now(),
    last_log_seq      bigint           NOT NULL,
    replay_log_seq    bigint,
    replay_until      bigint,
    announced         jsonb,
    announced_at      timestamptz,
    failures          bigint           NOT NULL DEFAULT 0,
    failing_since     timestamptz,
    rests_until       timestamptz,
    last_success_at   timestamptz,
    CONSTRAINT dg_webhooks_pk PRIMARY KEY (tenant_id, webhook_id),
    CONSTRAINT dg_webhooks_url_length CHECK (length(url) BETWEEN 1 AND 2048),
    CONSTRAINT dg_webhooks_description_length CHECK (length(description) BETWEEN 1 AND 200),
    CONSTRAINT dg_webhooks_what CHECK (events OR projections),
    CONSTRAINT dg_webhooks_status_valid CHECK (status IN ('active', 'paused', 'disabled')),
    CONSTRAINT dg_webhooks_last_log_seq_range CHECK (last_log_seq >= 0),
    CONSTRAINT dg_webhooks_replay_range CHECK (replay_log_seq >= 0 AND replay_until >= replay_log_seq),
    CONSTRAINT dg_webhooks_failures_range CHECK (failures >= 0)
);

-- What messages are signed with. Several are valid while one replaces another.
CREATE TABLE dg_webhook_secrets (
    tenant_id  text COLLATE "C" NOT NULL,
    webhook_id uuid             NOT NULL,
    secret_id  uuid             NOT NULL,
    kind       text COLLATE "C" NOT NULL,
    secret     text COLLATE "C" NOT NULL,
    public_key text COLLATE "C",
    created_at timestamptz      NOT NULL DEFAULT now(),
    created_by text             NOT NULL,
    expires_at timestamptz,
    CONSTRAINT dg_webhook_secrets_pk PRIMARY KEY (tenant_id, webhook_id, secret_id),
    CONSTRAINT dg_webhook_secrets_webhook_fk FOREIGN KEY (tenant_id, webhook_id)
        REFERENCES dg_webhooks (tenant_id, webhook_id) ON DELETE CASCADE,
    CONSTRAINT dg_webhook_secrets_kind_valid CHECK (kind IN ('hmac', 'ed25519')),
    CONSTRAINT dg_webhook_secrets_secret_length CHECK (length(secret) BETWEEN 24 AND 200),
    CONSTRAINT dg_webhook_secrets_public_key_present CHECK ((kind = 'ed25519') = (public_key IS NOT NULL))
);

-- Who delivers for a tenant. Taking it raises the epoch, and whatever is written for it compares the epoch first.
CREATE TABLE dg_webhook_scopes (
    tenant_id text COLLATE "C" NOT NULL,
    epoch     bigint           NOT NULL,
    owner     text             NOT NULL,
    CONSTRAINT dg_webhook_scopes_pk PRIMARY KEY (tenant_id)
);

-- Messages for an endpoint. What an event says is read from the log each time it is sent; `data_json` is for what is not in
-- the log. `attempts_before` are the attempts of earlier rounds: each retry by hand and each replay begins a new one.
CREATE TABLE dg_webhook_deliveries (
    tenant_id       text COLLATE "C" NOT NULL,
    webhook_id      uuid             NOT NULL,
    delivery_id     uuid             NOT NULL,
    message_type    text COLLATE "C" NOT NULL,
    log_seq         bigint,
    data_json       text COLLATE "C",
    state           text COLLATE "C" NOT NULL DEFAULT 'pending',
    attempts        bigint           NOT NULL DEFAULT 0,
    attempts_before bigint           NOT NULL DEFAULT 0,
    created_at      timestamptz      NOT NULL DEFAULT now(),
    next_attempt_at timestamptz      NOT NULL DEFAULT now(),
    finished_at     timestamptz,
    last_status     bigint,
    last_error      text,
    CONSTRAINT dg_webhook_deliveries_pk PRIMARY KEY (tenant_id, webhook_id, delivery_id),
    CONSTRAINT dg_webhook_deliveries_webhook_fk FOREIGN KEY (tenant_id, webhook_id)
        REFERENCES dg_webhooks (tenant_id, webhook_id) ON DELETE CASCADE,
    CONSTRAINT dg_webhook_deliveries_state_valid CHECK (state IN ('pending', 'delivered', 'dead')),
    CONSTRAINT dg_webhook_deliveries_content CHECK ((log_seq IS NULL) = (data_json IS NOT NULL)),
    CONSTRAINT dg_webhook_deliveries_finished CHECK ((state = 'pending') = (finished_at IS NULL)),
    CONSTRAINT dg_webhook_deliveries_attempts_range CHECK (attempts_before BETWEEN 0 AND attempts)
);

CREATE INDEX dg_webhook_deliveries_due_idx ON dg_webhook_deliveries (tenant_id, webhook_id, next_attempt_at, log_seq)
    WHERE state = 'pending';
CREATE INDEX dg_webhook_deliveries_ended_idx ON dg_webhook_deliveries (tenant_id, webhook_id, state, finished_at)
    WHERE state <> 'pending';
CREATE INDEX dg_webhook_deliveries_page_idx ON dg_webhook_deliveries (tenant_id, webhook_id, created_at, delivery_id);

CREATE TABLE dg_webhook_attempts (
    tenant_id   text COLLATE "C" NOT NULL,
    webhook_id  uuid             NOT NULL,
    delivery_id uuid             NOT NULL,
    attempt     bigint           NOT NULL,
    ended_at    timestamptz      NOT NULL DEFAULT now(),
    duration_ms bigint           NOT NULL,
    status      bigint,
    error       text,
    CONSTRAINT dg_webhook_attempts_pk PRIMARY KEY (tenant_id, webhook_id, delivery_id, attempt),
    CONSTRAINT dg_webhook_attempts_delivery_fk FOREIGN KEY (tenant_id, webhook_id, delivery_id)
        REFERENCES dg_webhook_deliveries (tenant_id, webhook_id, delivery_id) ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT dg_webhook_attempts_attempt_range CHECK (attempt >= 1)
);

REVOKE ALL ON dg_webhooks, dg_webhook_secrets, dg_webhook_scopes, dg_webhook_deliveries, dg_webhook_attempts FROM PUBLIC;

GRANT SELECT, INSERT, DELETE ON dg_webhooks TO dg_apid;
GRANT UPDATE (url, description, events, projections, event_types, trace_id, status, status_reason, status_changed_at, updated_at,
    last_log_seq, replay_log_seq, replay_until, failures, failing_since, rests_until) ON dg_webhooks TO dg_apid;
-- Everything but the secret itself.
GRANT SELECT (tenant_id, webhook_id, secret_id, kind, public_key, created_at, created_by, expires_at), INSERT, DELETE
    ON dg_webhook_secrets TO dg_apid;
GRANT UPDATE (expires_at) ON dg_webhook_secrets TO dg_apid;
GRANT SELECT, INSERT ON dg_webhook_deliveries TO dg_apid;
GRANT UPDATE (state, attempts_before, next_attempt_at, finished_at) ON dg_webhook_deliveries TO dg_apid;
GRANT SELECT ON dg_webhook_attempts TO dg_apid;

GRANT SELECT ON dg_webhooks, dg_webhook_secrets TO dg_workflowd;
GRANT UPDATE (status, status_reason, status_changed_at, last_log_seq, replay_log_seq, replay_until, announced, announced_at, failures,
    failing_since, rests_until, last_success_at) ON dg_webhooks TO dg_workflowd;
GRANT SELECT, INSERT, UPDATE ON dg_webhook_scopes TO dg_workflowd;
GRANT SELECT, INSERT, UPDATE, DELETE ON dg_webhook_deliveries TO dg_workflowd;
GRANT SELECT, INSERT ON dg_webhook_attempts TO dg_workflowd;
-- What it tells about, and where it notes that it gave an endpoint up.
GRANT SELECT ON dg_projection_cursors TO dg_workflowd;
GRANT INSERT ON dg_audit TO dg_workflowd;
-- The end of the chain, which each row continues.
GRANT SELECT (audit_seq, entry_hash) ON dg_audit TO dg_workflowd;

-- Row-level security (ADR 21). Where there is something to do, and how all endpoints stand, is shown to dg-workflowd by two views
-- of the owner, and no more than that.

CREATE VIEW dg_webhook_work AS
SELECT hook.tenant_id, hook.webhook_id
FROM dg_webhooks AS hook
JOIN dg_tenant_heads AS head ON head.tenant_id = hook.tenant_id
WHERE hook.status = 'active'
  AND (hook.rests_until IS NULL OR hook.rests_until <= now())
  AND (hook.events AND head.last_log_seq > hook.last_log_seq
       OR hook.replay_until > hook.replay_log_seq
       OR hook.projections
          AND (hook.announced_at IS NULL OR hook.announced_at <= now() - interval '1 second')
          AND hook.announced IS DISTINCT FROM (
              SELECT jsonb_object_agg(cursor.projection_name, cursor.last_log_seq)
              FROM dg_projection_cursors AS cursor
              WHERE cursor.tenant_id = hook.tenant_id)
       OR EXISTS (
           SELECT
           FROM dg_webhook_deliveries AS delivery
           WHERE delivery.tenant_id = hook.tenant_id AND delivery.webhook_id = hook.webhook_id
             AND delivery.state = 'pending' AND delivery.next_attempt_at <= now()));

CREATE VIEW dg_webhook_standing AS
SELECT count(*) FILTER (WHERE hook.status = 'active') AS active,
       count(*) FILTER (WHERE hook.status = 'paused') AS paused,
       count(*) FILTER (WHERE hook.status = 'disabled') AS disabled,
       count(*) FILTER (WHERE hook.status = 'active' AND hook.failures >= 10) AS failing,
       coalesce(sum(queue.pending), 0)::bigint AS pending,
       coalesce(sum(queue.dead), 0)::bigint AS dead,
       coalesce(max(extract(epoch FROM now() - queue.oldest)) FILTER (WHERE hook.status = 'active'), 0)::double precision
           AS lag_seconds
FROM dg_webhooks AS hook
LEFT JOIN LATERAL (
    SELECT count(*) FILTER (WHERE delivery.state = 'pending') AS pending,
           count(*) FILTER (WHERE delivery.state = 'dead') AS dead,
           min(delivery.created_at) FILTER (WHERE delivery.state = 'pending') AS oldest
    FROM dg_webhook_deliveries AS delivery
    WHERE delivery.tenant_id = hook.tenant_id AND delivery.webhook_id = hook.webhook_id
      AND delivery.state IN ('pending', 'dead')
) AS queue ON true;

REVOKE ALL ON dg_webhook_work, dg_webhook_standing FROM PUBLIC;
GRANT SELECT ON dg_webhook_work, dg_webhook_standing TO dg_workflowd;

DO $$
DECLARE
    place text;
BEGIN
    FOREACH place IN ARRAY '{dg_webhooks,dg_webhook_secrets,dg_webhook_scopes,dg_webhook_deliveries,dg_webhook_attempts}'::text[]
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', place);
        EXECUTE format('CREATE POLICY dg_owner_all ON %I TO dg_owner USING (true)', place);
        EXECUTE format('CREATE POLICY dg_deliver ON %I TO dg_workflowd USING (tenant_id = current_setting(''dg.tenant'', true))', place);
        IF place <> 'dg_webhook_scopes' THEN
            EXECUTE format('CREATE POLICY dg_administer ON %I TO dg_apid USING (tenant_id = current_setting(''dg.tenant'', true))', place);
        END IF;
    END LOOP;
END
$$;

-- Administrators go on doing everything that can be administered.
UPDATE dg_accounts
SET permissions = permissions || '{webhooks_manage}'
WHERE 'admin' = ANY (roles) AND NOT permissions && '{*,webhooks_manage}';
