/** Athena's name of the catalogue that Glue is. */
export const CATALOG = 'awsdatacatalog';

/** An answer with the types that Trino gave its columns; values are exact text, null where SQL says NULL. */
export interface TrinoAnswer {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly (string | null)[])[];
}

/** Trino refused a statement, or failed at it. */
export class TrinoRefused extends Error {
  override readonly name = 'TrinoRefused';
}

export interface TrinoClient {
  /** @param schema - Where names without a schema are looked up. @throws TrinoRefused */
  ask(sql: string, schema?: string): Promise<TrinoAnswer>;
}

interface Page {
  readonly nextUri?: string;
  readonly columns?: TrinoAnswer['columns'];
  readonly data?: readonly (readonly unknown[])[];
  readonly error?: { readonly errorName: string; readonly message: string };
}

/** Speaks Trino's own protocol: the statement is posted, its pages are followed to the last. */
export function createTrinoClient(url: string): TrinoClient {
  return {
    async ask(sql, schema = 'default') {
      const headers = {
        ...{ 'X-Trino-User': 'test', 'X-Trino-Catalog': CATALOG, 'X-Trino-Schema': schema },
        // Types with their precision; without it, every timestamp would look like any other.
        ...{ 'X-Trino-Time-Zone': 'UTC', 'X-Trino-Client-Capabilities': 'PARAMETRIC_DATETIME' },
      };
      let page = await read(`${url}/v1/statement`, { method: 'POST', headers, body: sql });
      let columns: TrinoAnswer['columns'] = [];
      const rows: (string | null)[][] = [];
      for (;;) {
        if (page.error) throw new TrinoRefused(`${page.error.errorName}: ${page.error.message}`);
        if (page.columns) columns = page.columns;
        for (const row of page.data ?? []) rows.push(row.map(textOf));
        if (page.nextUri === undefined) break;
        page = await read(page.nextUri, { headers });
      }
      return { columns, rows };
    },
  };
}

async function read(url: string, request: RequestInit): Promise<Page> {
  const response = await fetch(url, request);
  const text = await response.text();
  if (!response.ok) throw new TrinoRefused(`HTTP ${response.status}: ${text.slice(0, 300)}`);
  return JSON.parse(text, exactNumber) as Page;
}

/** Numbers stay the digits that they were sent as: a bigint has more of them than a double. */
const exactNumber = ((_key: string, value: unknown, { source }: { source: string }) =>
  typeof value === 'number' ? source : value) as (key: string, value: unknown) => unknown;

function textOf(value: unknown): string | null {
  if (value === null) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
