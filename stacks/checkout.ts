import { join } from 'node:path';

/** This checkout, of which workflows and SQL are deployed as they lie there. */
export const CHECKOUT = join(import.meta.dirname, '..');
