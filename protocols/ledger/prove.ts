/**
 * What a ledger shows of the order: the entry of a transaction or an act, what it did, and what proves both.
 *
 *   ledger.prove --> tx/<id>, act/<id> --> batch h, what it did, its step, batch h + 1, and what was signed
 *        --(job: two trees of at most so many leaves)--> ledger.proved
 *
 * All of it is read from the disk, by the places that stand there. What is at hand while it is read is bounded;
 * beyond that the asker hears `busy`. Only the proof actor of the own node asks: it knows who asks how often.
 */
import { isPruned } from '../act.ts';
import { compute, type Moment, type Plain } from '../effect.ts';
import { toBytes, whole } from '../codec.ts';
import { Entry } from '../city-batch.ts';
import { CityProof } from '../proof/city-proof.ts';
import type { Subject } from '../proof/subject.ts';
import { Proved, type Prove, type Unproved } from '../proof.messages.ts';
import { isOwn } from '../self.ts';
import { Certified } from '../sending.messages.ts';
import { actIn, actKey, type ActRow } from './act-records.ts';
import { readAll } from './reads.ts';
import { batchKey, certRow, doneKey, key, stepKey, TxRow, txKey } from './records.ts';
import { answerTo, type Effects, type Ledger, type Offerer } from './state.ts';

/** Proofs that are being made at a time: each holds some 150 KB. */
const PROVING_MAX = 16;
const JOB = 'prove/';
export const isProving = (id: string): boolean => id.startsWith(JOB);

export interface Proving {
  readonly asker: Offerer;
  readonly id: Uint8Array;
  readonly subject: Subject;
}

interface Stands {
  readonly subject: Subject;
  readonly entry: Entry;
  readonly height: number;
}

export function prove(ledger: Ledger, { id }: Prove, at: Moment): Effects {
  const from = at.from ?? at.ticket?.asker;
  if (from === undefined || !isOwn(ledger.self, 'proof', { from })) return [];
  const asker = { from, ticket: at.ticket };
  const name = key(id);
  return readAll(ledger.reads, [txKey(name), actKey(name)], ([tx, act]) => {
    if (tx !== undefined) return proveTx(ledger, asker, id, whole(TxRow, tx));
    return act === undefined
      ? none(asker, id, 'unknown')
      : proveAct(ledger, asker, id, actIn(ledger.self.genesis, act));
  });
}

const none = (asker: Offerer, id: Uint8Array, why: Unproved): Effects => [
  answerTo(asker, Proved.of({ id, why })),
];

function proveTx(
  ledger: Ledger,
  asker: Offerer,
  id: Uint8Array,
  { ordered, cert }: TxRow,
): Effects {
  if (ordered === undefined) return none(asker, id, 'waits');
  return readAll(ledger.reads, [certRow(key(cert))], ([row]) => {
    if (row === undefined) return none(asker, id, 'unknown');
    const { header, key: by, signature } = whole(Certified, row).cover;
    const subject = { is: 'transaction', header, key: by, signature } as const;
    return proveAt(ledger, asker, id, {
      subject,
      entry: { txId: id, cert },
      height: ordered.height,
    });
  });
}

function proveAct(
  ledger: Ledger,
  asker: Offerer,
  id: Uint8Array,
  { signed, ordered }: ActRow,
): Effects {
  if (ordered === undefined) return none(asker, id, 'waits');
  // Its signature was let go with what it found.
  if (isPruned(signed)) return none(asker, id, 'unknown');
  const subject = { is: 'act', signed } as const;
  return proveAt(ledger, asker, id, {
    subject,
    entry: { txId: id, cert: id },
    height: ordered.height,
  });
}

function proveAt(
  ledger: Ledger,
  asker: Offerer,
  id: Uint8Array,
  { subject, entry, height }: Stands,
): Effects {
  const keys = [batchKey(height), doneKey(height), stepKey(height), batchKey(height + 1)];
  return readAll(ledger.reads, keys, ([of, happened, step, next]) => {
    if (of === undefined || happened === undefined || step === undefined || next === undefined)
      return none(asker, id, 'waits');
    if (ledger.proving.size >= PROVING_MAX) return none(asker, id, 'busy');
    const job = `${JOB}${++ledger.proofs}`;
    ledger.proving.set(job, { asker, id, subject });
    return [
      compute(job, 'ledger.prove', { of, happened, step, next, entry: toBytes(Entry, entry) }),
    ];
  });
}

/** Nothing where what stands there did nothing; nothing came of it at all where the pool failed. */
export function proofMade(ledger: Ledger, job: string, made: Plain | undefined): Effects {
  const proving = ledger.proving.get(job);
  ledger.proving.delete(job);
  if (proving === undefined) return [];
  const { asker, id, subject } = proving;
  if (made === undefined) return none(asker, id, 'busy');
  if (made === null) return none(asker, id, 'idle');
  const city = whole(CityProof, made as Uint8Array);
  return [answerTo(asker, Proved.of({ id, proof: { subject, city } }))];
}
