/** `tampered`: something is not as it was sealed. `incomplete`: too little was given to say. */
export type FindingLevel = 'tampered' | 'incomplete' | 'note';

/** Every code a verifier may report; README.md says what each means. Codes are never renamed. */
export const FINDING_LEVELS = {
  'missing-manifest': 'tampered',
  'stray-manifest': 'tampered',
  'manifest-name': 'tampered',
  envelope: 'tampered',
  signature: 'tampered',
  'unknown-key': 'tampered',
  'key-not-valid': 'tampered',
  'manifest-schema': 'tampered',
  'ledger-mismatch': 'tampered',
  'prev-mismatch': 'tampered',
  'window-continuity': 'tampered',
  'missing-file': 'tampered',
  'not-a-file': 'tampered',
  size: 'tampered',
  sha256: 'tampered',
  rows: 'tampered',
  quarantine: 'tampered',
  'duplicate-file': 'tampered',
  'unlisted-file': 'tampered',
  totals: 'tampered',
  'tenant-totals': 'tampered',
  checkpoint: 'tampered',
  'checkpoint-origin': 'tampered',
  'checkpoint-signature': 'tampered',
  'checkpoint-mismatch': 'tampered',
  'checkpoint-future': 'tampered',
  unreadable: 'incomplete',
  'no-manifests': 'incomplete',
  'no-checkpoint': 'incomplete',
  'no-trust': 'incomplete',
  orphan: 'note',
} as const satisfies Record<string, FindingLevel>;

export type FindingCode = keyof typeof FINDING_LEVELS;

/** Where a finding lies. */
export interface FindingPlace {
  /** Null when it is about no one manifest. */
  readonly seq: number | null;
  readonly path?: string;
}

export interface Finding extends FindingPlace {
  readonly code: FindingCode;
  readonly message: string;
}

export type Verdict = 'ok' | 'tampered' | 'incomplete';

/** What a command that verifies exits with; 3 stays for wrong usage. */
export const VERDICT_EXIT: Readonly<Record<Verdict, number>> = {
  ok: 0,
  tampered: 1,
  incomplete: 2,
};

/** What all findings together say: tampering wins over incomplete evidence, notes change nothing. */
export function verdictOf(findings: readonly Finding[]): Verdict {
  const levels = new Set<FindingLevel>(findings.map(({ code }) => FINDING_LEVELS[code]));
  if (levels.has('tampered')) return 'tampered';
  return levels.has('incomplete') ? 'incomplete' : 'ok';
}
