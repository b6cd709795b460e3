/**
 * A change of policy through everything that is real: the policy, city and ledger of four delegates in one
 * system, real keys and signatures, a clock that is moved by hand. An edit is in force everywhere at one height,
 * and a delegate that slept through it or was killed comes to the same.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { city } from '#actors/city.ts';
import { jobs } from '#actors/jobs.ts';
import { ledger } from '#actors/ledger.ts';
import { policy } from '#actors/policy.ts';
import { DEFAULTS, readPolicy } from '#config/policy/read.ts';
import { catalogue } from '#protocols/codec.ts';
import { NOTHING } from '#protocols/effect.ts';
import type { Changing } from '#protocols/policy-change.ts';
import { Edit, PolicyInForce } from '#protocols/policy.messages.ts';
import { newestOf } from '#protocols/policy-book.ts';
import { policyBytes } from '#protocols/policy.ts';
import { address, type NodeAddress } from '#protocols/subjects.ts';
import { anyActor, type Actor, type AnyActor } from '#runtime/actor.ts';
import { memoryStore } from '#runtime/memory-store.ts';
import { inlinePool } from '#runtime/pool/inline-pool.ts';
import { System } from '#runtime/system.ts';
import { cityOf, selfOf, type Member } from '#test/protocols/sample.ts';
import { Manual, seeded } from '#test/runtime/manual.ts';

const policyOf = (source: string): Uint8Array => {
  const read = readPolicy(source, 'p.yaml');
  if (!read.ok) throw new Error(read.error);
  return policyBytes(read.value.policy);
};
const TWELVE = policyOf('pieces: { k: 12 }');
const ELEVEN = policyOf('pieces: { k: 11 }');
const { genesis, delegates } = cityOf(4);

const open: System[] = [];
afterEach(() => {
  for (const each of open.splice(0)) each.close();
});

/** Whoever resolves on a node: here it only remembers what it was told. */
function follower(node: NodeAddress, told: (version: number) => void): AnyActor {
  const actor: Actor<undefined, PolicyInForce, PolicyInForce> = {
    address: address(node, 'select'),
    listens: catalogue(PolicyInForce),
    start: () => [undefined, NOTHING],
    receive: (_, input) => {
      if (input.kind === 'policy.in-force') told(input.version);
      return [undefined, NOTHING];
    },
  };
  return anyActor(actor);
}

class Town {
  readonly manual = new Manual();
  readonly told = new Map<NodeAddress, number>();
  readonly faults: unknown[] = [];
  readonly system: System;

  constructor() {
    const { clock, scheduler } = this.manual;
    const store = memoryStore(scheduler);
    const pool = inlinePool(jobs, scheduler);
    const observer = {
      ended: (who: string, _: number, how: string, why?: string) => {
        if (how === 'crashed') this.faults.push([who, why]);
      },
      fault: (...how: unknown[]) => this.faults.push(how),
    };
    const ports = { clock, scheduler, entropy: seeded(3), store, pool, observer };
    this.system = new System(ports, { encodesLocal: true, checksInvariants: true });
    open.push(this.system);
    for (const member of delegates) this.start(member);
  }

  start(member: Member): void {
    const self = selfOf(genesis, member);
    const { node } = member;
    const told = (version: number): void => void this.told.set(node, version);
    const all = [
      ledger(self, { policy: DEFAULTS }),
      city(self),
      follower(node, told),
      policy(self, DEFAULTS, ['select']),
    ];
    for (const each of all) this.system.spawn(each);
  }

  kill({ node }: Member): void {
    for (const role of ['policy', 'select', 'city', 'ledger']) {
      this.system.stop(address(node, role), 'kill');
    }
    this.manual.pass(10);
  }

  edit({ node }: Member, bytes: Uint8Array): void {
    this.system.send(address(node, 'policy'), Edit.of({ bytes }));
  }

  state({ node }: Member): Changing {
    return this.system.stateOf(address(node, 'policy')) as Changing;
  }

  /** What is in force on each that runs, and from which height. */
  inForce(members: readonly Member[] = delegates): string[] {
    return members.map((member) => {
      const { book } = this.state(member);
      return `k ${newestOf(book).policy.pieces.k} from ${book.eras.at(-1)!.fromHeight}`;
    });
  }
}

const [a, b, c, d] = delegates as [Member, Member, Member, Member];

describe('an edit of the policy on a running city', () => {
  it('is in force within about a second, at one height, and said to whoever resolves', () => {
    const town = new Town();
    town.manual.pass(3_000);
    for (const member of delegates) town.edit(member, TWELVE);
    town.manual.pass(1_500);
    expect(new Set(town.inForce()).size).toBe(1);
    expect(town.inForce()[0]).toMatch(/^k 12 from \d+$/);
    expect([...town.told.values()]).toEqual([2, 2, 2, 2]);
    expect(town.faults).toEqual([]);
  });
  it('waits for more than two thirds of the operators, and moves nothing till then', () => {
    const town = new Town();
    for (const member of [a, b]) town.edit(member, TWELVE);
    town.manual.pass(10_000);
    expect(town.inForce()).toEqual(Array.from({ length: 4 }, () => 'k 10 from 1'));
    town.edit(c, TWELVE);
    town.manual.pass(3_000);
    expect(new Set(town.inForce()).size).toBe(1);
    expect(town.inForce()[0]).toMatch(/^k 12/);
  });
  it('is found by a delegate that was dead meanwhile, edit after edit', () => {
    const town = new Town();
    town.manual.pass(1_000);
    town.kill(d);
    for (const member of [a, b, c]) town.edit(member, TWELVE);
    town.manual.pass(5_000);
    for (const member of [a, b, c]) town.edit(member, ELEVEN);
    town.manual.pass(5_000);
    expect(town.inForce([a, b, c])[0]).toMatch(/^k 11/);
    town.start(d);
    town.manual.pass(70_000);
    expect(new Set(town.inForce()).size).toBe(1);
    expect(town.told.get(d.node)).toBe(3);
    expect(town.faults).toEqual([]);
  });
});
