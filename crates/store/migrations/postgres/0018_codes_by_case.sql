-- Two codes that differ in case alone are refused: whoever saves one looks for the other.
CREATE INDEX organization_code_case ON organization (lower(code));
CREATE INDEX site_code_case ON site (lower(code));
CREATE INDEX circuit_code_case ON circuit (lower(code));
CREATE INDEX device_code_case ON device (lower(code));
CREATE INDEX prefix_cidr_case ON prefix (lower(cidr));
CREATE INDEX inspection_round_code_case ON inspection_round (lower(code));
CREATE INDEX inspection_item_code_case ON inspection_item (lower(code));
CREATE INDEX finding_code_case ON finding (lower(code));
