/** Most rows of one answer of Logs Insights. */
export const INSIGHTS_ROW_LIMIT = 100_000;
