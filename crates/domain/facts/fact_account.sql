-- Accounts of units, without whose they are.
-- keys: unit account login kind updated_at
-- seen: privileged mfa enabled password_changed_at last_sign_in_at
-- past: nothing
SELECT organization_id AS unit, id AS account, login, kind, enabled,
    totp_since IS NOT NULL AS mfa,
    EXISTS (
        SELECT 1 FROM account_grant g
        WHERE g.account_id = account.id AND g.role IN ('administrator', 'operator')
    ) AS privileged,
    password_changed_at, last_sign_in_at, updated_at
FROM account WHERE organization_id IS NOT NULL
