/**
 * Systems of actors on several nodes, joined by links over one hub: what actors are promised when the
 * other is elsewhere. Method: scripted actors, a manual clock. Wires that lose things are in
 * links.property.test.ts.
 */
import { describe, expect, it } from 'vitest';
import { catalogue, count, message, type Infer } from '#protocols/codec.ts';
import {
  answer,
  ask,
  end,
  NOTHING,
  send,
  unwatch,
  watch,
  type Effect,
  type Moment,
  type Signal,
} from '#protocols/effect.ts';
import { address, anyOf, nodeAddress, place, type Address } from '#protocols/subjects.ts';
import { anyActor, type Actor } from '#runtime/actor.ts';
import { Hub } from '#runtime/hub.ts';
import { Links } from '#runtime/links/links.ts';
import { MemoryWire } from '#runtime/memory-wire.ts';
import { System } from '#runtime/system.ts';
import { Manual, seeded } from './manual.ts';

const Say = message('test.say', { n: count(1_000_000) });
const Go = message('test.go', { n: count(1_000_000) });
const TALK = catalogue(Say, Go);
type Talk = Infer<typeof TALK>;

const komatsu = place('asia.ishikawa.komatsu');
const at = (node: string, name: string): Address => address(nodeAddress(komatsu, node), name);

type React = (input: Talk | Signal, at: Moment) => readonly Effect<Talk>[] | undefined;

class World {
  readonly manual = new Manual();
  readonly log: string[] = [];
  readonly #hub = new Hub();
  #lives = 0;

  start(): Node {
    const { clock, scheduler } = this.manual;
    const wire = new MemoryWire(this.#hub, scheduler);
    const life = ++this.#lives * 1_000;
    const carrier = new Links({ wire, clock, turnEnd: scheduler }, { life });
    const system = new System({ clock, scheduler, carrier, entropy: seeded(life) });
    return { system, kill: () => (wire.close(), system.close()) };
  }

  /** An actor that logs every input and does what the test says. */
  actor(
    node: Node,
    who: Address,
    react: React = () => NOTHING,
    more: Partial<Actor<null, Talk, Talk>> = {},
  ): void {
    const name = who.split('.').slice(3).join('.');
    node.system.spawn(
      anyActor<null, Talk, Talk>({
        address: who,
        listens: TALK,
        start: () => [null, NOTHING],
        receive: (_, input, moment) => {
          this.log.push(`${name} ${brief(input)}`);
          return [null, react(input, moment) ?? NOTHING];
        },
        ...more,
      }),
    );
    this.manual.settle();
  }

  go(node: Node, who: Address, n = 1): void {
    node.system.send(who, Go.of({ n }));
    this.manual.settle();
  }
}

interface Node {
  readonly system: System;
  /** The process is no more. */
  readonly kill: () => void;
}

function brief(input: Talk | Signal): string {
  if ('n' in input) return `${input.kind} ${input.n}`;
  if (input.kind === 'answered') return `answered ${(input.message as Talk).n}`;
  return 'why' in input
    ? `${input.kind} ${input.why}`
    : 'who' in input
      ? `${input.kind} ${input.who.split('.').slice(3).join('.')}`
      : input.kind;
}

/** Two nodes: on a, an actor that does `effects` when told to go; on b, one that answers everything. */
function pair(
  effects: readonly Effect<Talk>[],
  more: Partial<Actor<null, Talk, Talk>> = {},
): { world: World; a: Node; b: Node } {
  const world = new World();
  const [a, b] = [world.start(), world.start()];
  world.actor(
    b,
    at('b', 'y'),
    (input, { ticket }) => {
      if (!('n' in input)) return [];
      if (input.kind === 'test.go') return [end()];
      return ticket === undefined ? [] : [answer(ticket, Say.of({ n: input.n + 1 }))];
    },
    more,
  );
  world.actor(a, at('a', 'x'), (input) => (input.kind === 'test.go' ? effects : []));
  // Others come up at their own time; after that, nobody there means nobody there.
  world.manual.pass(5_000);
  return { world, a, b };
}

describe('systems on several nodes', () => {
  it('carry messages in order', () => {
    const said = Array.from({ length: 50 }, (_, n) => send(at('b', 'y'), Say.of({ n })));
    const { world, a } = pair(said);
    world.go(a, at('a', 'x'));
    expect(world.log.slice(1)).toEqual(said.map((_, n) => `b.y test.say ${n}`));
  });

  it('carry an ask there and its answer back', () => {
    const { world, a } = pair([ask('q', at('b', 'y'), Say.of({ n: 7 }), 1_000)]);
    world.go(a, at('a', 'x'));
    expect(world.log.slice(1)).toEqual(['b.y test.say 7', 'a.x answered 8']);
    expect(a.system.asksOpen).toBe(0);
  });

  it('refuse an ask of an actor, or a node, or a role that is nowhere', () => {
    const { world, a } = pair([
      ask('1', at('b', 'nobody'), Say.of({ n: 1 }), 60_000),
      ask('2', at('c', 'y'), Say.of({ n: 2 }), 60_000),
      ask('3', anyOf(komatsu, 'clerk'), Say.of({ n: 3 }), 60_000),
    ]);
    world.go(a, at('a', 'x'));
    expect(world.log.slice(1)).toEqual(Array.from({ length: 3 }, () => 'a.x unanswered dead'));
  });

  it('let any actor of a role answer', () => {
    const { world, a } = pair([ask('q', anyOf(komatsu, 'y'), Say.of({ n: 1 }), 1_000)], {
      anyone: true,
    });
    world.go(a, at('a', 'x'));
    expect(world.log.slice(1)).toEqual(['b.y test.say 1', 'a.x answered 2']);
  });

  it('tell a watcher of an end behind everything the dead had said, once', () => {
    const { world, a, b } = pair([watch(at('b', 'y'))], {
      receive: (_, input) =>
        'n' in input && input.kind === 'test.go'
          ? [
              null,
              [send(at('a', 'x'), Say.of({ n: 1 })), send(at('a', 'x'), Say.of({ n: 2 })), end()],
            ]
          : [null, []],
    });
    world.go(a, at('a', 'x'));
    world.go(b, at('b', 'y'));
    expect(world.log.slice(1)).toEqual(['a.x test.say 1', 'a.x test.say 2', 'a.x ended b.y']);
    world.manual.pass(60_000);
    expect(world.log).toHaveLength(4);
  });

  it('tell a watcher at once of what was never there', () => {
    const { world, a } = pair([watch(at('b', 'nobody')), watch(at('c', 'nobody'))]);
    world.go(a, at('a', 'x'));
    expect(world.log.slice(1).toSorted()).toEqual(['a.x ended b.nobody', 'a.x ended c.nobody']);
  });

  it('tell a watcher once when the whole node dies, or starts anew', () => {
    for (const startsAnew of [false, true]) {
      const { world, a, b } = pair([watch(at('b', 'y'))]);
      world.go(a, at('a', 'x'));
      world.manual.pass(10_000);
      b.kill();
      if (startsAnew)
        world.actor(world.start(), at('b', 'y'), () => [], {
          start: () => [null, [send(at('a', 'x'), Say.of({ n: 5 }))]],
        });
      world.manual.pass(10_000);
      const ended = world.log.filter((line) => line === 'a.x ended b.y');
      expect(ended).toHaveLength(1);
    }
  });

  it('tell nothing to a watcher that changed its mind', () => {
    const { world, a, b } = pair([watch(at('b', 'y')), unwatch(at('b', 'y'))]);
    world.go(a, at('a', 'x'));
    world.go(b, at('b', 'y'));
    world.manual.pass(10_000);
    expect(world.log.filter((line) => line.includes('ended'))).toEqual([]);
  });

  it('refuse an ask whose answerer died while it had it', () => {
    const { world, a, b } = pair([ask('q', at('b', 'z'), Say.of({ n: 1 }), 60_000)]);
    world.actor(b, at('b', 'z'));
    world.go(a, at('a', 'x'));
    b.kill();
    world.manual.pass(1_100);
    expect(world.log.slice(1)).toEqual(['b.z test.say 1', 'a.x unanswered dead']);
  });
});
