import * as z from 'zod/mini';
import { runFiles } from './audit-window.ts';
import type { Catalog, ObjectStore } from '../ports.ts';
import { objectKey, parseInput, windowStart } from '../step-input.ts';
import { getResult } from './window-result.ts';

const PublishInput = z.strictObject({ start: windowStart, result: objectKey });

/** State `PublishWindow`: the sealed run becomes visible to analysts, whole. */
export function createPublishWindow(ports: {
  readonly objects: ObjectStore;
  readonly catalog: Pick<Catalog, 'publish'>;
}) {
  return async function publishWindow(input: unknown): Promise<{ readonly published: number }> {
    const { start: window, result: key } = parseInput(PublishInput, input);
    const result = await getResult(ports.objects, key);
    const tables = runFiles(window, result);
    for (const files of tables) await ports.catalog.publish(files);
    return { published: tables.length };
  };
}
