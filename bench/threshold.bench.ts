/**
 * What does a common coin cost a delegate, and what an escrowed key? BLS shares, combining and
 * verifying on mcl against noble; finding one liar by halving against verifying every share; TDH2 on
 * libsodium against noble; one party's whole work in a key generation. Threshold 15 of 30 (f + 1 of the
 * largest committee that votes on every round), key generation among 10.
 */
import { backendsOf, choose } from '#algorithms/backend.ts';
import { convene, deal, dealingKey } from '#algorithms/threshold/dealing.ts';
import { escrowOf, open, openShare, readCiphertext, seal } from '#algorithms/threshold/escrow.ts';
import type {
  Group,
  HashingGroup,
  Pairing,
  Ristretto,
  Scalar,
} from '#algorithms/threshold/group.ts';
import { begin, type Heard, type Keygen, step } from '#algorithms/threshold/keygen.ts';
import { commit, keySetOf, type KeySet } from '#algorithms/threshold/keys.ts';
import { scalarFrom, uint32 } from '#algorithms/threshold/oracle.ts';
import { PAIRING } from '#algorithms/threshold/pairing.ts';
import { shareAt } from '#algorithms/threshold/polynomial.ts';
import { RISTRETTO } from '#algorithms/threshold/ristretto.ts';
import { combine, liarsAmong, sign, verify } from '#algorithms/threshold/signature.ts';
import { assert } from '#lib/assert.ts';
import { same, utf8 } from '#lib/bytes.ts';
import { offerBackends } from '#runtime/backends.ts';
import { type Bench, type Candidate, compare, type Row } from './bench.ts';

const THRESHOLD = 15;
const PARTIES = 30;
const DEALERS = 10;
const LIAR = 11;
const message = utf8('epoch 1, instance 2, round 3');
const label = utf8('tx 42');
const key = new Uint8Array(32).fill(1);
const entropy = new Uint8Array(32).fill(2);

interface Work {
  readonly name: string;
  readonly run: () => unknown;
}

interface Shared<P> {
  readonly secret: Scalar;
  readonly shares: readonly Scalar[];
  readonly keys: KeySet<P>;
}

function shared<P>(group: Group<P>): Shared<P> {
  const coefficients = Array.from({ length: THRESHOLD }, (_, k) =>
    scalarFrom(group.order, 'bench/coefficient', uint32(k)),
  );
  const shares = Array.from({ length: PARTIES }, (_, i) => shareAt(coefficients, i, group.order));
  const keys = keySetOf(group, commit(group, coefficients), PARTIES);
  assert(keys !== undefined, 'a drawn polynomial has a key set');
  return { secret: coefficients[0]!, shares, keys };
}

function signatureWork(pairing: Pairing): readonly Work[] {
  const { secret, shares, keys } = shared(pairing.g2);
  const whole = sign(pairing, secret, message);
  const received = new Map(
    shares.slice(0, THRESHOLD).map((share, i) => [i, sign(pairing, share, message)]),
  );
  const combined = combine(pairing, keys, message, received);
  assert(combined.phase === 'combined' && same(combined.signature, whole), 'combines to the whole');
  assert(verify(pairing, keys.publicKey, message, whole), 'the whole verifies');
  return [
    { name: 'BLS share', run: () => sign(pairing, shares[0]!, message) },
    {
      name: `BLS combine ${THRESHOLD} and verify`,
      run: () => combine(pairing, keys, message, received),
    },
    { name: 'BLS verify', run: () => verify(pairing, keys.publicKey, message, whole) },
  ];
}

function liarWork(pairing: Pairing): readonly [halving: Work, each: Work] {
  const { shares, keys } = shared(pairing.g2);
  const received = new Map(shares.map((share, i) => [i, sign(pairing, share, message)]));
  received.set(LIAR, sign(pairing, shares[0]!, message));
  const halving = () => liarsAmong(pairing, keys, message, received);
  const each = () =>
    [...received.keys()].filter(
      (i) => !verify(pairing, keys.publicShares[i]!, message, received.get(i)!),
    );
  assert(halving().join() === String(LIAR) && each().join() === String(LIAR), 'both find the liar');
  return [
    { name: `1 liar of ${PARTIES}, by halving`, run: halving },
    { name: `1 liar of ${PARTIES}, one by one`, run: each },
  ];
}

function escrowWork(group: HashingGroup<Ristretto>): readonly Work[] {
  const { shares, keys } = shared(group);
  const escrow = escrowOf(group, keys.publicKey);
  const sealed = seal(escrow, label, key, entropy);
  const ciphertext = readCiphertext(escrow, label, sealed);
  assert(ciphertext !== undefined, 'what was sealed is accepted');
  const received = new Map(
    shares.slice(0, THRESHOLD).map((share, i) => [i, openShare(keys, i, share, ciphertext)]),
  );
  const opened = open(keys, ciphertext, received);
  assert(opened.phase === 'opened' && same(opened.key, key), 'opens to the key');
  return [
    { name: 'TDH2 seal', run: () => seal(escrow, label, key, entropy) },
    { name: 'TDH2 check a ciphertext', run: () => readCiphertext(escrow, label, sealed) },
    { name: 'TDH2 share', run: () => openShare(keys, 0, shares[0]!, ciphertext) },
    { name: `TDH2 open with ${THRESHOLD}`, run: () => open(keys, ciphertext, received) },
  ];
}

function keygenWork<P>(group: Group<P>, sealing: HashingGroup<Ristretto>): Work {
  const secrets = Array.from({ length: DEALERS }, (_, i) =>
    scalarFrom(sealing.order, 'bench/dealing-key', uint32(i)),
  );
  const recipients = secrets.map((secret) => dealingKey(sealing, secret));
  const threshold = Math.floor((DEALERS - 1) / 3) + 1;
  const ceremony = convene(group, sealing, label, threshold, recipients);
  const dealt = secrets.map((_, from): Heard => {
    const bytes = deal(ceremony, from, new Uint8Array(32).fill(from));
    return { kind: 'dealt', from, bytes };
  });
  const closed: Heard = { kind: 'closed' };
  const run = () => {
    let state: Keygen<P> = begin(ceremony, { index: 0, secret: secrets[0]! });
    for (const heard of [...dealt, closed, closed]) [state] = step(state, heard);
    return state;
  };
  const outcome = run();
  assert(outcome.phase === 'ready' && outcome.dealers.length === DEALERS, 'all dealings accepted');
  return { name: `key generation among ${DEALERS}, one party`, run };
}

/** The same work on the fastest backend and the portable one. */
function onBoth<T>(
  primitive: { readonly name: string; readonly use: () => T },
  work: (backend: T) => readonly Work[],
): Row[] {
  const names = [backendsOf(primitive.name)[0]!, 'portable'];
  const [fast, portable] = names.map((name) => {
    choose(primitive.name, name);
    const all = work(primitive.use());
    choose(primitive.name, 'auto');
    return all;
  });
  return fast!.map((own, i) => row(own, names[0]!, portable![i]!, names[1]!));
}

function row(own: Work, name: string, other: Work, otherName: string): Row {
  const micros = compare(candidate(own, name), candidate(other, otherName));
  const [value, against] = [micros.get(name)!, micros.get(otherName)!];
  return {
    name: `${own.name} (${name})`,
    value: Math.round(value),
    unit: 'us',
    against: `${otherName}: ${Math.round(against)} us`,
    ratio: against / value,
  };
}

const candidate = ({ run }: Work, name: string): Candidate => ({
  name,
  run: (count) => {
    for (let i = 0; i < count; i++) run();
  },
});

export const bench: Bench = {
  name: 'threshold',
  question: 'What do a common coin, an escrowed key and a key generation cost a delegate?',
  run: async () => {
    await offerBackends();
    const [halving, each] = liarWork(PAIRING.use());
    const sealing = RISTRETTO.use();
    return [
      ...onBoth(PAIRING, signatureWork),
      row(halving, 'halving', each, 'each'),
      ...onBoth(PAIRING, ({ g2 }) => [keygenWork(g2, sealing)]),
      ...onBoth(RISTRETTO, escrowWork),
      ...onBoth(RISTRETTO, (group) => [keygenWork(group, group)]),
    ];
  },
};
