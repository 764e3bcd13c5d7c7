/* eslint-disable @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-assignment,
   @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-return,
   @typescript-eslint/restrict-plus-operands -- mutations go against every type */
import { describe } from '@jest/globals';
import { renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { canonicalJson } from '../../domain/ledger/canonical-json.ts';
import { encodeEnvelope, parseEnvelope, preAuthEncoding } from '../../domain/ledger/dsse.ts';
import type { Envelope } from '../../domain/ledger/dsse.ts';
import { manifestPath } from '../../domain/ledger/manifest.ts';
import { retiredSigner, signer, strangerSigner } from './build-ledger.ts';
import type { LedgerOnDisk, Mutable } from './build-ledger.ts';
import { HEAD, testMutations } from './mutation-harness.ts';
import type { Mutation } from './mutation-harness.ts';

type Change = (ledger: LedgerOnDisk) => unknown;

const remove =
  (...seqs: readonly number[]): Change =>
  (ledger) => {
    for (const seq of seqs) rmSync(ledger.at(manifestPath(seq)));
  };
const rewriteHead =
  (change: (envelope: Envelope) => Envelope): Change =>
  (ledger) => {
    const envelope = parseEnvelope(ledger.read(manifestPath(HEAD)));
    ledger.write(manifestPath(HEAD), encodeEnvelope(change(envelope)));
  };
/** Edits the file's own text. */
const editText =
  (change: (text: string) => string): Change =>
  (ledger) => {
    ledger.write(manifestPath(HEAD), change(ledger.read(manifestPath(HEAD)).toString()));
  };
/** Edits the payload and leaves the signature as it was. */
const edit = (change: (manifest: Mutable) => void): Change =>
  function edited(ledger) {
    const manifest: unknown = ledger.manifest(HEAD);
    change(manifest as Mutable);
    return rewriteHead((envelope) => ({
      ...envelope,
      payload: new TextEncoder().encode(canonicalJson(manifest)),
    }))(ledger);
  };
/** Edits the payload and signs it with the trusted key. */
const reseal =
  (change: (manifest: Mutable) => void): Change =>
  (ledger) =>
    ledger.reseal(HEAD, change);
/** The same, on the payload's text, so that it need not be canonical, or JSON. */
const resealText =
  (from: string | RegExp, to: string): Change =>
  (ledger) => {
    const text = Buffer.from(ledger.payload(HEAD)).toString();
    const changed = text.replace(from, to);
    if (changed === text) throw new Error(`mutation: ${String(from)} is not in the payload`);
    return ledger.sealPayload(HEAD, changed);
  };

const rows = (
  codes: Mutation['codes'],
  mutations: Readonly<Record<string, Change>>,
): readonly Mutation[] =>
  Object.entries(mutations).map(([name, mutate]) => ({ name, mutate, codes }));

describe('a missing, moved or added manifest is found:', () => {
  testMutations([
    { name: 'the first deleted', mutate: remove(0), codes: ['missing-manifest', 'orphan'] },
    { name: 'one deleted', mutate: remove(2), codes: ['missing-manifest', 'orphan'] },
    {
      name: 'the last deleted',
      mutate: remove(HEAD),
      checkpoints: [HEAD + 1],
      codes: ['checkpoint-future', 'orphan'],
    },
    {
      name: 'the last three deleted',
      mutate: remove(2, 3, 4),
      codes: ['checkpoint-future', 'orphan'],
    },
    {
      name: 'the last deleted, unseen by the checkpoint: nothing can tell',
      mutate: remove(HEAD),
      codes: ['orphan'],
      verdict: 'ok',
    },
    {
      name: 'two in each other’s place',
      mutate: (ledger) => {
        const aside = ledger.at('aside');
        renameSync(ledger.at(manifestPath(1)), aside);
        renameSync(ledger.at(manifestPath(2)), ledger.at(manifestPath(1)));
        renameSync(aside, ledger.at(manifestPath(2)));
      },
      codes: ['manifest-name', 'prev-mismatch', 'orphan'],
    },
    {
      name: 'one repeated under the next number',
      mutate: (ledger) => {
        ledger.write(manifestPath(HEAD + 1), ledger.read(manifestPath(HEAD)));
      },
      codes: ['manifest-name'],
    },
    {
      name: 'one far away',
      mutate: (ledger) => {
        ledger.write(manifestPath(999_999_999_999), ledger.read(manifestPath(HEAD)));
      },
      codes: ['missing-manifest', 'manifest-name'],
    },
    {
      name: 'another file among them',
      mutate: (ledger) => {
        ledger.write('manifests/5.dsse.json', ledger.read(manifestPath(HEAD)));
      },
      codes: ['stray-manifest'],
    },
    {
      name: 'one replaced by a link',
      mutate: (ledger) => {
        const path = ledger.at(manifestPath(HEAD));
        renameSync(path, `${ledger.root}/moved`);
        symlinkSync(`${ledger.root}/moved`, path);
      },
      codes: ['not-a-file', 'orphan'],
    },
    {
      name: 'one empty',
      mutate: (ledger) => {
        ledger.write(manifestPath(HEAD), '');
      },
      codes: ['envelope', 'orphan'],
    },
  ]);
});

describe('every class of field is under the signature:', () => {
  testMutations(
    rows(['signature', 'orphan'], {
      ledger: edit((manifest) => (manifest.ledger = 'other')),
      seq: edit((manifest) => (manifest.seq += 1)),
      prev: edit((manifest) => (manifest.prev = '0'.repeat(64))),
      kind: edit((manifest) => (manifest.kind = 'force')),
      'an instant': edit(({ statement }) => (statement.window.end = '2026-03-02T00:00:00.000Z')),
      'a path': edit(({ statement }) => (statement.files[0].path += 'x')),
      'a hash': edit(({ statement }) => (statement.files[0].sha256 = 'f'.repeat(64))),
      'a count': edit(({ statement }) => (statement.totals.rows += 1)),
      money: edit(({ statement }) => (statement.totals.cost_pusd = '1')),
      'a list': edit(({ statement }) => statement.files.pop()),
      'a control': edit(({ statement }) => (statement.controls[0].left = '7')),
      'the build': edit(({ statement }) => (statement.code.build_sha256 = '0'.repeat(64))),
      evidence: edit(({ evidence }) => (evidence.sealed_at = '2026-03-02T00:00:00.000Z')),
      'a new member': edit((manifest) => (manifest.note = 'x')),
    }),
  );
});

describe('a signature counts only if it is the one right one:', () => {
  testMutations([
    {
      name: 'by a key nobody trusts',
      mutate: (ledger) => ledger.reseal(HEAD, () => undefined, strangerSigner),
      codes: ['unknown-key', 'orphan'],
    },
    {
      name: 'by a retired key, past its last manifest',
      mutate: (ledger) => ledger.reseal(HEAD, () => undefined, retiredSigner),
      codes: ['key-not-valid', 'orphan'],
    },
    {
      name: 'by a stranger in the name of the trusted key',
      mutate: (ledger) => {
        const sign = strangerSigner.sign.bind(strangerSigner);
        return ledger.reseal(HEAD, () => undefined, { keyId: signer.keyId, sign });
      },
      codes: ['signature', 'orphan'],
    },
    {
      name: 'of a manifest of another ledger',
      mutate: (ledger) => ledger.reseal(HEAD, (manifest) => (manifest.ledger = 'acme-other')),
      codes: ['ledger-mismatch', 'orphan'],
    },
    ...rows(['envelope', 'orphan'], {
      'for another type': rewriteHead((envelope) => ({ ...envelope, payloadType: 'text/plain' })),
      'with its base64 unpadded': editText((text) => text.replace('=="', '"')),
      'with spare bits in its base64': editText((text) => text.replace(/(.)==/, 'x==')),
      'with a member of its own': editText((text) => text.replace('{', '{"alg":"RS256",')),
      'with a member twice': editText((text) => text.replace('{', '{"payload":"QQ==",')),
      'behind a byte order mark': editText((text) => `\ufeff${text}`),
      'before a line feed': editText((text) => `${text}\n`),
      'in other order': editText((text) =>
        JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(text) as object).reverse())),
      ),
    }),
    {
      name: 'for another type, signed as such',
      mutate: async (ledger) => {
        const payload = ledger.payload(HEAD);
        const payloadType = 'application/vnd.metering.manifest+json;version=2';
        const sig = await signer.sign(preAuthEncoding(payloadType, payload));
        const signatures = [{ keyid: signer.keyId, sig }];
        ledger.write(manifestPath(HEAD), encodeEnvelope({ payload, payloadType, signatures }));
      },
      codes: ['envelope', 'orphan'],
    },
    {
      name: 'over the bare payload',
      mutate: (ledger) => {
        const payload = ledger.payload(HEAD);
        return signer.sign(payload).then((sig) => {
          const signatures = [{ keyid: signer.keyId, sig }];
          return rewriteHead((envelope) => ({ ...envelope, signatures }))(ledger);
        });
      },
      codes: ['signature', 'orphan'],
    },
    ...rows(['signature', 'orphan'], {
      none: rewriteHead((envelope) => ({ ...envelope, signatures: [] })),
      'with a bogus second': rewriteHead((envelope) => ({
        ...envelope,
        signatures: [...envelope.signatures, { keyid: 'a'.repeat(64), sig: Uint8Array.of(1) }],
      })),
      twice: rewriteHead((envelope) => ({
        ...envelope,
        signatures: [...envelope.signatures, ...envelope.signatures],
      })),
      'one bit flipped': rewriteHead((envelope) => ({
        ...envelope,
        signatures: envelope.signatures.map(({ keyid, sig }) => ({
          keyid,
          sig: sig.map((byte, at) => (at === 5 ? byte ^ 4 : byte)),
        })),
      })),
      empty: rewriteHead((envelope) => ({
        ...envelope,
        signatures: envelope.signatures.map(({ keyid }) => ({ keyid, sig: new Uint8Array() })),
      })),
    }),
  ]);
});

describe('a trusted key cannot make the verifier accept:', () => {
  testMutations(
    rows(['manifest-schema', 'orphan'], {
      'a key twice': resealText('{', '{"kind":"force",'),
      'a number past 2^53': resealText(/"attempt":1\b/, '"attempt":9007199254740993'),
      'a fraction': resealText(/"attempt":1\b/, '"attempt":1.0'),
      'an exponent': resealText(/"attempt":1\b/, '"attempt":1e0'),
      'minus zero': resealText('"revision":0', '"revision":-0'),
      'a lone surrogate': resealText('"runner":"test"', '"runner":"\\ud800"'),
      'a space': resealText('{', '{ '),
      'a line feed at the end': resealText(/\}$/, '}\n'),
      'no JSON': resealText(/.*/, 'rows=4'),
      'an unknown kind': reseal((manifest) => (manifest.kind = 'close')),
      'an unknown schema': reseal((manifest) => (manifest.schema = 'metering.manifest/v2')),
      'an unknown member': reseal(({ statement }) => (statement.note = 'x')),
      'a missing member': reseal(({ statement }) => delete statement.adjustments),
      'a path that climbs': reseal(({ statement }) => (statement.files[0].path = '../x')),
      'a path that climbs inside': reseal(
        ({ statement }) => (statement.files[0].path = 'data/charges/../../x'),
      ),
      'an absolute path': reseal(({ statement }) => (statement.files[0].path = '/etc/passwd')),
      'an empty segment': reseal(({ statement }) => (statement.files[0].path = 'data//x')),
      'a backslash': reseal(({ statement }) => (statement.files[0].path = 'data\\x')),
      'a path with composed letters': reseal(
        ({ statement }) => (statement.files[0].path = 'data/caf\u00e9'),
      ),
      'a path with combining letters': reseal(
        ({ statement }) => (statement.files[0].path = 'data/cafe\u0301'),
      ),
      'two paths that differ in case only': reseal(({ statement }) => {
        const twin = { ...statement.files[0] };
        twin.path = twin.path.replace('data/charges', 'data/CHARGES');
        statement.files = [twin, ...statement.files];
      }),
      'a file twice': reseal(({ statement }) => statement.files.unshift(statement.files[0])),
      'files out of order': reseal(({ statement }) => statement.files.reverse()),
      'money with a plus sign': reseal(({ statement }) => (statement.totals.cost_pusd = '+1')),
      'money that is minus zero': reseal(({ statement }) => (statement.totals.cost_pusd = '-0')),
      'money of 39 digits': reseal(({ statement }) => {
        statement.totals.cost_pusd = '1'.repeat(39);
      }),
      'money as a number': reseal(({ statement }) => (statement.totals.cost_pusd = 1)),
      'a negative count': reseal(({ statement }) => (statement.files[0].rows = -1)),
      'a window of two hours': reseal(
        ({ statement }) => (statement.window.end = '2026-03-01T07:00:00.000Z'),
      ),
      'a window off the hour': reseal(({ statement }) => {
        statement.window.start = '2026-03-01T05:00:00.001Z';
        statement.window.end = '2026-03-01T06:00:00.001Z';
      }),
      'an instant in another form': reseal(
        ({ evidence }) => (evidence.sealed_at = '2026-03-01T05:00:00Z'),
      ),
      'a date no calendar has': reseal(
        ({ evidence }) => (evidence.sealed_at = '2026-02-29T05:00:00.000Z'),
      ),
      'a revision': reseal(({ statement }) => (statement.window.revision = 1)),
      'empty hours after the start': reseal(({ statement }) => {
        statement.window.empty_from = statement.window.end;
      }),
      'a broken control that nobody forced': reseal(
        ({ statement }) => (statement.controls[0].ok = false),
      ),
      'force without name and reason': reseal((manifest) => (manifest.kind = 'force')),
      'name and reason without force': reseal(
        ({ evidence }) => (evidence.forced = { by: 'Ada', reason: 'because' }),
      ),
      'rows without an archive': reseal(({ statement }) => {
        statement.inputs.path = statement.inputs.sha256 = null;
      }),
      'an archive without a hash': reseal(({ statement }) => (statement.inputs.sha256 = null)),
      'sources that this version does not know': reseal(({ statement }) =>
        statement.inputs.sources.push({}),
      ),
    }),
  );
});

describe('a lake that is no ledger', () => {
  testMutations([
    {
      name: 'has no manifests',
      mutate: (ledger) => {
        rmSync(ledger.lake, { recursive: true });
        ledger.write('README', 'empty');
      },
      checkpoints: [],
      codes: ['no-manifests', 'no-checkpoint'],
      verdict: 'incomplete',
    },
    {
      name: 'is missing if a checkpoint saw one',
      mutate: (ledger) => {
        rmSync(ledger.lake, { recursive: true });
        ledger.write('README', 'empty');
      },
      codes: ['no-manifests', 'checkpoint-future'],
    },
    {
      name: 'has a file for manifests/',
      mutate: (ledger) => {
        rmSync(ledger.at('manifests'), { recursive: true });
        writeFileSync(ledger.at('manifests'), '');
      },
      checkpoints: [],
      codes: ['stray-manifest', 'no-manifests', 'no-checkpoint', 'orphan'],
    },
  ]);
});
