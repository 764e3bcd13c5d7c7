import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PRICES_TABLE } from '../../domain/lake.ts';
import { priceTableKey } from '../../handlers/prices/price-books.ts';
import { parquetTables } from '../../runtime/node/parquet-tables.ts';
import { when, writing, writingAll } from './broken-writer.ts';
import type { Change, ChangeAll } from './broken-writer.ts';
import { BOOK, MODEL, WINDOW, createDeployment } from './deployment.ts';
import type { Deployment, RunOptions } from './deployment.ts';
import { tableRow } from './price-books.ts';

let deployment: Deployment;
beforeEach(async () => {
  deployment = await createDeployment();
  // By hand, in pUSD: 100 × 3,000,000 + 20 × 15,000,000 = 600,000,000 for the first, and for the
  // second 1 × 3,000,000 + 2 × 300,000 + 3 × 3,750,000 + 4 × 6,000,000 + 5 × 15,000,000 = 113,850,000.
  await deployment.call();
  const meters = { input: 1, cache_read: 2, cache_write_5m: 3, cache_write_1h: 4, output: 5 };
  await deployment.call({ tenant: 'tn_b', ...meters });
  await deployment.call({ model: 'house.unknown' });
});
afterEach(() => {
  deployment.remove();
});

const TOTAL = 713_850_000n;
const SMALL = 113_850_000n;

/** Runs, and says which controls differ; the window must stay unsealed. */
async function differences(ports: RunOptions['ports']): Promise<string[]> {
  const { error, cause = '' } = await deployment.run(ports ? { ports } : {});
  expect(error).toBe('WindowDoesNotTie');
  expect(await deployment.manifests()).toEqual([]);
  expect(await deployment.ask('SELECT * FROM usage')).toEqual([]);
  expect(cause.startsWith(`window ${WINDOW}: `)).toBe(true);
  return cause.slice(`window ${WINDOW}: `.length).split('; ');
}

describe('the audit', () => {
  it('derives every cost again in SQL and agrees to the last digit', async () => {
    expect((await deployment.run()).status).toBe('SUCCEEDED');

    const [first] = await deployment.statements();
    const total = { left: `${TOTAL}`, right: `${TOTAL}`, ok: true };
    expect(first?.controls).toEqual(
      expect.arrayContaining([
        { id: 'audit.cost: priced = derived in SQL, pUSD', ...total },
        { id: 'audit.amount: sum of charges = sum of rows, pUSD', ...total },
        { id: 'C4.cost: priced = read back, pUSD', ...total },
        { id: 'audit.rows: rows whose cost differs in SQL', left: '0', right: '0', ok: true },
      ]),
    );
  });

  it.each([1n, -1n, 10n ** 12n])('finds a row whose cost is off by %s pUSD', async (off) => {
    const change = when(
      ({ cost }) => cost === SMALL,
      () => ({ cost: SMALL + off }),
    );

    expect(await differences(writing('usage', change))).toEqual([
      `C4.cost: priced = read back, pUSD: ${TOTAL} against ${TOTAL + off}`,
      'audit.rows: rows whose cost differs in SQL: 0 against 1',
    ]);
  });

  it('finds two rows whose errors cancel out', async () => {
    const change: Change = (row) =>
      row['cost'] === null
        ? row
        : { ...row, cost: (row['cost'] as bigint) + (row['cost'] === SMALL ? 7n : -7n) };

    expect(await differences(writing('usage', change))).toEqual([
      'audit.rows: rows whose cost differs in SQL: 0 against 2',
    ]);
  });

  it('finds a price that was put where there is none', async () => {
    const change = when(
      ({ cost }) => cost === null,
      () => ({ cost: 0n, unpriced_reason: null }),
    );

    expect(await differences(writing('usage', change))).toEqual([
      'C4.unpriced: priced = read back: 1 against 0',
      'audit.rows: rows whose cost differs in SQL: 0 against 1',
      // Its tokens are priced now, yet in no charge.
      'audit.charges: charges that differ from rows: 0 against 2',
    ]);
  });

  it('finds an unpriced row that does not say why', async () => {
    const change = when(
      ({ cost }) => cost === null,
      () => ({ unpriced_reason: null }),
    );

    expect(await differences(writing('usage', change))).toEqual([
      'audit.reasons: unpriced rows without a reason: 0 against 1',
    ]);
  });

  it('finds tokens that were dropped on the way to the file', async () => {
    const change = when(
      ({ tenant }) => tenant === 'tn_b',
      () => ({ cache_write_1h: 0 }),
    );

    expect(await differences(writing('usage', change))).toEqual([
      'C4.cache_write_1h: priced = read back: 4 against 0',
      // 4 × 6,000,000 less.
      `audit.cost: priced = derived in SQL, pUSD: ${TOTAL} against ${TOTAL - 24_000_000n}`,
      'audit.rows: rows whose cost differs in SQL: 0 against 1',
      'audit.charges: charges that differ from rows: 0 against 1',
    ]);
  });

  it('finds a charge whose amount is off by one pUSD', async () => {
    const change = when(
      ({ tenant, meter }) => tenant === 'tn_b' && meter === 'cache_read',
      ({ amount }) => ({ amount: (amount as bigint) + 1n }),
    );

    expect(await differences(writing('charges', change))).toEqual([
      'audit.charges: charges that differ from rows: 0 against 1',
      `audit.amount: sum of charges = sum of rows, pUSD: ${TOTAL} against ${TOTAL + 1n}`,
    ]);
  });

  it('finds charges that were booked to another tenant', async () => {
    const change = when(
      ({ tenant }) => tenant === 'tn_b',
      () => ({ tenant: 'tn_a' }),
    );

    const found = await differences(writing('charges', change));

    // Five meters missing for tn_b; input and output of tn_a doubled, its three others too many.
    expect(found).toEqual(['audit.charges: charges that differ from rows: 0 against 10']);
  });

  it('finds a charge that is there twice', async () => {
    const twice: ChangeAll = (rows) => [...rows, rows[0]!];

    expect(await differences(writingAll('charges', twice))).toEqual([
      'audit.charges: charges that differ from rows: 0 against 1',
      // tn_a's input: 100 × 3,000,000 once more.
      `audit.amount: sum of charges = sum of rows, pUSD: ${TOTAL} against ${TOTAL + 300_000_000n}`,
    ]);
  });

  it('finds a row that was lost on the way to the file', async () => {
    const found = await differences(writingAll('usage', (rows) => rows.slice(1)));

    expect(found[0]).toBe('C4.rows: priced = read back: 3 against 2');
  });

  it('finds a price table that says otherwise than the book', async () => {
    const [key] = (await deployment.objects.list('prices/'))
      .map((object) => object.key)
      .filter((name) => name.endsWith('.json'));
    const sha256 = /book-(.*)\.json/.exec(key!)![1]!;
    const dearer = BOOK.entries.map((entry) => {
      const row = tableRow(entry, sha256);
      return entry.meter === 'cache_read' ? { ...row, unit_price: 300_001n } : row;
    });
    const table = await parquetTables.encode(PRICES_TABLE, dearer);
    writeFileSync(join(deployment.folder.lake, priceTableKey(key!)), table);

    expect(await differences(undefined)).toEqual([
      // 2 tokens, a pUSD each.
      `audit.cost: priced = derived in SQL, pUSD: ${TOTAL} against ${TOTAL + 2n}`,
      'audit.rows: rows whose cost differs in SQL: 0 against 1',
    ]);
  });

  it('never rates at a book whose bytes are not those it is named for', async () => {
    const [key] = (await deployment.objects.list('prices/'))
      .map((object) => object.key)
      .filter((name) => name.endsWith('.json'));
    writeFileSync(join(deployment.folder.lake, key!), '{}\n');

    const { error, cause } = await deployment.run();

    expect(error).toBe('WindowDoesNotTie');
    expect(cause).toMatch(`window ${WINDOW}: PriceBookAltered: price book ${key}: got bytes of`);
  });

  it('leaves nothing of a run that did not tie visible, and seals the next honest one', async () => {
    const change = when(
      ({ model }) => model === MODEL,
      ({ cost }) => ({ cost: (cost as bigint) + 1n }),
    );
    await differences(writing('usage', change));

    expect((await deployment.run()).status).toBe('SUCCEEDED');
    expect(await deployment.ask('SELECT sum(cost) AS cost FROM usage')).toEqual([
      { cost: '0.00071385' },
    ]);
    // What the broken writer left lies in the folder of the sealed run: the verifier names it.
    expect((await deployment.verify()).findings.map(({ code }) => code)).toEqual(['unlisted-file']);
  });
});
