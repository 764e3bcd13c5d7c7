import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { REFUSED_BY_GRAMMAR, SHARED_FUNCTIONS, SPELLINGS, WITH_SAMPLE } from '../sql/spellings.ts';
import { openLakeFolder } from '../runtime/local/lake-folder.ts';
import { anyOrder, duckDbAnswer, inSharedWords } from './answers.ts';
import { theTrino } from './environment.ts';

/** Rules that `npm test` keeps are worth keeping only while the engines do differ. */
let folder: Awaited<ReturnType<typeof openLakeFolder>>;
beforeAll(async () => {
  folder = await openLakeFolder();
});
afterAll(() => {
  folder.close();
});

/** The answer of each, null where it refuses. */
async function answers(sql: string) {
  const text = `${WITH_SAMPLE} ${sql}`;
  const trino = await theTrino()
    .ask(text)
    .then((answer) => anyOrder(inSharedWords(answer)), refusal);
  const duckDb = await duckDbAnswer(folder.sql, text).then(anyOrder, refusal);
  return { trino, duckDb };
}

function refusal(error: unknown): null {
  // Anything but a refusal, as a server that is gone, must not pass for one.
  if (!/^(TrinoRefused|Error): [A-Za-z_ ]+: /.test(String(error))) throw error;
  return null;
}

describe('Trino and DuckDB differ about', () => {
  it.each(SPELLINGS.flatMap(({ name, examples }) => examples.map((sql) => [name, sql] as const)))(
    '%s: %s',
    async (_, sql) => {
      const { trino, duckDb } = await answers(sql);

      expect(trino).not.toEqual(duckDb);
    },
  );

  it.each(REFUSED_BY_GRAMMAR)('what the grammar refuses: %s', async (sql) => {
    const { trino, duckDb } = await answers(sql);

    expect(trino).toBeNull();
    expect(duckDb).not.toBeNull();
  });
});

it.each(Object.entries(SHARED_FUNCTIONS))('both mean the same by %s: %s', async (_, sql) => {
  const { trino, duckDb } = await answers(sql);

  expect(trino).toEqual(duckDb);
  expect(trino?.rows.length).toBeGreaterThan(0);
});
