-- Who administered what, who was refused, who signed in, who took data out: append-only, each row bound to the one before it.
--
-- One chain for the installation. The hash of a row covers all its columns and the hash of its predecessor; it is computed by
-- `dg-ledger`, not here, so that whoever verifies it needs no database.

CREATE TABLE dg_audit (
    audit_seq     bigint           NOT NULL,
    recorded_at   timestamptz      NOT NULL,
    kind          text COLLATE "C" NOT NULL,
    action        text COLLATE "C" NOT NULL,
    outcome       text COLLATE "C" NOT NULL,
    principal     text COLLATE "C",
    agent         text COLLATE "C",
    about_tenant  text COLLATE "C",
    subject       text COLLATE "C",
    request_id    text COLLATE "C",
    address       text COLLATE "C",
    details_json  text COLLATE "C" NOT NULL,
    previous_hash bytea            NOT NULL,
    entry_hash    bytea            NOT NULL,
    CONSTRAINT dg_audit_pk PRIMARY KEY (audit_seq),
    CONSTRAINT dg_audit_entry_hash_unique UNIQUE (entry_hash),
    CONSTRAINT dg_audit_audit_seq_range CHECK (audit_seq >= 1),
    CONSTRAINT dg_audit_kind_valid CHECK (kind IN ('act', 'refusal', 'sign_in', 'export')),
    CONSTRAINT dg_audit_outcome_valid CHECK (outcome IN ('done', 'asked', 'refused')),
    CONSTRAINT dg_audit_details_json_size CHECK (octet_length(details_json) <= 16384),
    CONSTRAINT dg_audit_previous_hash_length CHECK (octet_length(previous_hash) = 32),
    CONSTRAINT dg_audit_entry_hash_length CHECK (octet_length(entry_hash) = 32)
);

CREATE INDEX dg_audit_about_tenant_idx ON dg_audit (about_tenant, audit_seq);
CREATE INDEX dg_audit_principal_idx ON dg_audit (principal, audit_seq);

-- Writers take the chain's lock and continue it; one that did not would fork it or leave a hole.
CREATE FUNCTION dg_audit_refuse_fork() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog
AS $$
BEGIN
    IF NOT (NEW.audit_seq = 1 AND NEW.previous_hash = decode(repeat('00', 32), 'hex'))
        AND NOT EXISTS (SELECT FROM public.dg_audit AS last
                        WHERE last.audit_seq = NEW.audit_seq - 1 AND last.entry_hash = NEW.previous_hash)
    THEN
        RAISE EXCEPTION 'row % of dg_audit does not continue the chain', NEW.audit_seq
            USING ERRCODE = 'DG003';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER dg_audit_continues
    BEFORE INSERT ON dg_audit
    FOR EACH ROW EXECUTE FUNCTION dg_audit_refuse_fork();

CREATE FUNCTION dg_audit_refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog
AS $$
BEGIN
    RAISE EXCEPTION 'dg_audit is append-only: % is refused', TG_OP
        USING ERRCODE = 'DG001',
              HINT = 'Nothing in the audit is ever changed or removed.';
END
$$;

CREATE TRIGGER dg_audit_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON dg_audit
    FOR EACH STATEMENT EXECUTE FUNCTION dg_audit_refuse_change();

-- Also where session_replication_role says that ordinary triggers stay silent.
ALTER TABLE dg_audit ENABLE ALWAYS TRIGGER dg_audit_append_only;
ALTER TABLE dg_audit ENABLE ALWAYS TRIGGER dg_audit_continues;

REVOKE ALL ON dg_audit FROM PUBLIC;
GRANT SELECT, INSERT ON dg_audit TO dg_apid;
