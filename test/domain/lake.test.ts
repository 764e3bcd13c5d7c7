import { describe, expect, it } from '@jest/globals';
import { PRICES_TABLE, TABLES, USAGE_TABLE, runFolder, schemaText } from '../../domain/lake.ts';
import { TOKEN_METERS } from '../../domain/meters.ts';
import { parseWindow } from '../../domain/window.ts';
import { usageEvent } from './usage-events.ts';

const ALL = [...TABLES, PRICES_TABLE];
const typeOf = (table: string, name: string) =>
  ALL.find((one) => one.name === table)?.columns.find((column) => column.name === name)?.type;

describe('the tables of the lake', () => {
  it('name each column once, in lower case', () => {
    for (const { name, columns } of ALL) {
      const names = columns.map((column) => column.name);
      expect([name, new Set(names).size]).toEqual([name, names.length]);
      expect(names.join(' ')).toMatch(/^[a-z0-9_ ]+$/);
    }
  });

  it('give a name that two tables share one type, but for the money of a call', () => {
    const types = new Map<string, string>();
    for (const { columns } of ALL) {
      for (const { name, type } of columns) {
        expect([name, types.get(name) ?? type]).toEqual([name, type]);
        types.set(name, type);
      }
    }
  });

  it('keep the money of one call narrow and summed money wide', () => {
    expect(typeOf('usage', 'cost')).toBe('call_money');
    expect(typeOf('usage', 'reserved')).toBe('call_money');
    expect(typeOf('charges', 'amount')).toBe('money');
    expect(typeOf('prices', 'unit_price')).toBe('money');
  });

  it('hold every field of a usage event, times as instants', () => {
    const columns = USAGE_TABLE.columns.map(({ name }) => name);
    const renamed: Record<string, string> = {
      admitted_ms: 'admitted_at',
      settled_ms: 'settled_at',
    };

    for (const field of Object.keys(usageEvent())) {
      expect(columns).toContain(renamed[field] ?? field);
    }
    for (const meter of TOKEN_METERS) expect(typeOf('usage', meter)).toBe('count');
  });

  it('let an absence be only where the domain has one', () => {
    const optional = USAGE_TABLE.columns
      .filter((column) => column.optional)
      .map(({ name }) => name);

    expect(optional).toEqual([
      ...['cost_center', 'project', 'first_byte_ms', 'other', 'reserved', 'upstream_id', 'cost'],
      'unpriced_reason',
    ]);
  });

  it('put the files of a run under its table, window and run', () => {
    const window = parseWindow('2026-02-01T09:00:00.000Z');

    expect(runFolder('charges', window, '0123456789abcdef')).toBe(
      'data/charges/dt=2026-02-01/hour=09/run=0123456789abcdef',
    );
  });

  it('are told apart by their text: any change of a column is another schema', () => {
    expect(schemaText()).toBe(JSON.stringify(ALL));
  });
});
