import { cellText } from './result.ts';
import type { Result, ResultColumn } from './result.ts';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKOUT } from '../metering-ports.ts';
import { openDuckDb } from './duckdb-engine.ts';
import type { DuckDbEngine } from './duckdb-engine.ts';
import { createManifestCatalog } from './manifest-catalog.ts';

/** Opens the lake of a data folder for questions; two threads, as nothing else runs. */
export function openLake(lake: string): Promise<DuckDbEngine> {
  const catalog = createManifestCatalog(lake);
  return openDuckDb({ lake, catalog, threads: 2, memoryMb: 1024, questions: analystViews() });
}

/** `sql/views/`: each file a statement, its name the view's. */
function analystViews(): ReadonlyMap<string, string> {
  const folder = join(CHECKOUT, 'sql', 'views');
  const names = readdirSync(folder).filter((name) => name.endsWith('.sql'));
  return new Map(
    names.map((name) => [name.slice(0, -'.sql'.length), readFileSync(join(folder, name), 'utf8')]),
  );
}

/** Answers a statement with exact texts and the kind of each column. */
export async function ask(engine: DuckDbEngine, sql: string): Promise<Result> {
  const reader = await (await engine.connect(sql)).runAndReadAll(sql);
  const types = reader.columnTypes();
  const columns = reader
    .deduplicatedColumnNames()
    .map((name, index): ResultColumn => ({ name, kind: kindOf(String(types[index])) }));
  const rows = reader.getRowsJson().map((row) => row.map(cellText));
  return { columns, rows };
}

function kindOf(type: string): ResultColumn['kind'] {
  if (/^DECIMAL\(\d+,\s*12\)$/.test(type)) return 'money';
  return /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?)$/.test(type) ? 'count' : 'text';
}
