-- What reviews are made by: templates and rules of routing (ADR 31).
--
-- A version is never changed, because items name the one they were made by. Nothing here is needed to fold the log again: what
-- came out of templates and rules stands in events.

CREATE TABLE dg_workflow_templates (
    tenant_id       text COLLATE "C" NOT NULL,
    template_id     text COLLATE "C" NOT NULL,
    version         bigint           NOT NULL,
    enabled         boolean          NOT NULL,
    definition_json text             NOT NULL,
    reason          text             NOT NULL,
    created_at      timestamptz      NOT NULL DEFAULT now(),
    created_by      text             NOT NULL,
    CONSTRAINT dg_workflow_templates_pk PRIMARY KEY (tenant_id, template_id, version),
    CONSTRAINT dg_workflow_templates_template_id_form CHECK (template_id ~ '^[a-z][a-z0-9_]{0,63}$'),
    CONSTRAINT dg_workflow_templates_version_range CHECK (version >= 1)
);

-- The newest version counts.
CREATE TABLE dg_workflow_routing (
    tenant_id    text COLLATE "C" NOT NULL,
    version      bigint           NOT NULL,
    routing_json text             NOT NULL,
    reason       text             NOT NULL,
    created_at   timestamptz      NOT NULL DEFAULT now(),
    created_by   text             NOT NULL,
    CONSTRAINT dg_workflow_routing_pk PRIMARY KEY (tenant_id, version),
    CONSTRAINT dg_workflow_routing_version_range CHECK (version >= 1)
);

-- How many turns were taken where people are chosen one after the other, by rule or template.
CREATE TABLE dg_workflow_turns (
    tenant_id text COLLATE "C" NOT NULL,
    turn      text COLLATE "C" NOT NULL,
    taken     bigint           NOT NULL,
    CONSTRAINT dg_workflow_turns_pk PRIMARY KEY (tenant_id, turn),
    CONSTRAINT dg_workflow_turns_taken_range CHECK (taken >= 1)
) WITH (fillfactor = 50);

REVOKE ALL ON dg_workflow_templates, dg_workflow_routing, dg_workflow_turns FROM PUBLIC;

GRANT SELECT, INSERT ON dg_workflow_templates, dg_workflow_routing TO dg_apid;
GRANT SELECT ON dg_workflow_templates, dg_workflow_routing TO dg_workflowd;
-- Whoever finds a new item routes it: a command of dg-apid that comes before dg-workflowd does too.
GRANT SELECT, INSERT, UPDATE ON dg_workflow_turns TO dg_apid, dg_workflowd;
-- Who can decide.
GRANT SELECT (permissions) ON dg_accounts TO dg_workflowd;
-- Who answers for an agent.
GRANT UPDATE (owner_id) ON dg_accounts TO dg_apid;

DO $$
DECLARE
    place text;
BEGIN
    FOREACH place IN ARRAY '{dg_workflow_templates,dg_workflow_routing,dg_workflow_turns}'::text[]
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', place);
        EXECUTE format('CREATE POLICY dg_owner_all ON %I TO dg_owner USING (true)', place);
        EXECUTE format('CREATE POLICY dg_review ON %I TO dg_apid, dg_workflowd '
                       'USING (tenant_id = current_setting(''dg.tenant'', true))', place);
    END LOOP;
END
$$;
