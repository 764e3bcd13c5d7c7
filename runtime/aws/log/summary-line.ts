import type { Summary } from '../../../handlers/metering/summarise.ts';

interface Output {
  write(text: string): unknown;
}

/**
 * Prints what a run came to as one line of JSON, from which the deployment's metric filters read
 * their figures: `{"tollbook":"summary/1", …}`.
 */
export function printingSummary(
  summarise: (input: unknown) => Promise<Summary>,
  stdout: Output,
): (input: unknown) => Promise<Summary> {
  return async (input) => {
    const summary = await summarise(input);
    stdout.write(`${JSON.stringify({ tollbook: 'summary/1', ...summary })}\n`);
    return summary;
  };
}
