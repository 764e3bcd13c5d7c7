-- What one tenant used and what it cost, per UTC day of admission and model; late rows and corrections
-- on their own day. A call that was repriced has three rows and is one call.
-- :tenant whose · :from_day first day · :to_day day after the last
SELECT
  CAST(CAST(date_trunc('day', window_start) AS DATE) AS VARCHAR) AS usage_day,
  model,
  CAST(sum(CASE WHEN kind = 'reversal' THEN -1 ELSE 1 END) AS BIGINT) AS calls,
  CAST(sum(input) AS BIGINT) AS input,
  CAST(sum(cache_read) AS BIGINT) AS cache_read,
  CAST(sum(cache_write_5m) AS BIGINT) AS cache_write_5m,
  CAST(sum(cache_write_1h) AS BIGINT) AS cache_write_1h,
  CAST(sum(output) AS BIGINT) AS output,
  sum(cost) AS cost,
  CAST(sum(CASE
    WHEN cost IS NOT NULL THEN 0
    WHEN kind = 'reversal' THEN -1
    ELSE 1
  END) AS BIGINT) AS unpriced_calls
FROM usage
-- A late row lies in a later partition than its own day, never in an earlier one.
WHERE dt >= :from_day
  AND tenant = :tenant
  AND CAST(CAST(date_trunc('day', window_start) AS DATE) AS VARCHAR) >= :from_day
  AND CAST(CAST(date_trunc('day', window_start) AS DATE) AS VARCHAR) < :to_day
GROUP BY date_trunc('day', window_start), model
ORDER BY 1, 2
