import type { Column } from '../../domain/lake.ts';
import {
  CALL_MONEY,
  COUNT,
  INSTANT,
  WIDE_MONEY,
  createNumbers,
  createPlainNumbers,
} from './parquet-numbers.ts';
import { createTexts, createWords } from './parquet-texts.ts';
import { ROW_GROUP_ROWS } from './parquet-values.ts';
import type { PlainValues, ValueList } from './parquet-values.ts';

/** One column of one row group, ready to be written. */
export interface ColumnValues extends PlainValues {
  /** Per row: 1 where it has a value; null for a column that has no absence. */
  readonly levels: Uint8Array | null;
  readonly rows: number;
  readonly nulls: number;
}

/** Gathers one column of a row group, absences too. */
export interface ColumnBuilder {
  /** @returns false if the column cannot hold the value exactly. */
  add(value: unknown): boolean;
  /** What was added, and begins anew. Arrays may be the builder's own: use them before the next `add`. */
  take(): ColumnValues;
}

/** A builder for a column of the lake. */
export function createColumnBuilder(column: Column): ColumnBuilder {
  const values = listOf(column);
  return column.optional ? withAbsences(values) : withoutAbsence(values);
}

function listOf({ type, distinct }: Column): ValueList {
  if (type === 'boolean') return createBooleans();
  if (type === 'text') return distinct ? createTexts() : createWords();
  if (type === 'money') return createNumbers(WIDE_MONEY);
  const form = { instant: INSTANT, count: COUNT, call_money: CALL_MONEY }[type];
  return distinct ? createPlainNumbers(form) : createNumbers(form);
}

function withoutAbsence(values: ValueList): ColumnBuilder {
  let rows = 0;
  return {
    add(value) {
      rows += 1;
      return values.add(value);
    },
    take() {
      const taken = { ...values.take(), levels: null, rows, nulls: 0 };
      rows = 0;
      return taken;
    },
  };
}

function withAbsences(values: ValueList): ColumnBuilder {
  const levels = new Uint8Array(ROW_GROUP_ROWS);
  let [rows, nulls] = [0, 0];
  return {
    add(value) {
      if (value === null) {
        levels[rows] = 0;
        nulls += 1;
      } else {
        levels[rows] = 1;
        if (!values.add(value)) return false;
      }
      rows += 1;
      return true;
    },
    take() {
      const taken = { ...values.take(), levels: levels.subarray(0, rows), rows, nulls };
      [rows, nulls] = [0, 0];
      return taken;
    },
  };
}

/** Booleans are written plainly: what else there is, old readers read wrong. */
function createBooleans(): ValueList {
  const bits = new Uint8Array(Math.ceil(ROW_GROUP_ROWS / 8));
  let [count, trues] = [0, 0];
  return {
    add(value) {
      if (typeof value !== 'boolean') return false;
      if (value) {
        bits[count >> 3] = (bits[count >> 3] ?? 0) | (1 << (count & 7));
        trues += 1;
      }
      count += 1;
      return true;
    },
    take() {
      const plain = bits.slice(0, Math.ceil(count / 8));
      const bounds = count === 0 ? [] : [trues === count, trues > 0];
      const taken = { min: bounds[0], max: bounds[1], plain, distinct: count, indexes: null };
      bits.fill(0);
      [count, trues] = [0, 0];
      return taken;
    },
  };
}
