/**
 * Changes of policy among delegates, whatever is lost, doubled, late or restarted. The city and its ledgers
 * are played: a change is ordered once more than two thirds of the delegates have agreed to it, and every
 * ledger has the same batches.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stampBytes } from '#algorithms/clock/hlc.ts';
import { DEFAULTS, readPolicy } from '#config/policy/read.ts';
import type { Policy } from '#config/policy.ts';
import { hex } from '#lib/bytes.ts';
import { NO_PROBE } from '#lib/probe.ts';
import { cityBatch, NONE, type Committed } from '#protocols/city-batch.ts';
import { whole } from '#protocols/codec.ts';
import { wake, type Effect, type Signal } from '#protocols/effect.ts';
import { Chained, ChangeCommitted } from '#protocols/ledger.messages.ts';
import { bookOf, follow, newestOf, PolicyChange, type Book } from '#protocols/policy-book.ts';
import { begin, step, type Changing, type Options } from '#protocols/policy-change.ts';
import { strainOf, wishOf } from '#protocols/policy-wishes.ts';
import {
  AskPolicy,
  Edit,
  SloVerdict,
  Unread,
  Wish,
  type PolicyHears,
  type PolicySays,
  type PolicyStatus,
  type Verdict,
} from '#protocols/policy.messages.ts';
import { policyBytes, readPolicyBytes } from '#protocols/policy.ts';
import { statusText } from '#cli/policy-status.ts';
import { address, nodeOf, type Address, type NodeAddress } from '#protocols/subjects.ts';
import { cases } from '#test/cases.ts';
import { from as heardFrom, moment, woken } from './moments.ts';
import { cityOf, KOMATSU, selfOf } from './sample.ts';

const { genesis, delegates } = cityOf(4);
/** More than two thirds of four. */
const QUORUM = 3;

const policyOf = (source: string): Policy => {
  const read = readPolicy(source, 'p.yaml');
  if (!read.ok) throw new Error(read.error);
  return read.value.policy;
};
const K = [9, 11, 12].map((k) => policyOf(`pieces: { k: ${k} }`));
/** The same file on a machine that knows another rule for one of its zones. */
const [PARIS, OTHER_PARIS] = (() => {
  const paris = policyOf("boosts: [{ when: 'time 23:00-06:00 Europe/Paris', anchor_total: 2 }]");
  const zones = paris.zones.map(({ name, spans }) => ({ name, spans: spans.slice(0, -1) }));
  return [paris, { ...paris, zones }];
})();
const POLICIES = [DEFAULTS, ...K, PARIS, OTHER_PARIS];
const nameOf = (policy: Policy): number =>
  POLICIES.findIndex(
    (each) => hex(policyBytes(each)) === hex(policyBytes({ ...policy, isStrained: false })),
  );
const meaningOf = (name: number): number => Math.min(name, 4);

const answered = (message: Chained): Signal => ({ kind: 'answered', id: 'chain', message });

interface Letter {
  readonly to: NodeAddress;
  readonly from: Address;
  readonly message: PolicyHears;
}

class City {
  readonly batches: Committed[] = [];
  readonly letters: Letter[] = [];
  readonly policies = new Map<NodeAddress, Changing>();
  readonly stored = new Map<NodeAddress, Map<string, Uint8Array>>();
  /** Of each delegate what its own city was told last that it wants, and what of it is to be named. */
  readonly agreed = new Map<NodeAddress, readonly string[]>();
  readonly due = new Map<NodeAddress, readonly string[]>();
  readonly wants = new Map<NodeAddress, number>();
  readonly timers = new Map<NodeAddress, Set<string>>();
  readonly told = new Map<NodeAddress, Uint8Array>();
  readonly saw = new Map<NodeAddress, Verdict>();
  /** Who has ever said that it burns, and who that it does not. */
  readonly ever = { burning: new Set<NodeAddress>(), calm: new Set<NodeAddress>() };
  /** What its policies were seen to come through. */
  readonly seen = new Set<string>();
  #isCut = false;

  constructor() {
    for (const { node } of delegates) {
      this.stored.set(node, new Map());
      this.restart(node);
    }
  }

  restart(node: NodeAddress): void {
    const self = selfOf(
      genesis,
      delegates.find((each) => each.node === node)!,
      { probe: { ...NO_PROBE, sometimes: (what) => void this.seen.add(what) } },
    );
    const of: Options = { self, first: DEFAULTS, followers: [address(node, 'select')] };
    this.timers.set(node, new Set());
    const [state, effects] = begin(of, this.stored.get(node)!);
    this.policies.set(node, state);
    this.#carryOut(node, effects);
  }

  hear(node: NodeAddress, input: PolicyHears | Signal, by?: Address): void {
    const at = by === undefined ? moment() : heardFrom(by);
    const [state, effects] = step(this.policies.get(node)!, input, at);
    this.policies.set(node, state);
    this.#carryOut(node, effects);
  }

  /** `want`: which of the policies the operator's file says. */
  edit(node: NodeAddress, want: number): void {
    this.wants.set(node, want);
    this.hear(node, Edit.of({ bytes: policyBytes(POLICIES[want]!) }));
  }

  /** What the node's own slo says. */
  see(node: NodeAddress, is: Verdict): void {
    this.saw.set(node, is);
    if (is !== 'unknown') this.ever[is].add(node);
    this.hear(node, SloVerdict.of({ is }), address(node, 'slo'));
  }

  tick(node: NodeAddress): void {
    const due = this.timers.get(node)!;
    this.timers.set(node, new Set());
    for (const id of due) this.hear(node, woken(id));
  }

  deliver(which: number, times: number): void {
    const [letter] = this.letters.splice(which % Math.max(1, this.letters.length), 1);
    if (letter === undefined) return;
    for (let i = 0; i < times; i++) this.hear(letter.to, letter.message, letter.from);
  }

  /** The next batch: with a change that somebody names and enough vote for, if there is one. */
  order(): void {
    const found = [...this.due.values()].flat().find((one) => this.agreeing(one) >= QUORUM);
    const change = found === undefined ? undefined : Uint8Array.from(Buffer.from(found, 'hex'));
    if (change !== undefined) this.#expectWanted(change);
    for (const told of [this.agreed, this.due]) {
      for (const [node, all] of told)
        told.set(
          node,
          all.filter((each) => each !== found),
        );
    }
    const height = this.batches.length + 1;
    const at = stampBytes({ wallMs: height, count: 0 });
    const roots = { prev: NONE, stateRoot: NONE, round: height };
    const chosen = { place: KOMATSU, epoch: 0, height, proposer: delegates[0]!.node, at, ...roots };
    this.batches.push({ batch: cityBatch(chosen, [], change), quorum: { votes: [] } });
    if (change === undefined || this.#isCut) return;
    for (const { node } of delegates) {
      this.letters.push({
        to: node,
        from: address(node, 'ledger'),
        message: ChangeCommitted.of({ height, change }),
      });
    }
  }

  cutLedgers(isCut: boolean): void {
    this.#isCut = isCut;
  }

  #carryOut(node: NodeAddress, effects: readonly Effect<PolicySays>[]): void {
    for (const effect of effects) {
      if (effect.do === 'wake') this.timers.get(node)!.add(effect.id);
      else if (effect.do === 'sleep') this.timers.get(node)!.delete(effect.id);
      else if (effect.do === 'keep') {
        for (const { key, value } of effect.writes) this.stored.get(node)!.set(key, value!);
      } else if (effect.do === 'send') this.#send(node, effect.to, effect.message);
      else if (effect.do === 'ask') this.#answer(node, effect.id, effect.message);
    }
  }

  #send(node: NodeAddress, to: Address, message: PolicySays): void {
    if (message.kind === 'policy.wish') {
      this.letters.push({ to: nodeOf(to), from: address(node, 'policy'), message });
    } else if (message.kind === 'policy.in-force') this.told.set(node, message.bytes);
    else if (message.kind === 'city.changes') {
      for (const { change } of message.changes) this.#agree(node, change);
      const named = (all: typeof message.changes) => all.map(({ change }) => hex(change));
      this.agreed.set(node, named(message.changes));
      this.due.set(node, named(message.changes.filter(({ isDue }) => isDue)));
    }
  }

  /** How many agree to it. */
  agreeing(change: string): number {
    return [...this.agreed.values()].filter((all) => all.includes(change)).length;
  }

  /** What is ordered is what so many operators' files say now, not what they said once; or a strain. */
  #expectWanted(change: Uint8Array): void {
    const { bytes } = whole(PolicyChange, change);
    const to = readPolicyBytes(bytes);
    const strains = [...this.policies.values()].map(
      ({ book }) => newestOf(book).policy.isStrained !== to.isStrained,
    );
    if (strains.includes(true)) return;
    const wanting = [...this.wants.values()].filter(
      (want) => meaningOf(want) === meaningOf(nameOf(to)),
    );
    expect(wanting.length).toBeGreaterThanOrEqual(QUORUM);
  }

  #agree(node: NodeAddress, change: Uint8Array): void {
    // No node votes for anything but what its operator's file says, or a strain that it need not doubt.
    const { bytes } = whole(PolicyChange, change);
    const to = readPolicyBytes(bytes);
    const from = newestOf(this.policies.get(node)!.book).policy;
    if (to.isStrained === from.isStrained)
      expect(meaningOf(nameOf(to))).toBe(meaningOf(this.wants.get(node)!));
    else {
      expect(hex(policyBytes({ ...to, isStrained: from.isStrained }))).toBe(hex(policyBytes(from)));
      expect(this.saw.get(node)).not.toBe(to.isStrained ? 'calm' : 'burning');
      // Whoever did not see it goes along with those who did, and one of them is honest.
      const is = to.isStrained ? 'burning' : 'calm';
      if (this.saw.get(node) !== is) expect(this.ever[is].size).toBeGreaterThanOrEqual(2);
    }
  }

  #answer(node: NodeAddress, id: string, message: PolicySays): void {
    if (message.kind !== 'ledger.chain') return;
    if (this.#isCut) return this.hear(node, { kind: 'unanswered', id, why: 'deadline' });
    // Two a page, so that there are several.
    const batches = this.batches.slice(message.from - 1, message.from + 1);
    const height = this.batches.length;
    this.hear(node, { kind: 'answered', id, message: Chained.of({ height, batches }) });
  }

  book(): Book {
    return this.batches.reduce((book, { batch }) => follow(book, batch).book, bookOf(DEFAULTS));
  }

  /** Everything arrives, everybody follows, for as long as it takes. */
  heal(): void {
    this.cutLedgers(false);
    for (let round = 0; round < 16; round++) {
      for (const { node } of delegates) this.tick(node);
      for (const [node, is] of this.saw) this.see(node, is);
      while (this.letters.length > 0) this.deliver(0, 1);
      this.order();
    }
    for (const { node } of delegates) this.tick(node);
  }
}

const which = fc.nat(3).map((i) => delegates[i]!.node);
const anyDeed = fc.oneof(
  fc.tuple(which, fc.nat(POLICIES.length - 1)).map(
    ([node, want]) =>
      (city: City) =>
        city.edit(node, want),
  ),
  fc.tuple(fc.nat(30), fc.nat(2)).map(
    ([i, times]) =>
      (city: City) =>
        city.deliver(i, times),
  ),
  fc.tuple(which, fc.constantFrom<Verdict>('burning', 'calm', 'unknown')).map(
    ([node, is]) =>
      (city: City) =>
        city.see(node, is),
  ),
  which.map((node) => (city: City) => city.tick(node)),
  which.map((node) => (city: City) => city.restart(node)),
  fc.boolean().map((isCut) => (city: City) => city.cutLedgers(isCut)),
  fc.constant((city: City) => city.order()),
);

const inForceAt = (city: City): number[] =>
  delegates.map(({ node }) => nameOf(newestOf(city.policies.get(node)!.book).policy));

describe('a change of policy, whatever happens', () => {
  it('is in force at one height everywhere, and only if enough operators want it', () => {
    fc.assert(
      fc.property(fc.array(anyDeed, { maxLength: 60 }), (deeds) => {
        const city = new City();
        for (const deed of deeds) {
          deed(city);
          const { eras } = city.book();
          for (const { book } of city.policies.values()) {
            const known = eras.filter(({ fromHeight }) => fromHeight <= book.height + 1);
            expect(book.eras.map(({ policy }) => policy.version)).toEqual(
              known.map(({ policy }) => policy.version),
            );
          }
        }
        city.heal();
        const now = newestOf(city.book());
        for (const { node } of delegates) {
          expect(newestOf(city.policies.get(node)!.book)).toEqual(now);
          expect(city.told.get(node)).toEqual(policyBytes(now.policy));
        }
        const wanted = delegates.map(({ node }) => meaningOf(city.wants.get(node) ?? -1));
        const most = wanted.find(
          (want) => want >= 0 && wanted.filter((each) => each === want).length >= QUORUM,
        );
        if (most !== undefined) expect(meaningOf(nameOf(now.policy))).toBe(most);
        for (const is of ['burning', 'calm'] as const) {
          const seeing = delegates.filter(({ node }) => city.saw.get(node) === is);
          if (seeing.length >= QUORUM) expect(now.policy.isStrained).toBe(is === 'burning');
        }
      }),
      { numRuns: cases(200) },
    );
  });
});

describe('a change of policy', () => {
  const [a, b, c, d] = delegates.map(({ node }) => node) as [
    NodeAddress,
    NodeAddress,
    NodeAddress,
    NodeAddress,
  ];
  it('waits for more than two thirds of the stake', () => {
    const city = new City();
    city.edit(a, 1);
    city.edit(b, 1);
    city.heal();
    expect(inForceAt(city)).toEqual([0, 0, 0, 0]);
    expect([...city.due.values()].flat()).toEqual([]);
    city.edit(c, 1);
    city.heal();
    expect(inForceAt(city)).toEqual([1, 1, 1, 1]);
    expect(wishOf(city.policies.get(a)!)).toBeUndefined();
    expect([...city.seen]).toEqual([]);
    // The one who never wanted it lives by it.
    expect(wishOf(city.policies.get(d)!)).toBeUndefined();
  });
  it('is one for machines that know other rules of daylight saving', () => {
    const city = new City();
    for (const node of [a, b]) city.edit(node, 4);
    for (const node of [c, d]) city.edit(node, 5);
    city.heal();
    expect(new Set(inForceAt(city)).size).toBe(1);
    expect(meaningOf(inForceAt(city)[0]!)).toBe(4);
    // Nobody wishes for the other form of what is in force.
    for (const form of [4, 5]) {
      city.edit(d, form);
      expect(wishOf(city.policies.get(d)!)).toBeUndefined();
    }
  });
  it('outlives a restart, and can be taken back', () => {
    const city = new City();
    city.edit(a, 1);
    city.letters.length = 0;
    city.restart(a);
    expect(city.letters.map(({ to }) => to)).toEqual([b, c, d]);
    city.edit(b, 1);
    city.heal();
    expect(city.policies.get(a)!.others.has(b)).toBe(true);
    city.edit(b, 0);
    city.heal();
    expect(city.policies.get(a)!.others.has(b)).toBe(false);
    city.edit(c, 1);
    city.heal();
    expect(inForceAt(city)).toEqual([0, 0, 0, 0]);
    city.edit(d, 1);
    city.heal();
    expect(inForceAt(city)).toEqual([1, 1, 1, 1]);
  });
  it('is refused where it is none, which is shown, and the old one stays', () => {
    const city = new City();
    city.hear(a, Edit.of({ bytes: Uint8Array.of(1, 2, 3) }));
    expect(city.policies.get(a)!.refused).toMatch(/not the bytes of a policy/);
    city.hear(b, Unread.of({ fault: 'p.yaml:1:1: no' }));
    expect(city.policies.get(b)!.refused).toBe('p.yaml:1:1: no');
    const again = step(city.policies.get(b)!, Unread.of({ fault: 'p.yaml:2:1: no' }), moment());
    const fact = { node: b, fault: 'unread' };
    expect(again[1]).toEqual([{ do: 'note', topic: 'policy.refused', fact }]);
    expect(step(again[0], Unread.of({ fault: 'p.yaml:2:1: no' }), moment())[1]).toEqual([]);
    city.edit(b, 1);
    expect(city.policies.get(b)!.refused).toBeUndefined();
    city.heal();
    expect(inForceAt(city)).toEqual([0, 0, 0, 0]);
  });
  it('is found page by page, without a gap', () => {
    const city = new City();
    for (let i = 0; i < 5; i++) city.order();
    const page = (first: number, past: number) =>
      Chained.of({ height: 5, batches: city.batches.slice(first, past) });
    const step1 = step(city.policies.get(a)!, answered(page(0, 2)), moment());
    expect(step1[0].book.height).toBe(2);
    expect(step1[1]).toContainEqual(wake('page', 10));
    const late = step(step1[0], answered(page(3, 5)), moment());
    expect(late[0].book.height).toBe(2);
    expect(late[1]).toEqual([]);
    const rest = step(step1[0], answered(page(1, 5)), moment());
    expect(rest[0].book.height).toBe(5);
    expect(rest[1].map((effect) => effect.do)).toEqual(['keep']);
  });
  it('that is edited away before it is ordered is not ordered any more', () => {
    const city = new City();
    for (const node of [a, b, c]) city.edit(node, 1);
    while (city.letters.length > 0) city.deliver(0, 1);
    expect([...city.agreed.values()].map((all) => all.length)).toEqual([1, 1, 1, 0]);
    const before = city.agreed.get(a);
    for (const node of [a, b]) city.edit(node, 0);
    city.edit(c, 2);
    expect([...city.agreed.values()].map((all) => all.length)).toEqual([0, 0, 1, 0]);
    expect(city.agreed.get(c)).not.toEqual(before);
    expect([...city.due.values()].flat()).toEqual([]);
    city.heal();
    expect(inForceAt(city)).toEqual([0, 0, 0, 0]);
  });
  it('is shown with how much of the stake wants it', () => {
    const city = new City();
    city.edit(a, 1);
    city.edit(b, 1);
    city.edit(c, 2);
    while (city.letters.length > 0) city.deliver(0, 1);
    const from = address(b, 'asker');
    const [, effects] = step(city.policies.get(a)!, AskPolicy.of({}), heardFrom(from));
    const [said] = effects as [Extract<Effect<PolicySays>, { do: 'send' }>];
    expect(said.to).toBe(from);
    const status = said.message as PolicyStatus;
    expect(status).toMatchObject({ node: a, version: 1, fromHeight: 1, refused: undefined });
    expect(status.wish?.permille).toBe(500);
    expect(status.others.map(({ node }) => node)).toEqual([b, c]);
    const delegates = [
      { node: a, told: status },
      { node: b, told: undefined },
    ];
    const text = statusText({ city: 'asia.ishikawa.komatsu', delegates });
    expect(text).toMatch(/^asia.ishikawa.komatsu: version 1, [0-9a-f]{16}, from height 1 on/);
    expect(text).toMatch(/ 1 +0 +too little to say +[0-9a-f]{16}, with 50 % of the stake$/m);
    expect(text).toMatch(/does not answer$/m);
  });
  it('is one however often it is said', () => {
    const city = new City();
    const edit = Edit.of({ bytes: policyBytes(POLICIES[1]!) });
    const first = step(city.policies.get(a)!, edit, moment());
    expect(first[1].map((effect) => effect.do)).toContain('keep');
    const again = step(first[0], edit, moment());
    expect(again[1]).toEqual([]);
    expect(again[0]).toEqual(first[0]);
  });
  it('is said to followers at the start, and again every few seconds', () => {
    const city = new City();
    city.told.clear();
    city.restart(a);
    expect(city.told.get(a)).toEqual(policyBytes(DEFAULTS));
    city.told.clear();
    city.tick(a);
    expect(city.told.get(a)).toEqual(policyBytes(DEFAULTS));
  });
  it('is no business of others: of lights, of other nodes, of whoever says so', () => {
    const city = new City();
    const bytes = policyBytes(POLICIES[1]!);
    city.hear(a, Edit.of({ bytes }), address(b, 'policy'));
    city.hear(a, Unread.of({ fault: 'x' }), address(b, 'policy'));
    expect(city.policies.get(a)!).toMatchObject({ own: undefined, refused: undefined });
    city.hear(a, Wish.of({ change: bytes, strain: undefined }), address(b, 'select'));
    city.hear(a, Wish.of({ change: Uint8Array.of(1), strain: undefined }), address(b, 'policy'));
    expect(city.policies.get(a)!.others.size).toBe(0);
  });
});

describe('a strain', () => {
  const [a, b, c, d] = delegates.map(({ node }) => node) as [
    NodeAddress,
    NodeAddress,
    NodeAddress,
    NodeAddress,
  ];
  const isStrained = (city: City): boolean[] =>
    delegates.map(({ node }) => newestOf(city.policies.get(node)!.book).policy.isStrained);
  it('is nobody’s whim: one that sees it alone changes nothing, two find company', () => {
    const city = new City();
    city.see(a, 'burning');
    city.heal();
    expect([...city.due.values()].flat()).toEqual([]);
    expect(strainOf(city.policies.get(b)!)).toBeUndefined();
    city.see(b, 'burning');
    city.heal();
    expect(isStrained(city)).toEqual([true, true, true, true]);
    expect(city.book().eras.map(({ policy }) => policy.version)).toEqual([1, 2]);
  });
  it('does not come while those who see that all is well are as many as it takes', () => {
    const city = new City();
    for (const node of [a, b]) city.see(node, 'burning');
    for (const node of [c, d]) city.see(node, 'calm');
    city.heal();
    expect(isStrained(city)).toEqual([false, false, false, false]);
  });
  it('goes when more than two thirds are calm, and not before', () => {
    const city = new City();
    for (const node of [a, b, c, d]) city.see(node, 'burning');
    city.heal();
    for (const node of [a, b]) city.see(node, 'calm');
    city.heal();
    expect(isStrained(city)).toEqual([true, true, true, true]);
    city.see(c, 'calm');
    city.heal();
    expect(isStrained(city)).toEqual([false, false, false, false]);
  });
  it('is not held up by who only goes along', () => {
    const city = new City();
    for (const node of [a, b]) city.see(node, 'burning');
    while (city.letters.length > 0) city.deliver(0, 1);
    expect(strainOf(city.policies.get(c)!)).toMatchObject({ isSeen: false });
    for (const node of [a, b]) city.see(node, 'unknown');
    while (city.letters.length > 0) city.deliver(0, 1);
    for (const node of [a, b, c, d]) expect(strainOf(city.policies.get(node)!)).toBeUndefined();
  });
  it('outlives an edit, and an edit it', () => {
    const city = new City();
    for (const node of [a, b, c]) city.see(node, 'burning');
    for (const node of [b, c, d]) city.edit(node, 1);
    city.heal();
    expect(inForceAt(city)).toEqual([1, 1, 1, 1]);
    expect(isStrained(city)).toEqual([true, true, true, true]);
    // The same file again means what is in force.
    city.edit(a, 1);
    expect(wishOf(city.policies.get(a)!)).toBeUndefined();
    for (const node of [a, b, c]) city.see(node, 'calm');
    city.heal();
    expect(inForceAt(city)).toEqual([1, 1, 1, 1]);
    expect(isStrained(city)).toEqual([false, false, false, false]);
  });
  it('is no operator’s to say, and no other node’s', () => {
    const city = new City();
    const bytes = policyBytes({ ...DEFAULTS, isStrained: true });
    for (const node of [a, b, c, d]) city.hear(node, Edit.of({ bytes }));
    for (const node of [b, c, d])
      city.hear(node, SloVerdict.of({ is: 'burning' }), address(a, 'slo'));
    city.heal();
    expect(isStrained(city)).toEqual([false, false, false, false]);
  });
});
