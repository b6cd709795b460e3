/**
 * Is the end that a watchman is told one that there was? Of a lamp that has burnt all the time since it was
 * last watched, there is none to tell, unless one of the two processes gave the other up meanwhile, or the
 * own links found nobody there: who is out of reach is as good as gone.
 *
 *   watches L . . . lamp L lit . . . told that L is out     fine: it was out before it was lit
 *   lamp L lit . . . watches L . . . told that L is out     wrong, unless `gone` lies between
 *
 * Followed from outside: what watchmen note, when lamps are lit and go out, whom a process takes for gone.
 */
import type { Json } from '#protocols/effect.ts';
import type { Envelope } from '#protocols/envelope.ts';
import { nodeOf, type Address, type NodeAddress } from '#protocols/subjects.ts';
import type { Life, Machine } from '../machine.ts';
import type { Checker, World } from '../world.ts';

interface Noted {
  readonly what: 'watches' | 'told';
  readonly by: Address;
  readonly lamp: Address;
}

interface Lit {
  readonly since: number;
  readonly life: Life;
}

export function vigilChecker(world: World, machineOf: ReadonlyMap<NodeAddress, Machine>): Checker {
  // Everything is numbered in the order in which it happens.
  let now = 0;
  const lit = new Map<Address, Lit>();
  const watched = new Map<string, number>();
  /** When whom or what was last given up for gone. */
  const lost = new Map<string, number>();
  /** Ends that the other process said; what else comes is the own links' word that nobody is there. */
  const said = new Set<string>();
  const lifeAt = (node: NodeAddress): Life | undefined => machineOf.get(node)!.life;
  const isLost = (what: string, since: number): boolean => (lost.get(what) ?? 0) > since;
  const isNodeLost = (own: NodeAddress, peer: NodeAddress, since: number): boolean => {
    const life = lifeAt(own);
    return life !== undefined && isLost(lossOf(life, peer), since);
  };
  const told = (by: Address, lamp: Address): void => {
    const since = watched.get(pairOf(by, lamp)) ?? 0;
    const [here, there] = [nodeOf(by), nodeOf(lamp)];
    const burns = lit.get(lamp);
    const isLit = burns !== undefined && burns.life === lifeAt(there) && burns.since < since;
    if (!isLit) return world.probe.sometimes('vigil: an end was told');
    const isExcused =
      isNodeLost(here, there, since) ||
      isNodeLost(there, here, since) ||
      isLost(pairOf(by, lamp), since);
    if (isExcused) return world.probe.sometimes('vigil: who was out of reach was told of as gone');
    world.violate(`${by} is told of an end, while ${lamp} has burnt since before it was watched`);
  };
  return {
    spawned: (who, _, life) => void lit.set(who, { since: ++now, life }),
    ended: (who) => void lit.delete(who),
    gone: (peer, life) => void lost.set(lossOf(life, peer), ++now),
    sent: (envelope) => {
      if (envelope.form === 'ended') said.add(endOf(envelope));
    },
    received: (envelope) => {
      if (envelope.form !== 'ended' || said.has(endOf(envelope))) return;
      lost.set(pairOf(envelope.to, envelope.from), ++now);
    },
    noted: (subject, fact: Json) => {
      // Supervisors note as well.
      if (!subject.includes('.vigil.')) return;
      const { what, by, lamp } = fact as unknown as Noted;
      if (what === 'watches') watched.set(pairOf(by, lamp), ++now);
      else told(by, lamp);
    },
  };
}

const pairOf = (by: Address, lamp: Address): string => `${by} ${lamp}`;

const endOf = ({ to, from, number }: Extract<Envelope, { form: 'ended' }>): string =>
  `${to} ${from} ${number}`;

const lossOf = ({ machine, number }: Life, peer: NodeAddress): string =>
  `${machine.name} ${number} ${peer}`;
