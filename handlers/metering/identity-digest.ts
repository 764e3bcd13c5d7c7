import type { EventId } from '../../domain/event-id.ts';
import { identityOf } from '../../domain/usage-event.ts';
import type { Codec, LineDigest } from '../ports.ts';

/**
 * sha256 over identities in their order, one a line: whoever holds the same set has the same digest,
 * and nobody need hold it whole.
 */
export class IdentityDigest {
  readonly #digest: LineDigest;
  #count = 0;

  constructor(codec: Pick<Codec, 'lineDigest'>) {
    this.#digest = codec.lineDigest();
  }

  /** @param lines - come after all before them, by id and attempt. */
  addAll(lines: Iterable<Identified>): void {
    for (const line of lines) this.add(line);
  }

  add(line: Identified): void {
    this.#digest.add(identityOf(line));
    this.#count += 1;
  }

  count(): number {
    return this.#count;
  }

  sha256(): string {
    return this.#digest.sha256();
  }
}

interface Identified {
  readonly id: EventId;
  readonly attempt: number;
}
