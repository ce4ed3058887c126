INSERT INTO dg_audit (audit_seq, recorded_at, kind, action, outcome, principal, agent, about_tenant, subject, request_id,
                      address, details_json, previous_hash, entry_hash)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
