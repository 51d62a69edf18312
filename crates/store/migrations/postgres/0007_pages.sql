-- What pages ask often: the open duties by day, the duties and entries of one
-- organization, the latest alarms.
CREATE INDEX duty_open ON duty (due_on, regulation, clause, organization_id) WHERE fulfilled_on IS NULL;
CREATE INDEX duty_organization ON duty (organization_id, due_on);
CREATE INDEX entry_organization ON entry (organization_id, register, occurred_on);
CREATE INDEX alarm_raised ON alarm (raised_at);
