import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { USAGE_TABLE } from '../../../domain/lake.ts';
import { ME_OPERATIONS } from '../../../handlers/api/operator-operations.ts';
import { createTenantUsage, usageRange } from '../../../handlers/admin/tenant-usage.ts';
import { createFolderObjects } from '../../../runtime/local/lake/folder-objects.ts';
import { nodeCodec } from '../../../runtime/node/codec.ts';
import { openLakeFolder } from '../../runtime/local/lake-folder.ts';
import { plainRow } from '../../runtime/node/table-rows.ts';

const RANGE = { from: '2026-02-01', to: '2026-03-01' };
const MORNING = Date.UTC(2026, 1, 1, 9);
const statement = readFileSync(join(__dirname, '../../../sql/me/tenant_usage.sql'), 'utf8');

let lake: Awaited<ReturnType<typeof openLakeFolder>>;
let usageOf: ReturnType<typeof createTenantUsage>;

beforeAll(async () => {
  lake = await openLakeFolder();
  usageOf = createTenantUsage({
    ...{ statement, sql: () => Promise.resolve(lake.sql), codec: nodeCodec },
    objects: createFolderObjects(lake.lake),
  });
});
afterAll(() => {
  lake.close();
});

const row = (differs: Record<string, unknown>) =>
  plainRow(USAGE_TABLE, {
    ...{ tenant: 't_mine', kind: 'usage', window_start: MORNING, model: 'a.one', ...differs },
  });

describe('what a tenant used', () => {
  it('is nothing, up to nowhere, before anything is sealed', async () => {
    expect(await usageOf('t_mine', RANGE)).toEqual({
      ...{ tenant: 't_mine', ...RANGE, data_up_to: null, usage: [] },
    });
  });

  it('is its own, by day and model, its cost not rounded and null where nothing has a price', async () => {
    const rows = [
      row({ id: 'a', input: 40, cost: 1_234_567_890_123n }),
      row({ id: 'b', input: 2, cost: 1n }),
      row({ id: 'c', model: 'b.two', cost: null }),
      row({ id: 'd', tenant: 't_other', input: 1_000_000 }),
    ];
    await lake.seal([await lake.write(USAGE_TABLE, '0000000000000001', rows)]);

    const said = await usageOf('t_mine', RANGE);

    const counts = { cache_read: 1, cache_write_5m: 1, cache_write_1h: 1, output: 1 };
    const both = { cache_read: 2, cache_write_5m: 2, cache_write_1h: 2, output: 2 };
    const day = '2026-02-01';
    expect(said).toMatchObject({
      data_up_to: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:00:00\.000Z$/),
      usage: [
        {
          ...{ day, model: 'a.one', calls: 2, input: 42, ...both, unpriced_calls: 0 },
          cost_usd: '1.234567890124',
        },
        { day, model: 'b.two', calls: 1, input: 1, ...counts, unpriced_calls: 1, cost_usd: null },
      ],
    });
    const validate = new Ajv2020().compile(ME_OPERATIONS['GET /me/usage']!.answer!);
    expect([validate(said), validate.errors]).toEqual([true, null]);
    expect(await usageOf('t_mine', { from: '2026-01-01', to: '2026-02-01' })).toMatchObject({
      usage: [],
    });
  });

  it.each(['', 'from=2026-02-01', 'from=2026-02-01&to=2026-02-01', 'from=1&to=2'])(
    'is not told for the range %j',
    (query) => {
      expect(() => usageRange(query)).toThrow(/^from, to: expected two UTC days/);
    },
  );
});
