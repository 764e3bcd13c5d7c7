import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LedgerEntry, LedgerFiles } from '../../domain/ledger/ledger-files.ts';
import { ledgerFolder } from '../../runtime/local/ledger/ledger-folder.ts';
import { sha256 } from './build-ledger.ts';

/** A lake held in memory, of which one file at a time can be replaced: for thousands of runs. */
export class MemoryLake implements LedgerFiles {
  readonly files = new Map<string, Uint8Array>();
  readonly #digests = new Map<Uint8Array, string>();
  readonly #rows = new Map<string, number>();

  static async of(folder: string): Promise<MemoryLake> {
    const lake = new MemoryLake();
    const onDisk = ledgerFolder(folder);
    for await (const { path } of onDisk.list()) {
      lake.files.set(path, new Uint8Array(readFileSync(join(folder, path))));
      if (path.endsWith('.parquet')) lake.#rows.set(path, await onDisk.parquetRows(path));
      if (path.endsWith('.zst')) lake.#rows.set(path, await onDisk.inputRows(path));
    }
    return lake;
  }

  async *list(): AsyncGenerator<LedgerEntry> {
    await Promise.resolve();
    for (const [path, { length }] of this.files) yield { path, kind: 'file', bytes: length };
  }

  read(path: string): Promise<Uint8Array> {
    return Promise.resolve(this.files.get(path)!);
  }

  sha256(path: string): Promise<string> {
    const bytes = this.files.get(path)!;
    const known = this.#digests.get(bytes) ?? sha256(bytes);
    this.#digests.set(bytes, known);
    return Promise.resolve(known);
  }

  parquetRows(path: string): Promise<number> {
    return Promise.resolve(this.#rows.get(path)!);
  }

  inputRows(path: string): Promise<number> {
    return Promise.resolve(this.#rows.get(path)!);
  }
}
