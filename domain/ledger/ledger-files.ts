export interface LedgerEntry {
  /** Relative to the lake, `/`-separated. */
  readonly path: string;
  readonly kind: 'file' | 'symlink' | 'other';
  /** 0 for anything but a file. */
  readonly bytes: number;
}

/** Read access to a lake: all a verifier needs. Every path is relative to the lake. */
export interface LedgerFiles {
  /** Everything but folders and what lies under `work/`, in any order. Follows no symlink. */
  list(): AsyncIterable<LedgerEntry>;
  /** @throws LedgerFileError `unreadable` */
  read(path: string): Promise<Uint8Array>;
  /** Lower-case hex, in bounded memory. @throws LedgerFileError `unreadable` */
  sha256(path: string): Promise<string>;
  /** `num_rows` of a Parquet footer. @throws LedgerFileError */
  parquetRows(path: string): Promise<number>;
  /** Lines of an NDJSON archive, decompressed if it is `.zst`. @throws LedgerFileError */
  inputRows(path: string): Promise<number>;
}

/** A file that cannot be read, or whose content is not what its name says. */
export class LedgerFileError extends Error {
  override readonly name = 'LedgerFileError';
  readonly reason: 'unreadable' | 'malformed';

  constructor(reason: 'unreadable' | 'malformed', message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
