-- Files that are shown as evidence, each once per tenant, under the SHA-256 of its bytes (ADR 32).
--
-- What names a file is in the log; the bytes are only here. `named_at` is set in the transaction that records who names it, so
-- that what nobody names can be found and removed without looking through the log.

CREATE TABLE dg_workflow_files (
    tenant_id  text COLLATE "C" NOT NULL,
    sha256     bytea            NOT NULL,
    media_type text COLLATE "C" NOT NULL,
    size_bytes bigint           NOT NULL,
    content    bytea            NOT NULL,
    put_by     text             NOT NULL,
    -- When it was put last, until somebody named it.
    put_at     timestamptz      NOT NULL DEFAULT now(),
    named_at   timestamptz,
    CONSTRAINT dg_workflow_files_pk PRIMARY KEY (tenant_id, sha256),
    CONSTRAINT dg_workflow_files_sha256_length CHECK (octet_length(sha256) = 32),
    CONSTRAINT dg_workflow_files_size_range CHECK (size_bytes BETWEEN 1 AND 10485760),
    CONSTRAINT dg_workflow_files_size_true CHECK (octet_length(content) = size_bytes)
);

-- Pictures and PDFs are packed already, and what is not is read whole anyway.
ALTER TABLE dg_workflow_files ALTER COLUMN content SET STORAGE EXTERNAL;

CREATE INDEX dg_workflow_files_unnamed_idx ON dg_workflow_files (tenant_id, put_at) WHERE named_at IS NULL;

REVOKE ALL ON dg_workflow_files FROM PUBLIC;

GRANT SELECT, INSERT ON dg_workflow_files TO dg_apid;
GRANT UPDATE (put_at, named_at) ON dg_workflow_files TO dg_apid;
-- Whoever finds a request notes the files that it names.
GRANT SELECT (tenant_id, sha256, named_at), UPDATE (named_at) ON dg_workflow_files TO dg_workflowd;
-- What nobody names goes, unread.
GRANT SELECT (tenant_id, sha256, put_at, named_at), DELETE ON dg_workflow_files TO dg_store;

ALTER TABLE dg_workflow_files ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY dg_owner_all ON dg_workflow_files TO dg_owner USING (true);
CREATE POLICY dg_review ON dg_workflow_files TO dg_apid, dg_workflowd USING (tenant_id = current_setting('dg.tenant', true));
CREATE POLICY dg_sweep ON dg_workflow_files TO dg_store USING (tenant_id = current_setting('dg.tenant', true));

-- Where there are files that nobody named for a day: shown to dg-store of all tenants, and no more than that.
CREATE VIEW dg_workflow_files_left AS
SELECT DISTINCT tenant_id
FROM dg_workflow_files
WHERE named_at IS NULL AND put_at <= now() - interval '1 day';

REVOKE ALL ON dg_workflow_files_left FROM PUBLIC;
GRANT SELECT ON dg_workflow_files_left TO dg_store;
