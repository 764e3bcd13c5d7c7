import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { END_STAMP_MS, FIRST_STAMP_MS } from '../../domain/instant.ts';
import { TOKENS_MAX, TOKEN_METERS } from '../../domain/meters.ts';
import { CALL_LIMIT_PUSD, picoUsd } from '../../domain/money.ts';
import { macFaultOf } from '../../domain/mac-fault.ts';
import {
  TEXT_LIMITS,
  USAGE_LINE_LIMIT,
  UsageLineError,
  encodeUsageLine,
  fitsUsageLine,
  parseUsageLine,
} from '../../domain/usage-line.ts';
import type { UsageEvent } from '../../domain/usage-event.ts';
import {
  anyUsageEvent,
  fieldsOf,
  idAt,
  resigned,
  signed,
  testMac,
  usageEvent,
  usageLine,
  without,
} from './usage-events.ts';

/** What reading says of a line, MAC first. */
function faultOf(line: string): string | null {
  const fault = macFaultOf(line, testMac);
  if (fault !== null) return fault;
  const parsed = parseUsageLine(line);
  return parsed.ok ? null : parsed.fault;
}

const TEXT_FIELDS = Object.keys(TEXT_LIMITS) as (keyof typeof TEXT_LIMITS)[];

describe('a usage line', () => {
  it('holds its fields in one order, compact, its MAC over the bytes before it', () => {
    const line = usageLine({ reserved: picoUsd(3_300_000_000n), other: { image: 2 } });

    // 3.3e9 pico-USD are 0.0033 USD.
    // 1769947200000 is 0x019c1912fa00.
    const before =
      '{"tollbook":"usage/1","id":"019c1912-fa00-7000-8000-000000000000","attempt":1,' +
      '"admitted_ms":1769947200000,"tenant":"tn_a","cost_center":"retail","key":"k1",' +
      '"project":null,"api":"openai.chat","model_requested":"amazon.nova-lite-v1:0",' +
      '"model":"amazon.nova-lite-v1:0","scope":"regional","region":"us-east-1",' +
      '"tier":"standard","mode":"on_demand","latency_class":"standard","context":"base",' +
      '"outcome":"ok","status":200,"stream":false,"settled_ms":1769947200250,' +
      '"latency_ms":250,"first_byte_ms":40,"input":100,"cache_read":0,"cache_write_5m":0,' +
      '"cache_write_1h":0,"output":20,"other":{"image":2},"usage_source":"reported",' +
      '"reserved":"0.0033","upstream_id":"up-1"';
    expect(line).toBe(`${before},"mac":"${testMac(before)}"}`);
    expect(macFaultOf(line, testMac)).toBeNull();
  });

  it('carries every legal event there and back, as printable ASCII under the limit', () => {
    fc.assert(
      fc.property(anyUsageEvent, (event) => {
        fc.pre(isFitting(event));
        const line = encodeUsageLine(event, testMac);
        expect(line).toMatch(/^[\x20-\x7e]*$/);
        expect(line.length).toBeLessThan(USAGE_LINE_LIMIT);
        expect(macFaultOf(line, testMac)).toBeNull();
        const parsed = parseUsageLine(line);
        expect(parsed).toMatchObject({ ok: true });
        if (parsed.ok) expect(withoutFrame(parsed.event)).toEqual(event);
      }),
    );
  });

  it('fits whatever the call comes to, if its names were found to fit', () => {
    const most = { input: TOKENS_MAX, cache_read: TOKENS_MAX, output: TOKENS_MAX };
    const worst = { ...most, cache_write_5m: TOKENS_MAX, cache_write_1h: TOKENS_MAX };
    fc.assert(
      fc.property(anyUsageEvent, (event) => {
        fc.pre(fitsUsageLine(event) && Object.keys(event.other).length === 0);
        const line = encodeUsageLine({ ...event, ...worst, attempt: 99 }, testMac);
        expect(line.length).toBeLessThan(USAGE_LINE_LIMIT);
      }),
    );
  });

  it('that could not be written is found out before the call', () => {
    const names = Object.fromEntries(
      TEXT_FIELDS.map((field) => [field, 'x'.repeat(TEXT_LIMITS[field])]),
    );

    expect(fitsUsageLine(usageEvent(names as Partial<UsageEvent>))).toBe(false);
    expect(fitsUsageLine(usageEvent())).toBe(true);
  });

  it('of a call by the longest names stays under 900 bytes', () => {
    const texts = Object.fromEntries(
      TEXT_FIELDS.map((field) => [field, 'x'.repeat(TEXT_LIMITS[field])]),
    );
    const longest = usageEvent({
      ...(texts as Partial<UsageEvent>),
      // Ids of keys are issued with 12 letters; the longest id of a model has 48.
      ...{ key: 'x'.repeat(12), model: 'x'.repeat(48), api: 'bedrock.converse-stream' },
      ...{
        attempt: 99,
        outcome: 'upstream_error',
        latency_ms: 1_800_000,
        first_byte_ms: 1_800_000,
      },
      ...{ latency_class: 'optimized', usage_source: 'estimated' },
      ...{ input: 9_999_999, cache_read: 9_999_999, output: 9_999_999 },
      reserved: picoUsd(CALL_LIMIT_PUSD - 1n),
    });

    const line = encodeUsageLine(longest, testMac);

    expect(line.length).toBeLessThan(USAGE_LINE_LIMIT);
    expect(faultOf(line)).toBeNull();
    expect(fieldsOf(line)).toMatchObject({ model_requested: 'x'.repeat(16), upstream_id: null });
    expect(fieldsOf(line)).toMatchObject({ project: 'x'.repeat(40), cost_center: 'x'.repeat(40) });
  });

  it('has room for every unit of a guardrail, under shorter names', () => {
    const other = {
      ...{ guardrail_topic_unit: 101, guardrail_content_unit: 102, guardrail_content_image: 103 },
      ...{ guardrail_word_unit: 104, guardrail_sensitive_information_unit: 105 },
      ...{ guardrail_contextual_grounding_unit: 106, guardrail_automated_reasoning_unit: 107 },
      guardrail_unknown_unit: 108,
    };
    const event = usageEvent({
      ...{ tenant: 'x'.repeat(19), key: 'x'.repeat(14), api: 'bedrock.converse-stream' },
      ...{ model: 'anthropic.claude-sonnet-4-6-20260101-v1:0', region: 'ap-northeast-1' },
      ...{ other, reserved: picoUsd(123_456_789_012n) },
    });

    const line = encodeUsageLine(event, testMac);

    expect(line).toContain('"other":{"g_topic":101,"g_content":102,"g_image":103,"g_word":104,');
    expect(parseUsageLine(line)).toMatchObject({ ok: true, event: { other } });
    expect(line.length).toBeLessThan(USAGE_LINE_LIMIT);
  });

  it('is never written with a meter that bears the line name of another', () => {
    expect(() => usageLine({ other: { g_topic: 1 } })).toThrow('field other');
  });

  it('that would be too long cuts what the caller wrote, by no more than it must', () => {
    const asked = `arn:aws:bedrock:us-east-1:123456789012:inference-profile/${'y'.repeat(71)}`;
    const long = { model: 'x'.repeat(64), project: 'x'.repeat(40), tenant: 'x'.repeat(28) };

    const line = encodeUsageLine(usageEvent({ ...long, model_requested: asked }), testMac);

    expect(line).toHaveLength(USAGE_LINE_LIMIT - 1);
    const { model_requested: kept, upstream_id: upstream } = fieldsOf(line);
    expect(asked.startsWith(kept as string)).toBe(true);
    expect(upstream).toBe('up-1');
    expect(faultOf(line)).toBeNull();
  });

  it('without room for its other meters says that there were some, and waits for a price', () => {
    const tokens = Object.fromEntries(TOKEN_METERS.map((meter) => [meter, TOKENS_MAX]));
    const other = { ['a'.repeat(40)]: TOKENS_MAX, ['b'.repeat(40)]: TOKENS_MAX };
    const long = { tenant: 'x'.repeat(28), model: 'x'.repeat(64), project: 'x'.repeat(40) };

    const line = encodeUsageLine(usageEvent({ ...tokens, ...long, other }), testMac);

    expect(line).toContain('"other":{"u":1}');
    expect(parseUsageLine(line)).toMatchObject({ ok: true, event: { other: { untold_unit: 1 } } });
  });

  it('that cannot be short enough is refused before it is signed', () => {
    const names = Object.fromEntries(
      TEXT_FIELDS.map((field) => [field, 'x'.repeat(TEXT_LIMITS[field])]),
    );
    const tokens = Object.fromEntries(TOKEN_METERS.map((meter) => [meter, TOKENS_MAX]));
    const unsigned = () => encodeUsageLine(usageEvent({ ...tokens, ...names }), () => '');

    expect(unsigned).toThrow(/got \d+ bytes, expected under 900/);
  });

  it('is refused when any one of its characters is another', () => {
    const line = usageLine();

    for (let at = 0; at < line.length; at += 1) {
      for (const bit of [1, 32]) {
        const flipped = String.fromCharCode(line.charCodeAt(at) ^ bit);
        expect(faultOf(line.slice(0, at) + flipped + line.slice(at + 1))).not.toBeNull();
      }
    }
  });

  it('is refused when it is cut short anywhere, or goes on', () => {
    const line = usageLine();

    for (let end = 0; end < line.length; end += 1) {
      expect(faultOf(line.slice(0, end))).not.toBeNull();
    }
    expect(faultOf(`${line} `)).toBe('no mac');
    expect(faultOf(line + line)).not.toBeNull();
  });

  it('is refused under the MAC of another line or another key', () => {
    const [line, other] = [usageLine(), usageLine({ output: 21 })];

    expect(faultOf(line.slice(0, -45) + other.slice(-45))).toBe('wrong mac');
    expect(
      macFaultOf(line, (signed) => testMac(Buffer.concat([Buffer.from(signed), Buffer.of(32)]))),
    ).toBe('wrong mac');
  });

  it('of 900 characters or more is refused unread', () => {
    const unread = () => {
      throw new Error('read');
    };

    expect(macFaultOf('x'.repeat(USAGE_LINE_LIMIT), unread)).toBe('oversized');
    expect(macFaultOf('x'.repeat(50_000_000), unread)).toBe('oversized');
  });
});

/** Do the texts of an event leave room for its frame? Lines that do not are tested by hand. */
function isFitting(event: UsageEvent): boolean {
  const texts = TEXT_FIELDS.reduce((sum, field) => sum + (event[field]?.length ?? 0), 0);
  return texts + JSON.stringify(event.other).length < 180;
}

/** `JSON.parse` leaves the frame on the event. */
function withoutFrame(event: UsageEvent): UsageEvent {
  return without({ ...event }, 'tollbook', 'mac') as unknown as UsageEvent;
}

/** Values that no field of their kind may hold. */
const BAD_COUNTS = [-1, 0.5, TOKENS_MAX + 1, '1', null, true, [1], {}];
const BAD_STAMPS = [FIRST_STAMP_MS - 1, END_STAMP_MS, 1.5e12 + 0.5, '1769947200000', null];
const BAD_WORDS = ['', 'other', 'Regional', null, 1, true, ['standard'], {}];
const BAD_OTHERS = [
  ...[null, [], 'image', 1, { image: -1 }, { image: 0.5 }, { image: '1' }, { Image: 1 }],
  ...[{ '': 1 }, { ['x'.repeat(41)]: 1 }, { image: { a: 1 } }],
  ...[Object.fromEntries('abcdefghijk'.split('').map((meter) => [meter, 1]))],
  ...[{ g_topic: 1, guardrail_topic_unit: 1 }],
];
const BAD_MONEY = [
  ...[1, '', '-1', '1.0', '01', '1e3', '1000000', '0.0000000000001', '-0', true, {}],
];

const OUT_OF_RANGE: readonly (readonly [string, readonly unknown[]])[] = [
  ['id', ['', 'x', idAt(2e12).toUpperCase(), 1, null]],
  ['attempt', [...BAD_COUNTS, 0, 100]],
  ['admitted_ms', BAD_STAMPS],
  ['settled_ms', BAD_STAMPS],
  ...['scope', 'tier', 'mode', 'latency_class', 'context', 'outcome', 'usage_source'].map(
    (field) => [field, BAD_WORDS] as const,
  ),
  ['stream', ['true', 0, 1, null]],
  ['status', [...BAD_COUNTS, 600]],
  ['latency_ms', BAD_COUNTS],
  ['first_byte_ms', BAD_COUNTS.filter((value) => value !== null)],
  ...TOKEN_METERS.map((meter) => [meter, BAD_COUNTS] as const),
  ['other', BAD_OTHERS],
  ['reserved', BAD_MONEY],
];

describe('a field of a usage line', () => {
  it.each(OUT_OF_RANGE)(
    '%s out of its range is refused by name, even under a right MAC',
    (field, values) => {
      const fields = fieldsOf(usageLine());

      for (const value of values) {
        expect([value, faultOf(resigned({ ...fields, [field]: value }))]).toEqual([
          value,
          `field ${field}`,
        ]);
      }
    },
  );

  it.each(TEXT_FIELDS)('%s takes printable ASCII up to its limit and nothing else', (field) => {
    const fields = fieldsOf(usageLine());
    const withText = (value: unknown) => faultOf(resigned({ ...fields, [field]: value }));
    const limit = TEXT_LIMITS[field];

    expect(withText('~'.repeat(limit))).toBeNull();
    const refused = [
      ...['', 'x'.repeat(limit + 1), 'a"b', 'a\\b', 'a\nb', 'a\u0000b', 'a\u007fb', 'é'],
      ...['\u2028', '\u2029', '\ud800', '\udc00x', '\u{1f600}', '\ufeff', '\u0085', 1, true, ['a']],
    ];
    for (const value of refused)
      expect([value, withText(value)]).toEqual([value, `field ${field}`]);
  });

  it('may be null only where the domain has a real absence', () => {
    const fields = fieldsOf(usageLine());
    const nullable = ['cost_center', 'project', 'first_byte_ms', 'reserved', 'upstream_id'];

    for (const field of Object.keys(fields)) {
      if (field === 'mac') continue;
      const fault = faultOf(resigned({ ...fields, [field]: null }));
      expect([field, fault === null]).toEqual([field, nullable.includes(field)]);
    }
  });

  it('may not be missing, and none may be added', () => {
    const fields = fieldsOf(usageLine());

    for (const field of Object.keys(fields)) {
      if (field === 'mac') continue;
      const rest = without(fields, field);
      expect([field, faultOf(resigned(rest))]).not.toEqual([field, null]);
      expect(faultOf(resigned({ ...rest, added: 1 }))).not.toBeNull();
    }
    expect(faultOf(resigned({ ...fields, added: 1 }))).toBe('unknown or missing fields');
  });

  it('of time must be the time inside the id', () => {
    const fields = fieldsOf(usageLine());
    const later = { ...fields, admitted_ms: Number(fields['admitted_ms']) + 1 };

    expect(faultOf(resigned(later))).toBe('id and admitted_ms differ');
  });

  it('of version tells other versions apart', () => {
    const fields = fieldsOf(usageLine());

    for (const tollbook of ['usage/2', 'usage/1 ', '', null, 1]) {
      expect(faultOf(resigned({ ...fields, tollbook }))).toBe('unknown version');
    }
  });
});

describe('hostile JSON under a right MAC', () => {
  it.each([
    ['no JSON', '{"tollbook":"usage/1"}', 'not JSON'],
    ['no fields', '{"tollbook":"usage/1"', 'unknown or missing fields'],
    ['a list', '[{"tollbook":"usage/1"}', 'not JSON'],
    ['a constructor as a field', '{"constructor":{"tollbook":"usage/1"}', 'unknown version'],
    ['a prototype', '{"__proto__":{"tollbook":"usage/1"}', 'unknown version'],
    ['depth', `{"a":${'['.repeat(400)}${']'.repeat(400)}`, 'unknown version'],
  ])('is refused: %s', (_, text, fault) => {
    expect(faultOf(signed(text))).toBe(fault);
  });

  it('is refused: anything but an object', () => {
    for (const line of ['null', '1', '"text"', '[]', 'true', '', '{', '\u0000']) {
      expect(parseUsageLine(line)).toMatchObject({ ok: false });
    }
  });

  it('cannot make a count of what is not written as one', () => {
    const line = usageLine();
    const unsigned = line.slice(0, line.indexOf(',"mac"'));

    for (const text of ['01', '+1', '0x1', 'NaN', '1.5', '1e400', '-1', '1_000']) {
      expect(faultOf(signed(unsigned.replace('"input":100', `"input":${text}`)))).not.toBeNull();
    }
  });

  it('never throws, whatever it is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (text) => {
        expect(faultOf(text)).not.toBeNull();
        expect(parseUsageLine(text)).toMatchObject({ ok: false });
        expect(faultOf(signed(text.slice(0, 300)))).not.toBeNull();
      }),
    );
  });
});

describe('an event that no line can carry', () => {
  it.each([
    ['a broken counter', { output: -1 }, 'field output'],
    ['half a token', { input: 0.5 }, 'field input'],
    ['a quote in a name', { tenant: 'a"b' }, 'field tenant'],
    ['a million dollars', { reserved: picoUsd(CALL_LIMIT_PUSD) }, 'field reserved'],
    ['a foreign id', { id: idAt(2e12) }, 'id and admitted_ms differ'],
  ])('is found before anything is written: %s', (_, differs, fault) => {
    const encode = () => encodeUsageLine(usageEvent(differs), testMac);

    expect(encode).toThrow(UsageLineError);
    expect(encode).toThrow(fault);
  });
});
