import { openDataFolder } from '../data-folder.ts';
import { ask, openLake } from '../lake/lake-reader.ts';
import { EXIT, UsageError, oneOf, readArgs, required } from './command.ts';
import type { Command } from './command.ts';
import { csvText, jsonRows, printLine, tableText } from './output.ts';

export const queryCommand: Command = {
  name: 'query',
  summary: 'ask SQL of the sealed lake: views usage, charges, quarantine, prices',
  usage: '--data DIR "SELECT …" [--format table|json|csv|arrow]',
  help: [
    '--format  table for people; json and csv print money unrounded; arrow writes an Arrow IPC',
    '          stream to standard output (pandas: pd.read_feather(path, dtype_backend="pyarrow"))',
  ],
  async run(args) {
    const { values, positionals } = readArgs(args, {
      data: { type: 'string' },
      format: { type: 'string' },
    });
    const [sql] = positionals;
    if (sql === undefined || positionals.length > 1) {
      throw new UsageError(`query: got ${positionals.length} statements, expected one in quotes`);
    }
    const formats = ['table', 'json', 'csv', 'arrow'] as const;
    const format = values['json'] ? 'json' : oneOf(values, 'format', [...formats]);
    const engine = await openLake(openDataFolder(required(values, 'data')).lake);
    try {
      if (format === 'arrow') {
        const { arrowStream } = await import('../lake/arrow-export.ts');
        process.stdout.write(await arrowStream(await engine.connect(sql), sql));
        return EXIT.fine;
      }
      const result = await ask(engine, sql);
      if (format === 'csv') printLine(csvText(result));
      else if (format === 'json') printLine(JSON.stringify({ rows: jsonRows(result) }, null, 2));
      else printLine(tableText(result));
      return EXIT.fine;
    } finally {
      engine.close();
    }
  },
};
