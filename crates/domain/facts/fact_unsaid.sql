-- Typed texts that say nothing ("Chưa có"), by the kind of field in which they do: what `crates/domain/unsaid.yaml` finds.
-- keys: said kind
-- past: dated
SELECT said, kind FROM unsaid
