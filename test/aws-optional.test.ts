import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Runs the tests against stand-ins on a machine that has none of the commands they need. */
function runWithoutCommands(...args: string[]) {
  const empty = mkdtempSync(join(tmpdir(), 'tollbook-path-'));
  const run = spawnSync(process.execPath, [join(__dirname, 'aws', 'run.ts'), ...args], {
    env: { ...process.env, PATH: empty },
    encoding: 'utf8',
  });
  rmSync(empty, { recursive: true });
  return { status: run.status, said: run.stdout };
}

describe('npm run test:aws on a machine without java, mvn and python3', () => {
  it('fails, and says what is missing', () => {
    expect(runWithoutCommands()).toEqual({
      status: 1,
      said: 'test:aws: this machine has no java, no mvn, no python3\n',
    });
  });

  it('is skipped in one line where it is optional', () => {
    expect(runWithoutCommands('--optional')).toEqual({
      status: 0,
      said: 'test:aws: skipped, this machine has no java, no mvn, no python3\n',
    });
  });
});
