/**
 * Votes, step by step: one presence of four, proposals by hand. Nobody stands for two lists of one number,
 * whatever happens between a proposal and the vote for it.
 */
import { describe, expect, it } from 'vitest';
import { sign, verifyMany, type VerifyJob } from '#algorithms/signature.ts';
import { whole } from '#protocols/codec.ts';
import { loginJob, type Login, type Proof } from '#protocols/credential.ts';
import type { Effect, Moment, Signal, Spoken } from '#protocols/effect.ts';
import type { EligibleHead } from '#protocols/eligibility.ts';
import {
  Alive,
  ListPage,
  Propose,
  Proven,
  type PresenceHears,
} from '#protocols/presence.messages.ts';
import * as presence from '#protocols/presence/presence.ts';
import { listedOf, type Roll } from '#protocols/presence/roll.ts';
import { Voted } from '#protocols/presence/state.ts';
import { DEFAULT_LIMITS } from '#protocols/presence/table.ts';
import { DEFAULT_WEIGHING } from '#protocols/presence/weigh.ts';
import { address, type Address } from '#protocols/subjects.ts';
import { fingerprintOf, readerFingerprintOf } from '#protocols/transaction.ts';
import { computed, kept, moment, WALL } from '../moments.ts';
import { delegateSelf, genesisOf, keyOf, lightOf, NETWORK, nodeNamed, rollWith } from './city.ts';

const genesis = genesisOf(1n, 1n, 1n, 1n);
const [d0, d1, d2] = [0, 1, 2].map((at) => address(nodeNamed(`d${at}`), 'presence')) as [
  Address,
  Address,
  Address,
];

function voter(delegate = 1, disk: ReadonlyMap<string, Uint8Array> = new Map()) {
  const options = {
    self: delegateSelf(genesis, delegate),
    contracts: new Map(),
    limits: DEFAULT_LIMITS,
    weighing: DEFAULT_WEIGHING,
  };
  const [state] = presence.begin(options, moment(), disk);
  const step = (input: PresenceHears | Signal, from?: Address, now = 0): readonly Effect[] => {
    const [, effects] = presence.step(state, input, moment(now, { from }) as Moment);
    presence.invariants(state);
    return effects;
  };
  return { state, step };
}

/** An empty list of d0: nothing to prove. */
const listBy = (by: string, more: Partial<EligibleHead> = {}): Roll =>
  rollWith([], { by: nodeNamed(by), at: WALL + 1, lights: [], ...more });

const kinds = (effects: readonly Effect[]): string[] =>
  effects.map((effect) => (effect.do === 'send' ? effect.message.kind : effect.do));
const said = (effects: readonly Effect[]): Spoken[] =>
  effects.flatMap((effect) => (effect.do === 'send' ? [effect.message] : []));

const propose = ({ list }: Roll): PresenceHears => Propose.of({ head: list.head });
const emptyPage = ({ list }: Roll): PresenceHears =>
  ListPage.of({
    list: list.digest,
    base: undefined,
    after: undefined,
    left: [],
    members: [],
    until: undefined,
  });
const reasons = (effects: readonly Effect[]): unknown[] =>
  said(effects).map((message) => (message as { reason?: string }).reason);

describe('a vote', () => {
  const roll = listBy('d0');

  it('is kept before it is signed, and names the list', () => {
    const { step } = voter();
    expect(kinds(step(propose(roll), d0))).toEqual(['presence.fetch']);
    const [keeping] = step(emptyPage(roll), d0);
    expect(keeping?.do).toBe('keep');
    const write = keeping?.do === 'keep' ? keeping.writes[0]! : undefined;
    expect(whole(Voted, write!.value!)).toEqual({ number: 1, list: roll.list.digest });
    expect(kinds(step(kept((keeping as { id: string }).id)))).toEqual(['compute']);
  });

  it('is not given for another list of the number, also after a restart', () => {
    const { step } = voter();
    step(propose(roll), d0);
    const [keeping] = step(emptyPage(roll), d0);
    const other = listBy('d0', { at: WALL + 2 });
    expect(reasons(step(propose(other), d0))).toEqual(['voted']);
    const disk = new Map(
      keeping?.do === 'keep' ? keeping.writes.map(({ key, value }) => [key, value!]) : [],
    );
    const again = voter(1, disk);
    expect(reasons(again.step(propose(other), d0))).toEqual(['voted']);
    expect(kinds(again.step(propose(roll), d0))).toEqual(['presence.fetch']);
    expect(kinds(again.step(propose(listBy('d0', { number: 2 })), d0))).toEqual(['presence.fetch']);
  });

  it('is not given for a list that was proposed before we stood for our own', () => {
    const { state, step } = voter();
    step(propose(roll), d0);
    // d0 is silent from now on; the others are heard: we lead, and propose.
    for (const from of [d2, address(nodeNamed('d3'), 'presence')])
      step(Alive.of({ newest: 0 }), from, 3_900);
    for (let now = 3_900; state.voted === undefined && now < 4_900; now += 250)
      step({ kind: 'wake', id: 'tick' }, undefined, now);
    expect(state.leads).toBe(true);
    expect(state.voted?.number).toBe(1);
    expect(kinds(step(emptyPage(roll), d0, 4_900))).not.toContain('keep');
  });

  it('is for the active presence alone, for its own list, of this city, in our time', () => {
    const { step } = voter();
    expect(reasons(step(propose(listBy('d2')), d2))).toEqual(['not-active']);
    expect(reasons(step(propose(listBy('d2')), d0))).toEqual(['unfit']);
    const place = 'asia.ishikawa.kaga' as EligibleHead['place'];
    expect(reasons(step(propose(listBy('d0', { place })), d0))).toEqual(['unfit']);
    expect(reasons(step(propose(listBy('d0', { at: WALL + 6_000 })), d0))).toEqual(['unfit']);
    expect(reasons(step(propose(listBy('d0', { number: 5_000 })), d0))).toEqual(['unfit']);
    const follows = new Uint8Array(32);
    expect(reasons(step(propose(listBy('d0', { follows, number: 2 })), d0))).toEqual(['ahead']);
  });

  it('is not given for shares of lights that are not those of the list', () => {
    const { step } = voter();
    const lights = [{ continent: 'asia', online: 1, registered: 1, ppm: 1_000_000 }];
    const lie = listBy('d0', { lights });
    step(propose(lie), d0);
    expect(reasons(step(emptyPage(lie), d0))).toEqual(['unfit']);
  });

  it('is given for nobody whose login and grant are not shown', () => {
    const light = lightOf(genesis, 1);
    const { self, role, operator, device, grant } = light;
    const sealing = { suite: 'ml-kem-768', key: new Uint8Array(1_184) } as const;
    const login: Login = {
      node: self.node,
      role,
      verifying: keyOf(self.secrets.signing.seed),
      sealing,
      operator,
      device,
      freeBytes: 1,
      nonce: new Uint8Array(40),
      server: d0,
    };
    const eligible = {
      node: self.node,
      role,
      operator,
      device,
      weight: 7,
      fingerprint: readerFingerprintOf(sealing),
      signer: fingerprintOf(login.verifying),
    };
    const lights = [{ continent: 'asia', online: 1, registered: 1, ppm: 1_000_000 }];
    const member = listedOf({ eligible, sealing, signing: login.verifying })!;
    const freeze = { by: nodeNamed('d0'), at: WALL + 1, lights };
    const roll = rollWith([member], freeze);
    const list = roll.list.digest;
    const proof: Proof = {
      login,
      grant,
      signature: sign(loginJob(NETWORK, login, self.secrets.signing)),
    };
    const other = { ...proof, login: { ...login, operator: new Uint8Array(32) } };
    const judged = (proofs: readonly Proof[], verdict: boolean): readonly Effect[] => {
      const { step } = voter();
      step(propose(roll), d0);
      const page = {
        ...emptyPage(roll),
        members: [{ eligible, sealing, signing: login.verifying }],
      };
      expect(kinds(step(page as ListPage, d0))).toEqual(['presence.prove']);
      const effects = step(Proven.of({ list, proofs }), d0);
      const [job] = effects;
      if (job?.do !== 'compute') return effects;
      const output = verifyMany(job.input as unknown as readonly VerifyJob[]);
      expect(output.every(Boolean)).toBe(verdict);
      return step(computed(job.id, output));
    };
    expect(kinds(judged([proof], true))).toEqual(['keep']);
    expect(reasons(judged([{ ...proof, grant: undefined }], false))).toEqual(['unproven']);
    expect(reasons(judged([other], false))).toEqual(['unproven']);
    const bent = { ...proof, signature: new Uint8Array(64) };
    expect(reasons(judged([bent], false))).toEqual(['unproven']);
    expect(judged([], false)).toEqual([]);
  });

  it('is nobody else’s to ask for: strangers and other actors of delegates are not heard', () => {
    const { step } = voter();
    expect(step(propose(roll), address(nodeNamed('n1'), 'presence'))).toEqual([]);
    expect(step(propose(roll), address(nodeNamed('d0'), 'heart'))).toEqual([]);
    expect(step(Proven.of({ list: roll.list.digest, proofs: [] }), d0)).toEqual([]);
    expect(step(propose(roll), d1)).not.toContainEqual(expect.objectContaining({ do: 'keep' }));
  });
});
