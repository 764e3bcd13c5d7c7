/**
 * How long a commit may wait for company: not at all; where many wait already, so that more come to share
 * its flush; or longer, where nobody waits for it.
 */
export type Patience = 'none' | 'crowd' | 'idle';

/** Runs a commit soon: when its patience is over, or when a virtual clock stands still. */
export type Schedule = (run: () => void, patience: Patience) => void;

/** An answer that is out can wait so long. */
const IDLE_MS = 5;
/** So many that shared a commit are a crowd: the next one is likely to be shared as well. */
const CROWD = 4;

/**
 * Joins everything that waits into one commit per turn of the event loop. A crowd waits for two: the
 * second brings those who came meanwhile. A timer would leave the process idle between.
 */
export const onNextTurn: Schedule = (run, patience) => {
  if (patience === 'idle') setTimeout(run, IDLE_MS);
  else if (patience === 'crowd') setImmediate(() => setImmediate(run));
  else setImmediate(run);
};

interface Waiting<Item> {
  readonly item: Item;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Group commit: callers wait together, one write serves them all, and while it runs the next group
 * gathers. After a failed write nothing more is accepted: what a disk kept after an error is
 * unknown, and a retried fsync would hide it.
 *
 * @returns a function that resolves when its item is committed.
 */
export function createGroupCommit<Item>(
  commit: (items: readonly Item[]) => Promise<void> | undefined,
  schedule: Schedule,
): (item: Item, isUrgent?: boolean) => Promise<void> {
  let waiting: Waiting<Item>[] = [];
  let [busy, urgent, patient] = [false, false, false];
  let company = 0;
  let broken: unknown;

  function refusal(): Error {
    return new Error('storage failed before; nothing more is accepted', { cause: broken });
  }

  async function run(): Promise<void> {
    const group = waiting;
    [waiting, urgent] = [[], false];
    company = group.length;
    try {
      // A commit that is done at once must not cost a turn: a virtual clock would count it as work.
      const pending = commit(group.map(({ item }) => item));
      if (pending) await pending;
      for (const { resolve } of group) resolve();
    } catch (error) {
      broken = error;
      for (const { reject } of group) reject(error);
      // Those who gathered meanwhile must not reach a disk that has failed.
      for (const { reject } of waiting) reject(refusal());
      waiting = [];
    }
    busy = false;
    start();
  }

  function start(): void {
    if (busy || waiting.length === 0) return;
    if (urgent) {
      busy = true;
      schedule(() => void run(), company < CROWD ? 'none' : 'crowd');
    } else if (!patient) {
      patient = true;
      schedule(runIfIdle, 'idle');
    }
  }

  function runIfIdle(): void {
    patient = false;
    if (busy || waiting.length === 0) return;
    busy = true;
    void run();
  }

  return (item, isUrgent = true) =>
    new Promise((resolve, reject) => {
      if (broken !== undefined) {
        reject(refusal());
        return;
      }
      waiting.push({ item, resolve, reject });
      urgent ||= isUrgent;
      start();
    });
}
