-- Least privilege: what each daemon's role may touch, and row-level security as the second line behind the statements.
--
-- Whose rows a transaction may touch is said in that transaction, with SET LOCAL, so that it works behind a pooler and is
-- forgotten with it: `dg.tenant` names one tenant, `dg.tenants` several, separated by commas, where one statement serves many
-- (a batch of the append stage, runs asked for together). Neither set means no rows. A comparison with current_setting alone
-- joins the statement's own comparison: it is looked at once per scan, or is an index condition, because equality of text is
-- leakproof. Where it is looked at for every row (beside the list, and for rows that are written) it stands in a SELECT of its
-- own, which is evaluated once per statement: a third of a microsecond less per row. The list goes through a hash.
--
-- The rows that a role may see of all tenants are those without which it could not find its work. ADR 21 has the table.

-- What earlier migrations granted and nothing needs.
REVOKE SELECT ON dg_projection_cursors, dg_projection_runs, dg_projection_failures, dg_projection_digest_history,
    dg_projection_digests, dg_cg_nodes, dg_cg_edges, dg_context_graph_edges, dg_trace_summary, dg_policy_eval_index,
    dg_precedent_index, dg_trace_index, dg_trace_terms, dg_trace_facts FROM dg_store;
REVOKE UPDATE (status, secret_guard) ON dg_tenants FROM dg_store;
REVOKE INSERT ON dg_tenants FROM dg_store;
REVOKE SELECT ON dg_projection_builds, dg_projection_runs, dg_projection_failures, dg_projection_digest_history,
    dg_projection_digests, dg_cg_nodes, dg_cg_edges, dg_context_graph_edges, dg_trace_summary, dg_policy_eval_index,
    dg_precedent_index, dg_trace_index, dg_trace_terms, dg_trace_facts FROM dg_workflowd;
REVOKE SELECT ON dg_projection_builds FROM dg_apid;
-- By name: a database of other hands may have functions of others in this schema.
REVOKE EXECUTE ON FUNCTION dg_event_log_refuse_change(), dg_tokens_refuse_revival(), dg_audit_refuse_fork(),
    dg_audit_refuse_change() FROM PUBLIC;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

-- A view reads with the rights of whoever asks, unless it is one of the three below.
ALTER VIEW dg_context_graph_edges SET (security_invoker = true);
ALTER VIEW dg_projection_digests SET (security_invoker = true);

-- Row-level security, also for the owner, who gets a policy like everybody else: what it may see is written down. Partitions
-- are reached through their table, whose policies count then.
DO $$
DECLARE
    place record;
BEGIN
    FOR place IN
        SELECT class.relname
        FROM pg_class AS class
        JOIN pg_attribute AS attribute
            ON attribute.attrelid = class.oid AND attribute.attname = 'tenant_id' AND NOT attribute.attisdropped
        WHERE class.relnamespace = 'public'::regnamespace
          AND class.relkind IN ('r', 'p')
          AND NOT class.relispartition
          AND class.relname LIKE 'dg\_%'
          AND class.relname <> 'dg_tenants'
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', place.relname);
        EXECUTE format('CREATE POLICY dg_owner_all ON %I TO dg_owner USING (true)', place.relname);
    END LOOP;
END
$$;

-- The log and its heads. Appenders serve many tenants in one statement.

CREATE POLICY dg_append_read ON dg_event_log FOR SELECT TO dg_apid, dg_workflowd
    USING (tenant_id = (SELECT current_setting('dg.tenant', true))
           OR tenant_id IN (SELECT unnest(string_to_array(current_setting('dg.tenants', true), ','))));
CREATE POLICY dg_append ON dg_event_log FOR INSERT TO dg_apid, dg_workflowd
    WITH CHECK (tenant_id = (SELECT current_setting('dg.tenant', true))
                OR tenant_id IN (SELECT unnest(string_to_array(current_setting('dg.tenants', true), ','))));
CREATE POLICY dg_read ON dg_event_log FOR SELECT TO dg_store, dg_projectord
    USING (tenant_id = current_setting('dg.tenant', true));

CREATE POLICY dg_find_work ON dg_tenant_heads FOR SELECT TO dg_store, dg_projectord, dg_workflowd
    USING (true);
CREATE POLICY dg_append_read ON dg_tenant_heads FOR SELECT TO dg_apid
    USING (tenant_id = (SELECT current_setting('dg.tenant', true))
           OR tenant_id IN (SELECT unnest(string_to_array(current_setting('dg.tenants', true), ','))));
CREATE POLICY dg_append ON dg_tenant_heads FOR UPDATE TO dg_apid, dg_workflowd
    USING (tenant_id = (SELECT current_setting('dg.tenant', true))
           OR tenant_id IN (SELECT unnest(string_to_array(current_setting('dg.tenants', true), ','))));
CREATE POLICY dg_register ON dg_tenant_heads FOR INSERT TO dg_store, dg_apid
    WITH CHECK (tenant_id = current_setting('dg.tenant', true));

-- Where projections stand, and what is to be done about them. The projector looks for work among all tenants and writes for
-- the one it works on.

CREATE POLICY dg_find_work ON dg_projection_cursors FOR SELECT TO dg_projectord USING (true);
CREATE POLICY dg_write ON dg_projection_cursors TO dg_projectord
    USING (tenant_id = current_setting('dg.tenant', true));
CREATE POLICY dg_read ON dg_projection_cursors FOR SELECT TO dg_apid, dg_workflowd
    USING (tenant_id = (SELECT current_setting('dg.tenant', true))
           OR tenant_id IN (SELECT unnest(string_to_array(current_setting('dg.tenants', true), ','))));
CREATE POLICY dg_wake ON dg_projection_cursors FOR UPDATE TO dg_apid
    USING (tenant_id = (SELECT current_setting('dg.tenant', true))
           OR tenant_id IN (SELECT unnest(string_to_array(current_setting('dg.tenants', true), ','))));

CREATE POLICY dg_find_work ON dg_projection_builds FOR SELECT TO dg_store, dg_projectord USING (true);
CREATE POLICY dg_write ON dg_projection_builds TO dg_projectord
    USING (tenant_id = current_setting('dg.tenant', true));

CREATE POLICY dg_find_work ON dg_projection_runs FOR SELECT TO dg_projectord USING (true);
CREATE POLICY dg_carry_out ON dg_projection_runs FOR UPDATE TO dg_projectord
    USING (tenant_id = current_setting('dg.tenant', true));
CREATE POLICY dg_ask ON dg_projection_runs TO dg_apid
    USING (tenant_id = (SELECT current_setting('dg.tenant', true))
           OR tenant_id IN (SELECT unnest(string_to_array(current_setting('dg.tenants', true), ','))));

CREATE POLICY dg_write ON dg_projection_failures TO dg_projectord
    USING (tenant_id = current_setting('dg.tenant', true));
CREATE POLICY dg_handle ON dg_projection_failures TO dg_apid
    USING (tenant_id = current_setting('dg.tenant', true));

CREATE POLICY dg_write ON dg_projection_digest_history TO dg_projectord
    USING (tenant_id = current_setting('dg.tenant', true));
CREATE POLICY dg_read ON dg_projection_digest_history FOR SELECT TO dg_apid
    USING (tenant_id = current_setting('dg.tenant', true));

-- The read models. A rebuild fills a slot with COPY, which PostgreSQL refuses under row-level security, so the projector may
-- insert into the partitions by their names, and into nothing else of them: it cannot read, change or remove a row there. A
-- trigger holds what it copies to the policy.

CREATE FUNCTION dg_slot_of_one_tenant() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog
AS $$
BEGIN
    IF EXISTS (SELECT FROM copied WHERE tenant_id IS DISTINCT FROM (SELECT current_setting('dg.tenant', true))) THEN
        RAISE EXCEPTION 'new row violates row-level security policy for table "%"', TG_TABLE_NAME
            USING ERRCODE = '42501';
    END IF;
    RETURN NULL;
END
$$;

DO $$
DECLARE
    place record;
BEGIN
    FOR place IN
        SELECT class.relname AS name, class.relispartition AS partition
        FROM pg_class AS class
        WHERE class.relnamespace = 'public'::regnamespace
          AND class.relname ~ '^dg_(cg_nodes|cg_edges|trace_summary|policy_eval_index|precedent_index|trace_index|trace_terms|trace_facts)(_slot[01])?$'
          AND class.relkind IN ('r', 'p')
    LOOP
        IF place.partition THEN
            EXECUTE format('REVOKE ALL ON %I FROM PUBLIC', place.name);
            EXECUTE format('GRANT INSERT ON %I TO dg_projectord', place.name);
            EXECUTE format('CREATE TRIGGER dg_slot_of_one_tenant AFTER INSERT ON %I REFERENCING NEW TABLE AS copied '
                           'FOR EACH STATEMENT EXECUTE FUNCTION dg_slot_of_one_tenant()', place.name);
        ELSE
            EXECUTE format('CREATE POLICY dg_write ON %I TO dg_projectord '
                           'USING (tenant_id = current_setting(''dg.tenant'', true)) '
                           'WITH CHECK (tenant_id = (SELECT current_setting(''dg.tenant'', true)))', place.name);
            EXECUTE format('CREATE POLICY dg_read ON %I FOR SELECT TO dg_apid '
                           'USING (tenant_id = current_setting(''dg.tenant'', true))', place.name);
        END IF;
    END LOOP;
END
$$;

-- Figures over all tenants, for the projector's metrics and for when to check whom: they read with the owner's rights and
-- show no more than this.

CREATE VIEW dg_log_times AS
SELECT tenant_id, log_seq, recorded_at
FROM dg_event_log;

CREATE VIEW dg_failure_totals AS
SELECT count(*) FILTER (WHERE status = 'open') AS open_failures,
       count(*) FILTER (WHERE status = 'quarantined') AS quarantined
FROM dg_projection_failures;

CREATE VIEW dg_check_durations AS
SELECT tenant_id, computed_at, duration_ms
FROM dg_projection_digest_history;

REVOKE ALL ON dg_log_times, dg_failure_totals, dg_check_durations FROM PUBLIC;
GRANT SELECT ON dg_log_times, dg_failure_totals, dg_check_durations TO dg_projectord;

-- The keys that checkpoints are signed with. Everybody may know the public half; the seed is for dg-store alone. Keys are added,
-- never changed.

CREATE TABLE dg_signing_keys (
    key_id     text COLLATE "C" NOT NULL,
    public_key bytea            NOT NULL,
    seed       bytea            NOT NULL,
    created_at timestamptz      NOT NULL DEFAULT now(),
    CONSTRAINT dg_signing_keys_pk PRIMARY KEY (key_id),
    CONSTRAINT dg_signing_keys_key_id_form CHECK (key_id ~ '^[0-9a-f]{16}$'),
    CONSTRAINT dg_signing_keys_public_key_length CHECK (octet_length(public_key) = 32),
    CONSTRAINT dg_signing_keys_seed_length CHECK (octet_length(seed) = 32)
);

REVOKE ALL ON dg_signing_keys FROM PUBLIC;
GRANT SELECT, INSERT ON dg_signing_keys TO dg_store;
GRANT SELECT (key_id, public_key, created_at) ON dg_signing_keys TO dg_projectord, dg_apid, dg_workflowd;
