import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Job, Jobs } from '../../handlers/ports.ts';

/** Jobs in a place of their own, and how to be rid of it. */
export interface OpenedJobs {
  readonly jobs: Jobs;
  readonly close: () => Promise<void> | void;
}

const LATER_MS = 4_000_000_000_000;
const pending: Job = { tenant: 't_a', id: 'j1', result: null, expiresMs: LATER_MS };
const done: Job = { ...pending, result: { status: 200, body: '[{"generated_text":"Grüße 🙂"}]' } };

/** What every adapter of `Jobs` must do. */
export function describeJobs(name: string, open: () => Promise<OpenedJobs> | OpenedJobs): void {
  describe(`jobs: ${name}`, () => {
    let opened: OpenedJobs;

    beforeEach(async () => {
      opened = await open();
    });

    afterEach(() => opened.close());

    it('finds what was put, however often it is asked', async () => {
      const { jobs } = opened;
      await jobs.put(pending);
      expect(await jobs.find(pending, 0)).toEqual(pending);
      await jobs.put(done);
      for (let times = 0; times < 3; times += 1) expect(await jobs.find(done, 0)).toEqual(done);
    });

    it('keeps the results of calls that failed, with their status', async () => {
      const failed: Job = { ...pending, result: { status: 502, body: '[]' } };
      await opened.jobs.put(failed);
      expect(await opened.jobs.find(failed, 0)).toEqual(failed);
    });

    it('begins a job for the first who asks, and anew once it has expired', async () => {
      const { jobs } = opened;
      const first = { ...done, expiresMs: 2000 };
      const tries = await Promise.all(Array.from({ length: 10 }, () => jobs.begin(first, 1000)));

      expect(tries.filter(Boolean)).toHaveLength(1);
      expect(await jobs.begin({ ...pending, tenant: 't_b' }, 1000)).toBe(true);
      expect(await jobs.begin(pending, 1999)).toBe(false);
      expect(await jobs.begin(pending, 2000)).toBe(true);
      expect(await jobs.find(pending, 2000)).toEqual(pending);
    });

    it('gives a tenant nothing of another', async () => {
      const { jobs } = opened;
      await jobs.put(done);
      expect(await jobs.find({ tenant: 't_b', id: done.id }, 0)).toBeUndefined();
      const others: Job = { ...done, tenant: 't_b', result: { status: 200, body: '"b"' } };
      await jobs.put(others);
      expect(await jobs.find(done, 0)).toEqual(done);
      expect(await jobs.find(others, 0)).toEqual(others);
    });

    it('does not confuse tenants and ids that read the same end to end', async () => {
      await opened.jobs.put({ ...done, tenant: 't_a', id: 'bc' });
      expect(await opened.jobs.find({ tenant: 't_ab', id: 'c' }, 0)).toBeUndefined();
    });

    it('finds nothing from the instant on at which it expires', async () => {
      await opened.jobs.put(done);
      expect(await opened.jobs.find(done, LATER_MS - 1)).toEqual(done);
      expect(await opened.jobs.find(done, LATER_MS)).toBeUndefined();
      expect(await opened.jobs.find({ tenant: 't_a', id: 'none' }, 0)).toBeUndefined();
    });

    it('keeps an answer of some hundred kilobytes', async () => {
      const long: Job = { ...done, result: { status: 200, body: 'x'.repeat(300_000) } };
      await opened.jobs.put(long);
      expect(await opened.jobs.find(long, 0)).toEqual(long);
    });
  });
}
