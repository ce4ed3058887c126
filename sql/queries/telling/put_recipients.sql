-- Puts notifications into inboxes.
INSERT INTO dg_workflow_recipients (tenant_id, account_id, notification_id, instead_of)
SELECT $1, news.account_id, news.notification_id, news.instead_of
FROM jsonb_to_recordset($2::text::jsonb) AS news (account_id text, notification_id uuid, instead_of text)
ON CONFLICT (tenant_id, account_id, notification_id) DO NOTHING
