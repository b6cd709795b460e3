/**
 * The actors of the ring (protocols/ring.ts): a keeper of slots, a turner that carries out turns, and
 * a driver that wants them. One of each on every node, and a supervisor over the three:
 *
 *   <node>.ring        any strategy
 *   |- <node>.keeper   permanent
 *   |- <node>.turner   permanent
 *   '- <node>.driver   permanent
 *
 * All three keep what they promise, before they promise it; a later incarnation
 * finds its slots, locks, decisions and open turns, and asks again for what it does not know.
 *
 * All decisions are in protocols/ring/. This file only says who the actors are.
 */
import type { Probe } from '#lib/probe.ts';
import * as drive from '#protocols/ring/drive.ts';
import * as keep from '#protocols/ring/keep.ts';
import * as turn from '#protocols/ring/turn.ts';
import {
  DRIVER_HEARS,
  DRIVER_SAYS,
  KEEPER_HEARS,
  KEEPER_SAYS,
  TURNER_HEARS,
  TURNER_SAYS,
  type DriverHears,
  type DriverSays,
  type KeeperHears,
  type KeeperSays,
  type TurnerHears,
  type TurnerSays,
} from '#protocols/ring.messages.ts';
import type { Ring } from '#protocols/ring.ts';
import { address, nodeToken, type NodeAddress } from '#protocols/subjects.ts';
import { anyActor, type Actor, type AnyActor } from '#runtime/actor.ts';
import type { Planted } from '#supervision/machine/state.ts';
import type { Flags } from '#supervision/spec.ts';
import { supervisor } from '#supervision/supervisor.ts';

export interface RingNode {
  readonly ring: Ring;
  readonly node: NodeAddress;
  /** Whose turner carries out this node's turns: another's, or its own. */
  readonly turnedBy: NodeAddress;
  /** Between two turns: drawn up to this. */
  readonly pauseMsMax: number;
  readonly mailboxMax: number;
  readonly flags: Flags;
  readonly probe: Probe;
  readonly planted?: Planted | undefined;
}

export const ROLES = ['keeper', 'turner', 'driver'] as const;

export function ringNode(options: RingNode): AnyActor {
  const { node, flags, planted } = options;
  return supervisor({
    address: address(node, 'ring'),
    flags,
    children: [
      { id: 'keeper', start: () => keeper(options) },
      { id: 'turner', start: () => turner(options) },
      { id: 'driver', start: () => driver(options) },
    ],
    ...(planted === undefined ? {} : { planted }),
  });
}

function keeper({ ring, node, probe, mailboxMax }: RingNode): AnyActor {
  const actor: Actor<keep.Keeping, KeeperHears, KeeperSays> = {
    address: address(node, 'keeper'),
    listens: KEEPER_HEARS,
    speaks: KEEPER_SAYS,
    keeps: true,
    mailboxMax,
    start: (_, kept) => keep.begin(ring, node, kept),
    receive: (state, input, at) => keep.step(state, input, at, probe),
    invariants: keep.invariants,
  };
  return anyActor(actor);
}

function turner({ ring, node, probe, mailboxMax }: RingNode): AnyActor {
  const actor: Actor<turn.Turning, TurnerHears, TurnerSays> = {
    address: address(node, 'turner'),
    listens: TURNER_HEARS,
    speaks: TURNER_SAYS,
    keeps: true,
    mailboxMax,
    start: (_, kept) => turn.begin(ring, kept, probe),
    receive: (state, input, at) => turn.step(state, input, at, probe),
    invariants: turn.invariants,
  };
  return anyActor(actor);
}

function driver({ ring, node, turnedBy, pauseMsMax, probe, mailboxMax }: RingNode): AnyActor {
  const topic = `ring.${nodeToken(node)}`;
  const course = { ring, turner: address(turnedBy, 'turner'), pauseMsMax, topic };
  const actor: Actor<drive.Driving, DriverHears, DriverSays> = {
    address: address(node, 'driver'),
    listens: DRIVER_HEARS,
    speaks: DRIVER_SAYS,
    keeps: true,
    mailboxMax,
    start: (at, kept) => drive.begin(course, kept, at),
    receive: (state, input, at) => drive.step(state, input, at, probe),
    invariants: drive.invariants,
  };
  return anyActor(actor);
}
