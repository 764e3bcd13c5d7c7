import * as z from 'zod/mini';
import { isInstant, parseInstant } from '../domain/instant.ts';
import { TOKEN_METERS } from '../domain/meters.ts';
import type { TokenMeter } from '../domain/meters.ts';
import { parseWindow } from '../domain/window.ts';
import type { Window } from '../domain/window.ts';

/** Shapes that the inputs of several states share. States pass keys, counts and text, never rows. */

const hourText = z
  .string()
  .check(z.refine((text) => isInstant(text) && parseInstant(text) % 3_600_000 === 0, 'a UTC hour'));

/** Start of a window as text → the window. */
export const windowStart = z.pipe(
  hourText,
  z.transform((text): Window => parseWindow(text)),
);

/** A whole, non-negative number. */
export const count = z.int().check(z.nonnegative());

/** Key of an object. */
export const objectKey = z.string().check(z.minLength(1), z.maxLength(1024));

/** Sums per token meter. */
export const tokenSums = z.strictObject(
  Object.fromEntries(TOKEN_METERS.map((meter) => [meter, count])) as Record<
    TokenMeter,
    typeof count
  >,
);

/** Part of a window's lines: emission seconds, inclusive, and a share of ids. */
export const slice = z.strictObject({
  fromS: count,
  toS: count,
  split: z.nullable(z.string().check(z.regex(/^([0-9a-f]{1,3}|other)$/))),
});

/** An act by name and with a reason that seals a window which does not tie. */
export const force = z.nullable(
  z.strictObject({
    window: hourText,
    reason: z.string().check(z.minLength(1), z.maxLength(500)),
    by: z.string().check(z.minLength(1), z.maxLength(200)),
  }),
);

/** What a state was given that it does not understand: our own mistake, never retried. */
export class StepInputError extends Error {
  override readonly name = 'StepInputError';
}

/** Reads a state's input. @throws StepInputError naming the fields that are wrong. */
export function parseInput<Schema extends z.ZodMiniType>(
  schema: Schema,
  input: unknown,
): z.output<Schema> {
  const parsed = z.safeParse(schema, input);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(
    ({ path, message }) => `${path.map(String).join('.')}: ${message}`,
  );
  throw new StepInputError(`state input: ${issues.join('; ')}`);
}
