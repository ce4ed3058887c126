-- How many items there are, kept while they change: a queue's summary is part of each of its pages, and counting the items of a
-- large tenant took most of a page's time.
--
-- Triggers keep it, so that no statement can forget to. Whoever changes the status or the assignment of items holds the tenant's
-- row of dg_workflow_runtime.

CREATE TABLE dg_workflow_counts (
    tenant_id     text COLLATE "C" NOT NULL,
    status        text COLLATE "C" NOT NULL,
    -- Whether an account was given them.
    is_given      boolean          NOT NULL,
    -- The role that those wait for that no account was given; empty where there is none.
    assigned_role text COLLATE "C" NOT NULL,
    items         bigint           NOT NULL,
    CONSTRAINT dg_workflow_counts_pk PRIMARY KEY (tenant_id, status, is_given, assigned_role)
);

ALTER TABLE dg_workflow_runtime ADD COLUMN notifications bigint NOT NULL DEFAULT 0;

REVOKE ALL ON dg_workflow_counts FROM PUBLIC;
GRANT SELECT, INSERT, UPDATE ON dg_workflow_counts TO dg_apid, dg_workflowd;

ALTER TABLE dg_workflow_counts ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY dg_owner_all ON dg_workflow_counts TO dg_owner USING (true);
CREATE POLICY dg_review ON dg_workflow_counts TO dg_apid, dg_workflowd
    USING (tenant_id = current_setting('dg.tenant', true));

INSERT INTO dg_workflow_counts (tenant_id, status, is_given, assigned_role, items)
SELECT tenant_id, status, given.is_given, given.assigned_role, count(*)
FROM dg_workflow_items AS item
CROSS JOIN LATERAL (
    SELECT item.assigned_account_id IS NOT NULL AS is_given,
           CASE WHEN item.assigned_account_id IS NULL THEN coalesce(item.assigned_role, '') ELSE '' END AS assigned_role) AS given
GROUP BY 1, 2, 3, 4;

UPDATE dg_workflow_runtime AS runtime
SET notifications = told.notifications
FROM (SELECT tenant_id, count(*) AS notifications FROM dg_workflow_notifications GROUP BY tenant_id) AS told
WHERE told.tenant_id = runtime.tenant_id;

-- Which rows came and which went depends on the statement, so the one that counts is put together.
CREATE FUNCTION dg_workflow_items_count() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog
AS $$
DECLARE
    differences CONSTANT text := '
        INSERT INTO public.dg_workflow_counts AS counted (tenant_id, status, is_given, assigned_role, items)
        SELECT item.tenant_id, item.status, given.is_given, given.assigned_role, sum(item.step)
        FROM (%s) AS item
        CROSS JOIN LATERAL (
            SELECT item.assigned_account_id IS NOT NULL AS is_given,
                   CASE WHEN item.assigned_account_id IS NULL THEN coalesce(item.assigned_role, '''') ELSE '''' END
                       AS assigned_role) AS given
        GROUP BY 1, 2, 3, 4
        HAVING sum(item.step) <> 0
        ORDER BY 1, 2, 3, 4
        ON CONFLICT (tenant_id, status, is_given, assigned_role) DO UPDATE SET items = counted.items + excluded.items';
    come CONSTANT text := 'SELECT tenant_id, status, assigned_account_id, assigned_role, 1 AS step FROM come';
    gone CONSTANT text := 'SELECT tenant_id, status, assigned_account_id, assigned_role, -1 AS step FROM gone';
BEGIN
    EXECUTE format(differences, CASE TG_OP
        WHEN 'INSERT' THEN come
        WHEN 'DELETE' THEN gone
        ELSE come || ' UNION ALL ' || gone END);
    RETURN NULL;
END
$$;

CREATE FUNCTION dg_workflow_notifications_count() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog
AS $$
BEGIN
    UPDATE public.dg_workflow_runtime AS runtime
    SET notifications = runtime.notifications + CASE TG_OP WHEN 'INSERT' THEN told.notifications ELSE -told.notifications END
    FROM (SELECT tenant_id, count(*) AS notifications FROM changed GROUP BY tenant_id) AS told
    WHERE told.tenant_id = runtime.tenant_id;
    RETURN NULL;
END
$$;

REVOKE EXECUTE ON FUNCTION dg_workflow_items_count(), dg_workflow_notifications_count() FROM PUBLIC;

CREATE TRIGGER dg_workflow_items_count_come AFTER INSERT ON dg_workflow_items
    REFERENCING NEW TABLE AS come FOR EACH STATEMENT EXECUTE FUNCTION dg_workflow_items_count();
CREATE TRIGGER dg_workflow_items_count_changed AFTER UPDATE ON dg_workflow_items
    REFERENCING OLD TABLE AS gone NEW TABLE AS come FOR EACH STATEMENT EXECUTE FUNCTION dg_workflow_items_count();
CREATE TRIGGER dg_workflow_items_count_gone AFTER DELETE ON dg_workflow_items
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION dg_workflow_items_count();
CREATE TRIGGER dg_workflow_notifications_count_come AFTER INSERT ON dg_workflow_notifications
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION dg_workflow_notifications_count();
CREATE TRIGGER dg_workflow_notifications_count_gone AFTER DELETE ON dg_workflow_notifications
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION dg_workflow_notifications_count();

-- What only the counting needed in it goes from this index.
DROP INDEX dg_workflow_items_status_idx;
CREATE INDEX dg_workflow_items_status_idx ON dg_workflow_items (tenant_id, status, requested_at);

-- Figures over all tenants, for the metrics of dg-workflowd: read from what is counted, not from the items.
DROP VIEW dg_workflow_standing;
CREATE VIEW dg_workflow_standing AS
SELECT counted.status, sum(counted.items)::bigint AS items, sum(late.items)::bigint AS overdue
FROM (SELECT tenant_id, status, sum(items) AS items FROM dg_workflow_counts GROUP BY tenant_id, status) AS counted
CROSS JOIN LATERAL (
    SELECT count(*) AS items
    FROM dg_workflow_items AS item
    WHERE item.tenant_id = counted.tenant_id
      AND item.status = counted.status
      AND item.status IN ('requested', 'changes_requested', 'escalated')
      AND item.sla_due_at < now()) AS late
GROUP BY counted.status;

REVOKE ALL ON dg_workflow_standing FROM PUBLIC;
GRANT SELECT ON dg_workflow_standing TO dg_workflowd;
