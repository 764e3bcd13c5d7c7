/** Steps of `metering.asl.json`: each placeholder of the file is one of these, and each a handler. */
export const METERING_STEPS = [
  'PlanWindows',
  'SweepReservations',
  'StartCount',
  'PollCount',
  'PlanSlices',
  'StartQuery',
  'PollQuery',
  'CollectSlice',
  'RateWindow',
  'MatchReservations',
  'AuditWindow',
  'SealWindow',
  'PublishWindow',
  'SweepLate',
  'Summarise',
] as const;

/** A step of the metering workflow. */
export type MeteringStep = (typeof METERING_STEPS)[number];

/** Steps of `pricing.asl.json`. */
export const PRICING_STEPS = [
  'AcceptPriceBook',
  'FetchOffers',
  'BuildPriceBook',
  'DiffPriceBooks',
  'HoldPriceBook',
  'PublishPriceBook',
] as const;

/** A step of the pricing workflow. */
export type PricingStep = (typeof PRICING_STEPS)[number];
