-- The money of a run as its charges have it.
-- :run the run under audit
SELECT
  count(*) AS row_count,
  coalesce(sum(amount), CAST(0 AS DECIMAL(38, 12))) AS amount
FROM candidate_charges
WHERE run = :run
