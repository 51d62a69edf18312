-- The head of the tree that an organization stands in: its province. Those that stand in no
-- tree (nobody above, nobody below) share one.
SELECT c.descendant_id AS organization_id,
    CASE WHEN c.depth = 0 AND NOT EXISTS (SELECT 1 FROM organization b WHERE b.parent_id = h.id) THEN ''
        ELSE h.id END AS province
FROM organization_closure c JOIN organization h ON h.id = c.ancestor_id
WHERE h.parent_id IS NULL
