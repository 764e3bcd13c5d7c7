/**
 * `node bundle-host.ts FOLDER`, forked: calls bundled functions as Lambda does. A message names one and
 * carries its event; the answer is its output, or its error as Lambda reports it.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

interface Question {
  readonly id: number;
  readonly name: string;
  readonly event: unknown;
}

interface Bundle {
  readonly handler: (event: unknown) => Promise<unknown>;
}

const [, , folder = ''] = process.argv;

async function call({ name, event }: Question): Promise<unknown> {
  const url = pathToFileURL(join(folder, name, 'index.mjs')).href;
  const { handler } = (await import(url)) as Bundle;
  return handler(event);
}

process.on('message', (question: Question) => {
  const { id } = question;
  call(question).then(
    (output) => process.send?.({ id, output }),
    (error: unknown) => {
      const { name: errorType, message: errorMessage } = error as Error;
      process.send?.({ id, error: { errorType, errorMessage } });
    },
  );
});
