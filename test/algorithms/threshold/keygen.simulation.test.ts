/**
 * Key generation among parties of whom f lie. Every party reads the same log; within a phase each may
 * read it in another order, and some of it twice. All must come to the same outcome, no honest party
 * is ever blamed or left out, and the key works for the honest ones alone.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Ceremony,
  convene,
  deal,
  dealingKey,
  readDealing,
  receive,
} from '#algorithms/threshold/dealing.ts';
import type { Group, Ristretto } from '#algorithms/threshold/group.ts';
import { begin, type Heard, invariants, type Keygen, step } from '#algorithms/threshold/keygen.ts';
import { writeKeySet } from '#algorithms/threshold/keys.ts';
import { digest, scalarFrom, uint32 } from '#algorithms/threshold/oracle.ts';
import { modulo, weightsAtZero } from '#algorithms/threshold/polynomial.ts';
import { prove } from '#algorithms/threshold/proof.ts';
import { combine, sign, verify } from '#algorithms/threshold/signature.ts';
import { concat, hex, utf8 } from '#lib/bytes.ts';
import { cases } from '#test/cases.ts';
import { FAST } from './each-backend.ts';

const sealing = FAST.ristretto;
const message = utf8('the key works');

/** What a corrupted party may do with its dealing, and with its complaints. */
const CHEATS = [
  'nothing',
  'two dealings',
  'garbage',
  'wrong shares',
  'repeats another dealing',
  'repeats another ephemeral key',
  'honest',
] as const;
const LIES = ['nothing', 'garbage', 'false complaint', 'two complaints'] as const;

interface Liar {
  readonly cheat: (typeof CHEATS)[number];
  readonly lie: (typeof LIES)[number];
  /** Whom a cheat gives a wrong share: any party but itself, by bits. */
  readonly victims: number;
}

const liar: fc.Arbitrary<Liar> = fc.record({
  cheat: fc.constantFrom(...CHEATS),
  lie: fc.constantFrom(...LIES),
  victims: fc.integer({ min: 1, max: 1_023 }),
});

interface Draw {
  readonly liars: readonly number[];
  readonly liar: readonly Liar[];
  readonly seed: number;
  /** By party: in which order it reads each phase. */
  readonly orders: readonly number[];
}

const drawn = (parties: number): fc.Arbitrary<Draw> =>
  fc.record({
    liars: fc.uniqueArray(fc.nat(parties - 1), { maxLength: Math.floor((parties - 1) / 3) }),
    liar: fc.array(liar, { minLength: parties, maxLength: parties }),
    seed: fc.nat(1_000_000),
    orders: fc.array(fc.nat(0xffff_ffff), { minLength: parties, maxLength: parties }),
  });

const entropyOf = (seed: number, index: number, more = 0): Uint8Array =>
  digest('test/entropy', uint32(seed), uint32(index), uint32(more)).subarray(0, 32);

const secretOf = (index: number) => scalarFrom(sealing.order, 'test/key', uint32(index));

/** The same messages in the order of this party, every third twice. */
function read(heard: readonly Heard[], order: number): readonly Heard[] {
  const keyed = heard.map((message, i) => ({
    message,
    key: hex(digest('test/order', uint32(order), uint32(i))),
  }));
  const shuffled = keyed.toSorted((a, b) => (a.key < b.key ? -1 : 1)).map(({ message }) => message);
  return [...shuffled, ...shuffled.filter((_, i) => i % 3 === 0)];
}

/**
 * A dealing whose maker knows its ephemeral key and has altered the sealed shares of some: it does
 * what `deal` does, and proves the altered body.
 */
function wronged<P>(
  ceremony: Ceremony<P>,
  dealer: number,
  entropy: Uint8Array,
  victims: number,
): Uint8Array {
  const { group, parties, threshold, binding } = ceremony;
  const body = deal(ceremony, dealer, entropy).slice(0, -64);
  const ephemeralAt = threshold * group.pointBytes;
  for (let party = 0; party < parties; party++) {
    if (party !== dealer && ((victims >> party) & 1) === 1)
      body[ephemeralAt + 32 + 32 * party]! ^= 1;
  }
  const seed = digest('dealing/seed', entropy, binding, uint32(dealer));
  const secret = scalarFrom(sealing.order, 'dealing/ephemeral', seed);
  const proof = prove(
    {
      group: sealing,
      domain: 'dealing/knowledge',
      context: [binding, uint32(dealer), body],
      bases: [sealing.generator],
      images: [sealing.multiply(sealing.generator, secret)],
    },
    secret,
  );
  return concat(body, proof);
}

function dealtBy<P>(
  ceremony: Ceremony<P>,
  index: number,
  seed: number,
  liar: Liar | undefined,
): readonly Uint8Array[] {
  const right = deal(ceremony, index, entropyOf(seed, index));
  const neighbour = (index + 1) % ceremony.parties;
  const others = deal(ceremony, neighbour, entropyOf(seed, neighbour));
  const ephemeralAt = ceremony.threshold * ceremony.group.pointBytes;
  switch (liar?.cheat) {
    case 'nothing':
      return [];
    case 'two dealings':
      return [right, deal(ceremony, index, entropyOf(seed, index, 1))];
    case 'garbage':
      return [entropyOf(seed, index)];
    case 'wrong shares':
      return [wronged(ceremony, index, entropyOf(seed, index), liar.victims)];
    case 'repeats another dealing':
      return [others];
    case 'repeats another ephemeral key':
      return [
        concat(
          right.subarray(0, ephemeralAt),
          others.subarray(ephemeralAt, ephemeralAt + 32),
          right.subarray(ephemeralAt + 32),
        ),
      ];
    default:
      return [right];
  }
}

function complainedBy<P>(
  ceremony: Ceremony<P>,
  index: number,
  seed: number,
  { lie }: Liar,
): readonly Uint8Array[] {
  // The strongest false complaint opens truly a right share of an honest neighbour's dealing.
  const against = (index + 1) % ceremony.parties;
  const bytes = deal(ceremony, against, entropyOf(seed, against));
  const dealing = readDealing(ceremony, against, bytes)!;
  const sealed = dealing.sealed.map((box) => box.with(0, box[0]! ^ 1));
  const found = receive(ceremony, { ...dealing, sealed }, index, secretOf(index));
  const complaint = found.phase === 'cheated' ? found.complaint : bytes;
  const accusation = concat(uint32(against), complaint);
  switch (lie) {
    case 'nothing':
      return [];
    case 'garbage':
      return [bytes.subarray(0, 50)];
    case 'false complaint':
      return [accusation];
    case 'two complaints':
      return [accusation, accusation.with(60, accusation[60]! ^ 1)];
  }
}

interface Played<P> {
  readonly ceremony: Ceremony<P>;
  readonly honest: readonly number[];
  readonly outcomes: readonly Keygen<P>[];
}

function play<P>(
  group: Group<P>,
  parties: number,
  threshold: number,
  { liars, liar, seed, orders }: Draw,
): Played<P> {
  const recipients = Array.from({ length: parties }, (_, i) => dealingKey(sealing, secretOf(i)));
  const ceremony = convene(group, sealing, utf8(`epoch ${seed}`), threshold, recipients);
  const everybody = recipients.map((_, index) => index);
  const honest = everybody.filter((index) => !liars.includes(index));
  const liarAt = (index: number) => (liars.includes(index) ? liar[index] : undefined);

  const dealt = everybody.flatMap((from) =>
    dealtBy(ceremony, from, seed, liarAt(from)).map((bytes): Heard => ({
      kind: 'dealt',
      from,
      bytes,
    })),
  );
  const states = honest.map((index) =>
    read(dealt, orders[index]!).reduce<Keygen<P>>(
      (state, heard) => step(state, heard)[0],
      begin(ceremony, { index, secret: secretOf(index) }),
    ),
  );
  const closed = states.map((state) => step(state, { kind: 'closed' }));
  const complained = [
    ...closed.flatMap(([, said], i) => said.map((say): Heard => ({ ...say, from: honest[i]! }))),
    ...liars.flatMap((from) =>
      complainedBy(ceremony, from, seed, liar[from]!).map((bytes): Heard => ({
        kind: 'complained',
        from,
        bytes,
      })),
    ),
  ];
  const outcomes = closed.map(([state], i) => {
    const late = [...dealt, ...complained]; // What was dealt too late changes nothing.
    const weighed = read(late, orders[honest[i]!]!).reduce(
      (at, heard) => step(at, heard)[0],
      state,
    );
    return step(weighed, { kind: 'closed' })[0];
  });
  return { ceremony, honest, outcomes };
}

/** What all must agree on. */
function common<P>(outcome: Keygen<P>): unknown {
  if (outcome.phase !== 'ready') return outcome;
  const { phase, keys, dealers, faults } = outcome;
  return { phase, dealers, faults, keys: hex(writeKeySet(keys)) };
}

function agreed<P>({ honest, outcomes }: Played<P>): Keygen<P> & { readonly phase: 'ready' } {
  for (const outcome of outcomes) {
    invariants(outcome);
    expect(common(outcome)).toEqual(common(outcomes[0]!));
  }
  const [outcome] = outcomes;
  if (outcome?.phase !== 'ready') throw new Error(`the outcome is ${outcome?.phase}`);
  expect(outcome.dealers).toEqual(expect.arrayContaining([...honest]));
  expect(outcome.faults.filter(({ index }) => honest.includes(index))).toEqual([]);
  return outcome;
}

const sharesOf = <P>({ outcomes }: Played<P>): readonly bigint[] =>
  outcomes.map((outcome) => (outcome.phase === 'ready' ? outcome.share! : -1n));

function expectKeyOfAnyThreshold(played: Played<Ristretto>): void {
  const { group, publicKey, threshold } = agreed(played).keys;
  const shares = sharesOf(played);
  for (const from of [0, played.honest.length - threshold]) {
    const some = played.honest.slice(from, from + threshold);
    const secret = weightsAtZero(some, group.order).reduce(
      (sum, w, k) => modulo(sum + w * shares[from + k]!, group.order),
      0n,
    );
    expect(group.same(group.multiply(group.generator, secret), publicKey)).toBe(true);
  }
}

function expectCheatsNamed(played: Played<Ristretto>, { liars, liar }: Draw): void {
  const { dealers, faults } = agreed(played);
  for (const index of liars) {
    const { cheat, lie, victims } = liar[index]!;
    const named = faults.filter((fault) => fault.index === index).map(({ fault }) => fault);
    const harmed = played.honest.some((i) => ((victims >> i) & 1) === 1);
    const isDealer = cheat === 'honest' || (cheat === 'wrong shares' && !harmed);
    if (cheat === 'two dealings') expect(named).toContain('two-dealings');
    if (cheat === 'garbage') expect(named).toContain('malformed-dealing');
    if (cheat.startsWith('repeats')) expect(named).toContain('malformed-dealing');
    if (cheat === 'wrong shares' && harmed) expect(named).toContain('wrong-share');
    if (lie === 'garbage') expect(named).toContain('malformed-complaints');
    if (lie === 'two complaints') expect(named).toContain('two-complaints');
    expect(dealers.includes(index)).toBe(isDealer);
  }
}

describe('key generation', () => {
  it.each([
    { parties: 4, runs: 16 },
    { parties: 7, runs: 6 },
    { parties: 10, runs: 4 },
  ])('among $parties: all agree, cheats are left out, honest ones hold it', ({ parties, runs }) => {
    const threshold = Math.floor((parties - 1) / 3) + 1;
    fc.assert(
      fc.property(drawn(parties), (draw) => {
        const played = play<Ristretto>(sealing, parties, threshold, draw);
        expectKeyOfAnyThreshold(played);
        expectCheatsNamed(played, draw);
      }),
      { numRuns: cases(runs) },
    );
  });
});

describe('key generation for signatures', () => {
  it('gives a key under which any threshold of honest parties sign', () =>
    fc.assert(
      fc.property(drawn(4), (draw) => {
        const { pairing } = FAST;
        const played = play(pairing.g2, 4, 2, draw);
        const { keys } = agreed(played);
        const shares = new Map(
          sharesOf(played).map((share, i) => [played.honest[i]!, sign(pairing, share, message)]),
        );
        const combined = combine(pairing, keys, message, shares);
        if (combined.phase !== 'combined') throw new Error(combined.phase);
        expect(combined.liars).toEqual([]);
        expect(verify(pairing, keys.publicKey, message, combined.signature)).toBe(true);
      }),
      { numRuns: 2 },
    ));
});
