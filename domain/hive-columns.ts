import type { Column, TableSchema } from './lake.ts';

/** A column as Glue and Hive DDL have it. */
export interface HiveColumn {
  readonly name: string;
  readonly type: string;
}

/** The columns of a table in their physical order, in the types of Hive. */
export function hiveColumns({ columns }: TableSchema): HiveColumn[] {
  return columns.map((column) => ({ name: column.name, type: hiveType(column) }));
}

function hiveType({ type }: Column): string {
  switch (type) {
    case 'text':
      return 'string';
    case 'count':
      return 'bigint';
    case 'boolean':
      return 'boolean';
    case 'instant':
      return 'timestamp';
    case 'call_money':
      return 'decimal(18,12)';
    case 'money':
      return 'decimal(38,12)';
  }
}
