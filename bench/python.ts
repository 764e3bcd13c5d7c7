import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, '.venv');
const REQUIREMENTS = join(import.meta.dirname, 'requirements.txt');
/** Copy of the requirements that the environment was made from: says when it is complete. */
const MADE_FROM = join(FOLDER, 'made-from.txt');

/**
 * The interpreter of the bench's own Python environment, made on first use.
 *
 * @param tell - is told what happens, and why there is none.
 * @returns null where Python is not there or its packages cannot be had.
 */
export function pythonOf(tell: (text: string) => void): string | null {
  const wanted = readFileSync(REQUIREMENTS, 'utf8');
  const python = join(FOLDER, 'bin', 'python');
  if (existsSync(MADE_FROM) && readFileSync(MADE_FROM, 'utf8') === wanted) return python;
  tell('pandas: making a Python environment in bench/.venv (once)');
  const made =
    succeeds('python3', ['-m', 'venv', '--clear', FOLDER], tell) &&
    succeeds(python, ['-m', 'pip', 'install', '--quiet', '-r', REQUIREMENTS], tell);
  if (!made) {
    tell('pandas: skipped, it needs python3 (3.8 to 3.11) with venv and pip');
    return null;
  }
  writeFileSync(MADE_FROM, wanted);
  return python;
}

function succeeds(command: string, args: readonly string[], tell: (text: string) => void): boolean {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status === 0) return true;
  tell(`pandas: ${command} ${args.join(' ')}: ${error?.message ?? stderr.trim().slice(-300)}`);
  return false;
}
