-- Usage and cost per tenant, model and UTC day of admission, late rows on their own day.
SELECT
  CAST(date_trunc('day', window_start) AS DATE) AS usage_day,
  tenant,
  cost_center,
  model,
  count(*) AS calls,
  CAST(sum(input) AS BIGINT) AS input,
  CAST(sum(cache_read) AS BIGINT) AS cache_read,
  CAST(sum(cache_write_5m) AS BIGINT) AS cache_write_5m,
  CAST(sum(cache_write_1h) AS BIGINT) AS cache_write_1h,
  CAST(sum(output) AS BIGINT) AS output,
  sum(cost) AS cost,
  count(*) - count(cost) AS unpriced_calls
FROM usage
GROUP BY date_trunc('day', window_start), tenant, cost_center, model
