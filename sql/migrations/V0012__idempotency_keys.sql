-- What became of requests that named an Idempotency-Key, so that a repeat is answered and not carried out again. Kept for a day.
CREATE TABLE dg_idempotency_keys (
    -- Empty for requests that concern no tenant.
    tenant_id      text COLLATE "C" NOT NULL,
    account_id     text COLLATE "C" NOT NULL,
    -- SHA-256 of the path and the key: callers choose it, and it may be long.
    key_sha256     bytea            NOT NULL,
    -- SHA-256 of method, target and body.
    request_sha256 bytea            NOT NULL,
    claimed_at     timestamptz      NOT NULL,
    -- Empty while the request is under way. A body that held a secret is not kept.
    status         smallint,
    body           bytea,
    CONSTRAINT dg_idempotency_keys_pk PRIMARY KEY (tenant_id, account_id, key_sha256),
    CONSTRAINT dg_idempotency_keys_key_length CHECK (octet_length(key_sha256) = 32),
    CONSTRAINT dg_idempotency_keys_request_length CHECK (octet_length(request_sha256) = 32),
    CONSTRAINT dg_idempotency_keys_success CHECK (status BETWEEN 200 AND 299),
    CONSTRAINT dg_idempotency_keys_body_length CHECK (octet_length(body) <= 1048576)
);

CREATE INDEX dg_idempotency_keys_claimed_at ON dg_idempotency_keys (tenant_id, claimed_at);

REVOKE ALL ON dg_idempotency_keys FROM PUBLIC;
GRANT SELECT, INSERT, UPDATE, DELETE ON dg_idempotency_keys TO dg_apid;

-- Without a tenant a transaction sees what concerns none.
ALTER TABLE dg_idempotency_keys ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY dg_owner_all ON dg_idempotency_keys TO dg_owner USING (true);
CREATE POLICY dg_answer ON dg_idempotency_keys TO dg_apid
    USING (tenant_id = coalesce(current_setting('dg.tenant', true), ''));
