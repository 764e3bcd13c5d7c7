-- Charges under the column names of FOCUS 1.2, for tools that read it.
SELECT
  charge_period_start AS ChargePeriodStart,
  charge_period_end AS ChargePeriodEnd,
  'Usage' AS ChargeCategory,
  CASE WHEN kind = 'call' THEN CAST(NULL AS VARCHAR) ELSE 'Correction' END AS ChargeClass,
  tenant AS SubAccountId,
  'Amazon Bedrock' AS ServiceName,
  'AI and Machine Learning' AS ServiceCategory,
  region AS RegionId,
  model AS ResourceName,
  sku AS SkuId,
  meter AS SkuMeter,
  quantity AS ConsumedQuantity,
  unit AS ConsumedUnit,
  unit_price AS ListUnitPrice,
  amount AS ListCost,
  amount AS BilledCost,
  amount AS EffectiveCost,
  'USD' AS BillingCurrency
FROM charges
