-- Usage and cost per tenant, model and UTC day of admission, late rows and corrections on their own
-- day. A call that was repriced has three rows and is one call.
SELECT
  CAST(date_trunc('day', window_start) AS DATE) AS usage_day,
  tenant,
  cost_center,
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
GROUP BY date_trunc('day', window_start), tenant, cost_center, model
