/**
 * Actors and the pieces of their node: what each effect comes back as, in which order, to whom, and what
 * a restart finds. Method: the real piece store on a simulated disk, a manual clock, actors that do what
 * the test says.
 */
import { describe, expect, it } from 'vitest';
import { fail } from '#lib/result.ts';
import { catalogue, message, text, type Infer } from '#protocols/codec.ts';
import {
  discard,
  fetch,
  keep,
  list,
  measure,
  NOTHING,
  put,
  stow,
  supervise,
  type Effect,
  type Signal,
} from '#protocols/effect.ts';
import { millis } from '#protocols/ids.ts';
import { address, nodeAddress, place, type NodeAddress } from '#protocols/subjects.ts';
import { anyActor, type AnyActor } from '#runtime/actor.ts';
import { memoryStore } from '#runtime/memory-store.ts';
import { memoryPieces } from '#runtime/pieces/in-memory.ts';
import { OnDemandPieces } from '#runtime/pieces/on-demand.ts';
import { openPieces } from '#runtime/pieces/open.ts';
import type { PieceStore } from '#runtime/ports.ts';
import { System } from '#runtime/system.ts';
import { ALWAYS } from '#simulations/chance.ts';
import { CALM_DISK, SimulatedDisk } from '#simulations/disk.ts';
import { NOW, SMALL, valueOf } from '#test/contract/pieces.contract.ts';
import { Manual, seeded } from './manual.ts';

const Do = message('test.do', { what: text(40) });
const TALK = catalogue(Do);
type Talk = Infer<typeof TALK>;
type Script = Readonly<Record<string, readonly Effect<Talk>[]>>;

const city = place('asia.ishikawa.komatsu');
const [n1, n2] = [nodeAddress(city, 'n1'), nodeAddress(city, 'n2')];
const UNTIL = millis(NOW + 1e9);
const store = (key: string, id = key, value = valueOf(key)): Effect<Talk> =>
  stow(id, key, value, UNTIL);

/** Does what `script` has for a message; logs every signal. */
const holder = (
  at: NodeAddress,
  script: Script,
  heard: Signal[],
  first: readonly Effect<Talk>[] = NOTHING,
): AnyActor =>
  anyActor<null, Talk, Talk>({
    address: address(at, 'holder'),
    listens: TALK,
    start: () => [null, first],
    receive: (_, input) => {
      if (input.kind === 'test.do') return [null, script[input.what] ?? NOTHING];
      heard.push(input);
      return [null, NOTHING];
    },
  });

/** Starts whoever ends again. */
const guardian = (child: (incarnation: number) => AnyActor): AnyActor =>
  anyActor<number, Talk, Talk>({
    address: address(n1, 'guardian'),
    listens: TALK,
    start: () => [1, [supervise(child(1), 1)]],
    receive: (lives, input) =>
      input.kind === 'child-ended'
        ? [lives + 1, [supervise(child(lives + 1), lives + 1)]]
        : [lives, NOTHING],
  });

interface Yard {
  readonly world: Manual;
  readonly system: System;
  readonly device: SimulatedDisk;
  readonly opens: string[];
  readonly ends: string[];
  readonly say: (what: string, to?: NodeAddress) => void;
}

/** A system whose nodes have pieces: n1 on a device that the test may break. */
function yard(around: (pieces: PieceStore) => PieceStore = (pieces) => pieces): Yard {
  const world = new Manual();
  const opens: string[] = [];
  const ends: string[] = [];
  const device = new SimulatedDisk(world.clock, seeded(7));
  const ports = { clock: world.clock, scheduler: world.scheduler, entropy: seeded(3) };
  const onDevice = new OnDemandPieces((then) => {
    opens.push('n1');
    openPieces({ ...ports, disk: device.attach() }, SMALL, then);
  }, world.scheduler);
  const inMemory = memoryPieces(ports);
  const system = new System({
    ...ports,
    store: memoryStore(world.scheduler),
    pieces: (node) => around(node === n1 ? onDevice : inMemory(node)),
    observer: { ended: (_, incarnation, how, why) => ends.push(`${incarnation} ${how} ${why}`) },
  });
  const say = (what: string, to = n1): void => {
    system.send(address(to, 'holder'), Do.of({ what }));
    world.pass(1_000);
  };
  return { world, system, device, opens, ends, say };
}

describe('the pieces of a node', () => {
  it('are stowed, fetched and discarded, each answered once by its id', () => {
    const { system, say, world } = yard();
    const heard: Signal[] = [];
    const script: Script = {
      stow: [store('a', 'first')],
      fetch: [fetch('second', 'a'), fetch('third', 'never there')],
      discard: [discard('fourth', 'a'), fetch('fifth', 'a')],
      after: [fetch('sixth', 'a')],
    };
    system.spawn(holder(n1, script, heard));
    world.settle();
    for (const what of Object.keys(script)) say(what);
    const found = { found: 'piece', value: valueOf('a'), expiresAt: UNTIL };
    expect(heard.slice(0, 3)).toEqual([
      { kind: 'stowed', id: 'first', outcome: 'stored' },
      { kind: 'fetched', id: 'third', found: 'nothing' },
      { kind: 'fetched', id: 'second', ...found },
    ]);
    // Discarding takes a sync, a fetch that was asked for meanwhile does not wait for it.
    expect(heard.slice(3)).toEqual([
      { kind: 'fetched', id: 'fifth', ...found },
      { kind: 'discarded', id: 'fourth', outcome: 'gone' },
      { kind: 'fetched', id: 'sixth', found: 'nothing' },
    ]);
  });

  it('are durable when the actor hears of it, not before', () => {
    const { system, say, world, device } = yard();
    const heard: Signal[] = [];
    system.spawn(holder(n1, { stow: [store('a'), store('b'), store('c')] }, heard));
    world.settle();
    device.faults = { ...CALM_DISK, syncMs: [5_000, 5_000] };
    say('stow');
    expect(heard).toEqual([]);
    world.pass(20_000);
    expect(heard).toEqual(['a', 'b', 'c'].map((id) => ({ kind: 'stowed', id, outcome: 'stored' })));
    expect(device.durableNames().some((name) => device.durable(name)!.length > 5_000)).toBe(true);
  });

  it('are refused as data: what is too large, and what a full store has no room for', () => {
    const { system, say } = yard((pieces) => ({
      ...passing(pieces),
      put: (piece, then) =>
        piece.key === 'late'
          ? then({ ok: false, why: 'full', error: 'full' })
          : pieces.put(piece, then),
      drop: (_, then) => then({ ok: false, why: 'full', error: 'full' }),
    }));
    const heard: Signal[] = [];
    const stows = [store('large', 'large', new Uint8Array(1e6)), store('late'), discard('d', 'x')];
    system.spawn(holder(n1, { stows }, heard));
    say('stows');
    expect(heard).toEqual([
      { kind: 'stowed', id: 'late', outcome: 'full' },
      { kind: 'discarded', id: 'd', outcome: 'full' },
      { kind: 'stowed', id: 'large', outcome: 'too-large' },
    ]);
  });

  it('are told to be damaged where they are, and never returned then', () => {
    const { system, say, device } = yard();
    const heard: Signal[] = [];
    system.spawn(holder(n1, { stow: [store('a')], fetch: [fetch('f', 'a')] }, heard));
    say('stow');
    const [segment] = device.durableNames();
    device.flip(segment!, 500, 1);
    say('fetch');
    expect(heard.at(-1)).toEqual({ kind: 'fetched', id: 'f', found: 'damaged' });
  });

  it('are shared by the actors of a node, and by nobody on another', () => {
    const { system, say } = yard();
    const [mine, theirs, others]: [Signal[], Signal[], Signal[]] = [[], [], []];
    system.spawn(holder(n1, { go: [store('a')] }, mine));
    system.spawn(holder(n2, { go: [fetch('f', 'a')] }, others));
    say('go');
    say('go', n2);
    const reader = anyActor<null, Talk, Talk>({
      address: address(n1, 'reader'),
      listens: TALK,
      start: () => [null, [fetch('f', 'a')]],
      receive: (_, input) => {
        if (input.kind !== 'test.do') theirs.push(input);
        return [null, NOTHING];
      },
    });
    system.spawn(reader);
    say('nothing');
    expect(theirs).toMatchObject([{ kind: 'fetched', found: 'piece' }]);
    expect(others).toMatchObject([{ kind: 'fetched', found: 'nothing' }]);
  });

  it('are opened when somebody asks, once, and what was asked meanwhile is answered in order', () => {
    const { system, say, opens, world } = yard();
    const heard: Signal[] = [];
    const asks = [store('a'), fetch('b', 'a'), measure('c'), list('d')];
    system.spawn(holder(n1, { asks }, heard));
    world.settle();
    expect(opens).toEqual([]);
    say('asks');
    say('asks');
    expect(opens).toEqual(['n1']);
    expect(heard.map(({ kind }) => kind).toSorted()).toEqual(
      ['fetched', 'listed', 'measured', 'stowed'].flatMap((kind) => [kind, kind]),
    );
  });

  it('are found by a later incarnation, which lists and measures, and hears nothing of the former', () => {
    const { system, say, ends, world, device } = yard();
    const heard: Signal[] = [];
    const lists = [list('list'), measure('tally')];
    const script: Script = { stow: [store('a'), store('b')] };
    system.spawn(guardian((life) => holder(n1, script, heard, life > 1 ? lists : NOTHING)));
    world.settle();
    say('stow');
    heard.length = 0;
    device.faults = { ...CALM_DISK, syncMs: [300, 300] };
    system.send(address(n1, 'holder'), Do.of({ what: 'stow' }));
    world.settle();
    system.stop(address(n1, 'holder'), 'kill');
    world.pass(5_000);
    expect(ends).toHaveLength(1);
    expect(heard.filter(({ kind }) => kind === 'stowed')).toEqual([]);
    const entry = { bytes: 1_700, expiresAt: UNTIL };
    expect(heard.find(({ kind }) => kind === 'listed')).toEqual({
      kind: 'listed',
      id: 'list',
      pieces: [
        { key: 'a', ...entry },
        { key: 'b', ...entry },
      ],
      next: undefined,
    });
    expect(heard.find(({ kind }) => kind === 'measured')).toMatchObject({
      tally: { pieces: 2, damaged: 0, bytesMax: SMALL.bytesMax },
    });
  });

  it('end an actor whose disk fails, as keeping does, and are not the same commit as its keeps', () => {
    const { system, say, ends, device, world } = yard();
    const heard: Signal[] = [];
    const both = [store('a'), keep('kept', put('k', new Uint8Array(3)))];
    system.spawn(holder(n1, { both }, heard));
    world.settle();
    device.faults = { ...CALM_DISK, syncFails: ALWAYS };
    say('both');
    expect(ends).toEqual(['1 crashed pieces: EIO: sync']);
    expect(heard).toEqual([{ kind: 'kept', id: 'kept' }]);
  });

  it('end an actor whose store cannot be opened, whatever it asks', () => {
    const asks = [store('a'), fetch('b', 'a'), discard('c', 'a'), list('d'), measure('e')];
    for (const each of asks) {
      const world = new Manual();
      const ends: string[] = [];
      const pieces = new OnDemandPieces(
        (then) => world.scheduler.soon(() => then(fail('no such directory'))),
        world.scheduler,
      );
      const { clock, scheduler } = world;
      const observer = {
        ended: (_who: string, _life: number, how: string, why?: string) =>
          ends.push(`${how} ${why}`),
      };
      const ports = { clock, scheduler, entropy: seeded(3), pieces: () => pieces, observer };
      const system = new System(ports);
      system.spawn(holder(n1, { go: [each] }, []));
      system.send(address(n1, 'holder'), Do.of({ what: 'go' }));
      world.pass(10);
      expect(ends).toEqual(['crashed pieces: no such directory']);
    }
  });
});

const passing = (pieces: PieceStore): PieceStore => ({
  put: (piece, then) => pieces.put(piece, then),
  get: (key, then) => pieces.get(key, then),
  peek: (key, then) => pieces.peek(key, then),
  drop: (key, then) => pieces.drop(key, then),
  list: (after, then) => pieces.list(after, then),
  tally: (then) => pieces.tally(then),
  nominate: (then) => pieces.nominate(then),
  lapse: (before) => pieces.lapse(before),
});
