import * as fs from 'node:fs';
import { promisify } from 'node:util';

/** Off the event loop's thread: requests go on while the disk works. */
const syncData = promisify(fs.fdatasync);

export interface LogSync {
  /**
   * Resolves when all that was committed before is on the disk. Once it has failed it fails for everybody:
   * a system tells of a lost page once, and a second flush would seem to keep it.
   */
  sync(): Promise<void>;
  close(): void;
}

/**
 * Flushes the write-ahead log of a SQLite file, which SQLite itself would do on this thread. What a commit
 * of `synchronous = NORMAL` wrote is as durable after it as what one of `FULL` did.
 */
export function createLogSync(file: string): LogSync {
  let fd: number | undefined;
  let broken: Error | undefined;
  return {
    sync: async () => {
      if (broken) throw broken;
      try {
        // The log is there from the first commit on, and stays as long as the database is open.
        await syncData((fd ??= fs.openSync(`${file}-wal`, 'r+')));
      } catch (error) {
        broken = error as Error;
        throw error;
      }
    },
    close: () => {
      if (fd !== undefined) fs.closeSync(fd);
      fd = undefined;
    },
  };
}
