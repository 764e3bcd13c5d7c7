import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { UsageLog } from '../../handlers/ports.ts';

/** A log under test, and what somebody else finds in it. */
export interface UsageLogWorld {
  readonly log: UsageLog;
  /** All bytes that are durable now, oldest first. */
  stored(): string;
  close(): void;
}

/** The port `UsageLog`: what is appended is durable, whole, in lines. */
export function describeUsageLog(name: string, open: () => UsageLogWorld): void {
  describe(`the usage log: ${name}`, () => {
    let world: UsageLogWorld;
    beforeEach(() => {
      world = open();
    });
    afterEach(() => {
      world.close();
    });

    it('holds a line by the time its append resolves, ended by a line feed', async () => {
      await world.log.append('{"a":1}');

      expect(world.stored()).toBe('{"a":1}\n');
    });

    it('keeps lines in the order in which they were appended', async () => {
      const lines = Array.from({ length: 500 }, (_, number) => `{"n":${number}}`);

      await Promise.all(lines.map((line) => world.log.append(line)));

      expect(world.stored()).toBe(lines.map((line) => `${line}\n`).join(''));
    });

    it('holds nothing but the lines', async () => {
      for (const line of ['first', 'second']) await world.log.append(line);

      expect(world.stored()).toBe('first\nsecond\n');
    });

    it('keeps every character of a line', async () => {
      const line = '\u2028 "é" \\ \t \u{1f600}';

      await world.log.append(line);

      expect(world.stored()).toBe(`${line}\n`);
    });
  });
}
