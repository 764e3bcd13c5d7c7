import type { Column } from '../../domain/lake.ts';
import {
  CALL_MONEY,
  COUNT,
  INSTANT,
  WIDE_MONEY,
  Numbers,
  PlainNumbers,
} from './parquet-numbers.ts';
import { Texts, Words } from './parquet-texts.ts';
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
  return column.optional ? new OptionalColumn(values) : new RequiredColumn(values);
}

function listOf({ type, distinct }: Column): ValueList {
  if (type === 'boolean') return new Booleans();
  if (type === 'text') return distinct ? new Texts() : new Words();
  if (type === 'money') return new Numbers(WIDE_MONEY);
  const form = { instant: INSTANT, count: COUNT, call_money: CALL_MONEY }[type];
  return distinct ? new PlainNumbers(form) : new Numbers(form);
}

class RequiredColumn implements ColumnBuilder {
  readonly #values: ValueList;
  #rows = 0;

  constructor(values: ValueList) {
    this.#values = values;
  }

  add(value: unknown): boolean {
    this.#rows += 1;
    return this.#values.add(value);
  }

  take(): ColumnValues {
    const taken = { ...this.#values.take(), levels: null, rows: this.#rows, nulls: 0 };
    this.#rows = 0;
    return taken;
  }
}

class OptionalColumn implements ColumnBuilder {
  readonly #values: ValueList;
  readonly #levels = new Uint8Array(ROW_GROUP_ROWS);
  #rows = 0;
  #nulls = 0;

  constructor(values: ValueList) {
    this.#values = values;
  }

  add(value: unknown): boolean {
    if (value === null) {
      this.#levels[this.#rows] = 0;
      this.#nulls += 1;
    } else {
      this.#levels[this.#rows] = 1;
      if (!this.#values.add(value)) return false;
    }
    this.#rows += 1;
    return true;
  }

  take(): ColumnValues {
    const [rows, nulls] = [this.#rows, this.#nulls];
    [this.#rows, this.#nulls] = [0, 0];
    return { ...this.#values.take(), levels: this.#levels.subarray(0, rows), rows, nulls };
  }
}

/** Booleans are written plainly: what else there is, old readers read wrong. */
class Booleans implements ValueList {
  readonly #bits = new Uint8Array(Math.ceil(ROW_GROUP_ROWS / 8));
  #count = 0;
  #trues = 0;

  add(value: unknown): boolean {
    if (typeof value !== 'boolean') return false;
    if (value) {
      const byte = this.#count >> 3;
      this.#bits[byte] = (this.#bits[byte] ?? 0) | (1 << (this.#count & 7));
      this.#trues += 1;
    }
    this.#count += 1;
    return true;
  }

  take(): PlainValues {
    const [count, trues] = [this.#count, this.#trues];
    const plain = this.#bits.slice(0, Math.ceil(count / 8));
    const bounds = count === 0 ? [] : [trues === count, trues > 0];
    this.#bits.fill(0);
    [this.#count, this.#trues] = [0, 0];
    return { min: bounds[0], max: bounds[1], plain, distinct: count, indexes: null };
  }
}
