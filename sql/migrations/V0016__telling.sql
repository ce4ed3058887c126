-- Telling people: who a notification is for and whether they have seen it, what they want to be told outside of the console, the
-- channels of a tenant, and the outbox of what goes out (ADR 28). Also when somebody is away, and business calendars.
--
-- Recipients and the outbox are written in the transaction that makes the notification, so that neither is without the other.
-- None of this is a fold of the log: a rebuild of the items leaves it as it is, and tells nobody.

-- Who is told. `told_at` is when it came into the inbox, which may be long after what it tells of.
CREATE TABLE dg_workflow_recipients (
    tenant_id       text COLLATE "C" NOT NULL,
    account_id      text COLLATE "C" NOT NULL,
    notification_id uuid             NOT NULL,
    -- For whom this account stands in.
    instead_of      text COLLATE "C",
    told_at         timestamptz      NOT NULL DEFAULT clock_timestamp(),
    read_at         timestamptz,
    CONSTRAINT dg_workflow_recipients_pk PRIMARY KEY (tenant_id, account_id, notification_id),
    CONSTRAINT dg_workflow_recipients_notification_fk FOREIGN KEY (tenant_id, notification_id)
        REFERENCES dg_workflow_notifications (tenant_id, notification_id) ON DELETE CASCADE
);

CREATE INDEX dg_workflow_recipients_inbox_idx ON dg_workflow_recipients (tenant_id, account_id, told_at, notification_id);
CREATE INDEX dg_workflow_recipients_unread_idx ON dg_workflow_recipients (tenant_id, account_id, told_at, notification_id)
    WHERE read_at IS NULL;
CREATE INDEX dg_workflow_recipients_notification_idx ON dg_workflow_recipients (tenant_id, notification_id);

-- What somebody wants to be told outside of the console. No row means the default. An address is one address and nothing that
-- ends a header.
CREATE TABLE dg_workflow_preferences (
    tenant_id        text COLLATE "C" NOT NULL,
    account_id       text COLLATE "C" NOT NULL,
    email            text,
    preferences_json text             NOT NULL,
    updated_at       timestamptz      NOT NULL DEFAULT now(),
    CONSTRAINT dg_workflow_preferences_pk PRIMARY KEY (tenant_id, account_id),
    CONSTRAINT dg_workflow_preferences_email_form
        CHECK (email ~ '^[^[:space:][:cntrl:]@<>(),;:"\\]+@[^[:space:][:cntrl:]@<>(),;:"\\]+$' AND length(email) <= 254)
);

-- Channels of a tenant. One for the tenant is told of everything once; a personal one is told for each person who chose its kind.
-- Where a chat is reached is a secret of its own and is kept with the secrets; `target` shows the host.
CREATE TABLE dg_workflow_channels (
    tenant_id        text COLLATE "C" NOT NULL,
    channel_id       uuid             NOT NULL,
    channel          text COLLATE "C" NOT NULL,
    name             text             NOT NULL,
    target           text             NOT NULL,
    is_personal      boolean          NOT NULL,
    status           text COLLATE "C" NOT NULL DEFAULT 'active',
    preferences_json text             NOT NULL,
    created_at       timestamptz      NOT NULL DEFAULT now(),
    created_by       text             NOT NULL,
    updated_at       timestamptz      NOT NULL DEFAULT now(),
    CONSTRAINT dg_workflow_channels_pk PRIMARY KEY (tenant_id, channel_id),
    CONSTRAINT dg_workflow_channels_channel_valid CHECK (channel IN ('email', 'webhook', 'chat')),
    CONSTRAINT dg_workflow_channels_status_valid CHECK (status IN ('active', 'paused')),
    CONSTRAINT dg_workflow_channels_name_length CHECK (length(name) BETWEEN 1 AND 200),
    CONSTRAINT dg_workflow_channels_target_length CHECK (length(target) BETWEEN 1 AND 2048),
    -- A person's e-mail goes to the person's address.
    CONSTRAINT dg_workflow_channels_personal CHECK (NOT (is_personal AND channel = 'email'))
);

-- What webhooks are signed with, and where chats are reached.
CREATE TABLE dg_workflow_channel_secrets (
    tenant_id  text COLLATE "C" NOT NULL,
    channel_id uuid             NOT NULL,
    secret_id  uuid             NOT NULL,
    kind       text COLLATE "C" NOT NULL,
    secret     text COLLATE "C" NOT NULL,
    public_key text COLLATE "C",
    created_at timestamptz      NOT NULL DEFAULT now(),
    created_by text             NOT NULL,
    expires_at timestamptz,
    CONSTRAINT dg_workflow_channel_secrets_pk PRIMARY KEY (tenant_id, channel_id, secret_id),
    CONSTRAINT dg_workflow_channel_secrets_channel_fk FOREIGN KEY (tenant_id, channel_id)
        REFERENCES dg_workflow_channels (tenant_id, channel_id) ON DELETE CASCADE,
    CONSTRAINT dg_workflow_channel_secrets_kind_valid CHECK (kind IN ('hmac', 'ed25519', 'url')),
    CONSTRAINT dg_workflow_channel_secrets_secret_length CHECK (length(secret) BETWEEN 1 AND 2048),
    CONSTRAINT dg_workflow_channel_secrets_public_key_present CHECK ((kind = 'ed25519') = (public_key IS NOT NULL))
);

-- The outbox: one row for each notification and place it goes to. `message_id` is what the receiver knows it by: the row's own id,
-- or of several that go out together the id of the first; once it is given it stays, so that every attempt says the same.
-- Without a notification it is a test.
CREATE TABLE dg_workflow_deliveries (
    tenant_id       text COLLATE "C" NOT NULL,
    delivery_id     uuid             NOT NULL,
    notification_id uuid,
    channel         text COLLATE "C" NOT NULL,
    channel_id      uuid,
    account_id      text COLLATE "C",
    is_bundled      boolean          NOT NULL,
    message_id      uuid,
    -- Where it was sent last.
    target          text,
    state           text COLLATE "C" NOT NULL DEFAULT 'pending',
    attempts        bigint           NOT NULL DEFAULT 0,
    attempts_before bigint           NOT NULL DEFAULT 0,
    created_at      timestamptz      NOT NULL DEFAULT now(),
    next_attempt_at timestamptz      NOT NULL,
    finished_at     timestamptz,
    last_error      text,
    CONSTRAINT dg_workflow_deliveries_pk PRIMARY KEY (tenant_id, delivery_id),
    CONSTRAINT dg_workflow_deliveries_notification_fk FOREIGN KEY (tenant_id, notification_id)
        REFERENCES dg_workflow_notifications (tenant_id, notification_id) ON DELETE CASCADE,
    CONSTRAINT dg_workflow_deliveries_channel_fk FOREIGN KEY (tenant_id, channel_id)
        REFERENCES dg_workflow_channels (tenant_id, channel_id) ON DELETE CASCADE,
    CONSTRAINT dg_workflow_deliveries_channel_valid CHECK (channel IN ('email', 'webhook', 'chat')),
    CONSTRAINT dg_workflow_deliveries_place CHECK (channel_id IS NOT NULL OR channel = 'email' AND account_id IS NOT NULL),
    CONSTRAINT dg_workflow_deliveries_message CHECK (is_bundled OR message_id IS NOT NULL),
    CONSTRAINT dg_workflow_deliveries_state_valid CHECK (state IN ('pending', 'delivered', 'failed', 'suppressed')),
    CONSTRAINT dg_workflow_deliveries_finished CHECK ((state = 'pending') = (finished_at IS NULL)),
    CONSTRAINT dg_workflow_deliveries_attempts_range CHECK (attempts_before BETWEEN 0 AND attempts)
);

CREATE INDEX dg_workflow_deliveries_due_idx ON dg_workflow_deliveries (tenant_id, next_attempt_at) WHERE state = 'pending';
CREATE INDEX dg_workflow_deliveries_message_idx ON dg_workflow_deliveries (tenant_id, message_id);
CREATE INDEX dg_workflow_deliveries_page_idx ON dg_workflow_deliveries (tenant_id, created_at, delivery_id);
CREATE INDEX dg_workflow_deliveries_failed_idx ON dg_workflow_deliveries (tenant_id, created_at, delivery_id) WHERE state = 'failed';
CREATE INDEX dg_workflow_deliveries_notification_idx ON dg_workflow_deliveries (tenant_id, notification_id);
CREATE INDEX dg_workflow_deliveries_channel_idx ON dg_workflow_deliveries (tenant_id, channel_id, created_at, delivery_id)
    WHERE channel_id IS NOT NULL;

-- Who delivers for a tenant. Taking it raises the epoch, and whatever is written for it compares the epoch first.
CREATE TABLE dg_workflow_telling_scopes (
    tenant_id text COLLATE "C" NOT NULL,
    epoch     bigint           NOT NULL,
    owner     text             NOT NULL,
    CONSTRAINT dg_workflow_telling_scopes_pk PRIMARY KEY (tenant_id)
);

-- When somebody is away, and who stands in. That no two of one account overlap, and that no chain leads back to its beginning, is
-- checked under a lock of the tenant's absences.
CREATE TABLE dg_workflow_absences (
    tenant_id     text COLLATE "C" NOT NULL,
    absence_id    uuid             NOT NULL,
    account_id    text COLLATE "C" NOT NULL,
    substitute_id text COLLATE "C",
    from_at       timestamptz      NOT NULL,
    until_at      timestamptz      NOT NULL,
    reason        text,
    created_at    timestamptz      NOT NULL DEFAULT now(),
    updated_at    timestamptz      NOT NULL DEFAULT now(),
    updated_by    text             NOT NULL,
    CONSTRAINT dg_workflow_absences_pk PRIMARY KEY (tenant_id, absence_id),
    CONSTRAINT dg_workflow_absences_order CHECK (from_at < until_at),
    CONSTRAINT dg_workflow_absences_another CHECK (substitute_id <> account_id),
    CONSTRAINT dg_workflow_absences_reason_length CHECK (length(reason) BETWEEN 1 AND 2000)
);

CREATE INDEX dg_workflow_absences_account_idx ON dg_workflow_absences (tenant_id, account_id, from_at);
CREATE INDEX dg_workflow_absences_substitute_idx ON dg_workflow_absences (tenant_id, substitute_id)
    WHERE substitute_id IS NOT NULL;
CREATE INDEX dg_workflow_absences_until_idx ON dg_workflow_absences (tenant_id, until_at);

-- Business calendars. A version is never changed; the newest counts for deadlines that are made from then on.
CREATE TABLE dg_workflow_calendars (
    tenant_id       text COLLATE "C" NOT NULL,
    calendar_id     text COLLATE "C" NOT NULL,
    version         bigint           NOT NULL,
    definition_json text             NOT NULL,
    reason          text             NOT NULL,
    created_at      timestamptz      NOT NULL DEFAULT now(),
    created_by      text             NOT NULL,
    CONSTRAINT dg_workflow_calendars_pk PRIMARY KEY (tenant_id, calendar_id, version),
    CONSTRAINT dg_workflow_calendars_calendar_id_form CHECK (calendar_id ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
    CONSTRAINT dg_workflow_calendars_version_range CHECK (version >= 1)
);

REVOKE ALL ON dg_workflow_recipients, dg_workflow_preferences, dg_workflow_channels, dg_workflow_channel_secrets,
    dg_workflow_deliveries, dg_workflow_telling_scopes, dg_workflow_absences, dg_workflow_calendars FROM PUBLIC;

-- Both make notifications, and what belongs to them.
GRANT SELECT, INSERT ON dg_workflow_recipients, dg_workflow_deliveries TO dg_apid, dg_workflowd;
GRANT UPDATE (read_at) ON dg_workflow_recipients TO dg_apid;
GRANT UPDATE (state, attempts_before, next_attempt_at, finished_at) ON dg_workflow_deliveries TO dg_apid;
GRANT UPDATE (message_id, target, state, attempts, next_attempt_at, finished_at, last_error) ON dg_workflow_deliveries TO dg_workflowd;
GRANT SELECT, INSERT ON dg_workflow_preferences TO dg_apid;
GRANT UPDATE (email, preferences_json, updated_at) ON dg_workflow_preferences TO dg_apid;
GRANT SELECT, INSERT, DELETE ON dg_workflow_channels TO dg_apid;
GRANT UPDATE (name, target, status, preferences_json, updated_at) ON dg_workflow_channels TO dg_apid;
-- Everything but the secret itself.
GRANT SELECT (tenant_id, channel_id, secret_id, kind, public_key, created_at, created_by, expires_at), INSERT, DELETE
    ON dg_workflow_channel_secrets TO dg_apid;
GRANT UPDATE (expires_at) ON dg_workflow_channel_secrets TO dg_apid;
GRANT SELECT, INSERT, DELETE ON dg_workflow_absences TO dg_apid;
GRANT UPDATE (account_id, substitute_id, from_at, until_at, reason, updated_at, updated_by) ON dg_workflow_absences TO dg_apid;
GRANT SELECT, INSERT ON dg_workflow_calendars TO dg_apid;

GRANT SELECT ON dg_workflow_preferences, dg_workflow_channels, dg_workflow_channel_secrets, dg_workflow_absences,
    dg_workflow_calendars TO dg_workflowd;
GRANT SELECT, INSERT, UPDATE ON dg_workflow_telling_scopes TO dg_workflowd;
-- Who has a role, and in which tenants.
GRANT SELECT (account_id, roles, tenant_ids, kind, disabled) ON dg_accounts TO dg_workflowd;

DO $$
DECLARE
    place text;
BEGIN
    FOREACH place IN ARRAY
        '{dg_workflow_recipients,dg_workflow_preferences,dg_workflow_channels,dg_workflow_channel_secrets,dg_workflow_deliveries,
            dg_workflow_telling_scopes,dg_workflow_absences,dg_workflow_calendars}'::text[]
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', place);
        EXECUTE format('CREATE POLICY dg_owner_all ON %I TO dg_owner USING (true)', place);
        EXECUTE format('CREATE POLICY dg_tell ON %I TO dg_workflowd USING (tenant_id = current_setting(''dg.tenant'', true))', place);
        IF place <> 'dg_workflow_telling_scopes' THEN
            EXECUTE format('CREATE POLICY dg_review ON %I TO dg_apid USING (tenant_id = current_setting(''dg.tenant'', true))', place);
        END IF;
    END LOOP;
END
$$;

-- Where there is something to deliver, and how deliveries stand: shown to dg-workflowd of all tenants, and no more than that.

CREATE VIEW dg_workflow_telling_work AS
SELECT DISTINCT delivery.tenant_id
FROM dg_workflow_deliveries AS delivery
LEFT JOIN dg_workflow_channels AS channel
    ON channel.tenant_id = delivery.tenant_id AND channel.channel_id = delivery.channel_id
WHERE delivery.state = 'pending' AND delivery.next_attempt_at <= now() AND channel.status IS DISTINCT FROM 'paused';

CREATE VIEW dg_workflow_telling_standing AS
SELECT count(*) FILTER (WHERE state = 'pending') AS pending,
       count(*) FILTER (WHERE state = 'failed') AS failed,
       coalesce(max(extract(epoch FROM now() - next_attempt_at)) FILTER (WHERE state = 'pending' AND next_attempt_at <= now()), 0)
           ::double precision AS lag_seconds
FROM dg_workflow_deliveries
WHERE state IN ('pending', 'failed');

REVOKE ALL ON dg_workflow_telling_work, dg_workflow_telling_standing FROM PUBLIC;
GRANT SELECT ON dg_workflow_telling_work, dg_workflow_telling_standing TO dg_workflowd;
