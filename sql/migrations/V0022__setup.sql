-- The first person who signs in is made in the console, by whoever has the code that was shown where the installation was made.

-- At most one code is good. It is gone with its use, and counts for nothing once there is anybody who can sign in.
CREATE TABLE dg_setup (
    one         boolean     NOT NULL DEFAULT true,
    code_sha256 bytea       NOT NULL,
    expires_at  timestamptz NOT NULL,
    made_by     text        NOT NULL,
    CONSTRAINT dg_setup_pk PRIMARY KEY (one),
    CONSTRAINT dg_setup_only_one CHECK (one),
    CONSTRAINT dg_setup_code_length CHECK (octet_length(code_sha256) = 32)
);

REVOKE ALL ON dg_setup FROM PUBLIC;
GRANT SELECT, DELETE ON dg_setup TO dg_apid;
