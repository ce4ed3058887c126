-- People beside programs: passwords, sessions, and a count of failed sign-ins. Also what a tenant may send, and tokens that
-- replace one another.
--
-- A person is an account of kind `person`, so that one name never means a person here and a program there: `recorded_by`
-- in the log is the name of an account, whatever its kind.

ALTER TABLE dg_tenants
    DROP CONSTRAINT dg_tenants_status_valid,
    ADD CONSTRAINT dg_tenants_status_valid CHECK (status IN ('active', 'suspended', 'closed')),
    ADD COLUMN max_event_bytes  bigint,
    ADD COLUMN max_batch_events bigint,
    ADD CONSTRAINT dg_tenants_max_event_bytes_range CHECK (max_event_bytes BETWEEN 1024 AND 1048576),
    ADD CONSTRAINT dg_tenants_max_batch_events_range CHECK (max_batch_events BETWEEN 1 AND 1000);

ALTER TABLE dg_accounts
    ADD COLUMN kind         text NOT NULL DEFAULT 'service',
    ADD COLUMN display_name text,
    ADD CONSTRAINT dg_accounts_kind_valid CHECK (kind IN ('service', 'person')),
    ADD CONSTRAINT dg_accounts_display_name_length CHECK (length(display_name) BETWEEN 1 AND 200);

ALTER TABLE dg_tokens
    ADD COLUMN label      text,
    ADD COLUMN created_by text,
    ADD COLUMN revoked_by text,
    ADD COLUMN replaces   text COLLATE "C",
    ADD CONSTRAINT dg_tokens_label_length CHECK (length(label) BETWEEN 1 AND 200);

-- A rotation brings the end of a token closer. Nothing takes it further away, and nothing brings a token back.
CREATE FUNCTION dg_tokens_refuse_revival() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog
AS $$
BEGIN
    IF OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS DISTINCT FROM OLD.revoked_at
        OR OLD.expires_at IS NOT NULL AND (NEW.expires_at IS NULL OR NEW.expires_at > OLD.expires_at)
    THEN
        RAISE EXCEPTION 'a token is never prolonged and never brought back'
            USING ERRCODE = 'DG002',
                  HINT = 'Make another token.';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER dg_tokens_end_only
    BEFORE UPDATE ON dg_tokens
    FOR EACH ROW EXECUTE FUNCTION dg_tokens_refuse_revival();

-- Apart from the accounts, so that nothing that lists accounts can show a hash.
CREATE TABLE dg_passwords (
    account_id  text COLLATE "C" NOT NULL,
    phc         text             NOT NULL,
    must_change boolean          NOT NULL DEFAULT false,
    changed_at  timestamptz      NOT NULL DEFAULT now(),
    changed_by  text             NOT NULL,
    CONSTRAINT dg_passwords_pk PRIMARY KEY (account_id),
    CONSTRAINT dg_passwords_account_fk FOREIGN KEY (account_id) REFERENCES dg_accounts (account_id),
    CONSTRAINT dg_passwords_phc_form CHECK (phc LIKE '$argon2id$%' AND length(phc) <= 500)
);

-- A session belongs to a person and to the program that signed it in: only that program can use it.
CREATE TABLE dg_sessions (
    session_id    text COLLATE "C" NOT NULL,
    account_id    text COLLATE "C" NOT NULL,
    agent_id      text COLLATE "C" NOT NULL,
    secret_sha256 bytea            NOT NULL,
    method        text             NOT NULL,
    address       text,
    created_at    timestamptz      NOT NULL DEFAULT now(),
    last_seen_at  timestamptz      NOT NULL DEFAULT now(),
    idle_seconds  bigint           NOT NULL,
    expires_at    timestamptz      NOT NULL,
    ended_at      timestamptz,
    ended_by      text,
    CONSTRAINT dg_sessions_pk PRIMARY KEY (session_id),
    CONSTRAINT dg_sessions_account_fk FOREIGN KEY (account_id) REFERENCES dg_accounts (account_id),
    CONSTRAINT dg_sessions_agent_fk FOREIGN KEY (agent_id) REFERENCES dg_accounts (account_id),
    CONSTRAINT dg_sessions_secret_length CHECK (octet_length(secret_sha256) = 32),
    CONSTRAINT dg_sessions_method_valid CHECK (method IN ('password', 'oidc')),
    CONSTRAINT dg_sessions_idle_seconds_range CHECK (idle_seconds BETWEEN 60 AND 604800)
);

CREATE INDEX dg_sessions_account_idx ON dg_sessions (account_id, created_at DESC, session_id);

-- Failed sign-ins by what was tried and from where; a row counts for a while and is then written over or removed.
CREATE TABLE dg_sign_in_failures (
    scope    text COLLATE "C" NOT NULL,
    failures bigint           NOT NULL,
    until    timestamptz      NOT NULL,
    CONSTRAINT dg_sign_in_failures_pk PRIMARY KEY (scope),
    CONSTRAINT dg_sign_in_failures_scope_length CHECK (length(scope) <= 100)
);

CREATE INDEX dg_sign_in_failures_until_idx ON dg_sign_in_failures (until);

REVOKE ALL ON dg_passwords, dg_sessions, dg_sign_in_failures FROM PUBLIC;
GRANT UPDATE (max_event_bytes, max_batch_events) ON dg_tenants TO dg_apid;
GRANT UPDATE (display_name) ON dg_accounts TO dg_apid;
GRANT UPDATE (expires_at, revoked_by) ON dg_tokens TO dg_apid;
GRANT SELECT, INSERT, UPDATE ON dg_passwords TO dg_apid;
GRANT SELECT, INSERT ON dg_sessions TO dg_apid;
-- Whose it is, its secret and its end in any case stay as they were made.
GRANT UPDATE (last_seen_at, ended_at, ended_by) ON dg_sessions TO dg_apid;
GRANT SELECT, INSERT, UPDATE, DELETE ON dg_sign_in_failures TO dg_apid;

-- Administrators of earlier releases go on doing what now needs a permission by name.
UPDATE dg_accounts
SET permissions = permissions || '{accounts_manage,tenants_manage,audit_read}'
WHERE 'admin' = ANY (roles) AND NOT '*' = ANY (permissions);
