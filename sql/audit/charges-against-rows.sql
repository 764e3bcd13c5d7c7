-- Compares every charge of a run with the rows it sums: quantity per meter from the priced rows,
-- amount as quantity × unit price. Lists differences; no line means that all agree.
-- :run the run under audit
WITH metered AS (
  SELECT kind, window_start, tenant, key, model, scope, region, tier, mode, latency_class, context,
    CAST(sum(input) AS bigint) AS input, CAST(sum(cache_read) AS bigint) AS cache_read,
    CAST(sum(cache_write_5m) AS bigint) AS cache_write_5m,
    CAST(sum(cache_write_1h) AS bigint) AS cache_write_1h, CAST(sum(output) AS bigint) AS output
  FROM candidate_usage
  WHERE run = :run AND cost IS NOT NULL
  GROUP BY kind, window_start, tenant, key, model, scope, region, tier, mode, latency_class, context
), counted AS (
  SELECT u.kind, u.window_start, u.tenant, u.key, u.model, u.scope, u.region, u.tier, u.mode,
    u.latency_class, u.context, split_part(t.pair, ':', 1) AS meter,
    CAST(split_part(t.pair, ':', 2) AS DECIMAL(18, 0)) AS quantity
  FROM candidate_usage u
  CROSS JOIN UNNEST(
    split(replace(replace(replace(u.other, '{', ''), '}', ''), '"', ''), ',')
  ) AS t (pair)
  WHERE u.run = :run AND u.cost IS NOT NULL AND u.other IS NOT NULL
), expected AS (
  SELECT kind, window_start, tenant, key, model, scope, region, tier, mode, latency_class, context,
    'input' AS meter, input AS quantity FROM metered WHERE input <> 0
  UNION ALL
  SELECT kind, window_start, tenant, key, model, scope, region, tier, mode, latency_class, context,
    'cache_read' AS meter, cache_read AS quantity FROM metered WHERE cache_read <> 0
  UNION ALL
  SELECT kind, window_start, tenant, key, model, scope, region, tier, mode, latency_class, context,
    'cache_write_5m' AS meter, cache_write_5m AS quantity FROM metered WHERE cache_write_5m <> 0
  UNION ALL
  SELECT kind, window_start, tenant, key, model, scope, region, tier, mode, latency_class, context,
    'cache_write_1h' AS meter, cache_write_1h AS quantity FROM metered WHERE cache_write_1h <> 0
  UNION ALL
  SELECT kind, window_start, tenant, key, model, scope, region, tier, mode, latency_class, context,
    'output' AS meter, output AS quantity FROM metered WHERE output <> 0
  UNION ALL
  SELECT kind, window_start, tenant, key, model, scope, region, tier, mode, latency_class, context,
    meter, CAST(sum(quantity) AS bigint) AS quantity FROM counted
  WHERE quantity <> 0
  GROUP BY kind, window_start, tenant, key, model, scope, region, tier, mode, latency_class, context,
    meter
), charged AS (
  SELECT kind, charge_period_start AS window_start, tenant, key, model, scope, region, tier, mode,
    latency_class, context, meter, CAST(sum(quantity) AS bigint) AS quantity,
    CAST(sum(CASE WHEN amount = quantity * unit_price THEN 0 ELSE 1 END) AS bigint) AS wrong_amounts
  FROM candidate_charges
  WHERE run = :run
  GROUP BY kind, charge_period_start, tenant, key, model, scope, region, tier, mode, latency_class,
    context, meter
)
SELECT
  coalesce(e.tenant, c.tenant) AS tenant,
  coalesce(e.model, c.model) AS model,
  coalesce(e.meter, c.meter) AS meter,
  e.quantity AS expected_quantity,
  c.quantity AS charged_quantity,
  c.wrong_amounts AS wrong_amounts
FROM expected e
FULL OUTER JOIN charged c ON c.kind = e.kind AND c.window_start = e.window_start
  AND c.tenant = e.tenant AND c.key = e.key AND c.model = e.model AND c.scope = e.scope
  AND c.region = e.region AND c.tier = e.tier AND c.mode = e.mode
  AND c.latency_class = e.latency_class AND c.context = e.context AND c.meter = e.meter
WHERE e.quantity IS NULL OR c.quantity IS NULL OR e.quantity <> c.quantity OR c.wrong_amounts > 0
ORDER BY 1, 2, 3, 4, 5, 6
LIMIT 20
