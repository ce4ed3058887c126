-- Tenants can be held to a rate of their own.
ALTER TABLE dg_tenants
    ADD COLUMN reads_per_second bigint,
    ADD COLUMN writes_per_second bigint,
    ADD CONSTRAINT dg_tenants_reads_per_second_range CHECK (reads_per_second BETWEEN 1 AND 1000000),
    ADD CONSTRAINT dg_tenants_writes_per_second_range CHECK (writes_per_second BETWEEN 1 AND 1000000);

GRANT UPDATE (reads_per_second, writes_per_second) ON dg_tenants TO dg_apid;
