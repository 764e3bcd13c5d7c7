/**
 * Money is a whole number of pico-USD (1e-12 USD). Nothing here rounds: a value that does not fit
 * is refused, and only a statement's last line may round (see `docs/adr/0004-pico-usd.md`).
 */
declare const picoUsdBrand: unique symbol;

/** A whole number of 1e-12 USD. Negative in corrections. */
export type PicoUsd = bigint & { readonly [picoUsdBrand]: true };

/** Decimal places of USD that a pico-USD keeps. */
export const MONEY_SCALE = 12;

/** One call may cost less than this: `DECIMAL(18,12)` holds six places before the point. */
export const CALL_LIMIT_PUSD = 10n ** 18n;

const PICO_PER_USD = 10n ** 12n;
const DECIMAL_USD = /^(-?)(0|[1-9][0-9]{0,25})(?:\.([0-9]+))?$/;

/** Text that is not an amount of money, or an amount finer than a pico-USD. */
export class MoneyError extends Error {
  override readonly name = 'MoneyError';
}

/** Brands a whole number of pico-USD. */
export function picoUsd(value: bigint): PicoUsd {
  return value as PicoUsd;
}

/** Exact sum. */
export function sumUsd(amounts: Iterable<bigint>): PicoUsd {
  let sum = 0n;
  for (const amount of amounts) sum += amount;
  return picoUsd(sum);
}

/**
 * Reads a plain decimal text of USD, such as `0.0033` or `-12`.
 *
 * @throws MoneyError if the text is not a plain decimal (no exponent, no plus sign, no spaces) or
 * has a non-zero digit after the twelfth place.
 */
export function parseUsd(text: string): PicoUsd {
  const small = smallUsd(text);
  if (small >= 0) return picoUsd(BigInt(small));
  const match = DECIMAL_USD.exec(text);
  if (!match) throw new MoneyError(`amount: got ${quote(text)}, expected a plain decimal of USD`);
  const [, sign, whole = '0', fraction = ''] = match;
  const finer = fraction.slice(MONEY_SCALE);
  if (/[1-9]/.test(finer)) {
    throw new MoneyError(`amount: got ${text}, expected at most ${MONEY_SCALE} decimal places`);
  }
  const pico =
    BigInt(whole) * PICO_PER_USD + BigInt(fraction.slice(0, MONEY_SCALE).padEnd(MONEY_SCALE, '0'));
  return picoUsd(sign === '-' ? -pico : pico);
}

const [POINT, ZERO, NINE] = [46, 48, 57];
/** Digits before the point up to which a double holds every pico-USD. */
const SMALL_WHOLE = 3;

/**
 * Pico-USD of a plain decimal below 1,000 USD with at most twelve places, or -1 for any other text.
 * Every usage line has one: this is the way without a pattern and without big integers.
 */
function smallUsd(text: string): number {
  const point = text.indexOf('.');
  const whole = point < 0 ? text.length : point;
  const places = point < 0 ? 0 : text.length - point - 1;
  if (whole === 0 || whole > SMALL_WHOLE || places > MONEY_SCALE) return -1;
  if (point === text.length - 1 || (whole > 1 && text.charCodeAt(0) === ZERO)) return -1;
  let value = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === POINT && at === point) continue;
    if (code < ZERO || code > NINE) return -1;
    value = value * 10 + (code - ZERO);
  }
  return value * 10 ** (MONEY_SCALE - places);
}

/** Writes an amount of USD without rounding and without trailing zeros: `0.0033`, `-12`, `0`. */
export function formatUsd(amount: bigint): string {
  const digits = (amount < 0n ? -amount : amount).toString().padStart(MONEY_SCALE + 1, '0');
  const whole = digits.slice(0, -MONEY_SCALE);
  const fraction = digits.slice(-MONEY_SCALE).replace(/0+$/, '');
  return `${amount < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

/**
 * Rounds half away from zero to `places` decimals, for the last line of a statement only.
 *
 * @returns the text shown, and what rounding added (shown minus exact), which the statement prints.
 */
export function roundUsd(amount: bigint, places: number): { shown: string; difference: PicoUsd } {
  const unit = 10n ** BigInt(MONEY_SCALE - places);
  const magnitude = amount < 0n ? -amount : amount;
  const rounded = ((magnitude + unit / 2n) / unit) * unit;
  const shown = amount < 0n ? -rounded : rounded;
  const [whole = '0', fraction = ''] = formatUsd(shown).split('.');
  const text = places === 0 ? whole : `${whole}.${fraction.padEnd(places, '0')}`;
  return { shown: text, difference: picoUsd(shown - amount) };
}

function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
