import { createTrinoClient } from './trino/client.ts';
import type { TrinoClient } from './trino/client.ts';
import type { TrinoServer } from './trino/start.ts';

const VARIABLES = { url: 'TOLLBOOK_TEST_TRINO', metastore: 'TOLLBOOK_TEST_TRINO_METASTORE' };

/** Environment that tells the tests where the server is. */
export function trinoEnvironment({ url, metastore }: TrinoServer): Record<string, string> {
  return { [VARIABLES.url]: url, [VARIABLES.metastore]: metastore };
}

/** The server that `npm run test:athena` started. */
export function theTrino(): TrinoClient {
  return createTrinoClient(read(VARIABLES.url));
}

/** Where it keeps a folder for each schema. */
export function theMetastore(): string {
  return read(VARIABLES.metastore);
}

function read(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name}: got nothing; run the tests by: npm run test:athena`);
  return value;
}
