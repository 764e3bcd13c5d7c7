import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { NO_TOKENS, TOKEN_METERS } from '../../domain/meters.ts';
import { hasMarker, rawAdmittedMs, rawTokens } from '../../domain/raw-line.ts';
import { encodeUsageLine } from '../../domain/usage-line.ts';
import { anyUsageEvent, testMac, usageLine } from './usage-events.ts';

describe('a raw reading', () => {
  it('finds in every good line what parsing finds', () => {
    fc.assert(
      fc.property(anyUsageEvent, (event) => {
        // A name of another quantity that ends like a meter's is another name.
        const line = encodeUsageLine({ ...event, other: {} }, testMac);
        expect(hasMarker(line)).toBe(true);
        expect(rawAdmittedMs(line)).toBe(event.admitted_ms);
        const tokens = rawTokens(line);
        for (const meter of TOKEN_METERS) expect(tokens[meter]).toBe(event[meter]);
      }),
    );
  });

  it('sees no token meter in a quantity whose name only ends like one', () => {
    const line = usageLine({ output: 0, other: { my_input: 7, output_x: 8 } });

    expect(rawTokens(line)).toEqual({ ...NO_TOKENS, input: 100 });
  });

  it('takes the first match, and nothing that is not whole digits before a comma or brace', () => {
    const read = (text: string) => rawTokens(text).input;

    expect(read('{"input":5,"input":6}')).toBe(5);
    expect(read('"input":-5,"input":6}')).toBe(6);
    expect(read('"input":1.5,')).toBe(0);
    expect(read('"input":"5",')).toBe(0);
    expect(read('"input": 5,')).toBe(0);
    expect(read('"input":5')).toBe(0);
    expect(read('"input":999999999999}')).toBe(999_999_999_999);
    expect(read('"input":1000000000000}')).toBe(0);
  });

  it('reads an instant of admission of thirteen digits only', () => {
    expect(rawAdmittedMs('"admitted_ms":1769947200000,')).toBe(1_769_947_200_000);
    expect(rawAdmittedMs('"admitted_ms":176994720000,')).toBeNull();
    expect(rawAdmittedMs('"admitted_ms":17699472000000,')).toBeNull();
    expect(rawAdmittedMs('"admitted_ms":0769947200000,')).toBeNull();
    expect(rawAdmittedMs('"admitted_ms":1769947200000.5,')).toBeNull();
    expect(rawAdmittedMs('')).toBeNull();
  });

  it('calls a line foreign that does not hold the marker', () => {
    expect(hasMarker('{"level":"info","tollbook":"audit/1"}')).toBe(false);
    expect(hasMarker('garbage "tollbook":"usage/9" garbage')).toBe(true);
  });
});
