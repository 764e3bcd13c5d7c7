/** A text, a quoted name, a comment, or the place of a value. */
const TOKEN = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--.*$|\/\*[^]*?\*\/|(?<![:\w]):([a-z_]+)\b/gm;

/**
 * Puts quoted texts in the places of `:name`; texts, comments and `::` are left alone.
 *
 * @throws RangeError for a name without a value.
 */
export function bindValues(sql: string, values: Readonly<Record<string, string>>): string {
  return sql.replace(TOKEN, (token, name: string | undefined) => {
    if (name === undefined) return token;
    const value = values[name];
    if (value === undefined) throw new RangeError(`statement: got no value for ${token}`);
    return quoteText(value);
  });
}

/** A text as an SQL literal: only the quote itself means anything in one. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
