import { randomBytes } from 'node:crypto';
import { AthenaClient } from '@aws-sdk/client-athena';
import type { QueryEngine } from '../../handlers/ports.ts';
import { createAthenaEngine } from '../../runtime/aws/lake/athena-engine.ts';
import { createJumpingClock } from '../../runtime/local/clocks.ts';
import type { LocalCatalog } from '../../runtime/local/lake/manifest-catalog.ts';
import { serveAthena } from '../aws/stand-ins/athena-server.ts';
import { tablesOfFolder } from '../aws/stand-ins/athena-tables.ts';
import { clientOf } from '../aws/stand-ins/clients.ts';
import { theTrino } from './environment.ts';
import type { TrinoAnswer } from './trino/client.ts';
import { createTrinoTables } from './trino/tables.ts';

/** Athena as the product speaks to it, with Trino behind its protocol, over a lake folder. */
export interface TrinoAthena {
  /** The product's own adapter. */
  readonly sql: QueryEngine;
  /** The schema that the tables are in. */
  readonly database: string;
  /** What Trino answers to a statement as the adapter sent it, with types. */
  answer(sql: string, values?: Readonly<Record<string, string>>): Promise<TrinoAnswer>;
  /** Statements that were sent, as they were sent. */
  readonly sent: readonly string[];
  /** Shows Trino what the catalogue says now; before each statement of the adapter that is done anyway. */
  register(): Promise<void>;
  close(): Promise<void>;
}

/** Opens tables of a name that nobody else has. */
export async function openTrinoAthena(lake: string, catalog: LocalCatalog): Promise<TrinoAthena> {
  const trino = theTrino();
  const database = `lake_${randomBytes(6).toString('hex')}`;
  const databases = { database, candidateDatabase: `${database}_candidate` };
  const tables = createTrinoTables(trino, tablesOfFolder(lake, catalog, databases), lake);
  const server = await serveAthena(tables);
  const sql = createAthenaEngine({
    client: new AthenaClient(clientOf(server.endpoint)),
    ...{ workGroup: 'tollbook', ...databases, clock: createJumpingClock(0) },
  });
  return {
    ...{ sql, database, sent: server.ran, register: tables.register, close: server.close },
    answer: async (text, values = {}) => {
      await sql.rows(text, values);
      return trino.ask(server.ran.at(-1) ?? '', database);
    },
  };
}
