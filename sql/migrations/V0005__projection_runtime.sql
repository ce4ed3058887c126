-- The projection runtime: two slots per read model, replay runs, set-aside events, digest history, search terms.
--
-- A generation of a projection lives in one of two slots, and each slot is a partition of its own: a rebuild fills the slot
-- that is not live, the switch changes one number in the cursor row, and the space of the old generation goes back to the
-- system because its partition becomes empty. Read models are folds of the log and nothing else, so the old tables are
-- dropped and filled again; reads are behind until dg-projectord has come through.

DROP VIEW dg_context_graph_edges;
DROP TABLE dg_projection_failures, dg_trace_index, dg_precedent_index, dg_policy_eval_index, dg_trace_summary, dg_cg_edges,
    dg_cg_nodes, dg_projection_cursors;

CREATE TABLE dg_projection_cursors (
    tenant_id       text COLLATE "C" NOT NULL,
    projection_name text COLLATE "C" NOT NULL,
    -- Counts the rebuilds that became live; readers see it.
    generation      bigint           NOT NULL DEFAULT 1,
    -- Where the rows of the live generation are.
    slot            smallint         NOT NULL DEFAULT 0,
    last_log_seq    bigint           NOT NULL DEFAULT 0,
    -- Grows each time a process takes the scope or a rebuild becomes live; a writer that holds an older one is refused.
    epoch           bigint           NOT NULL DEFAULT 0,
    state           text             NOT NULL DEFAULT 'live',
    -- The sum of the hashes of all rows of the live generation, modulo 2^256, and their number: kept in the transaction that
    -- changes the rows, so that rows changed by other hands show.
    row_digest      bytea            NOT NULL DEFAULT decode(repeat('00', 32), 'hex'),
    row_count       bigint           NOT NULL DEFAULT 0,
    -- The process that took the scope last.
    owner           text             NOT NULL DEFAULT '',
    -- Events per second, averaged over about one and five minutes, as of updated_at.
    rate_1m         double precision NOT NULL DEFAULT 0,
    rate_5m         double precision NOT NULL DEFAULT 0,
    -- Why the scope does not move, if it does not.
    error_category  text,
    error_code      text,
    error_message   text,
    error_since     timestamptz,
    retry_count     bigint           NOT NULL DEFAULT 0,
    next_retry_at   timestamptz,
    -- Grows when an operator wants a resting scope to be tried at once.
    retries_asked   bigint           NOT NULL DEFAULT 0,
    -- What the last self-check looked at, and since when its result is bad.
    checked_log_seq bigint           NOT NULL DEFAULT 0,
    checked_generation bigint        NOT NULL DEFAULT 0,
    checked_at      timestamptz,
    drift_since     timestamptz,
    updated_at      timestamptz      NOT NULL DEFAULT now(),
    CONSTRAINT dg_projection_cursors_pk PRIMARY KEY (tenant_id, projection_name),
    CONSTRAINT dg_projection_cursors_name_valid
        CHECK (projection_name IN ('context_graph', 'trace_summary', 'precedent_index', 'trace_index')),
    CONSTRAINT dg_projection_cursors_state_valid CHECK (state IN ('live', 'failed')),
    CONSTRAINT dg_projection_cursors_slot_valid CHECK (slot IN (0, 1)),
    CONSTRAINT dg_projection_cursors_row_digest_length CHECK (octet_length(row_digest) = 32),
    CONSTRAINT dg_projection_cursors_range
        CHECK (last_log_seq >= 0 AND epoch >= 0 AND generation >= 1 AND row_count >= 0)
) WITH (fillfactor = 20);

-- The slot that is not live, while it holds something: a generation being built, or one that is being removed.
CREATE TABLE dg_projection_builds (
    tenant_id       text COLLATE "C" NOT NULL,
    projection_name text COLLATE "C" NOT NULL,
    slot            smallint         NOT NULL,
    state           text             NOT NULL,
    -- The run that builds it, or that made it obsolete.
    job_id          uuid             NOT NULL,
    last_log_seq    bigint           NOT NULL DEFAULT 0,
    row_digest      bytea            NOT NULL DEFAULT decode(repeat('00', 32), 'hex'),
    row_count       bigint           NOT NULL DEFAULT 0,
    -- Events that could not be folded into this generation, as a JSON list.
    aside_json      text             NOT NULL DEFAULT '[]',
    created_at      timestamptz      NOT NULL DEFAULT now(),
    updated_at      timestamptz      NOT NULL DEFAULT now(),
    CONSTRAINT dg_projection_builds_pk PRIMARY KEY (tenant_id, projection_name),
    CONSTRAINT dg_projection_builds_name_valid
        CHECK (projection_name IN ('context_graph', 'trace_summary', 'precedent_index', 'trace_index')),
    CONSTRAINT dg_projection_builds_slot_valid CHECK (slot IN (0, 1)),
    -- building: a run writes it. retired: its rows are being deleted. emptied: no rows, the space is not given back yet.
    CONSTRAINT dg_projection_builds_state_valid CHECK (state IN ('building', 'retired', 'emptied')),
    CONSTRAINT dg_projection_builds_range CHECK (last_log_seq >= 0 AND row_count >= 0)
);

-- Replay runs: what an operator asked for, how far it is, what came out. Kept as history.
CREATE TABLE dg_projection_runs (
    tenant_id        text COLLATE "C" NOT NULL,
    job_id           uuid             NOT NULL,
    -- Runs that were asked for together, for several tenants.
    batch_id         uuid,
    projection_name  text COLLATE "C" NOT NULL,
    mode             text             NOT NULL,
    status           text             NOT NULL DEFAULT 'queued',
    -- Of a reprojection: which event, of which trace.
    failure_id       uuid,
    reason           text             NOT NULL,
    requested_by     text             NOT NULL,
    requested_roles  text[]           NOT NULL DEFAULT '{}',
    request_id       text             NOT NULL DEFAULT '',
    metadata_json    text             NOT NULL DEFAULT '{}',
    requested_at     timestamptz      NOT NULL DEFAULT now(),
    started_at       timestamptz,
    finished_at      timestamptz,
    since_log_seq    bigint           NOT NULL DEFAULT 0,
    until_log_seq    bigint,
    -- The end of the log when the run was last claimed; it goes on to where the log ends then.
    target_log_seq   bigint,
    -- Events folded, once per projection.
    processed_events bigint           NOT NULL DEFAULT 0,
    last_log_seq     bigint           NOT NULL DEFAULT 0,
    events_per_second double precision NOT NULL DEFAULT 0,
    phase            text             NOT NULL DEFAULT '',
    -- Grows with each claim: what an earlier runner still does is refused.
    claim            bigint           NOT NULL DEFAULT 0,
    -- Claims after a runner died.
    attempt          bigint           NOT NULL DEFAULT 0,
    owner            text             NOT NULL DEFAULT '',
    updated_at       timestamptz      NOT NULL DEFAULT now(),
    error_code       text,
    error_message    text,
    result_json      text             NOT NULL DEFAULT '{}',
    CONSTRAINT dg_projection_runs_pk PRIMARY KEY (tenant_id, job_id),
    CONSTRAINT dg_projection_runs_name_valid CHECK
        (projection_name IN ('context_graph', 'trace_summary', 'precedent_index', 'trace_index', 'reference', 'all')),
    CONSTRAINT dg_projection_runs_mode_valid CHECK (mode IN ('catch_up', 'rebuild', 'verify', 'reproject')),
    CONSTRAINT dg_projection_runs_status_valid CHECK
        (status IN ('queued', 'running', 'paused', 'cancelling', 'cancelled', 'completed', 'failed')),
    CONSTRAINT dg_projection_runs_reason_given CHECK (length(btrim(reason)) BETWEEN 1 AND 2000),
    CONSTRAINT dg_projection_runs_reprojection_names_failure CHECK ((mode = 'reproject') = (failure_id IS NOT NULL)),
    CONSTRAINT dg_projection_runs_ended CHECK
        ((status IN ('cancelled', 'completed', 'failed')) = (finished_at IS NOT NULL)),
    CONSTRAINT dg_projection_runs_range CHECK (since_log_seq >= 0 AND processed_events >= 0 AND last_log_seq >= 0
        AND (until_log_seq IS NULL OR until_log_seq >= since_log_seq))
);
-- Two runs that touch one projection of a tenant cannot both be under way: a run over several of them stands in the index of each.
CREATE UNIQUE INDEX dg_projection_runs_context_graph_open ON dg_projection_runs (tenant_id)
    WHERE projection_name IN ('all', 'reference', 'context_graph') AND status IN ('queued', 'running', 'paused', 'cancelling');
CREATE UNIQUE INDEX dg_projection_runs_trace_summary_open ON dg_projection_runs (tenant_id)
    WHERE projection_name IN ('all', 'reference', 'trace_summary') AND status IN ('queued', 'running', 'paused', 'cancelling');
CREATE UNIQUE INDEX dg_projection_runs_precedent_index_open ON dg_projection_runs (tenant_id)
    WHERE projection_name IN ('all', 'reference', 'precedent_index') AND status IN ('queued', 'running', 'paused', 'cancelling');
CREATE UNIQUE INDEX dg_projection_runs_trace_index_open ON dg_projection_runs (tenant_id)
    WHERE projection_name IN ('all', 'trace_index') AND status IN ('queued', 'running', 'paused', 'cancelling');
-- Pages of a tenant's runs, newest first.
CREATE INDEX dg_projection_runs_requested_idx ON dg_projection_runs (tenant_id, requested_at DESC, job_id DESC);
-- What a runner looks for.
CREATE INDEX dg_projection_runs_open_idx ON dg_projection_runs (tenant_id, requested_at)
    WHERE status IN ('queued', 'running', 'cancelling');

-- Events that a projection does not hold, each with the reason. Open: it could not be folded; the projection went on without
-- it. Quarantined: an operator accepted that. Resolved: it was projected after all. Superseded: a rebuild holds it.
CREATE TABLE dg_projection_failures (
    tenant_id         text COLLATE "C" NOT NULL,
    failure_id        uuid             NOT NULL DEFAULT gen_random_uuid(),
    projection_name   text COLLATE "C" NOT NULL,
    log_seq           bigint           NOT NULL,
    trace_id          text COLLATE "C" NOT NULL,
    event_id          text COLLATE "C" NOT NULL,
    category          text             NOT NULL,
    error_code        text             NOT NULL,
    error_message     text             NOT NULL,
    status            text             NOT NULL DEFAULT 'open',
    attempts          bigint           NOT NULL DEFAULT 1,
    first_seen_at     timestamptz      NOT NULL DEFAULT now(),
    last_seen_at      timestamptz      NOT NULL DEFAULT now(),
    quarantined_at    timestamptz,
    quarantined_by    text,
    quarantine_reason text,
    resolved_at       timestamptz,
    resolved_by       text,
    -- The run that projected it.
    job_id            uuid,
    CONSTRAINT dg_projection_failures_pk PRIMARY KEY (tenant_id, failure_id),
    CONSTRAINT dg_projection_failures_name_valid
        CHECK (projection_name IN ('context_graph', 'trace_summary', 'precedent_index', 'trace_index')),
    CONSTRAINT dg_projection_failures_status_valid CHECK (status IN ('open', 'quarantined', 'resolved', 'superseded')),
    CONSTRAINT dg_projection_failures_quarantine_whole CHECK (status <> 'quarantined'
        OR (quarantined_at IS NOT NULL AND quarantined_by IS NOT NULL AND quarantine_reason IS NOT NULL)),
    CONSTRAINT dg_projection_failures_ended CHECK ((status IN ('resolved', 'superseded')) = (resolved_at IS NOT NULL))
);
-- One row per event that is missing, however often it was tried.
CREATE UNIQUE INDEX dg_projection_failures_missing_idx ON dg_projection_failures
    (tenant_id, projection_name, log_seq) WHERE status IN ('open', 'quarantined');
CREATE INDEX dg_projection_failures_trace_idx ON dg_projection_failures
    (tenant_id, trace_id) WHERE status IN ('open', 'quarantined');
CREATE INDEX dg_projection_failures_seen_idx ON dg_projection_failures (tenant_id, first_seen_at DESC, failure_id DESC);

-- Digests that were written down: by the self-check, and at the end of runs.
CREATE TABLE dg_projection_digest_history (
    tenant_id       text COLLATE "C" NOT NULL,
    digest_id       uuid             NOT NULL,
    -- full_projection beside the names of the projections.
    projection_name text COLLATE "C" NOT NULL,
    generation      bigint           NOT NULL,
    last_log_seq    bigint           NOT NULL,
    -- The reference's digest; null for trace_index, which has none.
    digest_value    text,
    -- The sum over the rows as they were read, and as it was kept; null for full_projection.
    row_digest      bytea,
    kept_row_digest bytea,
    row_count       bigint           NOT NULL DEFAULT 0,
    -- Events that are not in it, open or quarantined.
    skipped_events  bigint           NOT NULL DEFAULT 0,
    computed_at     timestamptz      NOT NULL,
    computed_by     text             NOT NULL,
    source          text             NOT NULL,
    job_id          uuid,
    duration_ms     bigint           NOT NULL DEFAULT 0,
    CONSTRAINT dg_projection_digest_history_pk PRIMARY KEY (tenant_id, digest_id),
    CONSTRAINT dg_projection_digest_history_name_valid CHECK (projection_name IN
        ('context_graph', 'trace_summary', 'precedent_index', 'trace_index', 'full_projection')),
    CONSTRAINT dg_projection_digest_history_source_valid CHECK (source IN ('self_check', 'run'))
);
CREATE INDEX dg_projection_digest_history_latest_idx ON dg_projection_digest_history
    (tenant_id, projection_name, last_log_seq DESC, computed_at DESC);
CREATE INDEX dg_projection_digest_history_page_idx ON dg_projection_digest_history
    (tenant_id, computed_at DESC, digest_id DESC);

-- The latest view, named like the reference's table.
CREATE VIEW dg_projection_digests AS
SELECT DISTINCT ON (tenant_id, projection_name)
       tenant_id, projection_name, digest_value, last_log_seq, computed_at AS updated_at, generation, row_digest,
       kept_row_digest, row_count, skipped_events
FROM dg_projection_digest_history
ORDER BY tenant_id, projection_name, last_log_seq DESC, computed_at DESC;

-- The read models. The slot comes last in every key and in no other index: it is the same in all of a partition, and what
-- comes first is compared most often.

CREATE TABLE dg_cg_nodes (
    tenant_id  text COLLATE "C" NOT NULL,
    slot       smallint         NOT NULL,
    node_key   uuid             NOT NULL,
    log_seq    bigint           NOT NULL,
    node_id    text COLLATE "C" NOT NULL,
    trace_id   text COLLATE "C" NOT NULL,
    created_at text COLLATE "C" NOT NULL,
    CONSTRAINT dg_cg_nodes_pk PRIMARY KEY (tenant_id, node_key, slot)
) PARTITION BY LIST (slot);

CREATE TABLE dg_cg_edges (
    tenant_id  text COLLATE "C" NOT NULL,
    slot       smallint         NOT NULL,
    edge_key   uuid             NOT NULL,
    from_key   uuid             NOT NULL,
    to_key     uuid             NOT NULL,
    log_seq    bigint           NOT NULL,
    edge_type  text COLLATE "C" NOT NULL,
    event_id   text COLLATE "C" NOT NULL,
    trace_id   text COLLATE "C" NOT NULL,
    created_at text COLLATE "C" NOT NULL,
    CONSTRAINT dg_cg_edges_pk PRIMARY KEY (tenant_id, edge_key, slot)
) PARTITION BY LIST (slot);
CREATE INDEX dg_cg_edges_from_idx ON dg_cg_edges (tenant_id, from_key, log_seq);
CREATE INDEX dg_cg_edges_to_idx ON dg_cg_edges (tenant_id, to_key, log_seq);

CREATE TABLE dg_trace_summary (
    tenant_id             text COLLATE "C" NOT NULL,
    slot                  smallint         NOT NULL,
    trace_id              text COLLATE "C" NOT NULL,
    workflow              text COLLATE "C" NOT NULL,
    title                 text COLLATE "C" NOT NULL,
    primary_entity_type   text COLLATE "C" NOT NULL,
    primary_entity_system text COLLATE "C",
    primary_entity_id     text COLLATE "C" NOT NULL,
    outcome               text COLLATE "C",
    started_at            text COLLATE "C" NOT NULL,
    finished_at           text COLLATE "C",
    -- 1 for an open trace, 2 for a finished one: the reference counts start and finish only.
    event_count           integer          NOT NULL,
    last_log_seq          bigint           NOT NULL,
    CONSTRAINT dg_trace_summary_pk PRIMARY KEY (tenant_id, trace_id, slot)
) PARTITION BY LIST (slot);
-- Precedents of an entity, newest finish first.
CREATE INDEX dg_trace_summary_entity_idx ON dg_trace_summary
    (tenant_id, primary_entity_type, primary_entity_id, last_log_seq DESC) WHERE outcome IS NOT NULL;
-- Precedents without an entity or policy, newest finish first.
CREATE INDEX dg_trace_summary_finished_idx ON dg_trace_summary
    (tenant_id, last_log_seq DESC) WHERE outcome IS NOT NULL;

CREATE TABLE dg_policy_eval_index (
    tenant_id      text COLLATE "C" NOT NULL,
    slot           smallint         NOT NULL,
    index_key      uuid             NOT NULL,
    log_seq        bigint           NOT NULL,
    trace_id       text COLLATE "C" NOT NULL,
    policy_id      text COLLATE "C" NOT NULL,
    policy_version text COLLATE "C" NOT NULL,
    event_id       text COLLATE "C" NOT NULL,
    created_at     text COLLATE "C" NOT NULL,
    CONSTRAINT dg_policy_eval_index_pk PRIMARY KEY (tenant_id, index_key, slot)
) PARTITION BY LIST (slot);

CREATE TABLE dg_precedent_index (
    tenant_id             text COLLATE "C" NOT NULL,
    slot                  smallint         NOT NULL,
    -- One row per source event at most, so its position is as good a key as its id, and narrower.
    log_seq               bigint           NOT NULL,
    finished_log_seq      bigint           NOT NULL,
    source_event_id       text COLLATE "C" NOT NULL,
    trace_id              text COLLATE "C" NOT NULL,
    policy_id             text COLLATE "C" NOT NULL,
    policy_version        text COLLATE "C" NOT NULL,
    exception_id          text COLLATE "C",
    primary_entity_type   text COLLATE "C" NOT NULL,
    primary_entity_system text COLLATE "C",
    primary_entity_id     text COLLATE "C" NOT NULL,
    CONSTRAINT dg_precedent_index_pk PRIMARY KEY (tenant_id, log_seq, slot)
) PARTITION BY LIST (slot);
CREATE INDEX dg_precedent_index_policy_idx ON dg_precedent_index
    (tenant_id, policy_id, finished_log_seq DESC);

CREATE TABLE dg_trace_index (
    tenant_id             text COLLATE "C" NOT NULL,
    slot                  smallint         NOT NULL,
    trace_id              text COLLATE "C" NOT NULL,
    companion             boolean          NOT NULL,
    workflow              text COLLATE "C" NOT NULL,
    title                 text COLLATE "C" NOT NULL,
    primary_entity_type   text COLLATE "C" NOT NULL,
    primary_entity_system text COLLATE "C",
    primary_entity_id     text COLLATE "C" NOT NULL,
    outcome               text COLLATE "C",
    started_at            text COLLATE "C" NOT NULL,
    -- The same as an instant: what search results are ordered by.
    started_instant       timestamptz      NOT NULL,
    finished_at           text COLLATE "C",
    event_count           bigint           NOT NULL,
    first_log_seq         bigint           NOT NULL,
    last_log_seq          bigint           NOT NULL,
    last_trace_seq        bigint           NOT NULL,
    last_event_type       text COLLATE "C" NOT NULL,
    last_occurred_at      text COLLATE "C" NOT NULL,
    actors                text[]           NOT NULL,
    policies              text[]           NOT NULL,
    tags                  text[]           NOT NULL,
    CONSTRAINT dg_trace_index_pk PRIMARY KEY (tenant_id, trace_id, slot)
) PARTITION BY LIST (slot);
-- Without the slot, which is the same in all of a partition: as long as there are no statistics, an index that begins like
-- the primary key would seem as good as it for finding one trace, and all of the tenant's would be read.
CREATE INDEX dg_trace_index_activity_idx ON dg_trace_index (tenant_id, last_log_seq DESC);
CREATE INDEX dg_trace_index_started_idx ON dg_trace_index (tenant_id, started_instant DESC, first_log_seq DESC);

-- What traces are found by, a part of trace_index: one row per trace and term (`workflow:…`, `actor:…`, `word:…`). Start and
-- first position of a trace never change, so the lists of two terms can be merged in the order of the answer.
CREATE TABLE dg_trace_terms (
    tenant_id       text COLLATE "C" NOT NULL,
    slot            smallint         NOT NULL,
    term            text COLLATE "C" NOT NULL,
    started_instant timestamptz      NOT NULL,
    first_log_seq   bigint           NOT NULL,
    CONSTRAINT dg_trace_terms_pk PRIMARY KEY (tenant_id, term, started_instant, first_log_seq, slot)
) PARTITION BY LIST (slot);

-- Numbers among the facts of a trace, in millionths, for comparisons; a part of trace_index.
CREATE TABLE dg_trace_facts (
    tenant_id       text COLLATE "C" NOT NULL,
    slot            smallint         NOT NULL,
    fact_key        text COLLATE "C" NOT NULL,
    millionths      bigint           NOT NULL,
    started_instant timestamptz      NOT NULL,
    first_log_seq   bigint           NOT NULL,
    CONSTRAINT dg_trace_facts_pk PRIMARY KEY (tenant_id, fact_key, millionths, started_instant, first_log_seq, slot)
) PARTITION BY LIST (slot);

CREATE TABLE dg_cg_nodes_slot0 PARTITION OF dg_cg_nodes FOR VALUES IN (0);
CREATE TABLE dg_cg_nodes_slot1 PARTITION OF dg_cg_nodes FOR VALUES IN (1);
CREATE TABLE dg_cg_edges_slot0 PARTITION OF dg_cg_edges FOR VALUES IN (0);
CREATE TABLE dg_cg_edges_slot1 PARTITION OF dg_cg_edges FOR VALUES IN (1);
CREATE TABLE dg_trace_summary_slot0 PARTITION OF dg_trace_summary FOR VALUES IN (0) WITH (fillfactor = 80);
CREATE TABLE dg_trace_summary_slot1 PARTITION OF dg_trace_summary FOR VALUES IN (1) WITH (fillfactor = 80);
CREATE TABLE dg_policy_eval_index_slot0 PARTITION OF dg_policy_eval_index FOR VALUES IN (0);
CREATE TABLE dg_policy_eval_index_slot1 PARTITION OF dg_policy_eval_index FOR VALUES IN (1);
CREATE TABLE dg_precedent_index_slot0 PARTITION OF dg_precedent_index FOR VALUES IN (0);
CREATE TABLE dg_precedent_index_slot1 PARTITION OF dg_precedent_index FOR VALUES IN (1);
CREATE TABLE dg_trace_index_slot0 PARTITION OF dg_trace_index FOR VALUES IN (0) WITH (fillfactor = 80);
CREATE TABLE dg_trace_index_slot1 PARTITION OF dg_trace_index FOR VALUES IN (1) WITH (fillfactor = 80);
CREATE TABLE dg_trace_terms_slot0 PARTITION OF dg_trace_terms FOR VALUES IN (0);
CREATE TABLE dg_trace_terms_slot1 PARTITION OF dg_trace_terms FOR VALUES IN (1);
CREATE TABLE dg_trace_facts_slot0 PARTITION OF dg_trace_facts FOR VALUES IN (0);
CREATE TABLE dg_trace_facts_slot1 PARTITION OF dg_trace_facts FOR VALUES IN (1);

-- The reference's shape of an edge. For people with psql and for reads of a few rows.
CREATE VIEW dg_context_graph_edges AS
SELECT e.tenant_id,
       e.slot,
       e.edge_type || ':' || f.node_id || ':' || t.node_id || ':' || e.event_id AS edge_id,
       e.edge_type,
       f.node_id AS from_node_id,
       t.node_id AS to_node_id,
       e.trace_id,
       e.log_seq,
       e.created_at,
       e.edge_key,
       e.from_key,
       e.to_key,
       e.event_id
FROM dg_cg_edges e
JOIN dg_cg_nodes f ON f.tenant_id = e.tenant_id AND f.slot = e.slot AND f.node_key = e.from_key
JOIN dg_cg_nodes t ON t.tenant_id = e.tenant_id AND t.slot = e.slot AND t.node_key = e.to_key;

-- Who may do what.

REVOKE ALL ON dg_projection_cursors, dg_projection_builds, dg_projection_runs, dg_projection_failures,
    dg_projection_digest_history, dg_projection_digests, dg_cg_nodes, dg_cg_edges, dg_context_graph_edges,
    dg_trace_summary, dg_policy_eval_index, dg_precedent_index, dg_trace_index, dg_trace_terms, dg_trace_facts FROM PUBLIC;
GRANT SELECT ON dg_projection_cursors, dg_projection_builds, dg_projection_runs, dg_projection_failures,
    dg_projection_digest_history, dg_projection_digests, dg_cg_nodes, dg_cg_edges, dg_context_graph_edges,
    dg_trace_summary, dg_policy_eval_index, dg_precedent_index, dg_trace_index, dg_trace_terms, dg_trace_facts
    TO dg_store, dg_apid, dg_workflowd, dg_projectord;
GRANT INSERT, UPDATE, DELETE ON dg_projection_cursors, dg_projection_builds, dg_projection_failures,
    dg_projection_digest_history, dg_cg_nodes, dg_cg_edges, dg_trace_summary, dg_policy_eval_index,
    dg_precedent_index, dg_trace_index, dg_trace_terms, dg_trace_facts TO dg_projectord;
-- A run is asked for by the API and carried out by the projector; neither rewrites who asked, when and why.
GRANT INSERT (tenant_id, job_id, batch_id, projection_name, mode, failure_id, reason, requested_by, requested_roles,
    request_id, metadata_json, until_log_seq) ON dg_projection_runs TO dg_apid;
GRANT UPDATE (status, finished_at, updated_at) ON dg_projection_runs TO dg_apid;
GRANT UPDATE (status, started_at, finished_at, target_log_seq, processed_events, last_log_seq, events_per_second, phase,
    claim, attempt, owner, updated_at, error_code, error_message, result_json) ON dg_projection_runs TO dg_projectord;
GRANT UPDATE (status, quarantined_at, quarantined_by, quarantine_reason) ON dg_projection_failures TO dg_apid;
GRANT UPDATE (retries_asked) ON dg_projection_cursors TO dg_apid;
