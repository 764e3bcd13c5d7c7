import * as z from 'zod/mini';
import { checkpointName, sealCheckpoint } from '../../domain/ledger/checkpoint.ts';
import { readHead, readManifestsSince } from './ledger-head.ts';
import { RECENT_MS, recentFigures } from './recent-figures.ts';
import type { RecentFigures } from './recent-figures.ts';
import { count, parseInput } from '../step-input.ts';
import type { Codec, Notifier, ObjectStore, Signer } from '../ports.ts';

const SummariseInput = z.strictObject({
  planned: count,
  more: z.boolean(),
  suspended: count,
  suspenseHours: count,
  late: count,
  failure: z.nullable(z.strictObject({ error: z.string(), cause: z.string() })),
});

interface SummarisePorts {
  readonly objects: ObjectStore;
  /** Where checkpoints go: a place that the ledger's operator cannot rewrite. */
  readonly checkpoints: ObjectStore;
  readonly codec: Codec;
  readonly signer: Signer;
  readonly notifier: Notifier;
}

export interface Summary extends RecentFigures {
  readonly planned: number;
  readonly more: boolean;
  readonly suspended: number;
  /** Whole hours since the oldest call was admitted whose outcome is still unknown; 0 without any. */
  readonly suspenseHours: number;
  readonly late: number;
  /** Manifests in the ledger. */
  readonly manifests: number;
  readonly checkpoint: string | null;
}

/** State `Summarise`: tells people what a run came to and writes down how far the ledger went. */
export function createSummarise(ports: SummarisePorts) {
  return async function summarise(input: unknown): Promise<Summary> {
    const { failure, ...figures } = parseInput(SummariseInput, input);
    const head = await readHead(ports);
    const checkpoint = await writeCheckpoint(ports, head);
    if (failure) {
      const { error, cause } = failure;
      await ports.notifier.notify({ subject: `metering stopped: ${error}`, body: cause });
    }
    if (figures.late > 0) {
      const body = `${figures.late} lines came after their window was sealed; they are posted in the open window`;
      await ports.notifier.notify({ subject: 'late usage lines', body });
    }
    const recent = head ? await readManifestsSince(ports, head.sealedEndMs - RECENT_MS) : [];
    const manifests = (head?.seq ?? -1) + 1;
    return { ...figures, ...recentFigures(recent), manifests, checkpoint };
  };
}

async function writeCheckpoint(
  { checkpoints, codec, signer }: SummarisePorts,
  head: Awaited<ReturnType<typeof readHead>>,
): Promise<string | null> {
  if (!head) return null;
  const size = head.seq + 1;
  const name = checkpointName(size);
  const { ledger } = head.manifest;
  const checkpoint = { ledger, size, headSha256: head.payloadSha256 };
  const existing = await checkpoints.list('');
  if (!existing.some(({ key }) => key === name)) {
    await checkpoints.putOnce(name, await sealCheckpoint(checkpoint, signer, codec.sha256));
  }
  return name;
}
