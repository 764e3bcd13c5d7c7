/** Runs a commit soon; `waiting` says how many wait for it by now, `isUrgent` whether anybody does. */
export type Schedule = (run: () => void, waiting: () => number, isUrgent: boolean) => void;

/** An answer that is out can wait so long. */
const IDLE_MS = 5;
/** Nobody waits for company for longer than this, however many come. */
const TURNS_MAX = 10;

/**
 * Joins everything that waits into one commit, as long as each turn of the event loop brings somebody
 * else: whoever is alone waits for one turn. A timer would leave the process idle between.
 */
export const onNextTurn: Schedule = (run, waiting, isUrgent) => {
  if (isUrgent) whileMoreCome(run, waiting, TURNS_MAX);
  else setTimeout(run, IDLE_MS);
};

function whileMoreCome(run: () => void, waiting: () => number, turns: number): void {
  const before = waiting();
  setImmediate(() => {
    if (turns === 1 || waiting() === before) run();
    else whileMoreCome(run, waiting, turns - 1);
  });
}

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
  let broken: unknown;

  const howMany = () => waiting.length;

  function refusal(): Error {
    return new Error('storage failed before; nothing more is accepted', { cause: broken });
  }

  async function run(): Promise<void> {
    const group = waiting;
    [waiting, urgent] = [[], false];
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
      schedule(() => void run(), howMany, true);
    } else if (!patient) {
      patient = true;
      schedule(runIfIdle, howMany, false);
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
