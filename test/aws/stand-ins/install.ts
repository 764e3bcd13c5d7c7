import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const CACHE = join(import.meta.dirname, '..', '..', '..', '.cache');

/** Something could not be installed. */
export class InstallFailed extends Error {
  override readonly name = 'InstallFailed';
}

/** Which of these commands the machine has not. */
export function missingCommands(commands: readonly string[]): string[] {
  return commands.filter((command) => {
    const { error } = spawnSync(command, ['-version'], { stdio: 'ignore' });
    return (error as { code?: unknown } | undefined)?.code === 'ENOENT';
  });
}

/**
 * The jars that a `pom.xml` names, with all they need.
 *
 * @returns the folder that holds them. Made once for one content of the file.
 * @throws InstallFailed
 */
export function mavenJars(pom: string): string {
  return installOnce('maven', pom, (folder) => {
    run('mvn', [
      ...['-B', '-q', '-f', pom, 'dependency:copy-dependencies'],
      `-DoutputDirectory=${folder}`,
    ]);
  });
}

/**
 * A Python environment with the packages that a `requirements.txt` names.
 *
 * @returns its interpreter. Made once for one content of the file.
 * @throws InstallFailed
 */
export function pythonWith(requirements: string): string {
  const folder = installOnce('python', requirements, (made) => {
    run('python3', ['-m', 'venv', made]);
    run(interpreterIn(made), ['-m', 'pip', 'install', '-q', '-r', requirements]);
  });
  return interpreterIn(folder);
}

function interpreterIn(environment: string): string {
  return join(environment, 'bin', 'python');
}

function installOnce(kind: string, list: string, install: (folder: string) => void): string {
  const sha256 = createHash('sha256').update(readFileSync(list)).digest('hex');
  const folder = join(CACHE, `${kind}-${sha256.slice(0, 12)}`);
  // Written last: a folder without it was not finished.
  const finished = join(folder, '.finished');
  if (existsSync(finished)) return folder;
  process.stderr.write(`installing once what ${list} names\n`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  install(folder);
  writeFileSync(finished, '');
  return folder;
}

function run(command: string, args: readonly string[]): void {
  const { status, error, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status === 0) return;
  const said = error?.message ?? `${stdout}${stderr}`.trim().slice(-2000);
  throw new InstallFailed(`${command} ${args.join(' ')}: got status ${String(status)}: ${said}`);
}
