import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Runs tests against stand-ins on a machine that has none of the commands they need. */
function runWithoutCommands(runner: string, ...args: string[]) {
  const empty = mkdtempSync(join(tmpdir(), 'tollbook-path-'));
  const run = spawnSync(process.execPath, [join(__dirname, runner, 'run.ts'), ...args], {
    env: { ...process.env, PATH: empty },
    encoding: 'utf8',
  });
  rmSync(empty, { recursive: true });
  return { status: run.status, said: run.stdout };
}

describe.each([
  ['aws', 'no java, no mvn, no python3'],
  ['athena', 'no java, no mvn'],
])('npm run test:%s on a machine without the commands it needs', (runner, missing) => {
  it('fails, and says what is missing', () => {
    expect(runWithoutCommands(runner)).toEqual({
      status: 1,
      said: `test:${runner}: this machine has ${missing}\n`,
    });
  });

  it('is skipped in one line where it is optional', () => {
    expect(runWithoutCommands(runner, '--optional')).toEqual({
      status: 0,
      said: `test:${runner}: skipped, this machine has ${missing}\n`,
    });
  });
});
