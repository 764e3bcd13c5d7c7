import type { Notifier } from '../../handlers/ports.ts';

/** Tells whoever looks at standard error. */
export const stderrNotifier: Notifier = {
  notify: ({ subject, body }) => {
    process.stderr.write(`${subject}\n${body}\n`);
    return Promise.resolve();
  },
};
