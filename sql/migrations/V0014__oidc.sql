-- People may prove who they are to an OpenID Connect issuer: which subject of which issuer is which person, and sign-ins that
-- have begun and not come back.

-- An issuer's subject is one person, and a person is one subject of an issuer. Who they are there is never changed, only ended.
CREATE TABLE dg_person_links (
    issuer     text COLLATE "C" NOT NULL,
    subject    text COLLATE "C" NOT NULL,
    account_id text COLLATE "C" NOT NULL,
    linked_at  timestamptz      NOT NULL DEFAULT now(),
    linked_by  text             NOT NULL,
    CONSTRAINT dg_person_links_pk PRIMARY KEY (issuer, subject),
    CONSTRAINT dg_person_links_one_per_issuer UNIQUE (account_id, issuer),
    CONSTRAINT dg_person_links_account_fk FOREIGN KEY (account_id) REFERENCES dg_accounts (account_id),
    CONSTRAINT dg_person_links_issuer_length CHECK (octet_length(issuer) BETWEEN 1 AND 1000),
    CONSTRAINT dg_person_links_subject_length CHECK (octet_length(subject) BETWEEN 1 AND 255)
);

-- Each is taken once, by the program that began it, within minutes. The state itself is known to the browser alone.
CREATE TABLE dg_oidc_sign_ins (
    state_sha256  bytea            NOT NULL,
    agent_id      text COLLATE "C" NOT NULL,
    nonce         text             NOT NULL,
    code_verifier text             NOT NULL,
    redirect_uri  text             NOT NULL,
    expires_at    timestamptz      NOT NULL,
    CONSTRAINT dg_oidc_sign_ins_pk PRIMARY KEY (state_sha256),
    CONSTRAINT dg_oidc_sign_ins_agent_fk FOREIGN KEY (agent_id) REFERENCES dg_accounts (account_id),
    CONSTRAINT dg_oidc_sign_ins_state_length CHECK (octet_length(state_sha256) = 32),
    CONSTRAINT dg_oidc_sign_ins_redirect_uri_length CHECK (octet_length(redirect_uri) <= 1000)
);

CREATE INDEX dg_oidc_sign_ins_expires_at ON dg_oidc_sign_ins (expires_at);

REVOKE ALL ON dg_person_links, dg_oidc_sign_ins FROM PUBLIC;
GRANT SELECT, INSERT, DELETE ON dg_person_links, dg_oidc_sign_ins TO dg_apid;
-- Locking rows that are over, so that nobody waits for another who removes them, asks for the right to update something.
GRANT UPDATE (expires_at) ON dg_oidc_sign_ins TO dg_apid;
