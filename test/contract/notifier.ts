import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Notifier } from '../../handlers/ports.ts';

/** A notifier, and what reached people. */
export interface NotifierWorld {
  readonly notifier: Notifier;
  /** Texts so far, oldest first. */
  told(): Promise<readonly string[]>;
  close(): void | Promise<void>;
}

/** The port `Notifier`: a notice goes out, whatever is in it. */
export function describeNotifier(
  name: string,
  open: () => NotifierWorld | Promise<NotifierWorld>,
): void {
  describe(`notices: ${name}`, () => {
    let world: NotifierWorld;
    beforeEach(async () => {
      world = await open();
    });
    afterEach(() => world.close());

    it('tell people the subject and the body', async () => {
      await world.notifier.notify({ subject: 'late usage lines', body: '3 lines\nof one window' });

      const [text] = await world.told();
      expect(text).toContain('late usage lines');
      expect(text).toContain('3 lines\nof one window');
    });

    it('are each told once, in their order', async () => {
      for (const subject of ['first', 'second']) {
        await world.notifier.notify({ subject, body: 'body' });
      }

      const told = await world.told();
      expect(told).toHaveLength(2);
      expect(told[0]).toContain('first');
      expect(told[1]).toContain('second');
    });

    it.each([
      ...['', ' ', '\n', 'two\nlines', 'tab\there', '\u0000\u001b[31m', 'é', '\u{1f600}'],
      ...['x'.repeat(100), `${'word '.repeat(60)}end`, '-dash', '"quoted" <b>&amp;'],
    ])('go out whole under the subject %j', async (subject) => {
      await world.notifier.notify({ subject, body: 'the body' });

      const [text] = await world.told();
      expect(text).toContain('the body');
      expect(text).toContain(subject);
    });

    it('keep every character of their body', async () => {
      const body = 'window 2026-02-01T12:00:00.000Z: C1 — "é" \\ \u{1f600}\n\nlast line';

      await world.notifier.notify({ subject: 'metering stopped', body });

      expect((await world.told())[0]).toContain(body);
    });
  });
}
