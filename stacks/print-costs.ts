import {
  USUAL_CALL,
  costPerMillionCalls,
  costPerMonth,
  costPerThousand,
  costTable,
  priceTable,
} from './cost-model.ts';

/** `npm run costs`: the tables of docs/deploy.md, to be put there when the model changes. */
const tables = [
  costTable(costPerMillionCalls(USUAL_CALL)),
  costTable(costPerMonth({ network: true, firewall: true })),
  costTable(costPerThousand(), 4),
  priceTable(),
];
process.stdout.write(`${tables.join('\n\n')}\n`);
