-- Who may call: accounts and their tokens. A token's secret is never stored, only its SHA-256.

CREATE TABLE dg_accounts (
    account_id  text COLLATE "C" NOT NULL,
    roles       text[]           NOT NULL DEFAULT '{}',
    permissions text[]           NOT NULL DEFAULT '{}',
    tenant_ids  text[]           NOT NULL DEFAULT '{}',
    disabled    boolean          NOT NULL DEFAULT false,
    created_at  timestamptz      NOT NULL DEFAULT now(),
    created_by  text             NOT NULL,
    CONSTRAINT dg_accounts_pk PRIMARY KEY (account_id),
    CONSTRAINT dg_accounts_account_id_length CHECK (length(account_id) BETWEEN 1 AND 200)
);

CREATE TABLE dg_tokens (
    token_id      text COLLATE "C" NOT NULL,
    account_id    text COLLATE "C" NOT NULL,
    secret_sha256 bytea            NOT NULL,
    created_at    timestamptz      NOT NULL DEFAULT now(),
    expires_at    timestamptz,
    revoked_at    timestamptz,
    last_used_at  timestamptz,
    CONSTRAINT dg_tokens_pk PRIMARY KEY (token_id),
    CONSTRAINT dg_tokens_account_fk FOREIGN KEY (account_id) REFERENCES dg_accounts (account_id),
    CONSTRAINT dg_tokens_secret_length CHECK (octet_length(secret_sha256) = 32)
);

CREATE INDEX dg_tokens_account_idx ON dg_tokens (account_id);

REVOKE ALL ON dg_accounts, dg_tokens FROM PUBLIC;
GRANT SELECT, INSERT ON dg_accounts, dg_tokens TO dg_apid;
GRANT UPDATE (roles, permissions, tenant_ids, disabled) ON dg_accounts TO dg_apid;
-- An existing token can be used and revoked, never re-keyed or prolonged.
GRANT UPDATE (revoked_at, last_used_at) ON dg_tokens TO dg_apid;
