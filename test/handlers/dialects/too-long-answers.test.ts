import { describe, expect, it } from '@jest/globals';
import type { EventId } from '../../../domain/event-id.ts';
import type { ConverseCall } from '../../../domain/model-call.ts';
import type { ApiRequest, ApiResponse, Route } from '../../../handlers/edge/api-exchange.ts';
import { createBackgroundJobs } from '../../../handlers/invoke/background-jobs.ts';
import { withIdempotency } from '../../../handlers/edge/idempotent-routes.ts';
import { JobTooLong } from '../../../handlers/ports.ts';
import type { Job, Jobs } from '../../../handlers/ports.ts';
import { problemOf } from '../../../handlers/edge/problem-of.ts';
import { nodeCodec } from '../../../runtime/node/codec.ts';

const MOST = 200;
const clock = { now: () => 1_000_000 };
const principal = {
  ...{ tenant: 't_a', keyId: 'k', costCenter: null, project: null, teams: [] },
};

/** A place that keeps short answers only. */
function shortJobs(): Jobs & { readonly kept: ReadonlyMap<string, Job> } {
  const kept = new Map<string, Job>();
  const put = (job: Job) => {
    if ((job.result?.body.length ?? 0) > MOST) return Promise.reject(new JobTooLong(job.id));
    kept.set(job.id, job);
    return Promise.resolve();
  };
  return {
    kept,
    put,
    begin: async (job) => {
      if (kept.has(job.id)) return false;
      await put(job);
      return true;
    },
    find: ({ id }) => Promise.resolve(kept.get(id)),
  };
}

describe('an answer that is too long to be kept', () => {
  it('is, of a call in the background, an error that says what to do', async () => {
    const jobs = shortJobs();
    const id = 'e1' as EventId;
    const start = createBackgroundJobs({
      ...{ jobs, clock },
      invokeModel: (_caller, _call, tell) => {
        tell({ type: 'admitted', id, headers: {} });
        return Promise.resolve({ id, usage: {} as never, settled: Promise.resolve() });
      },
    });

    const { settled } = await start(principal, {} as ConverseCall, {
      answer: () => ({ status: 200, body: 'x'.repeat(MOST + 1) }),
      failure: (error) => {
        const { status, message } = problemOf(error)!;
        return { result: { status, body: message }, ours: false };
      },
    });
    await settled;

    expect(jobs.kept.get(id)?.result).toEqual({
      ...{ status: 507, body: 'the answer is too long to be kept: ask for it on the line' },
    });
  });

  it('is not given again under its idempotency key, nor made anew', async () => {
    const jobs = shortJobs();
    let calls = 0;
    const route: Route = {
      ...{ method: 'POST', path: '/long', access: 'tenant', dialect: {} as never },
      handle: (_request, response) => {
        calls += 1;
        response.json(200, 'x'.repeat(MOST));
        return Promise.resolve({ settled: Promise.resolve() });
      },
    };
    const [once] = withIdempotency([route], { jobs, clock, codec: nodeCodec });
    const request = {
      ...{ principal, params: {}, query: '', headers: [['idempotency-key', 'k1']] },
      ...{ body: {}, bytes: new Uint8Array() },
    } as ApiRequest;
    const sent: number[] = [];
    const response = { json: (status: number) => sent.push(status) } as unknown as ApiResponse;
    const ask = () => (once as typeof route).handle(request, response);

    await (
      await ask()
    ).settled;
    await expect(ask()).rejects.toThrow('its answer is too long to keep');
    expect([calls, sent]).toEqual([1, [200]]);
  });
});
