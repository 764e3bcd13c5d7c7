-- The ancestor gateway's report: tokens, calls and costs per team and model, exact instead of rounded.
-- What is paid by pictures, searches or guardrail units is no tokens; its money counts as input.
SELECT
  tenant AS team_id,
  model AS model_id,
  CAST(sum(CASE
    WHEN meter IN ('input', 'cache_read', 'cache_write_5m', 'cache_write_1h') THEN quantity
    ELSE 0
  END) AS BIGINT) AS input_tokens,
  CAST(sum(CASE WHEN meter = 'output' THEN quantity ELSE 0 END) AS BIGINT) AS output_tokens,
  sum(CASE WHEN meter <> 'output' THEN amount ELSE CAST(0 AS DECIMAL(38, 12)) END) AS input_cost,
  sum(CASE WHEN meter = 'output' THEN amount ELSE CAST(0 AS DECIMAL(38, 12)) END) AS output_cost
FROM charges
GROUP BY tenant, model
