-- Who owns rows: the registry of tenants, and the end of each tenant's log.
--
-- The head row is the lock, the counter and the version of a log: whoever appends locks it, so positions have no gap and
-- become visible in order. It is updated once per batch, so its page keeps room for updates that touch no index.

CREATE TABLE dg_tenants (
    tenant_id    text COLLATE "C" NOT NULL,
    status       text             NOT NULL DEFAULT 'active',
    secret_guard text             NOT NULL DEFAULT 'precise',
    created_at   timestamptz      NOT NULL DEFAULT now(),
    created_by   text             NOT NULL,
    CONSTRAINT dg_tenants_pk PRIMARY KEY (tenant_id),
    CONSTRAINT dg_tenants_tenant_id_form CHECK (tenant_id ~ '^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$'),
    CONSTRAINT dg_tenants_status_valid CHECK (status IN ('active', 'suspended')),
    CONSTRAINT dg_tenants_secret_guard_valid CHECK (secret_guard IN ('precise', 'reference'))
);

CREATE TABLE dg_tenant_heads (
    tenant_id    text COLLATE "C" NOT NULL,
    last_log_seq bigint           NOT NULL DEFAULT 0,
    CONSTRAINT dg_tenant_heads_pk PRIMARY KEY (tenant_id),
    CONSTRAINT dg_tenant_heads_last_log_seq_range CHECK (last_log_seq >= 0)
) WITH (fillfactor = 20);

-- A database made by other hands than ours may grant more to everyone by default.
REVOKE ALL ON dg_tenants, dg_tenant_heads, dg_schema_history FROM PUBLIC;

GRANT SELECT ON dg_schema_history TO dg_store, dg_projectord, dg_apid, dg_workflowd;

GRANT SELECT ON dg_tenants, dg_tenant_heads TO dg_store, dg_projectord, dg_apid, dg_workflowd;
GRANT INSERT ON dg_tenants, dg_tenant_heads TO dg_store, dg_apid;
GRANT UPDATE (status, secret_guard) ON dg_tenants TO dg_store, dg_apid;
-- Column-wise, so that an appender can lock and move a head and can do nothing else to it.
GRANT UPDATE (last_log_seq) ON dg_tenant_heads TO dg_apid, dg_workflowd;
