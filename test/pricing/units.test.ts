import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readUnit, unitPrice } from '../../pricing/units.ts';

it.each([
  ['1K tokens', 'token', 1_000n],
  ['1M tokens', 'token', 1_000_000n],
  ['TextUnit', 'text_unit', 1n],
  ['Images Processed', 'image', 1n],
  ['Text Requests', 'request', 1n],
  ['Search Units', 'search_unit', 1n],
  ['second(s)', 'second', 1n],
])('reads the unit %s', (unit, expected, per) => {
  expect(readUnit(unit, '')).toMatchObject({ unit: expected, per });
});

it.each(['10K tokens', 'tokens ', 'hour', '1M TPM Hour', 'Model/month', 'Units', ''])(
  'does not guess the unit %j',
  (unit) => {
    expect(readUnit(unit, 'Thousand Input Tokens')).toBeNull();
  },
);

it('divides exactly or not at all', () => {
  const amounts = fc.bigInt({ min: 0n, max: 10n ** 13n });

  fc.assert(
    fc.property(amounts, fc.constantFrom(1n, 1_000n, 1_000_000n), (tenths, per) => {
      const digits = tenths.toString().padStart(11, '0');
      const result = unitPrice(`${digits.slice(0, -10)}.${digits.slice(-10)}`, per);
      const pico = tenths * 100n; // ten places of USD, twelve of pico-USD
      if (pico % per === 0n) expect(result).toEqual({ kind: 'price', price: pico / per });
      else expect(result).toMatchObject({ reason: 'price finer than a pico-USD per unit' });
    }),
  );
});
