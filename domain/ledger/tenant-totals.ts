import { TOKEN_METERS } from '../meters.ts';
import { canonicalBytes, parseCanonical } from './canonical-json.ts';
import type { ManifestTotals } from './manifest.ts';
import { totalsMembers } from './manifest-form.ts';
import * as shape from './shape.ts';

/** One tenant's part of a window: what its statement can be checked against. */
export type TenantTotals = { readonly tenant: string } & ManifestTotals;

const TENANT_TOTALS = shape.objectOf<{ readonly tenants: readonly TenantTotals[] }>({
  tenants: shape.arrayOf(
    shape.objectOf<TenantTotals>({
      tenant: shape.text(/^[\x20-\x7e]{1,100}$/, 'a tenant id'),
      ...totalsMembers,
    }),
  ),
});

/**
 * Writes the tenant totals of a window: `{"tenants":[…]}`, canonical, sorted by tenant.
 *
 * @throws LedgerFormatError if a tenant is there twice or a total is malformed.
 */
export function encodeTenantTotals(totals: readonly TenantTotals[]): Uint8Array {
  const tenants = totals.toSorted((left, right) => (left.tenant < right.tenant ? -1 : 1));
  return canonicalBytes({ tenants: checked({ tenants }) });
}

/**
 * Reads the tenant totals of a window.
 *
 * @throws LedgerFormatError if they are not canonical, sorted, and each tenant once.
 */
export function parseTenantTotals(bytes: Uint8Array): readonly TenantTotals[] {
  return checked(parseCanonical(bytes));
}

/** Exact sum of totals, in the form of a manifest. */
export function sumTotals(totals: readonly ManifestTotals[]): ManifestTotals {
  const sumOf = (member: Exclude<keyof ManifestTotals, 'rows'>) =>
    totals.reduce((sum, each) => sum + BigInt(each[member]), 0n).toString();
  const meters = TOKEN_METERS.map((meter) => [meter, sumOf(meter)] as const);
  return {
    rows: totals.reduce((sum, each) => sum + each.rows, 0),
    ...(Object.fromEntries(meters) as Record<(typeof TOKEN_METERS)[number], string>),
    cost_pusd: sumOf('cost_pusd'),
  };
}

function checked(value: unknown): readonly TenantTotals[] {
  const { tenants } = TENANT_TOTALS(value, 'tenant totals');
  tenants.forEach(({ tenant }, index) => {
    const previous = tenants[index - 1]?.tenant;
    if (previous !== undefined && previous >= tenant) {
      throw shape.refuse(`tenant totals.tenants[${index}]`, tenant, 'tenants in order, each once');
    }
  });
  return tenants;
}
