-- The log: the only truth, append-only.
--
-- Texts are kept once, as sent. Uniqueness and look-ups go through 16-byte keys (SHA-256, cut) in uuid columns, because
-- each unique index on random wide text costs a fifth to a quarter of the append rate. There is exactly one index per rule
-- and no other: what a projection can answer is not asked here. No foreign key, for the same reason.

CREATE TABLE dg_event_log (
    tenant_id          text COLLATE "C" NOT NULL,
    log_seq            bigint           NOT NULL,
    trace_seq          bigint           NOT NULL,
    schema_version     bigint           NOT NULL,
    occurred_instant   timestamptz      NOT NULL,
    recorded_at        timestamptz      NOT NULL,
    event_key          uuid             NOT NULL,
    trace_key          uuid             NOT NULL,
    idempotency_hash   uuid             NOT NULL,
    event_id           text COLLATE "C" NOT NULL,
    trace_id           text COLLATE "C" NOT NULL,
    event_type         text COLLATE "C" NOT NULL,
    occurred_at        text COLLATE "C" NOT NULL,
    recorded_by        text COLLATE "C" NOT NULL,
    producer_id        text COLLATE "C" NOT NULL,
    source_system      text COLLATE "C" NOT NULL,
    source_subsystem   text COLLATE "C",
    actor_type         text COLLATE "C" NOT NULL,
    actor_id           text COLLATE "C" NOT NULL,
    correlation_id     text COLLATE "C",
    causation_event_id text COLLATE "C",
    idempotency_key    text COLLATE "C" NOT NULL,
    tags_json          text COLLATE "C" NOT NULL,
    payload_hash       bytea            NOT NULL,
    entry_hash         bytea            NOT NULL,
    payload_json       text COLLATE "C" NOT NULL,
    CONSTRAINT dg_event_log_pk PRIMARY KEY (tenant_id, log_seq),
    CONSTRAINT dg_event_log_event_id_unique UNIQUE (tenant_id, event_key),
    CONSTRAINT dg_event_log_trace_seq_unique UNIQUE (tenant_id, trace_key, trace_seq),
    CONSTRAINT dg_event_log_idempotency_unique UNIQUE (tenant_id, idempotency_hash),
    CONSTRAINT dg_event_log_log_seq_range CHECK (log_seq >= 1),
    CONSTRAINT dg_event_log_trace_seq_range CHECK (trace_seq >= 0),
    CONSTRAINT dg_event_log_schema_version_positive CHECK (schema_version > 0),
    CONSTRAINT dg_event_log_payload_hash_length CHECK (octet_length(payload_hash) = 32),
    CONSTRAINT dg_event_log_entry_hash_length CHECK (octet_length(entry_hash) = 32),
    CONSTRAINT dg_event_log_event_type_valid CHECK (event_type IN (
        'TraceStarted', 'InputObserved', 'EntityObserved', 'PolicyEvaluated', 'ExceptionRequested', 'ApprovalRecorded',
        'PrecedentCited', 'ActionProposed', 'ActionCommitted', 'TraceFinished',
        'WorkflowReviewRequested', 'WorkflowActionRecorded'))
);

-- Grants alone would not stop the owner, nor a superuser's slip.
CREATE FUNCTION dg_event_log_refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog
AS $$
BEGIN
    RAISE EXCEPTION 'dg_event_log is append-only: % is refused', TG_OP
        USING ERRCODE = 'DG001',
              HINT = 'Append a correcting event. Nothing in the log is ever changed or removed.';
END
$$;

CREATE TRIGGER dg_event_log_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON dg_event_log
    FOR EACH STATEMENT EXECUTE FUNCTION dg_event_log_refuse_change();

-- Also where session_replication_role says that ordinary triggers stay silent.
ALTER TABLE dg_event_log ENABLE ALWAYS TRIGGER dg_event_log_append_only;

REVOKE ALL ON dg_event_log FROM PUBLIC;
GRANT SELECT ON dg_event_log TO dg_store, dg_projectord, dg_apid, dg_workflowd;
GRANT INSERT ON dg_event_log TO dg_apid, dg_workflowd;
