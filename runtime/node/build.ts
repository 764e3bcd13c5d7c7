import type { Build } from '../../handlers/metering/window-result.ts';
import { readBuildSource } from './checkout.ts';
import { WRITER } from './parquet-tables.ts';

/** The build of a checkout that runs as it lies there. */
export function readBuild(checkout: string): Build {
  return { ...readBuildSource(checkout), writer: WRITER };
}
