-- The read models: folds of the log and nothing else, so every table here can be emptied and filled again.
--
-- Rows carry a generation; the cursor row names the live one. A rebuild fills the next generation beside it and switches in one
-- transaction. Graph rows are found by 16-byte keys (SHA-256 of the id, cut) in uuid columns; the id of an edge is a
-- function of its type, ends and event, so it is derived when read (view dg_context_graph_edges), not stored.

CREATE TABLE dg_projection_cursors (
    tenant_id       text COLLATE "C" NOT NULL,
    projection_name text COLLATE "C" NOT NULL,
    generation      bigint           NOT NULL DEFAULT 1,
    last_log_seq    bigint           NOT NULL DEFAULT 0,
    -- Grows each time a process takes the scope; a writer that holds an older one is refused.
    epoch           bigint           NOT NULL DEFAULT 0,
    state           text             NOT NULL DEFAULT 'live',
    updated_at      timestamptz      NOT NULL DEFAULT now(),
    CONSTRAINT dg_projection_cursors_pk PRIMARY KEY (tenant_id, projection_name),
    CONSTRAINT dg_projection_cursors_name_valid
        CHECK (projection_name IN ('context_graph', 'trace_summary', 'precedent_index', 'trace_index')),
    CONSTRAINT dg_projection_cursors_state_valid CHECK (state IN ('live', 'failed')),
    CONSTRAINT dg_projection_cursors_range CHECK (last_log_seq >= 0 AND epoch >= 0 AND generation >= 1)
) WITH (fillfactor = 20);

CREATE TABLE dg_cg_nodes (
    tenant_id  text COLLATE "C" NOT NULL,
    generation bigint           NOT NULL,
    node_key   uuid             NOT NULL,
    log_seq    bigint           NOT NULL,
    node_id    text COLLATE "C" NOT NULL,
    trace_id   text COLLATE "C" NOT NULL,
    created_at text COLLATE "C" NOT NULL,
    CONSTRAINT dg_cg_nodes_pk PRIMARY KEY (tenant_id, generation, node_key)
);

CREATE TABLE dg_cg_edges (
    tenant_id  text COLLATE "C" NOT NULL,
    generation bigint           NOT NULL,
    edge_key   uuid             NOT NULL,
    from_key   uuid             NOT NULL,
    to_key     uuid             NOT NULL,
    log_seq    bigint           NOT NULL,
    edge_type  text COLLATE "C" NOT NULL,
    event_id   text COLLATE "C" NOT NULL,
    trace_id   text COLLATE "C" NOT NULL,
    created_at text COLLATE "C" NOT NULL,
    CONSTRAINT dg_cg_edges_pk PRIMARY KEY (tenant_id, generation, edge_key)
);
CREATE INDEX dg_cg_edges_from_idx ON dg_cg_edges (tenant_id, generation, from_key, log_seq);
CREATE INDEX dg_cg_edges_to_idx ON dg_cg_edges (tenant_id, generation, to_key, log_seq);

-- The reference's shape of an edge. For people with psql and for reads of a few rows.
CREATE VIEW dg_context_graph_edges AS
SELECT e.tenant_id,
       e.generation,
       e.edge_type || ':' || f.node_id || ':' || t.node_id || ':' || e.event_id AS edge_id,
       e.edge_type,
       f.node_id AS from_node_id,
       t.node_id AS to_node_id,
       e.trace_id,
       e.log_seq,
       e.created_at,
       e.from_key,
       e.to_key
FROM dg_cg_edges e
JOIN dg_cg_nodes f ON f.tenant_id = e.tenant_id AND f.generation = e.generation AND f.node_key = e.from_key
JOIN dg_cg_nodes t ON t.tenant_id = e.tenant_id AND t.generation = e.generation AND t.node_key = e.to_key;

CREATE TABLE dg_trace_summary (
    tenant_id             text COLLATE "C" NOT NULL,
    generation            bigint           NOT NULL,
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
    CONSTRAINT dg_trace_summary_pk PRIMARY KEY (tenant_id, generation, trace_id)
) WITH (fillfactor = 80);
-- Precedents of an entity, newest finish first.
CREATE INDEX dg_trace_summary_entity_idx ON dg_trace_summary
    (tenant_id, generation, primary_entity_type, primary_entity_id, last_log_seq DESC) WHERE outcome IS NOT NULL;
-- Precedents without an entity or policy, newest finish first.
CREATE INDEX dg_trace_summary_finished_idx ON dg_trace_summary
    (tenant_id, generation, last_log_seq DESC) WHERE outcome IS NOT NULL;

CREATE TABLE dg_policy_eval_index (
    tenant_id      text COLLATE "C" NOT NULL,
    generation     bigint           NOT NULL,
    index_key      uuid             NOT NULL,
    log_seq        bigint           NOT NULL,
    trace_id       text COLLATE "C" NOT NULL,
    policy_id      text COLLATE "C" NOT NULL,
    policy_version text COLLATE "C" NOT NULL,
    event_id       text COLLATE "C" NOT NULL,
    created_at     text COLLATE "C" NOT NULL,
    CONSTRAINT dg_policy_eval_index_pk PRIMARY KEY (tenant_id, generation, index_key)
);

CREATE TABLE dg_precedent_index (
    tenant_id             text COLLATE "C" NOT NULL,
    generation            bigint           NOT NULL,
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
    CONSTRAINT dg_precedent_index_pk PRIMARY KEY (tenant_id, generation, log_seq)
);
CREATE INDEX dg_precedent_index_policy_idx ON dg_precedent_index
    (tenant_id, generation, policy_id, finished_log_seq DESC);

CREATE TABLE dg_trace_index (
    tenant_id             text COLLATE "C" NOT NULL,
    generation            bigint           NOT NULL,
    trace_id              text COLLATE "C" NOT NULL,
    companion             boolean          NOT NULL,
    workflow              text COLLATE "C" NOT NULL,
    title                 text COLLATE "C" NOT NULL,
    primary_entity_type   text COLLATE "C" NOT NULL,
    primary_entity_system text COLLATE "C",
    primary_entity_id     text COLLATE "C" NOT NULL,
    outcome               text COLLATE "C",
    started_at            text COLLATE "C" NOT NULL,
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
    CONSTRAINT dg_trace_index_pk PRIMARY KEY (tenant_id, generation, trace_id)
) WITH (fillfactor = 80);
CREATE INDEX dg_trace_index_activity_idx ON dg_trace_index (tenant_id, generation, last_log_seq DESC);

-- Events that cannot be folded. One open row per projection and event, however often it is tried.
CREATE TABLE dg_projection_failures (
    tenant_id       text COLLATE "C" NOT NULL,
    failure_id      uuid             NOT NULL DEFAULT gen_random_uuid(),
    projection_name text COLLATE "C" NOT NULL,
    log_seq         bigint           NOT NULL,
    trace_id        text COLLATE "C" NOT NULL,
    event_id        text COLLATE "C" NOT NULL,
    error_code      text             NOT NULL,
    error_message   text             NOT NULL,
    status          text             NOT NULL DEFAULT 'open',
    attempts        bigint           NOT NULL DEFAULT 1,
    first_seen_at   timestamptz      NOT NULL DEFAULT now(),
    last_seen_at    timestamptz      NOT NULL DEFAULT now(),
    resolved_at     timestamptz,
    CONSTRAINT dg_projection_failures_pk PRIMARY KEY (tenant_id, failure_id),
    CONSTRAINT dg_projection_failures_status_valid CHECK (status IN ('open', 'resolved'))
);
CREATE UNIQUE INDEX dg_projection_failures_open_idx ON dg_projection_failures
    (tenant_id, projection_name, event_id) WHERE status = 'open';

REVOKE ALL ON dg_projection_cursors, dg_cg_nodes, dg_cg_edges, dg_context_graph_edges, dg_trace_summary,
    dg_policy_eval_index, dg_precedent_index, dg_trace_index, dg_projection_failures FROM PUBLIC;
GRANT SELECT ON dg_projection_cursors, dg_cg_nodes, dg_cg_edges, dg_context_graph_edges, dg_trace_summary,
    dg_policy_eval_index, dg_precedent_index, dg_trace_index, dg_projection_failures
    TO dg_store, dg_apid, dg_workflowd, dg_projectord;
GRANT INSERT, UPDATE, DELETE ON dg_projection_cursors, dg_cg_nodes, dg_cg_edges, dg_trace_summary, dg_policy_eval_index,
    dg_precedent_index, dg_trace_index, dg_projection_failures TO dg_projectord;
