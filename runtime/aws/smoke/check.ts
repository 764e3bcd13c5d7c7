/** One thing that only an account can show. */
export interface Check {
  readonly name: string;
  /** What was seen, for people. Rejects with what was wrong. */
  readonly run: () => Promise<string>;
}

/** A check found something else than it should. */
export class CheckFailed extends Error {
  override readonly name = 'CheckFailed';
}

/** @throws CheckFailed saying what was got and expected. */
export function expectEqual(what: string, got: unknown, expected: unknown): void {
  if (got === expected) return;
  throw new CheckFailed(`${what}: got ${String(got)}, expected ${String(expected)}`);
}

/** Runs checks one after the other, says how each went, and how many did not. */
export async function runChecks(
  checks: readonly Check[],
  say: (line: string) => void,
): Promise<number> {
  let failed = 0;
  for (const { name, run } of checks) {
    try {
      say(`ok      ${name}: ${await run()}`);
    } catch (error) {
      failed += 1;
      say(`FAILED  ${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  say(`${checks.length - failed} passed, ${failed} failed`);
  return failed;
}
