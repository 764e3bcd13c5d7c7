/** Functions of Athena that DuckDB lacks or means otherwise; loaded at every connect. */
export const ATHENA_MACROS: readonly string[] = [
  'approx_percentile(x, p) AS approx_quantile(CAST(x AS DOUBLE), p)',
  'approx_distinct(x) AS approx_count_distinct(x)',
  "date_add(u, n, t) AS t + n * CAST('1 ' || u AS INTERVAL)",
  'date_diff(u, a, b) AS date_sub(u, a, b)',
  "date_format(t, f) AS strftime(t, replace(replace(f, '%i', '%M'), '%s', '%S'))",
  'from_unixtime(s) AS to_timestamp(s)',
  'from_iso8601_timestamp(s) AS CAST(s AS TIMESTAMP WITH TIME ZONE)',
  'regexp_like(s, p) AS regexp_matches(s, p)',
  'json_extract_scalar(j, p) AS json_extract_string(j, p)',
  'map_agg(k, v) AS map_from_entries(list((k, v)))',
  'sequence(a, b) AS generate_series(a, b)',
  'array_join(a, s) AS array_to_string(a, s)',
  'day_of_week(d) AS isodow(d)',
  'last_day_of_month(d) AS last_day(d)',
].map((macro) => `CREATE OR REPLACE TEMP MACRO ${macro}`);
