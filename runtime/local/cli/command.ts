import { parseArgs } from 'node:util';
import type { ParseArgsOptionsConfig } from 'node:util';

/** Exit codes of every command. */
export const EXIT = { fine: 0, failed: 1, incomplete: 2, usage: 3 } as const;

/** One command of `tollbook`. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  /** What follows the name, such as `--data DIR [--now ISO]`. */
  readonly usage: string;
  /** Lines that explain the options. */
  readonly help: readonly string[];
  /** @returns the exit code. @throws UsageError for arguments that make no sense. */
  run(args: readonly string[]): Promise<number>;
}

/** Arguments that make no sense: exit 3, with the command's usage. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export type Options = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

/**
 * Reads a command's arguments; `--json` and `--help` are known everywhere.
 *
 * @throws UsageError for an unknown option or a missing value.
 */
export function readArgs(args: readonly string[], options: ParseArgsOptionsConfig) {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { json: { type: 'boolean' }, ...options },
      allowPositionals: true,
      strict: true,
    });
    return { values: values as Options, positionals };
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** For commands that take options alone: a stray word is a mistake. @throws UsageError */
export function noMore(positionals: readonly string[]): void {
  if (positionals.length > 0)
    throw new UsageError(`got ${positionals.join(' ')}, expected options`);
}

/** The text of an option that must be there. @throws UsageError if it is not. */
export function required(values: Options, name: string): string {
  const value = values[name];
  if (typeof value !== 'string' || value === '') throw new UsageError(`--${name} is missing`);
  return value;
}

/** The text of an option, or undefined. */
export function optional(values: Options, name: string): string | undefined {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
}

/** `--port`: 0 takes any free one. @throws UsageError for anything but 0 to 65535. */
export function portOf(values: Options, fallback: string): number {
  const port = Number(optional(values, 'port') ?? fallback);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new UsageError(`--port: got ${optional(values, 'port') ?? ''}, expected 0 to 65535`);
}

/** One of a few words. @throws UsageError naming them for any other. */
export function oneOf<Word extends string>(
  values: Options,
  name: string,
  words: readonly [Word, ...Word[]],
): Word {
  const value = optional(values, name) ?? words[0];
  const word = words.find((each) => each === value);
  if (word === undefined) {
    throw new UsageError(`--${name}: got ${value}, expected one of ${words.join(', ')}`);
  }
  return word;
}

/** An instant: `2026-02-01`, or an ISO instant with or without milliseconds, in UTC. */
export function instantOf(text: string, name: string): number {
  const iso = /^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00.000Z` : text;
  const isUtc = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?Z$/.test(iso);
  const ms = isUtc ? Date.parse(iso) : Number.NaN;
  // Date.parse makes the 3rd of March of the 31st of February.
  if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== iso.slice(0, 10)) {
    throw new UsageError(`--${name}: got ${text}, expected YYYY-MM-DD or YYYY-MM-DDTHH:MM:SSZ`);
  }
  return ms;
}
