/**
 * The members of a city, and the actors that each is made of. Every layer is an actor of its own, and each
 * may die alone: the ingress drives what is lost with one of them once more, and a replica is filled again.
 *
 *   <delegate>.delegate   one_for_one       <light>.light, <anchor>.anchor   rest_for_one
 *   |- presence    who is here              |- holder   keeps pieces, acknowledges them
 *   |- ingress     the door, the journal    |- heart    keeps the node on the list
 *   |- policy      the policy in force      |- overlay  of anchors: neighbours, what is spread
 *   |                and changes of it      '- tip      of anchors: how far the order is
 *   |- slo         how reads and writes do, by what the policy wants of them
 *   |- select      S1
 *   |- shard       S2
 *   |- attest      S3
 *   |- distribute  S4
 *   |- commit      S5
 *   |- audit       what holders really have, who is paid for it
 *   |- receive     R1
 *   |- locate      R2
 *   |- gather      R3
 *   |- restore     R4
 *   |- approve     R5
 *   |- repair      what was lost is made again
 *   |- ledger      what is certified, what was ordered
 *   |- clock       what time it is, by the clocks of all delegates
 *   |- city        the order
 *   |- stake       evidence against delegates, draws of the beacon
 *   |- courier     transfers to other cities, where there are any
 *   |- overlay     neighbours, and what is spread among them
 *   '- tip         how far the order is, for everybody
 *
 * Those that only hold are made in keeper.ts, which knows nothing of delegates: a light has no room to load them.
 * A heart without a holder would call pieces to a node that cannot keep them: it goes when the holder goes.
 */
import type { Policy } from '#config/policy.ts';
import type { Allowance } from '#protocols/allowance.ts';
import type { Self } from '#protocols/self.ts';
import { address } from '#protocols/subjects.ts';
import { inForce } from '#protocols/policy.ts';
import { termsOf } from '#protocols/terms-of.ts';
import type { AnyActor } from '#runtime/actor.ts';
import type { Planted } from '#supervision/machine/state.ts';
import type { Flags } from '#supervision/spec.ts';
import { supervisor } from '#supervision/supervisor.ts';
import { approve } from './approve.ts';
import { attest } from './attest.ts';
import { audit } from './audit.ts';
import { city } from './city.ts';
import { clock } from './clock.ts';
import { commit } from './commit.ts';
import { courier } from './courier.ts';
import { distribute } from './distribute.ts';
import { gather } from './gather.ts';
import { inOverlay } from './in-overlay.ts';
import { ingress } from './ingress.ts';
import { ledger } from './ledger.ts';
import { locate } from './locate.ts';
import { policy } from './policy.ts';
import { presence, type PresenceOptions } from './presence.ts';
import { receive } from './receive.ts';
import { repair } from './repair.ts';
import { restore } from './restore.ts';
import { select } from './select.ts';
import { shard } from './shard.ts';
import { slo } from './slo.ts';
import { stake } from './stake.ts';

export interface DelegateOptions {
  readonly self: Self;
  /** The city's first, the same on all delegates; changes follow from its batches. */
  readonly policy: Policy;
  readonly allowance: Allowance;
  readonly presence?: PresenceOptions;
  readonly planted?: Planted | undefined;
}

/** Of a city's first policy; each change is one more. */
const FIRST_VERSION = 1;
/** Any one fault, and a few at once; not an actor that cannot live. */
const FLAGS: Flags = { intensity: 10, periodMs: 10_000 };

/** Layers of another kind than our own: simulations have some that lie. */
export interface Layers {
  readonly select: typeof select;
  readonly shard: typeof shard;
  readonly receive: typeof receive;
}

export function delegate(options: DelegateOptions, layers: Partial<Layers> = {}): AnyActor {
  const { self, policy: first, allowance, planted } = options;
  const own = { select, shard, receive, ...layers };
  const { select: selectOf, shard: shardOf, receive: receiveOf } = own;
  return supervisor({
    address: address(self.node, 'delegate'),
    flags: FLAGS,
    children: [
      { id: 'presence', start: () => presence(self, options.presence) },
      { id: 'ledger', start: () => ledger(self, { policy: first }) },
      { id: 'clock', start: () => clock(self) },
      { id: 'city', start: () => city(self) },
      { id: 'stake', start: () => stake(self) },
      { id: 'policy', start: () => policy(self, first, ['select', 'repair', 'slo']) },
      { id: 'slo', start: () => slo(self, first) },
      { id: 'commit', start: () => commit(self) },
      { id: 'distribute', start: () => distribute(self) },
      { id: 'attest', start: () => attest(self) },
      { id: 'shard', start: () => shardOf(self) },
      {
        id: 'select',
        start: () => selectOf(self, { terms: termsOf(inForce(FIRST_VERSION, first)) }),
      },
      { id: 'ingress', start: () => ingress(self, allowance) },
      { id: 'approve', start: () => approve(self) },
      { id: 'restore', start: () => restore(self) },
      { id: 'gather', start: () => gather(self) },
      { id: 'locate', start: () => locate(self) },
      { id: 'receive', start: () => receiveOf(self) },
      { id: 'audit', start: () => audit(self, first) },
      { id: 'repair', start: () => repair(self, { rules: first.repair }) },
      ...(self.neighbours?.length ? [{ id: 'courier', start: () => courier(self) }] : []),
      ...inOverlay(self),
    ],
    ...(planted === undefined ? {} : { planted }),
  });
}
