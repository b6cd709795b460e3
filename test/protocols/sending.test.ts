/**
 * S1, S2 and S3 step by step: what each does with a single input, at its bounds, and with what nobody
 * should say. Together they are in test/actors/sending-yard.simulation.test.ts.
 */
import { describe, expect, it } from 'vitest';
import { nameText } from '#algorithms/identity.ts';
import * as attest from '#protocols/attest.ts';
import type { Effect, Signal, Spoken } from '#protocols/effect.ts';
import { inForce, policyBytes } from '#protocols/policy.ts';
import { PolicyInForce } from '#protocols/policy.messages.ts';
import { listedOf, rollOf, type Roll } from '#protocols/presence/roll.ts';
import * as select from '#protocols/select.ts';
import { SENDING_JOBS } from '#protocols/sending/jobs.ts';
import { forgetOld, PLACED_MAX } from '#protocols/sending/placed.ts';
import { NO_ROOM_MS } from '#protocols/sending/room.ts';
import { TakeAttest, TakeSelect, TakeShard, type Moved } from '#protocols/sending.messages.ts';
import * as shard from '#protocols/shard.ts';
import { address } from '#protocols/subjects.ts';
import { termsOf as termsBy } from '#protocols/terms-of.ts';
import { DEFAULTS } from '#config/policy/read.ts';
import type { Tx } from '#protocols/transaction.ts';
import { computed, from, kept, moment, uncomputed } from './moments.ts';
import {
  bytesOf,
  cityOf,
  holders,
  listOf,
  manifestOf,
  placementOf,
  selfOf,
  termsOf,
  txOf,
} from './sample.ts';

const { genesis, delegates } = cityOf(1);
const [delegate] = delegates;
const self = selfOf(genesis, delegate!);
const at = (role: string) => address(self.node, role);
const terms = termsOf();
const members = holders();
const list = listOf(members);
const roll: Roll = rollOf(
  { head: list.head, endorsements: [] },
  members
    .toSorted((a, b) => (a.as.node < b.as.node ? -1 : 1))
    .map(({ who, as }) => listedOf({ eligible: as, sealing: who.sealing, signing: who.signing })!),
)!;
const { tx, txId } = txOf();
const name = nameText(txId);
const placement = placementOf(list, terms, self.node);
const keys = [...placement.holders, ...placement.spares].map(
  (node) => list.keys[list.nodes.findIndex((each) => each.node === node)]!,
);

const does = (effects: readonly Effect[], what: Effect['do']) =>
  effects.filter((effect) => effect.do === what);
type Computed = Extract<Signal, { kind: 'computed' }>;

const job = (effects: readonly Effect[]) => {
  const [effect] = does(effects, 'compute') as Extract<Effect, { do: 'compute' }>[];
  return computed(effect!.id, SENDING_JOBS[effect!.job]!(effect!.input));
};
/** What is sent on: all but signs of life. */
const kinds = (effects: readonly Effect[]): string[] =>
  effects.flatMap((effect) =>
    effect.do === 'send' && !isSignOfLife(effect.message) ? [(effect.message as Spoken).kind] : [],
  );
const isSignOfLife = (message: Spoken): boolean =>
  message.kind === 'ingress.moved' && (message as Moved).state === 'FRESH';

/** S1 with a list, as if it had followed presence. */
function selecting(rolls: readonly Roll[] = [roll], stored = new Map<string, Uint8Array>()) {
  const [state] = select.begin({ self, terms: () => terms }, moment(), stored);
  state.copy.rolls = rolls;
  return state;
}

const takeSelect = (of: Tx = tx) => TakeSelect.of({ tx: of, ingress: at('ingress'), attempt: 0 });
const asked = from(at('ingress'));

describe('S1', () => {
  it('hands on only what is on its disk', () => {
    const state = selecting();
    const [, drawing] = select.step(state, takeSelect(), asked);
    expect(kinds(drawing)).toEqual([]);
    expect(does(drawing, 'send')).toHaveLength(1);
    const [, keeping] = select.step(state, job(drawing), moment());
    expect(does(keeping, 'send')).toEqual([]);
    expect(does(keeping, 'keep')).toHaveLength(1);
    const [, handed] = select.step(state, kept(name), moment());
    expect(kinds(handed)).toEqual(['shard.take']);
    const [, again] = select.step(state, takeSelect(), asked);
    expect(kinds(again)).toEqual(['shard.take']);
    expect(does(again, 'compute')).toEqual([]);
  });

  it('draws once for all who ask at the same time, and tells the last of them', () => {
    const state = selecting();
    const [, drawing] = select.step(state, takeSelect(), asked);
    const signOfLife = [{ message: { kind: 'ingress.moved', state: 'FRESH', txId } }];
    expect(select.step(state, takeSelect(), asked)[1]).toMatchObject(signOfLife);
    const [, keeping] = select.step(state, job(drawing), moment());
    expect(select.step(state, takeSelect(), asked)[1]).toMatchObject(signOfLife);
    expect(does(keeping, 'keep')).toHaveLength(1);
  });

  it('waits for its list after a restart, and then goes on as it was', () => {
    const state = selecting();
    const [, drawing] = select.step(state, takeSelect(), asked);
    const [, keeping] = select.step(state, job(drawing), moment());
    const [effect] = does(keeping, 'keep') as Extract<Effect, { do: 'keep' }>[];
    const [write] = effect!.writes;
    const again = selecting([], new Map([[write!.key, write!.value!]]));
    expect(select.step(again, takeSelect(), asked)[1]).toEqual([]);
    again.copy.rolls = [roll];
    const [, handed] = select.step(again, takeSelect(), asked);
    expect(kinds(handed)).toEqual(['shard.take']);
  });

  it('begins anew when its job failed, and says nothing where there is no list', () => {
    const state = selecting();
    select.step(state, takeSelect(), asked);
    select.step(state, uncomputed(`draw/${name}`), moment());
    expect(does(select.step(state, takeSelect(), asked)[1], 'compute')).toHaveLength(1);
    expect(select.step(selecting([]), takeSelect(), asked)[1]).toEqual([]);
  });

  it('places by an older list where the newest has no room, and refuses after a while where none has', () => {
    const few = listOf(holders(12), { number: 2 });
    const short = { list: few, members: [], frozen: { head: few.head, endorsements: [] } };
    const state = selecting([short, roll]);
    const [, drawing] = select.step(state, takeSelect(), asked);
    expect(does(drawing, 'compute')).toHaveLength(1);
    expect(state.drawings.get(name)!.list).toBe(roll.list);
    const none = selecting([short]);
    const ask = (now: number) =>
      kinds(select.step(none, takeSelect(), from(at('ingress'), now))[1]);
    expect([ask(0), ask(1_500), ask(NO_ROOM_MS - 1)]).toEqual([[], [], []]);
    expect(ask(NO_ROOM_MS)).toEqual(['ingress.moved']);
    none.copy.rolls = [roll, short];
    expect(does(select.step(none, takeSelect(), asked)[1], 'compute')).toHaveLength(1);
  });

  it('leaves a transaction to those who may prove for it', () => {
    const city = cityOf(4);
    const own = city.delegates.map((each) => {
      const [state] = select.begin(
        { self: selfOf(city.genesis, each), terms: () => terms },
        moment(),
        new Map(),
      );
      state.copy.rolls = [roll];
      const ingress = address(each.node, 'ingress');
      const take = TakeSelect.of({ tx, ingress, attempt: 0 });
      return select.step(state, take, from(ingress))[1].length;
    });
    expect(own.toSorted()).toEqual([0, 0, 2, 2]);
  });

  it('draws so many at once, keeps so many, and leaves the rest to be asked again', () => {
    const state = selecting();
    for (let i = 0; i < select.DRAWING_MAX; i++) {
      const drawing = { tx, txId, list, since: 0, ingress: at('ingress'), placed: undefined };
      state.drawings.set(`other ${i}`, drawing);
    }
    expect(select.step(state, takeSelect(), asked)[1]).toEqual([]);
    const full = selecting();
    for (let i = 0; i < PLACED_MAX; i++)
      full.placed.set(`other ${i}`, { placement, terms, number: 1, at: list.head.at });
    expect(select.step(full, takeSelect(), asked)[1]).toEqual([]);
  });

  it('forgets placements whose list is no longer valid, a thousand at a time', () => {
    const { at: first } = list.head;
    const table = new Map(
      Array.from({ length: 1_500 }, (_, i) => [
        nameText(bytesOf(`tx ${i}`)),
        { placement, terms, number: 1, at: first },
      ]),
    );
    expect(forgetOld(table, { number: 3, at: first + 60_000 })).toEqual([]);
    expect(forgetOld(table, { number: 9, at: first + 19_000 })).toEqual([]);
    const [effect] = forgetOld(table, { number: 4, at: first + 20_000 }) as Extract<
      Effect,
      { do: 'keep' }
    >[];
    expect(effect!.writes.every(({ value }) => value === undefined)).toBe(true);
    expect(effect!.writes).toHaveLength(1_024);
    expect(table.size).toBe(1_500 - 1_024);
  });

  it('goes by the policy in force of its own node, also after a restart', () => {
    const policy = { ...DEFAULTS, pieces: { ...DEFAULTS.pieces, lights: 28 } };
    const word = (version: number) => PolicyInForce.of({ version, bytes: policyBytes(policy) });
    const state = selecting();
    expect(select.step(state, word(2), from(at('stranger')))[1]).toEqual([]);
    const [, effects] = select.step(state, word(2), from(at('policy')));
    const expected = termsBy(inForce(2, policy))(list, txId);
    expect(state.room.terms(list, txId)).toEqual(expected);
    expect(select.step(state, word(1), from(at('policy')))[1]).toEqual([]);
    const [effect] = does(effects, 'keep') as Extract<Effect, { do: 'keep' }>[];
    const stored = new Map(effect!.writes.map(({ key, value }) => [key, value!]));
    expect(selecting([roll], stored).room.terms(list, txId)).toEqual(expected);
  });

  it('planted: lets the client choose what is drawn from, and a check sees it', () => {
    const [state] = select.begin(
      { self: { ...self, plant: 'seed-by-client' }, terms: () => terms },
      moment(),
      new Map(),
    );
    state.copy.rolls = [roll];
    const [, drawing] = select.step(state, takeSelect(), asked);
    const [, keeping] = select.step(state, job(drawing), moment());
    const honest = selecting();
    const [, first] = select.step(honest, takeSelect(), asked);
    const [, other] = select.step(honest, job(first), moment());
    expect(does(keeping, 'keep')).not.toEqual(does(other, 'keep'));
  });
});

const takeShard = TakeShard.of({ tx, ingress: at('ingress'), placement, terms, keys });

describe('S2', () => {
  it("makes a manifest of its own node's placements alone, and codes each once", () => {
    const [state] = shard.begin(self);
    expect(shard.step(state, takeShard, from(at('stranger')))[1]).toEqual([]);
    const [, coding] = shard.step(state, takeShard, from(at('select')));
    expect(shard.step(state, takeShard, from(at('select')))[1]).toEqual([]);
    const [, done] = shard.step(state, job(coding), moment());
    expect(kinds(done)).toEqual(['attest.take']);
    const { manifest } = manifestOf(tx, placement, terms);
    const said = done.filter((effect) => effect.do === 'send');
    expect(said).toMatchObject([{ message: { manifest } }]);
    expect(state.coding.size).toBe(0);
    expect(shard.step(state, takeShard, from(at('select')))[1]).toEqual(said);
    const other = { ...takeShard, terms: { ...terms, version: 2 } };
    const [, anew] = shard.step(state, other, from(at('select')));
    expect(does(anew, 'compute')).toHaveLength(1);
  });

  it('codes so many at once, and begins anew what failed', () => {
    const [state] = shard.begin(self);
    shard.step(state, takeShard, from(at('select')));
    shard.step(state, uncomputed(name), moment());
    for (let i = 0; i < shard.CODING_MAX; i++)
      state.coding.set(`other ${i}`, { taken: takeShard, since: 0 });
    expect(shard.step(state, takeShard, from(at('select')))[1]).toEqual([]);
    state.coding.delete('other 1');
    expect(does(shard.step(state, takeShard, from(at('select')))[1], 'compute')).toHaveLength(1);
  });

  it('rejects under terms that make no code', () => {
    const [state] = shard.begin(self);
    const none = { ...takeShard, placement: { ...placement, holders: [] } };
    const [, coding] = shard.step(state, none, from(at('select')));
    const [, done] = shard.step(state, job(coding), moment());
    expect(kinds(done)).toEqual(['ingress.moved']);
    const [effect] = done as unknown as { message: Moved }[];
    expect(effect!.message).toMatchObject({ txId, state: 'REJECTED', reason: 'no-capacity' });
  });
});

const { manifest, block } = manifestOf(tx, placement, terms);
const takeAttest = TakeAttest.of({
  cover: tx.cover,
  ingress: at('ingress'),
  manifest,
  block,
  keys,
});
const byShard = from(at('shard'));

/** Both jobs of a transaction: its capsules and its batch. */
const jobsOf = (effects: readonly Effect[]) =>
  (does(effects, 'compute') as Extract<Effect, { do: 'compute' }>[]).map(
    (effect) => computed(effect.id, SENDING_JOBS[effect.job]!(effect.input)) as Computed,
  );

/** Taken, and its turn to sign has come. */
function working(state: attest.Attesting, taken = takeAttest): readonly Effect[] {
  const [, effects] = attest.step(state, taken, byShard);
  const turns = does(effects, 'turn') as Extract<Effect, { do: 'turn' }>[];
  return [
    ...effects,
    ...turns.flatMap(({ id }) => attest.step(state, { kind: 'turn', id }, moment())[1]),
  ];
}

describe('S3', () => {
  it('goes on when both are done, whichever comes first, and once more when asked', () => {
    for (const order of [
      [0, 1],
      [1, 0],
    ] as const) {
      const [state] = attest.begin(self);
      const jobs = jobsOf(working(state));
      expect(kinds(attest.step(state, jobs[order[0]]!, moment())[1])).toEqual([]);
      const [, done] = attest.step(state, jobs[order[1]]!, moment());
      expect(kinds(done)).toEqual(['commit.open', 'distribute.take']);
      const [, again] = attest.step(state, takeAttest, byShard);
      expect(again).toEqual(done.filter((effect) => effect.do === 'send'));
      attest.invariants(state);
    }
  });

  it('orders another manifest of the same transaction as another', () => {
    const [state] = attest.begin(self);
    for (const each of jobsOf(working(state))) attest.step(state, each, moment());
    const other = { ...takeAttest, manifest: { ...manifest, lightUntil: 1 } };
    expect(jobsOf(working(state, other))).toHaveLength(2);
  });

  it('begins anew when sealing or signing failed, and a late signature is of no other order', () => {
    for (const which of ['seal/', 'batch:']) {
      const [state] = attest.begin(self);
      const begun = working(state);
      const ids = (does(begun, 'compute') as { id: string }[]).map(({ id }) => id);
      attest.step(state, uncomputed(ids.find((id) => id.startsWith(which))!), moment());
      expect(state.works.size).toBe(0);
      const changed = { ...takeAttest, manifest: { ...manifest, lightUntil: 1 } };
      attest.step(state, changed, byShard);
      const late = jobsOf(begun).find(
        ({ kind, id }) => kind === 'computed' && !id.startsWith(which),
      )!;
      if (which === 'seal/') expect(kinds(attest.step(state, late, moment())[1])).toEqual([]);
      expect([...state.works.values()].every(({ ordered }) => ordered === undefined)).toBe(true);
      attest.invariants(state);
    }
  });

  it('works on so many at once, and remembers so many bytes', () => {
    const [state] = attest.begin(self);
    for (const each of jobsOf(working(state))) attest.step(state, each, moment());
    const [first] = state.sealed.values();
    const large = { ...first!, capsules: [new Uint8Array(attest.SEALED_BYTES_MAX / 2)] };
    for (let i = 0; i < 3; i++) {
      state.sealed.set(`other ${i}`, large);
      state.sealedBytes += large.take.block.length + attest.SEALED_BYTES_MAX / 2;
    }
    attest.step(state, takeAttest, byShard);
    attest.invariants(state);
    expect([...state.sealed.keys()]).toEqual(['other 2', name]);
    const [full] = attest.begin(self);
    const begun = { since: 0, capsules: undefined, ordered: undefined };
    const work = { ...begun, take: takeAttest, order: first!.order };
    for (let i = 0; i < attest.SEALING_MAX; i++) full.works.set(`other ${i}`, work);
    expect(attest.step(full, takeAttest, byShard)[1]).toEqual([]);
  });
});

describe('what a job is given', () => {
  it("is checked by the draw: nobody else's signature", () => {
    const forged = { ...tx, cover: { ...tx.cover, signature: bytesOf('forged', 64) } };
    const state = selecting();
    const [, drawing] = select.step(state, takeSelect(forged), asked);
    const [, refused] = select.step(state, job(drawing), moment());
    expect(kinds(refused)).toEqual(['ingress.moved']);
  });
});
