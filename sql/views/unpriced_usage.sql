-- Calls that wait for a price: never free, never guessed. One that was repriced waits no longer.
SELECT
  model,
  scope,
  region,
  unpriced_reason,
  CAST(sum(CASE WHEN kind = 'reversal' THEN -1 ELSE 1 END) AS BIGINT) AS calls,
  CAST(sum(input) AS BIGINT) AS input,
  CAST(sum(cache_read) AS BIGINT) AS cache_read,
  CAST(sum(cache_write_5m) AS BIGINT) AS cache_write_5m,
  CAST(sum(cache_write_1h) AS BIGINT) AS cache_write_1h,
  CAST(sum(output) AS BIGINT) AS output,
  min(admitted_at) AS first_admitted_at,
  max(admitted_at) AS last_admitted_at
FROM usage
WHERE cost IS NULL
GROUP BY model, scope, region, unpriced_reason
HAVING sum(CASE WHEN kind = 'reversal' THEN -1 ELSE 1 END) > 0
