/** Least and most of each field of a cron expression: minute, hour, day, month, weekday, year. */
const FIELDS = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [1, 7],
  [1970, 2199],
] as const;

const NAMES: Readonly<Record<string, number>> = {
  ...{ JAN: 1, FEB: 2, MAR: 3, APR: 4, MAY: 5, JUN: 6, JUL: 7, AUG: 8, SEP: 9, OCT: 10, NOV: 11 },
  ...{ DEC: 12, SUN: 1, MON: 2, TUE: 3, WED: 4, THU: 5, FRI: 6, SAT: 7 },
};

/** One value, a range, or either with a step. */
const PART = /^(\*|\?|[A-Z]{3}|\d+)(?:-([A-Z]{3}|\d+))?(?:\/(\d+))?$/;

/**
 * What is wrong with a cron expression of EventBridge Scheduler, which CloudFormation takes unread and
 * the service refuses at deployment; null if nothing is. `L`, `W` and `#` are not taken here.
 */
export function cronFault(schedule: string): string | null {
  const fields = /^cron\((.*)\)$/.exec(schedule)?.[1]?.split(' ');
  if (fields?.length !== FIELDS.length) return `schedule ${schedule}: expected cron(six fields)`;
  for (const [at, [least, most]] of FIELDS.entries()) {
    const field = fields[at] ?? '';
    const fits = field.split(',').every((part) => partFits(part, least, most));
    if (!fits) return `schedule ${schedule}: got ${field}, expected ${least} to ${most}`;
  }
  const [, , day, , weekday] = fields;
  if ((day === '?') === (weekday === '?')) {
    return `schedule ${schedule}: expected ? for the day or for the weekday, and not for both`;
  }
  return null;
}

function partFits(part: string, least: number, most: number): boolean {
  const [, from, to, step] = PART.exec(part) ?? [];
  if (from === undefined) return false;
  if (step !== undefined && (Number(step) < 1 || Number(step) > most)) return false;
  if (from === '*' || from === '?') return to === undefined;
  return [from, to].every((value) => {
    if (value === undefined) return true;
    const number = NAMES[value] ?? Number(value);
    return number >= least && number <= most;
  });
}
