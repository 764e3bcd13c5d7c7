import { describeQueryEngine } from '../contract/query-engine.ts';
import { openLakeFolder } from '../runtime/local/lake-folder.ts';
import { openTrinoAthena } from './trino-athena.ts';

/** Values are quoted by our own code: what Trino reads in them is Trino's to say. */
describeQueryEngine('Athena in front of Trino', async () => {
  const folder = await openLakeFolder();
  const athena = await openTrinoAthena(folder.lake, folder.catalog);
  const close = async () => {
    await athena.close();
    folder.close();
  };
  return { ...folder, sql: athena.sql, close };
});
