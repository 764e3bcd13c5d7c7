-- Re-derives the cost of every row of a run from its meters and the prices of the book that the row
-- names, in one pass, and adds up what must agree. A second implementation: it shares no code with
-- pricing/rating.ts. Only corrections of sealed calls may name another book than the run does; what
-- they take back stands below zero.
-- Quantities that are not tokens stand in `other` as {"meter":1,"meter_b":2}: names hold neither a comma
-- nor a colon. Guardrails have rows of their own, whatever model they guard.
-- :run the run under audit · :book the price book it names
WITH metered AS (
  SELECT DISTINCT
    u.other, u.model, u.scope, u.region, u.tier, u.mode, u.latency_class, u.context,
    u.admitted_at, u.price_book,
    split_part(t.pair, ':', 1) AS meter,
    CAST(split_part(t.pair, ':', 2) AS DECIMAL(18, 0)) AS quantity
  FROM candidate_usage u
  CROSS JOIN UNNEST(
    split(replace(replace(replace(u.other, '{', ''), '}', ''), '"', ''), ',')
  ) AS t (pair)
  WHERE u.run = :run AND u.other IS NOT NULL
), others AS (
  SELECT
    m.other, m.model, m.scope, m.region, m.tier, m.mode, m.latency_class, m.context,
    m.admitted_at, m.price_book,
    sum(CASE WHEN m.quantity <> 0 AND p.unit_price IS NULL THEN 1 ELSE 0 END) AS unpriced,
    sum(m.quantity * coalesce(p.unit_price, CAST(0 AS DECIMAL(38, 12)))) AS amount
  FROM metered m
  LEFT JOIN prices p ON p.price_book = m.price_book AND p.meter = m.meter AND p.region = m.region
    AND p.effective_from <= m.admitted_at AND m.admitted_at < p.effective_to
    AND CASE WHEN m.meter LIKE 'guardrail!_%' ESCAPE '!'
      THEN p.model = 'bedrock.guardrails' AND p.scope = 'regional' AND p.tier = 'standard'
        AND p.mode = 'on_demand' AND p.latency_class = 'standard' AND p.context = 'base'
      ELSE p.model = m.model AND p.tier = m.tier AND p.mode = m.mode
        AND p.scope = CASE WHEN m.scope = 'global' THEN 'global' ELSE 'regional' END
        AND p.latency_class = m.latency_class AND p.context = m.context
    END
  GROUP BY
    m.other, m.model, m.scope, m.region, m.tier, m.mode, m.latency_class, m.context,
    m.admitted_at, m.price_book
), summed AS (
  SELECT
    u.kind, u.price_book,
    u.cost,
    u.unpriced_reason,
    u.input, u.cache_read, u.cache_write_5m, u.cache_write_1h, u.output,
    CASE
      WHEN u.other IS NOT NULL AND coalesce(o.unpriced, 1) <> 0 THEN NULL
      WHEN u.input <> 0 AND p1.unit_price IS NULL THEN NULL
      WHEN u.cache_read <> 0 AND p2.unit_price IS NULL THEN NULL
      WHEN u.cache_write_5m <> 0 AND p3.unit_price IS NULL THEN NULL
      WHEN u.cache_write_1h <> 0 AND p4.unit_price IS NULL THEN NULL
      WHEN u.output <> 0 AND p5.unit_price IS NULL THEN NULL
      ELSE u.input * coalesce(p1.unit_price, CAST(0 AS DECIMAL(38, 12)))
         + u.cache_read * coalesce(p2.unit_price, CAST(0 AS DECIMAL(38, 12)))
         + u.cache_write_5m * coalesce(p3.unit_price, CAST(0 AS DECIMAL(38, 12)))
         + u.cache_write_1h * coalesce(p4.unit_price, CAST(0 AS DECIMAL(38, 12)))
         + u.output * coalesce(p5.unit_price, CAST(0 AS DECIMAL(38, 12)))
         + coalesce(o.amount, CAST(0 AS DECIMAL(38, 12)))
    END AS derived
  FROM candidate_usage u
  LEFT JOIN prices p1 ON p1.price_book = u.price_book AND p1.meter = 'input' AND p1.model = u.model
    AND p1.scope = CASE WHEN u.scope = 'global' THEN 'global' ELSE 'regional' END
    AND p1.region = u.region AND p1.tier = u.tier AND p1.mode = u.mode
    AND p1.latency_class = u.latency_class AND p1.context = u.context
    AND p1.effective_from <= u.admitted_at AND u.admitted_at < p1.effective_to
  LEFT JOIN prices p2 ON p2.price_book = u.price_book AND p2.meter = 'cache_read' AND p2.model = u.model
    AND p2.scope = CASE WHEN u.scope = 'global' THEN 'global' ELSE 'regional' END
    AND p2.region = u.region AND p2.tier = u.tier AND p2.mode = u.mode
    AND p2.latency_class = u.latency_class AND p2.context = u.context
    AND p2.effective_from <= u.admitted_at AND u.admitted_at < p2.effective_to
  LEFT JOIN prices p3 ON p3.price_book = u.price_book AND p3.meter = 'cache_write_5m' AND p3.model = u.model
    AND p3.scope = CASE WHEN u.scope = 'global' THEN 'global' ELSE 'regional' END
    AND p3.region = u.region AND p3.tier = u.tier AND p3.mode = u.mode
    AND p3.latency_class = u.latency_class AND p3.context = u.context
    AND p3.effective_from <= u.admitted_at AND u.admitted_at < p3.effective_to
  LEFT JOIN prices p4 ON p4.price_book = u.price_book AND p4.meter = 'cache_write_1h' AND p4.model = u.model
    AND p4.scope = CASE WHEN u.scope = 'global' THEN 'global' ELSE 'regional' END
    AND p4.region = u.region AND p4.tier = u.tier AND p4.mode = u.mode
    AND p4.latency_class = u.latency_class AND p4.context = u.context
    AND p4.effective_from <= u.admitted_at AND u.admitted_at < p4.effective_to
  LEFT JOIN prices p5 ON p5.price_book = u.price_book AND p5.meter = 'output' AND p5.model = u.model
    AND p5.scope = CASE WHEN u.scope = 'global' THEN 'global' ELSE 'regional' END
    AND p5.region = u.region AND p5.tier = u.tier AND p5.mode = u.mode
    AND p5.latency_class = u.latency_class AND p5.context = u.context
    AND p5.effective_from <= u.admitted_at AND u.admitted_at < p5.effective_to
  LEFT JOIN others o ON o.other = u.other AND o.model = u.model AND o.scope = u.scope
    AND o.region = u.region AND o.tier = u.tier AND o.mode = u.mode
    AND o.latency_class = u.latency_class AND o.context = u.context
    AND o.admitted_at = u.admitted_at AND o.price_book = u.price_book
  WHERE u.run = :run
), priced AS (
  -- What comes to a million USD for one call is a mistake, and has no price.
  SELECT
    kind, price_book, cost, unpriced_reason, input, cache_read, cache_write_5m, cache_write_1h, output,
    CASE WHEN derived > -1000000 AND derived < 1000000 THEN derived END AS derived
  FROM summed
)
SELECT
  count(*) AS row_count,
  CAST(coalesce(sum(input), 0) AS bigint) AS input,
  CAST(coalesce(sum(cache_read), 0) AS bigint) AS cache_read,
  CAST(coalesce(sum(cache_write_5m), 0) AS bigint) AS cache_write_5m,
  CAST(coalesce(sum(cache_write_1h), 0) AS bigint) AS cache_write_1h,
  CAST(coalesce(sum(output), 0) AS bigint) AS output,
  CAST(sum(CASE
    WHEN cost IS NOT NULL THEN 0
    WHEN kind = 'reversal' THEN -1
    ELSE 1
  END) AS bigint) AS unpriced,
  coalesce(sum(cost), CAST(0 AS DECIMAL(38, 12))) AS cost,
  coalesce(sum(derived), CAST(0 AS DECIMAL(38, 12))) AS derived_cost,
  CAST(sum(CASE
    WHEN price_book <> :book AND kind NOT IN ('reversal', 'rebook') THEN 1
    WHEN cost = derived OR (cost IS NULL AND derived IS NULL) THEN 0
    ELSE 1
  END) AS bigint) AS differing,
  CAST(sum(CASE
    WHEN (cost IS NULL) = (unpriced_reason IS NOT NULL) THEN 0
    ELSE 1
  END) AS bigint) AS unexplained
FROM priced
