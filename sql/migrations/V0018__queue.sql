-- The summary of a queue counts all items of a tenant. With the columns that it counts by in an index it reads no items, which
-- are a hundred times as large.
DROP INDEX dg_workflow_items_status_idx;
CREATE INDEX dg_workflow_items_status_idx ON dg_workflow_items (tenant_id, status, requested_at)
    INCLUDE (sla_due_at, claimed_by);
