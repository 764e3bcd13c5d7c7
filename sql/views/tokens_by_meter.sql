-- Quantities and amounts per UTC day, tenant, model and meter: what was used, meter by meter.
SELECT
  CAST(date_trunc('day', charge_period_start) AS DATE) AS usage_day,
  tenant,
  cost_center,
  model,
  meter,
  unit,
  CAST(sum(calls) AS BIGINT) AS calls,
  CAST(sum(quantity) AS BIGINT) AS quantity,
  sum(amount) AS amount
FROM charges
GROUP BY date_trunc('day', charge_period_start), tenant, cost_center, model, meter, unit
