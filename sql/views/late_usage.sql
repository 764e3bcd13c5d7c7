-- Calls whose line came after their window was sealed: by the day they were made and the day that
-- billed them.
SELECT
  CAST(date_trunc('day', window_start) AS DATE) AS usage_day,
  dt AS billed_day,
  tenant,
  model,
  count(*) AS calls,
  sum(cost) AS cost,
  count(*) - count(cost) AS unpriced_calls
FROM usage
WHERE kind = 'late'
GROUP BY date_trunc('day', window_start), dt, tenant, model
