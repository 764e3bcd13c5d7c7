/** The price table of `npm run bench` alone: how long a price book takes, and how much memory. */
import { parseArgs } from 'node:util';
import { machine, writeFigures } from './figures.ts';
import { measurePrices, priceTable } from './price-figures.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, json: { type: 'string' } },
});
const rounds = Number(values.rounds);
const prices = await measurePrices(rounds, (text) => process.stderr.write(`${text}\n`));
process.stdout.write(priceTable(prices));
writeFigures(values.json, { machine: machine(), rounds, ...prices });
