/**
 * Replicas. Method: a presence that freezes lists and serves them, a follower, and between them a wire
 * that loses, repeats and reorders; jobs are done inline, some of them fail. Whatever happens, a replica
 * only ever hands out lists that were frozen, exactly as they were; when the wire has healed it has all
 * that are valid.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { verify, type VerifyJob } from '#algorithms/signature.ts';
import { hex } from '#lib/bytes.ts';
import type { Effect, Plain, Signal } from '#protocols/effect.ts';
import { toBytes } from '#protocols/codec.ts';
import { Eligible } from '#protocols/eligibility.ts';
import {
  FOLLOWER_HEARS,
  ListFrozen,
  ListPage,
  PAGE_MAX,
  type FollowerHears,
  type FollowerSays,
} from '#protocols/presence.messages.ts';
import * as replica from '#protocols/presence/replica.ts';
import { differenceOf, type Listed, type Roll } from '#protocols/presence/roll.ts';
import { announcementOf, announcementsFor, pageFor } from '#protocols/presence/serve.ts';
import { address } from '#protocols/subjects.ts';
import { cases } from '#test/cases.ts';
import { endorsed, genesisOf, listed, nodeNamed, rollWith } from './city.ts';

const presence = address(nodeNamed('d0'), 'presence');
const genesis = genesisOf(1n, 1n, 1n, 1n);
const names = Array.from({ length: 200 }, (_, i) => listed(`n${String(i).padStart(3, '0')}`));
const heavier = names.map(({ eligible }) =>
  listed(eligible.node.split('.').at(-1)!, { weight: eligible.weight + 1 }),
);
const verified = new Map<string, boolean>();

/** Verifying is what takes time here, and there are few different signatures. */
function verdicts(input: Plain): Plain {
  return (input as unknown as readonly VerifyJob[]).map((job) => {
    const key = `${hex(job.publicKey)} ${hex(job.signature)} ${hex(job.bytes)}`;
    if (!verified.has(key)) verified.set(key, verify(job));
    return verified.get(key)!;
  });
}

/** A follower, with all that is under way to it and from it. */
function follower() {
  const [state, first] = replica.begin({ genesis, presence });
  const out: Effect<FollowerSays>[] = [...first];
  const hear = (input: FollowerHears | Signal, from = presence): void => {
    expect(replica.isForReplica(input)).toBe(true);
    out.push(...replica.step(state, input, { from })[1]);
  };
  return { state, out, hear };
}
type Follower = ReturnType<typeof follower>;

/** Carries out one effect: what is said to the presence is answered, unless it is lost. */
function carryOut(
  { hear }: Follower,
  rolls: readonly Roll[],
  effect: Effect<FollowerSays>,
  lost: boolean,
) {
  if (effect.do === 'compute')
    return hear(
      lost
        ? { kind: 'uncomputed', id: effect.id, why: 'the pool is full' }
        : { kind: 'computed', id: effect.id, output: verdicts(effect.input) },
    );
  if (effect.do !== 'send' || lost) return undefined;
  if (effect.message.kind === 'presence.follow')
    return void announcementsFor(rolls, effect.message).map((each) => hear(each));
  if (effect.message.kind === 'presence.seek')
    return void announcementOf(rolls, effect.message).map((each) => hear(each));
  const page = pageFor(rolls, effect.message);
  expect(page === undefined ? undefined : FOLLOWER_HEARS.check(page)).toBeUndefined();
  return page === undefined ? undefined : hear(page);
}

const wakeUp: Signal = { kind: 'wake', id: 'presence/follow' };
const have = (of: Follower): string[] => of.state.rolls.map(({ list }) => hex(list.digest));

function heal(of: Follower, rolls: readonly Roll[]): void {
  for (let round = 0; round < 8; round++) {
    of.hear(wakeUp);
    for (let turns = 0; of.out.length > 0 && turns < 500; turns++)
      carryOut(of, rolls, of.out.shift()!, false);
  }
}

type Event =
  | { readonly is: 'freeze'; readonly in: readonly number[]; readonly afterMs: number }
  | {
      readonly is: 'deliver';
      readonly which: number;
      readonly lost: boolean;
      readonly twice: boolean;
    }
  | { readonly is: 'wake' };

const event: fc.Arbitrary<Event> = fc.oneof(
  fc.record({
    is: fc.constant('freeze' as const),
    in: fc.uniqueArray(fc.nat(names.length * 2 - 1), {
      maxLength: 180,
      selector: (i) => i % names.length,
    }),
    afterMs: fc.integer({ min: 2_000, max: 12_000 }),
  }),
  fc.record({
    is: fc.constant('deliver' as const),
    which: fc.nat(5),
    lost: fc.boolean(),
    twice: fc.boolean(),
  }),
  fc.constant({ is: 'wake' as const }),
);

function frozenFrom(before: Roll | undefined, picked: readonly number[], afterMs: number): Roll {
  const members = picked
    .map((i) => (i < names.length ? names[i]! : heavier[i - names.length]!))
    .toSorted((a, b) => (a.eligible.node < b.eligible.node ? -1 : 1));
  const head = before?.list.head;
  return rollWith(members, {
    number: (head?.number ?? 0) + 1,
    at: (head?.at ?? 1_700_000_000_000) + afterMs,
    follows: before?.list.digest,
  });
}

describe('a replica', () => {
  it('hands out what was frozen and nothing else, and has it all once the wire has healed', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (events) => {
        const of = follower();
        const made = new Map<string, Roll>();
        let rolls: readonly Roll[] = [];
        for (const each of events) {
          if (each.is === 'freeze') {
            const roll = frozenFrom(rolls[0], each.in, each.afterMs);
            rolls = replica.withRoll(rolls, roll);
            made.set(hex(roll.list.digest), roll);
            of.hear(ListFrozen.of({ frozen: roll.frozen }));
          } else if (each.is === 'wake') of.hear(wakeUp);
          else {
            const [effect] = of.out.splice(Math.min(each.which, of.out.length - 1), 1);
            if (effect === undefined) continue;
            carryOut(of, rolls, effect, each.lost);
            if (each.twice) carryOut(of, rolls, effect, false);
          }
          for (const had of of.state.rolls)
            expect(had.list.nodes).toEqual(made.get(hex(had.list.digest))?.list.nodes);
        }
        heal(of, rolls);
        expect(have(of)).toEqual(rolls.map(({ list }) => hex(list.digest)));
        expect(replica.newest(of.state)?.nodes).toEqual(rolls[0]?.list.nodes);
      }),
      { numRuns: cases(60) },
    );
  });

  it('takes pages that are not its next one, or of somebody else, for nothing', () => {
    const roll = rollWith(names);
    const of = follower();
    of.hear(ListFrozen.of({ frozen: roll.frozen }));
    const page = ListPage.of({
      list: roll.list.digest,
      base: undefined,
      after: undefined,
      ...differenceOf([], roll.members, undefined),
    });
    for (const effect of of.out.splice(0)) carryOut(of, [], effect, false); // The signatures verify.
    of.hear(page, address(nodeNamed('n001'), 'presence'));
    of.hear({ ...page, after: nodeNamed('n001') });
    of.hear({ ...page, list: new Uint8Array(32) });
    of.hear({ ...page, base: new Uint8Array(32) });
    expect(of.state.getting?.download.changes.size).toBe(0);
    heal(of, [roll]);
    expect(have(of)).toEqual([hex(roll.list.digest)]);
  });

  it('drops pages that do not make the list, and gets it from the beginning', () => {
    const roll = rollWith(names.slice(0, 100));
    const of = follower();
    const lies = [
      rollWith(names.slice(1, 101)),
      rollWith([...names.slice(0, 99), heavier[99]!]),
      rollWith(names.slice(0, 99)),
    ];
    for (const lie of lies) {
      const disguised = {
        ...lie,
        list: { ...lie.list, digest: roll.list.digest },
        frozen: roll.frozen,
      };
      heal(of, [disguised]);
      expect(have(of)).toEqual([]);
    }
    heal(of, [roll]);
    expect(have(of)).toEqual([hex(roll.list.digest)]);
  });

  it('refuses keys that are not those of the list', () => {
    const [one, two] = [names[0]!, names[1]!];
    const stolen: Listed = { ...one, signing: two.signing };
    const roll = rollWith([one]);
    const of = follower();
    heal(of, [{ ...roll, members: [stolen] }]);
    expect(have(of)).toEqual([]);
    heal(of, [{ ...roll, members: [{ ...one, sealing: two.sealing }] }]);
    expect(have(of)).toEqual([]);
  });

  it('accepts no list without the signatures of more than two thirds of the stake', () => {
    const { frozen, ...rest } = rollWith(names.slice(0, 3));
    const forged = frozen.endorsements.map((each) => ({ ...each, signature: new Uint8Array(64) }));
    for (const lie of [
      endorsed(frozen.head, [0, 1]),
      { ...frozen, endorsements: forged },
      { ...frozen, head: { ...frozen.head, number: 2 } },
    ]) {
      const of = follower();
      heal(of, [{ ...rest, frozen: lie }]);
      expect(have(of)).toEqual([]);
    }
  });

  it('holds a bounded number of announcements, whatever it is told', () => {
    const of = follower();
    for (let number = 1; number <= 40; number++)
      of.hear(ListFrozen.of({ frozen: rollWith([], { number }).frozen }));
    expect(of.state.announced.size).toBeLessThanOrEqual(16);
    heal(of, [rollWith(names, { number: 41 })]);
    expect(replica.newest(of.state)?.head.number).toBe(41);
  });
});

describe('a difference', () => {
  it('comes in pages, and says no more than what changed', () => {
    const base = names.slice(0, 150);
    const list = [...names.slice(100, 120), ...heavier.slice(120, 130), ...names.slice(130)];
    let after: (typeof base)[0]['eligible']['node'] | undefined;
    const pages = [];
    for (;;) {
      const page = differenceOf(base, list, after);
      pages.push(page);
      after = page.until;
      if (after === undefined) break;
    }
    expect(pages.flatMap(({ left }) => left)).toEqual(
      base.slice(0, 100).map((each) => each.eligible.node),
    );
    expect(pages.flatMap(({ members }) => members.map(({ eligible }) => eligible))).toEqual(
      [...heavier.slice(120, 130), ...names.slice(150)].map(({ eligible }) => eligible),
    );
    for (const { left, members } of pages)
      expect(left.length + members.length).toBeLessThanOrEqual(PAGE_MAX);
    expect(toBytes(Eligible, names[0]!.eligible).length).toBeLessThan(250);
  });
});
