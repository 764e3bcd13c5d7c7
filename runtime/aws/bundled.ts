import type { AuditStatements } from '../../handlers/metering/audit-window.ts';
import type { Build } from '../../handlers/metering/window-result.ts';
import type { BuildSource } from '../node/checkout.ts';
import { WRITER } from '../node/parquet-tables.ts';

/** What `runtime/bundling.ts` writes into a bundle in place of these names. */
declare const TOLLBOOK_BUILD: BuildSource;
declare const TOLLBOOK_AUDIT: AuditStatements;
declare const TOLLBOOK_TENANT_USAGE: string;

/** The build that this bundle was made of. */
export function bundledBuild(): Build {
  return { ...TOLLBOOK_BUILD, writer: WRITER };
}

/** The audit's statements as they were when this bundle was made. */
export function bundledAudit(): AuditStatements {
  return TOLLBOOK_AUDIT;
}

/** `sql/me/tenant_usage.sql` as it was when this bundle was made. */
export function bundledTenantUsage(): string {
  return TOLLBOOK_TENANT_USAGE;
}
