import type { EventId } from '../../domain/event-id.ts';
import { identityOf } from '../../domain/usage-event.ts';
import type { Codec } from '../ports.ts';

/**
 * sha256 over identities in their order, one a line: whoever holds the same set has the same digest,
 * and nobody need hold it whole.
 */
export function createIdentityDigest(codec: Pick<Codec, 'lineDigest'>) {
  const digest = codec.lineDigest();
  let count = 0;
  return {
    /** @param line - comes after all before it, by id and attempt. */
    add(line: { readonly id: EventId; readonly attempt: number }): void {
      digest.add(identityOf(line));
      count += 1;
    },
    count: () => count,
    sha256: () => digest.sha256(),
  };
}
