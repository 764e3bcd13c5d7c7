import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HOUR_MS, formatInstant } from '../../domain/instant.ts';
import type { Summary } from '../../handlers/metering/summarise.ts';
import type { Step } from '../../runtime/aws/step-function.ts';
import { STEPS } from '../../runtime/aws/steps.ts';
import { createJumpingClock } from '../../runtime/local/clocks.ts';
import { meteringDefinition } from '../../runtime/local/meter.ts';
import { currentBuild } from '../../runtime/local/metering-ports.ts';
import { recompute } from '../../runtime/local/ledger/recompute.ts';
import { verifyLake } from '../../runtime/local/ledger/verify-command.ts';
import { createWorkflow } from '../../runtime/local/workflow/workflow.ts';
import type { Execution } from '../../runtime/local/workflow/workflow.ts';
import { readAuditStatements } from '../../runtime/node/checkout.ts';
import { stepFunctionName } from '../../runtime/settings.ts';
import { METERING_STEPS } from '../../workflows/steps.ts';
import type { MeteringStep } from '../../workflows/steps.ts';
import { BOOK, HOUR, createDeployment, digests } from '../metering/deployment.ts';
import type { Deployment } from '../metering/deployment.ts';
import { publish } from '../metering/price-books.ts';
import { writeThreeWindows } from '../metering/three-windows.ts';
import { bundleFunctions } from '../runtime/aws/harness/bundles.ts';
import { startBundledSteps } from './harness/bundled-steps.ts';
import { openMeteringWorld } from './harness/metering-world.ts';
import type { MeteringWorld } from './harness/metering-world.ts';

/** The functions go by the real clock: so does the machine they are compared with. */
const NOW = Date.now();
/** Bundling alone takes a while on a busy machine. */
jest.setTimeout(240_000);

/** A key that is the same as bytes in a file and as text in a secret. */
const MAC_KEY = 'k'.repeat(32);
const CHECKOUT = join(__dirname, '..', '..');

let machine: Deployment;
let world: MeteringWorld;
let root: string;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'tollbook-aws-'));
  machine = await createDeployment({ random: { bytes: (count) => Buffer.alloc(count, 'k') } });
  world = await openMeteringWorld(MAC_KEY);
  await publish(world, BOOK);
  // What a bundle has inside, these functions find here.
  const { writer: _, ...build } = currentBuild();
  Object.assign(globalThis, {
    ...{ TOLLBOOK_BUILD: build, TOLLBOOK_AUDIT: readAuditStatements(CHECKOUT) },
  });
  Object.assign(process.env, world.env);
});

afterAll(async () => {
  machine.remove();
  await world.close();
  rmSync(root, { recursive: true, force: true });
});

/** Runs the workflow until nothing is left to do, as the schedule does. */
async function meter(steps: Record<MeteringStep, Step>): Promise<Summary[]> {
  const summaries: Summary[] = [];
  for (let more = true; more;) {
    const execution: Execution = await createWorkflow({
      definition: meteringDefinition(),
      tasks: steps,
      clock: { ...createJumpingClock(NOW), jumps: true },
      random: () => 0.5,
      name: 'metering',
    }).start({ force: null }, `run-${summaries.length}`);
    if (execution.status !== 'SUCCEEDED') throw new Error(`${execution.error}: ${execution.cause}`);
    const summary = execution.output as Summary;
    summaries.push(summary);
    more = summary.more || summary.late > 0;
  }
  return summaries;
}

/** The lake as an auditor gets it. */
async function copied() {
  const copy = await world.copyTo(mkdtempSync(join(root, 'copy-')));
  return { ...copy, data: digests(join(copy.lake, 'data')) };
}

describe('the metering workflow on AWS', () => {
  it('gives the same Parquet bytes as one machine, by the functions as they are deployed', async () => {
    await writeThreeWindows(machine);
    await world.takeOver(machine);
    const bundles = bundleFunctions(...METERING_STEPS.map(stepFunctionName));
    const host = startBundledSteps(bundles.folder, { ...process.env });

    const [summary, ...more] = await meter(host.steps);
    host.close();
    bundles.remove();
    expect((await machine.meter({ nowMs: NOW })).failure).toBeNull();

    expect(more).toEqual([]);
    expect(summary).toMatchObject({ planned: 3, late: 0, manifests: 3 });
    const { data } = await copied();
    expect(Object.keys(data)).toHaveLength(10);
    expect(data).toEqual(machine.dataFiles());
    expect(host.printed()).toContain('"tollbook":"summary/1"');
  });

  it('shows sealed windows in Glue, and no candidate any more', async () => {
    const usage = await world.partitions('database', 'usage');

    expect(usage).toHaveLength(3);
    for (const [n, partition] of usage.entries()) {
      const hour = formatInstant(HOUR + n * HOUR_MS);
      expect(partition).toMatch(`usage ${hour.slice(0, 10)} ${hour.slice(11, 13)} `);
    }
    expect(await world.partitions('database', 'charges')).toHaveLength(3);
    expect(await world.partitions('database', 'quarantine')).toHaveLength(1);
    for (const name of ['candidate_usage', 'candidate_charges']) {
      expect(await world.partitions('candidateDatabase', name)).toEqual([]);
    }
  });

  it('does nothing when it runs again', async () => {
    const before = digests((await copied()).lake);

    const summaries = await meter(STEPS);

    expect(summaries).toEqual([expect.objectContaining({ planned: 0, late: 0, manifests: 3 })]);
    expect(digests((await copied()).lake)).toEqual(before);
  });

  it('takes in what came late and what came next, as one machine does', async () => {
    const late = machine.event({ admitted_ms: HOUR + 60_000, input: 5, tenant: 'tn_late' });
    machine.log(machine.line(late), late.settled_ms);
    await machine.admit(late);
    const next = { admitted_ms: HOUR + 4 * HOUR_MS };
    await machine.calls(20, (n) => ({ ...next, input: n + 1 }));
    await world.takeOver(machine);

    const summaries = await meter(STEPS);
    expect((await machine.meter({ nowMs: NOW })).failure).toBeNull();

    expect(summaries.at(-1)).toMatchObject({ late: 0, more: false });
    expect((await copied()).data).toEqual(machine.dataFiles());
  });

  it('leaves a ledger that holds: verified offline, and priced again to the same bytes', async () => {
    const { lake, checkpoints, trustFile } = await copied();
    const newest = readdirSync(checkpoints).sort().slice(-1);

    const { verdict, findings } = await verifyLake({
      ...{ lake, trustFile },
      checkpointFiles: newest.map((name) => join(checkpoints, name)),
    });

    expect([verdict, findings]).toEqual(['ok', []]);
    const priced = await recompute(lake, currentBuild().build_sha256);
    expect(priced.map((one) => one.verdict)).toEqual(await machine.recompute());
  });
});
