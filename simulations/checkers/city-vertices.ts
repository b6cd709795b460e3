/**
 * Do delegates speak as they must? Followed from what leaves them, and from their disks.
 *
 * - A vertex leaves when it is durable, so that a later life stands by it; and what it stands on is durable with it.
 * - No delegate ever says two different vertices for one round, whatever happens to it.
 * - Nobody seals two batches of one height; or votes for what was named in the far future, as long as no more than a third of the
 *   clocks was ever wrong. One that has jumped goes by the others' (protocols/clock/), so what it shows itself says nothing.
 */
import { stampOf } from '#algorithms/clock/hlc.ts';
import { faultyMax } from '#algorithms/election/capture.ts';
import { hex } from '#lib/bytes.ts';
import { SaidVertex } from '#protocols/dag.messages.ts';
import { named, type Named } from '#protocols/dag/graph.ts';
import { restored } from '#protocols/dag/speak.ts';
import { address, nodeOf, type NodeAddress } from '#protocols/subjects.ts';
import { keyPrefix } from '#runtime/lives.ts';
import type { Town } from '../city/town.ts';
import { EPOCH_MS } from '../clock.ts';
import type { Life } from '../machine.ts';
import type { Checker, World } from '../world.ts';
import { bodyOf } from './city-pieces.ts';

/** As far ahead as a vertex may be, and what a clock that is right may be off. */
const AHEAD_MS = 5_000;

export function verticesChecker(
  world: World,
  town: Pick<Town, 'genesis' | 'machineOf'>,
  /** Who is spoken of by a place in the committee of an epoch. */
  authorOf = (_: number, author: number): NodeAddress | undefined =>
    town.genesis.delegates[author]?.node,
): Checker {
  const said = new Map<string, string>();
  const stamps = new Map<string, number>();
  /** Whose clock was seen to be wrong, once. */
  const wrong = new Set<NodeAddress>();
  const isDurable = (node: NodeAddress, { name, round, vertex }: Named): boolean => {
    const prefix = keyPrefix(address(node, 'city'));
    const { disk } = town.machineOf.get(node)!;
    const own = disk.durable(`${prefix}vertex/${round}/${name}`);
    const spoken = disk.durable(`${prefix}spoken`);
    const kept = restored(new Map(spoken === undefined ? [] : [['spoken', spoken]]));
    const { epoch } = vertex.head;
    return own !== undefined && kept.spoken.epoch === epoch && kept.spoken.round >= round;
  };
  const isOfNow = (node: NodeAddress, { vertex, parents }: Named, life: Life): boolean => {
    const trueMs = EPOCH_MS + world.nowMs;
    if (Math.abs(life.clock.wall() - trueMs) > AHEAD_MS) wrong.add(node);
    const { turn, rejects } = vertex.content;
    const named = rejects || turn === undefined ? undefined : parents.get(turn);
    const { delegates } = town.genesis;
    const lies = delegates.filter((each) => world.hostile.has(each.node) || wrong.has(each.node));
    if (named === undefined || lies.length > faultyMax(delegates.length)) return true;
    return (stamps.get(named) ?? 0) <= trueMs + AHEAD_MS;
  };
  const says = (node: NodeAddress, vertex: Named, life: Life): void => {
    const which = `${node} in round ${vertex.round} of epoch ${vertex.vertex.head.epoch}`;
    const before = said.get(which);
    world.claim(
      before === undefined || before === vertex.name,
      () => `${which}: one vertex, not two`,
    );
    if (before !== undefined) return;
    said.set(which, vertex.name);
    world.claim(isDurable(node, vertex), () => `${which}: a vertex leaves when it is durable`);
    world.claim(isOfNow(node, vertex, life), () => `${node} votes for nothing of the far future`);
  };
  return {
    sent: (envelope, life) => {
      const message = bodyOf(envelope, SaidVertex);
      if (message === undefined) return;
      const node = nodeOf(envelope.from);
      const vertex = named(message.vertex);
      const { entries, at } = message.vertex.content;
      if (entries.length > 0) stamps.set(hex(vertex.digest), stampOf(at).wallMs);
      // Whose it is says who signed it: anybody may bring it.
      const { epoch } = vertex.vertex.head;
      if (authorOf(epoch, vertex.author) === node) says(node, vertex, life);
    },
  };
}
