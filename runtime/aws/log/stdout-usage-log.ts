import type { Writable } from 'node:stream';
import type { UsageLog } from '../../../handlers/ports.ts';

interface StdoutUsageLogOptions {
  /** `process.stdout`; never `console`, whose lines Lambda frames and prefixes. */
  readonly stdout: Pick<Writable, 'write'>;
}

/**
 * Usage lines on standard output, which Lambda carries into the function's log group: one write per
 * line, so that lines of concurrent calls never mix. A line is as durable as it can be made here once
 * the platform has taken its bytes; the settled reservation holds it a second time.
 *
 * After a failed write nothing more is accepted: a line might be torn, and would spoil its successor.
 */
export function createStdoutUsageLog({ stdout }: StdoutUsageLogOptions): UsageLog {
  let broken: Error | undefined;

  return {
    append: (line) =>
      new Promise((resolve, reject) => {
        if (broken) {
          reject(new Error('usage log failed before; nothing more is accepted', { cause: broken }));
          return;
        }
        stdout.write(`${line}\n`, (error) => {
          if (!error) {
            resolve();
            return;
          }
          broken = error;
          reject(error);
        });
      }),
  };
}
