/**
 * Ten thousand logins in a minute of virtual time (T1), and strangers who want lists without end. What it costs is
 * counted, not timed: proofs that are verified, what is remembered, what is answered.
 *
 *   a login that has no room    two hashes of keys, a digest of the challenge, an answer: no signature
 *   a forged one                one proof in a job: two verifications and an encapsulation, some 0.5 ms of one worker;
 *                               of jobs two at a time, of 32 proofs, whatever comes
 *   remembered                  1 024 proofs that wait, 65 536 nonces and names of late: below 30 MB, at the most
 */
import { describe, expect, it } from 'vitest';
import { sealingKeyOf } from '#algorithms/kem.ts';
import type { Proof } from '#protocols/credential.ts';
import { fingerprintOf } from '#protocols/transaction.ts';
import { asked, desk, judged, knocked, WAITING_MAX, type House } from '#protocols/presence/desk.ts';
import type { Admitted } from '#protocols/presence/jobs.ts';
import { ALL, EACH, isAnswered, strangers } from '#protocols/presence/strangers.ts';
import { DEFAULT_LIMITS, table } from '#protocols/presence/table.ts';
import { LogIn, type Nonce, type PresenceRefused } from '#protocols/presence.messages.ts';
import { address, type Address } from '#protocols/subjects.ts';
import { moment } from '../moments.ts';
import { genesisOf, keyOf, lightOf, NO_SIGNATURE, nodeNamed, secretsOf } from './city.ts';

const LOGINS = 10_000;
const MINUTE_MS = 60_000;
const CAP = 50;
const HONEST = 60;
const genesis = genesisOf(1n);
const server = address(nodeNamed('d0'), 'presence');
const house: House = {
  genesis,
  contracts: new Map(),
  limits: { ...DEFAULT_LIMITS, perOperator: CAP, perDevice: LOGINS },
};
const one = lightOf(genesis, 1);
const verifying = keyOf(secretsOf(1).signing.seed);
const sealing = {
  suite: 'ml-kem-768',
  key: sealingKeyOf('ml-kem-768', secretsOf(1).sealing.seed),
} as const;
const admitted: Admitted = { secret: new Uint8Array(32), ciphertext: new Uint8Array(1_088) };

/** A desk, whose jobs take so long, and say of an operator's proofs that they stand. */
class Flooded {
  readonly desk = desk({ server, secret: new Uint8Array(32).fill(1) });
  readonly table = table();
  readonly reasons = new Map<string, number>();
  verified = 0;
  now = 0;
  readonly #jobMs: number;
  readonly #stand: (node: string) => boolean;
  #jobs: { readonly id: string; readonly nodes: readonly string[]; readonly doneAt: number }[] = [];

  constructor(jobMs: number, stand: (node: string) => boolean) {
    this.#jobMs = jobMs;
    this.#stand = stand;
  }

  logIn(name: string, operator: Uint8Array): void {
    const node = nodeNamed(name);
    const from = address(node, 'heart');
    const [given] = knocked(this.desk, from, moment(this.now));
    const { nonce } = (given as unknown as { readonly message: Nonce }).message;
    const proof = proofOf(name, operator, nonce);
    this.#hear(asked(this.desk, house, this.table, LogIn.of({ proof }), from, moment(this.now)));
  }

  pass(ms: number): void {
    this.now += ms;
    const done = this.#jobs.filter(({ doneAt }) => doneAt <= this.now);
    this.#jobs = this.#jobs.filter((job) => !done.includes(job));
    for (const { id, nodes } of done) {
      const verdicts = nodes.map((node) => (this.#stand(node) ? admitted : undefined));
      this.#hear(judged(this.desk, house, this.table, id, verdicts, moment(this.now)));
    }
  }

  #hear(effects: ReturnType<typeof asked>): void {
    for (const effect of effects) {
      if (effect.do === 'compute') {
        const nodes = this.desk.verifying.get(effect.id)!.map(({ proof }) => proof.login.node);
        this.verified += nodes.length;
        this.#jobs.push({ id: effect.id, nodes, doneAt: this.now + this.#jobMs });
      }
      if (effect.do !== 'send') continue;
      const { reason = 'welcome' } = effect.message as Partial<PresenceRefused>;
      this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + 1);
    }
    expect(this.desk.waiting.length).toBeLessThanOrEqual(WAITING_MAX);
    expect(this.#jobs.length).toBeLessThanOrEqual(2);
  }
}

function proofOf(name: string, operator: Uint8Array, nonce: Uint8Array): Proof {
  const node = nodeNamed(name);
  const { grant } = one.grant!;
  const { role, device } = grant;
  const ours = { ...grant, node, key: fingerprintOf(verifying), operator };
  const login = { node, role, verifying, sealing, operator, device, freeBytes: 1, nonce, server };
  return { login, grant: { grant: ours, signature: NO_SIGNATURE }, signature: NO_SIGNATURE };
}

const attacker = new Uint8Array(32).fill(7);
const honest = (i: number): Uint8Array => new Uint8Array(32).fill(100 + (i % 100));

/** An honest one comes each second among them. */
function flood(flooded: Flooded, operatorOf: (i: number) => Uint8Array): void {
  const everyMs = MINUTE_MS / LOGINS;
  for (let i = 0; i < LOGINS; i++) {
    flooded.logIn(`bad${i}`, operatorOf(i));
    if (i % Math.round(1_000 / everyMs) === 0) flooded.logIn(`good${i}`, honest(i));
    flooded.pass(everyMs);
  }
  flooded.pass(MINUTE_MS);
}
const isGood = (node: string): boolean => node.includes('.good');

describe('ten thousand logins in a minute', () => {
  it('of one operator come to its cap, and to hardly more signatures', () => {
    const flooded = new Flooded(20, () => true);
    flood(flooded, () => attacker);
    const theirs = [...flooded.table.of.values()].filter(
      ({ listed }) => listed.eligible.operator === attacker,
    );
    expect(theirs.length).toBe(CAP);
    expect(flooded.table.of.size).toBe(CAP + HONEST);
    expect(flooded.verified).toBeLessThan(CAP + HONEST + 64);
    expect(flooded.reasons.get('operator-full')).toBe(LOGINS - CAP);
  });

  it('that are forged cost each its proof, once; whoever is honest gets in meanwhile', () => {
    const flooded = new Flooded(20, isGood);
    flood(flooded, (i) => Uint8Array.of(i, i >> 8));
    expect(flooded.table.of.size).toBe(HONEST);
    expect(flooded.verified).toBe(LOGINS + HONEST);
    expect(flooded.reasons.get('bad-signature')).toBe(LOGINS);
    expect(flooded.desk.used.size).toBeLessThanOrEqual(LOGINS);
    expect(flooded.desk.nodes.size).toBe(0);
  });

  it('take two jobs at a time where a job takes half a second, and the rest is told to wait', () => {
    const flooded = new Flooded(500, isGood);
    flood(flooded, (i) => Uint8Array.of(i, i >> 8));
    expect(flooded.verified).toBeLessThanOrEqual((2 * MINUTE_MS * 32) / 500 + WAITING_MAX);
    expect(flooded.reasons.get('busy')).toBeGreaterThan(0);
    expect(flooded.table.of.size).toBeGreaterThan(0);
  });
});

const who = (i: number): Address => address(nodeNamed(`s${i}`), 'client');

describe('strangers', () => {
  it('are answered as much as there is for all of them, however many names they have', () => {
    const known = strangers();
    const answered = (of: typeof known, name: (i: number) => Address): number =>
      Array.from({ length: LOGINS }, (_, i) => isAnswered(of, name(i), i * 6)).filter(Boolean)
        .length;
    const bound = ALL.burst + ALL.perSecond * 60;
    const count = answered(known, who);
    expect(count).toBeLessThanOrEqual(bound);
    expect(count).toBeGreaterThan(bound / 2);
    const one = EACH.burst + EACH.perSecond * 60;
    expect(answered(strangers(), () => who(0))).toBeLessThanOrEqual(one);
  });
});
