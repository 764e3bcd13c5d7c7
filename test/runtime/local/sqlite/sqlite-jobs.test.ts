import { expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createSqliteJobs } from '../../../../runtime/local/sqlite/sqlite-jobs.ts';
import { describeJobs } from '../../../contract/jobs.ts';

const CANARY = 'canary-of-a-reply';

function open(sweepMs?: number) {
  const folder = mkdtempSync(join(tmpdir(), 'tollbook-jobs-'));
  let nowMs = 0;
  const clock = { now: () => nowMs };
  const file = join(folder, 'jobs.sqlite');
  const jobs = createSqliteJobs({ file, clock, ...(sweepMs !== undefined && { sweepMs }) });
  return {
    ...{ jobs, file, clock },
    at: (ms: number) => (nowMs = ms),
    written: () =>
      readdirSync(folder)
        .map((name) => readFileSync(join(folder, name), 'latin1'))
        .join(''),
    close: () => {
      jobs.close();
      rmSync(folder, { recursive: true });
    },
  };
}

describeJobs('SQLite', open);

const job = {
  ...{ tenant: 't_a', id: 'j', expiresMs: 1000 },
  result: { status: 200, body: CANARY.repeat(1000) },
};

it('overwrites what has expired, and leaves no byte of it on the disk', async () => {
  const opened = open(5);
  await opened.jobs.put(job);
  expect(opened.written()).toContain(CANARY);

  opened.at(1000);
  while (opened.written().includes(CANARY)) await wait(5);

  expect(opened.written()).not.toContain(CANARY);
  opened.close();
});

it('keeps answers over a restart, and sweeps when it starts', async () => {
  const opened = open();
  await opened.jobs.put(job);
  opened.jobs.close();
  const again = createSqliteJobs({ file: opened.file, clock: opened.clock });
  expect(await again.find(job, 0)).toEqual(job);
  again.close();
  opened.at(1000);
  createSqliteJobs({ file: opened.file, clock: opened.clock }).close();

  expect(opened.written()).not.toContain(CANARY);
  rmSync(opened.file);
});
