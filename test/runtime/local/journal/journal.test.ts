import { afterAll, describe, expect, it } from '@jest/globals';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGroupCommit, onNextTurn } from '../../../../runtime/local/group-commit.ts';
import { createJournal, journalFileOf } from '../../../../runtime/local/journal/journal.ts';
import { describeUsageLog } from '../../../contract/usage-log.ts';
import { NOON_MS } from '../../../domain/usage-events.ts';

const root = mkdtempSync(join(tmpdir(), 'tollbook-journal-'));
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

let folders = 0;
const newFolder = () => join(root, `journal-${(folders += 1)}`);
const stored = (folder: string) =>
  readdirSync(folder)
    .sort()
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('');
const atNoon = { now: () => NOON_MS };
const FILE = '2026-02-01T12.jsonl';

describeUsageLog('journal on the disk', () => {
  const folder = newFolder();
  const log = createJournal({ folder, clock: atNoon });
  return {
    log,
    stored: () => stored(folder),
    close: () => {
      log.close();
    },
  };
});

describeUsageLog('journal in the care of the operating system', () => {
  const folder = newFolder();
  const log = createJournal({ folder, clock: atNoon, durability: 'system' });
  return {
    log,
    stored: () => stored(folder),
    close: () => {
      log.close();
    },
  };
});

describe('a journal', () => {
  it('writes all lines that wait with one commit', async () => {
    const folder = newFolder();
    const commits: (() => void)[] = [];
    const log = createJournal({ folder, clock: atNoon, schedule: (run) => commits.push(run) });

    const appends = ['a', 'b', 'c'].map((line) => log.append(line));
    expect(commits).toHaveLength(1);
    expect(readdirSync(folder)).toEqual([]);
    commits[0]!();
    await Promise.all(appends);

    expect(stored(folder)).toBe('a\nb\nc\n');
    log.close();
  });

  it('gathers the next group while the disk works on one', async () => {
    const folder = newFolder();
    let commits = 0;
    const log = createJournal({
      folder,
      clock: atNoon,
      schedule: (run) => {
        commits += 1;
        setImmediate(run);
      },
    });

    const first = log.append('first');
    await new Promise(setImmediate);
    const rest = Array.from({ length: 200 }, (_, line) => log.append(`line ${line}`));
    await Promise.all([first, ...rest]);

    expect(commits).toBe(2);
    log.close();
  });

  it('files lines by the hour in which they are written', async () => {
    const folder = newFolder();
    let nowMs = NOON_MS - 1;
    const log = createJournal({ folder, clock: { now: () => nowMs } });

    await log.append('before noon');
    nowMs = NOON_MS;
    await log.append('at noon');
    log.close();

    expect(readdirSync(folder).sort()).toEqual(['2026-02-01T11.jsonl', FILE]);
    expect(readFileSync(join(folder, FILE), 'utf8')).toBe('at noon\n');
    expect(journalFileOf(NOON_MS)).toBe(FILE);
  });

  it('goes on where it was after a restart', async () => {
    const folder = newFolder();
    for (const line of ['one', 'two']) {
      const log = createJournal({ folder, clock: atNoon });
      await log.append(line);
      log.close();
    }

    expect(stored(folder)).toBe('one\ntwo\n');
  });

  it('ends a line that a crash tore, so that it spoils no line after it', async () => {
    const folder = newFolder();
    mkdirSync(folder);
    writeFileSync(join(folder, FILE), 'whole\n{"torn":');

    const log = createJournal({ folder, clock: atNoon });
    await log.append('next');
    log.close();

    expect(stored(folder)).toBe('whole\n{"torn":\nnext\n');
  });

  it('shares its file with another process without losing a line', async () => {
    const folder = newFolder();
    const [one, other] = [
      createJournal({ folder, clock: atNoon }),
      createJournal({ folder, clock: atNoon }),
    ];

    await Promise.all(
      Array.from({ length: 200 }, (_, line) => (line % 2 ? one : other).append(`line ${line}`)),
    );
    one.close();
    other.close();

    const lines = stored(folder).split('\n').filter(Boolean);
    expect(new Set(lines).size).toBe(200);
    expect(lines).toHaveLength(200);
  });

  it('is for its owner alone to read', async () => {
    const folder = newFolder();
    const log = createJournal({ folder, clock: atNoon });
    await log.append('line');
    log.close();

    expect(statSync(join(folder, FILE)).mode & 0o077).toBe(0);
  });
});

describe('a journal whose disk is full', () => {
  it('refuses the line, and accepts nothing more even when there is room again', async () => {
    const folder = newFolder();
    mkdirSync(folder);
    symlinkSync('/dev/full', join(folder, FILE));
    const log = createJournal({ folder, clock: atNoon });

    await expect(log.append('lost')).rejects.toThrow(/ENOSPC/);
    rmSync(join(folder, FILE));
    await expect(log.append('late')).rejects.toThrow(/nothing more is accepted/);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('refuses a whole group, and those who gathered while it failed', async () => {
    const folder = newFolder();
    mkdirSync(folder);
    symlinkSync('/dev/full', join(folder, FILE));
    const log = createJournal({ folder, clock: atNoon });

    const appends = await Promise.allSettled(['a', 'b', 'c'].map((line) => log.append(line)));

    expect(appends.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  });
});

describe('a group commit', () => {
  it('never commits again after a failure: what a disk kept is then unknown', async () => {
    const groups: (readonly string[])[] = [];
    const commit = createGroupCommit<string>(async (group) => {
      groups.push(group);
      await new Promise(setImmediate);
      if (groups.length === 1) throw new Error('EIO');
    }, setImmediate);

    const first = commit('first');
    await new Promise(setImmediate);
    const gathered = commit('gathered meanwhile');

    await expect(first).rejects.toThrow('EIO');
    await expect(gathered).rejects.toThrow(/nothing more is accepted/);
    await expect(commit('later')).rejects.toThrow(/nothing more is accepted/);
    expect(groups).toEqual([['first']]);
  });
});

describe('what nobody waits for', () => {
  it('joins the commit of the next that somebody does', async () => {
    const groups: (readonly string[])[] = [];
    const commit = createGroupCommit<string>((group) => {
      groups.push(group);
      return undefined;
    }, onNextTurn);

    const patient = commit('patient', false);
    await new Promise(setImmediate);
    expect(groups).toEqual([]);
    await Promise.all([patient, commit('urgent')]);

    expect(groups).toEqual([['patient', 'urgent']]);
  });

  it('is committed all the same where nobody else comes, while a disk is at work or not', async () => {
    const groups: (readonly string[])[] = [];
    const commit = createGroupCommit<string>(async (group) => {
      groups.push(group);
      await new Promise((done) => setTimeout(done, 20));
    }, onNextTurn);

    const urgent = commit('urgent');
    await new Promise(setImmediate);
    await Promise.all([urgent, commit('patient', false)]);
    await commit('alone', false);

    expect(groups).toEqual([['urgent'], ['patient'], ['alone']]);
  });
});

describe('a group that gathers', () => {
  /** Sizes of the groups where so many come, one a turn of the event loop. */
  async function groupsOf(callers: number): Promise<readonly number[]> {
    const groups: number[] = [];
    const commit = createGroupCommit<number>((group) => {
      groups.push(group.length);
      return undefined;
    }, onNextTurn);
    const committed: Promise<void>[] = [];
    // As with what a socket brings: the next one is there before a turn is over.
    function come(caller: number): void {
      if (caller < callers) setImmediate(come, caller + 1);
      committed.push(commit(caller));
    }
    come(1);
    while (committed.length < callers) await new Promise(setImmediate);
    await Promise.all(committed);
    return groups;
  }

  it('waits as long as each turn brings somebody, and for one turn where nobody comes', async () => {
    expect(await groupsOf(5)).toEqual([5]);
    expect(await groupsOf(1)).toEqual([1]);
  });

  it('does not wait for ever where they never end', async () => {
    const groups = await groupsOf(100);

    expect(Math.max(...groups)).toBeLessThanOrEqual(11);
    expect(groups.reduce((sum, size) => sum + size)).toBe(100);
  });
});

describe('a journal file', () => {
  it('may be appended to by hand: lines stand on their own', async () => {
    const folder = newFolder();
    const log = createJournal({ folder, clock: atNoon });
    await log.append('ours');
    appendFileSync(join(folder, FILE), 'by hand\n');
    await log.append('ours again');
    log.close();

    expect(stored(folder)).toBe('ours\nby hand\nours again\n');
  });
});
