import * as fs from 'node:fs';
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { formatInstant } from '../../../domain/instant.ts';
import type { Clock, UsageLog } from '../../../handlers/ports.ts';
import { createGroupCommit, onNextTurn } from '../group-commit.ts';
import type { Schedule } from '../group-commit.ts';

/** How far a committed write has got: onto the disk, or into the operating system's care. */
export type Durability = 'disk' | 'system';

export interface JournalOptions {
  readonly folder: string;
  readonly clock: Pick<Clock, 'now'>;
  readonly durability?: Durability;
  readonly schedule?: Schedule;
}

const LF = 0x0a;

/** Name of the journal file that takes lines emitted in the hour of `ms`. */
export function journalFileOf(ms: number): string {
  return `${formatInstant(ms).slice(0, 13)}.jsonl`;
}

/** Appends usage lines to files by hour of emission, one group write for all that wait. */
export function createJournal(options: JournalOptions): UsageLog & { close(): void } {
  const { folder, clock, durability = 'disk', schedule = onNextTurn } = options;
  fs.mkdirSync(folder, { recursive: true });
  let open: { readonly name: string; readonly fd: number } | undefined;

  function fileOf(name: string): number {
    if (open?.name === name) return open.fd;
    if (open) closeSync(open.fd);
    const fd = openSync(join(folder, name), 'a+', 0o600);
    endTornLine(fd);
    open = { name, fd };
    return fd;
  }

  const commit = createGroupCommit<string>((lines) => {
    const fd = fileOf(journalFileOf(clock.now()));
    writeAll(fd, Buffer.from(`${lines.join('\n')}\n`, 'utf8'));
    return durability === 'disk' ? syncData(fd) : undefined;
  }, schedule);

  return {
    append: commit,
    close: () => {
      if (!open) return;
      fs.fdatasyncSync(open.fd);
      closeSync(open.fd);
      open = undefined;
    },
  };
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done);
}

/** Off the event loop's thread: requests go on while the disk works. */
const syncData = promisify(fs.fdatasync);

/** A line that a crash tore is ended, so that it spoils no line after it. */
function endTornLine(fd: number): void {
  const { size } = fstatSync(fd);
  if (size === 0) return;
  const last = Buffer.alloc(1);
  readSync(fd, last, 0, 1, size - 1);
  if (last[0] !== LF) writeAll(fd, Buffer.of(LF));
}
