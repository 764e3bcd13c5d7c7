-- What prompt caching saved or cost against paying for the same tokens as plain input, at the price
-- of input in force when the window began. Writing is dearer than input: alone it is a negative saving.
SELECT
  CAST(date_trunc('day', c.charge_period_start) AS DATE) AS usage_day,
  c.tenant,
  c.cost_center,
  c.model,
  c.meter,
  CAST(sum(c.quantity) AS BIGINT) AS quantity,
  sum(c.amount) AS amount,
  sum(c.quantity * p.unit_price) AS as_input,
  sum(c.quantity * p.unit_price) - sum(c.amount) AS saving
FROM charges c
JOIN prices p ON p.price_book = c.price_book AND p.meter = 'input' AND p.model = c.model
  AND p.scope = CASE WHEN c.scope = 'global' THEN 'global' ELSE 'regional' END
  AND p.region = c.region AND p.tier = c.tier AND p.mode = c.mode
  AND p.latency_class = c.latency_class AND p.context = c.context
  AND p.effective_from <= c.charge_period_start AND c.charge_period_start < p.effective_to
WHERE c.meter IN ('cache_read', 'cache_write_5m', 'cache_write_1h')
GROUP BY date_trunc('day', c.charge_period_start), c.tenant, c.cost_center, c.model, c.meter
