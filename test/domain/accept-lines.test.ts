import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { byIdentity, loggedLine, sortLines } from '../../domain/accept-lines.ts';
import type { SortedLines } from '../../domain/accept-lines.ts';
import { batchOf } from '../../domain/line-batch.ts';
import type { LoggedLine } from '../../domain/packed-lines.ts';
import { fieldsOf, idAt, resigned, signed, testMac, usageLine } from './usage-events.ts';

const logged = (text: string, emittedMs = 0): LoggedLine => ({ text, emittedMs });
const sort = (...texts: string[]) => sortLines(batchOf(texts.map((text) => logged(text))), testMac);
const textsOf = ({ lines }: SortedLines) => lines.map((line) => loggedLine(line).text);
const reasons = ({ quarantined }: SortedLines) => quarantined.map(({ reason }) => reason);

const good = usageLine({ output: 1 });
const rival = usageLine({ output: 2 });

describe('sorting what the log gave', () => {
  it('keeps one line per identity, by id and then by attempt as a number', () => {
    const lines = [
      usageLine({ admitted_ms: 2e12 }),
      usageLine({ attempt: 10 }),
      usageLine({ attempt: 9 }),
      usageLine({ id: idAt(2e12, 1), admitted_ms: 2e12 }),
    ];

    const { lines: kept, duplicates, quarantined } = sort(...lines);

    expect(kept.map(({ id, attempt }) => [id, attempt])).toEqual([
      [idAt(1_769_947_200_000), 9],
      [idAt(1_769_947_200_000), 10],
      [idAt(2e12), 1],
      [idAt(2e12, 1), 1],
    ]);
    expect([duplicates, quarantined]).toEqual([[], []]);
  });

  it('counts exact copies once and names the others', () => {
    const { lines, duplicates, quarantined } = sort(good, good, good);

    expect(lines).toHaveLength(1);
    expect(duplicates.map(({ text }) => text)).toEqual([good, good]);
    expect(quarantined).toEqual([]);
  });

  it('quarantines every line of an identity whose lines differ, copies too', () => {
    const sorted = sort(good, rival, good);

    expect([sorted.lines, sorted.duplicates]).toEqual([[], []]);
    expect(reasons(sorted)).toEqual(['conflict', 'conflict', 'conflict']);
    expect(sorted.quarantined[0]?.identity).toBe(`${idAt(1_769_947_200_000)}/1`);
  });

  it('lets no line with a bad MAC evict or double a good one', () => {
    const forged = good.replace('"output":1', '"output":9');

    const sorted = sort(forged, good, forged);

    expect(textsOf(sorted)).toEqual([good]);
    expect(sorted.quarantined).toEqual([
      { ...logged(forged), reason: 'wrong mac', identity: null },
      { ...logged(forged), reason: 'wrong mac', identity: null },
    ]);
  });

  it('says of each unusable line why', () => {
    const fields = fieldsOf(good);

    const sorted = sort(
      'garbage',
      good.slice(0, -1),
      'x'.repeat(900),
      resigned({ ...fields, tollbook: 'usage/2' }),
      resigned({ ...fields, id: 'x' }),
      resigned({ ...fields, attempt: '1' }),
      resigned({ ...fields, attempt: 100 }),
      signed('{"id":"first","tollbook":"usage/1"'),
    );

    expect(sorted.lines).toEqual([]);
    expect(reasons(sorted)).toEqual([
      ...['no mac', 'no mac', 'oversized', 'unknown version'],
      ...['no identity', 'no identity', 'no identity', 'unknown version'],
    ]);
  });

  it('passes on when each line was emitted', () => {
    const { lines } = sortLines(batchOf([logged(good, 7)]), testMac);

    expect(lines.map(loggedLine)).toEqual([logged(good, 7)]);
  });
});

/** Lines of three identities, some in conflict, some forged, some copies. */
const anyLine = fc
  .record({
    byte: fc.integer({ min: 0, max: 2 }),
    output: fc.integer({ min: 0, max: 1 }),
    forged: fc.boolean(),
  })
  .map(({ byte, output, forged }) => {
    const line = usageLine({ id: idAt(1_769_947_200_000, byte), output });
    return forged ? line.replace('"attempt":1', '"attempt":2') : line;
  });

const summary = (sorted: SortedLines) => ({
  lines: textsOf(sorted),
  duplicates: sorted.duplicates.map(({ text }) => text).sort(),
  quarantined: sorted.quarantined.map(({ text, reason }) => `${reason} ${text}`).sort(),
});

describe('sorting', () => {
  it('accounts for every line once, whatever the log gave', () => {
    fc.assert(
      fc.property(fc.array(anyLine), (texts) => {
        const sorted = sort(...texts);
        const { lines, duplicates, quarantined } = sorted;
        const others = [...duplicates, ...quarantined].map(({ text }) => text);
        expect([...textsOf(sorted), ...others].sort()).toEqual([...texts].sort());
        expect([...lines].sort(byIdentity)).toEqual(lines);
      }),
    );
  });

  it('does not depend on the order of the lines', () => {
    const shuffled = fc
      .array(anyLine)
      .chain((texts) =>
        fc.tuple(
          fc.constant(texts),
          fc.shuffledSubarray(texts, { minLength: texts.length, maxLength: texts.length }),
        ),
      );
    fc.assert(
      fc.property(shuffled, ([texts, other]) => {
        expect(summary(sort(...other))).toEqual(summary(sort(...texts)));
      }),
    );
  });

  it('finds the same lines when any of them are delivered again', () => {
    fc.assert(
      fc.property(fc.array(anyLine), fc.nat(), (texts, pick) => {
        const again = texts.length > 0 ? [texts[pick % texts.length]!] : [];
        expect(textsOf(sort(...texts, ...again))).toEqual(textsOf(sort(...texts)));
      }),
    );
  });
});
