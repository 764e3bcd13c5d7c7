import type { QuarantinedLine } from '../../domain/accept-lines.ts';
import { formatInstant } from '../../domain/instant.ts';
import { schemaText } from '../../domain/lake.ts';
import { canonicalJson } from '../../domain/ledger/canonical-json.ts';
import type { ManifestInputs } from '../../domain/ledger/manifest.ts';
import type { Window } from '../../domain/window.ts';
import type { Codec } from '../ports.ts';
import type { Build } from './window-result.ts';

/** All that the files of a run depend on, beside the build. */
export interface RunFacts {
  readonly window: Window;
  readonly inputs: Pick<ManifestInputs, 'sha256'>;
  readonly lateFiles: ManifestInputs['late'];
  readonly book: string;
  readonly quarantined: readonly QuarantinedLine[];
}

/** The run's name: all that its files depend on, and nothing else. 16 hex digits. */
export function runName({ codec, build }: { codec: Codec; build: Build }, facts: RunFacts): string {
  const quarantined = facts.quarantined.map(({ text, reason }) => codec.sha256(text + reason));
  const identity = canonicalJson({
    window: formatInstant(facts.window.startMs),
    inputs: facts.inputs.sha256,
    late: facts.lateFiles.map(({ sha256 }) => sha256),
    quarantined: codec.sha256(quarantined.sort().join('\n')),
    price_book: facts.book,
    code: { ...build },
    schema: codec.sha256(schemaText()),
  });
  return codec.sha256(identity).slice(0, 16);
}
