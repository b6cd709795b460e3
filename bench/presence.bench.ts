/**
 * What does a heartbeat cost the active presence, and what does it hold of each node?
 *
 * Ten thousand lights in one city, each beating once a second: 10 000 envelopes a second, from their bytes
 * on (frames and sockets are in the bench of the wire) through the engine to the step that checks the tag,
 * every fourth answered. As a share of one core, beside the bare hash that a tag cannot do without.
 * Freezing is the list of all of them: weights, order, leaves of those that changed, and the root.
 *
 * Verified first: every node's beat is counted and every fourth echoed; a forged one, an old one and a
 * stranger's change nothing.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { presence } from '#actors/presence.ts';
import { domain, hash } from '#algorithms/hash/hash.ts';
import { verifyingKeyOf } from '#algorithms/signature.ts';
import { NO_PROBE } from '#lib/probe.ts';
import { Reader, toBytes, Writer } from '#protocols/codec.ts';
import type { Login } from '#protocols/credential.ts';
import { readEnvelope, writeEnvelope, type Envelope } from '#protocols/envelope.ts';
import { eligibleRoot } from '#protocols/eligibility.ts';
import type { Genesis } from '#protocols/genesis.ts';
import { millis, type Millis } from '#protocols/ids.ts';
import { ownerOf, type Owner } from '#protocols/names.ts';
import { Beat } from '#protocols/presence.messages.ts';
import { tagOf } from '#protocols/presence/session.ts';
import type { Presence } from '#protocols/presence/state.ts';
import { admit, weighed } from '#protocols/presence/table.ts';
import { DEFAULT_WEIGHING } from '#protocols/presence/weigh.ts';
import type { Self } from '#protocols/self.ts';
import { address, nodeAddress, place, type NodeAddress } from '#protocols/subjects.ts';
import type { Carrier, Receiver } from '#runtime/carrier.ts';
import { memoryStore } from '#runtime/memory-store.ts';
import { System } from '#runtime/system.ts';
import { cpuMicros, median, type Bench, type Row } from './bench.ts';

const NODES = 10_000;
const ECHO_EVERY = 4;
const REPEATS = 9;
const KOMATSU = place('asia.ishikawa.komatsu');
const SERVER = nodeAddress(KOMATSU, 'd0');
const SEED = new Uint8Array(32).fill(7);

const names = Array.from({ length: NODES }, (_, i) => nodeAddress(KOMATSU, `light-${i}`));
const filled = (length: number, at: number): Uint8Array => {
  const bytes = new Uint8Array(length).fill(at & 0xff);
  [bytes[0], bytes[1], bytes[2]] = [at >> 16, at >> 8, at];
  return bytes;
};
const keyOf = (at: number): Uint8Array => filled(32, at);

const genesis: Genesis = {
  version: 1,
  network: Uint8Array.of(1),
  place: KOMATSU,
  delegates: [
    {
      node: SERVER,
      stake: 1n,
      signing: { suite: 'ed25519', key: verifyingKeyOf('ed25519', SEED) },
      vrf: SEED,
    },
  ],
  grantor: { suite: 'ed25519', key: verifyingKeyOf('ed25519', SEED) },
};

/** With keys of the default suites, as long as they really are. */
function loginOf(node: NodeAddress, at: number): Login {
  return {
    node,
    role: 'light',
    verifying: { suite: 'ml-dsa-65', key: filled(1_952, at) },
    sealing: { suite: 'ml-kem-768', key: filled(1_184, at) },
    operator: filled(32, at),
    device: filled(32, at),
    freeBytes: 400_000_000,
    nonce: filled(40, at),
    server: address(SERVER, 'presence'),
  };
}

/** A process with one presence in it, fed with envelopes, its turns taken by hand. */
class House {
  now = 0;
  echoes = 0;
  readonly #turns: (() => void)[] = [];
  #receiver: Receiver | undefined;
  readonly system: System;

  constructor() {
    const carrier: Carrier = {
      host: (_, receiver) => {
        this.#receiver = receiver;
        return () => undefined;
      },
      serve: () => () => undefined,
      send: (envelope) => {
        if (envelope.form === 'tell' && envelope.kind === 'presence.echo') this.echoes++;
      },
      track: () => () => undefined,
      note: () => undefined,
    };
    const clock = {
      now: (): Millis => millis(this.now),
      wall: (): Millis => millis(1_700_000_000_000 + this.now),
      after: () => () => undefined,
    };
    const scheduler = { soon: (turn: () => void): void => void this.#turns.push(turn) };
    const entropy = { below: () => 0, bytes: (count: number) => new Uint8Array(count) };
    const store = memoryStore(scheduler);
    this.system = new System({ clock, scheduler, entropy, carrier, store });
    const self: Self = {
      genesis,
      node: SERVER,
      secrets: {
        signing: { suite: 'ed25519', seed: SEED },
        sealing: { suite: 'ml-kem-768', seed: new Uint8Array(64) },
        vrf: SEED,
      },
      probe: NO_PROBE,
    };
    this.system.spawn(presence(self));
    this.settle();
  }

  get state(): Presence {
    return this.system.stateOf(address(SERVER, 'presence')) as Presence;
  }

  settle(): void {
    for (let turn = this.#turns.shift(); turn !== undefined; turn = this.#turns.shift()) turn();
  }

  hear(bytes: Uint8Array, from: Owner): void {
    this.#receiver!.receive(readEnvelope(new Reader(bytes), TO, from));
  }
}
const TO = ownerOf(SERVER);
/** As links have them ready. */
const OWNERS = names.map((node) => ownerOf(node));

/** A beat of each node, as bytes. */
function beats(number: number, key = keyOf): Uint8Array[] {
  const words = { freeBytes: 400_000_000, loadPermille: 10, roundTripUs: 900 };
  return names.map((node, at) => {
    const mac = tagOf(key(at), 'beat', number, words);
    const body = toBytes(Beat.body, Beat.of({ number, ...words, mac }));
    const envelope: Envelope = {
      form: 'tell',
      to: address(SERVER, 'presence'),
      from: address(node, 'heart'),
      incarnation: 1,
      kind: Beat.kind,
      body,
      traceparent: undefined,
    };
    const writer = new Writer();
    writeEnvelope(writer, envelope, SERVER, node);
    return writer.take();
  });
}

/** All of them in bursts as a process hears them: some hundred, then the actors' turn. */
function beatAll(house: House, all: readonly Uint8Array[]): void {
  for (const [at, bytes] of all.entries()) {
    house.hear(bytes, OWNERS[at]!);
    if (at % 256 === 255) house.settle();
  }
  house.settle();
}

function full(): House {
  const house = new House();
  for (const [at, node] of names.entries()) {
    const signature = filled(3_309, at);
    const grant = undefined;
    admit(house.state.table, { login: loginOf(node, at), grant, signature }, keyOf(at), 0);
  }
  for (const present of house.state.table.of.values()) present.proof = undefined; // As when listed.
  return house;
}

function verified(house: House): void {
  const counted = (): number =>
    [...house.state.table.of.values()].filter(({ session }) => session!.number === 4).length;
  const echoed = (): number => house.echoes;
  beatAll(
    house,
    beats(4, (at) => keyOf(at + 1)),
  );
  house.hear(beats(4)[0]!, ownerOf(nodeAddress(KOMATSU, 'stranger')));
  if (counted() !== 0 || echoed() !== 0) throw new Error('a forged beat counted');
  beatAll(house, beats(4));
  beatAll(house, beats(4));
  if (counted() !== NODES || echoed() !== NODES) throw new Error('a beat was lost');
}

const collect = (): number => {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

async function run(): Promise<readonly Row[]> {
  const before = collect();
  const house = full();
  const bytesPerNode = (collect() - before) / NODES;
  verified(house);

  const word = domain('bench of presence');
  const block = new Uint8Array(55);
  const [beat, bare]: number[][] = [[], []];
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    const all = beats(5 + repeat);
    house.now += 1_000;
    beat!.push(cpuMicros(() => beatAll(house, all)));
    bare!.push(
      cpuMicros(() => {
        for (let i = 0; i < NODES; i++) hash(word, block);
      }),
    );
  }
  const [beatUs, bareUs] = [median(beat!) / NODES, median(bare!) / NODES];
  const freezes = Array.from({ length: REPEATS }, () =>
    cpuMicros(() => {
      const members = weighed(house.state.table, DEFAULT_WEIGHING, () => undefined);
      eligibleRoot(members.map(({ leaf }) => leaf));
    }),
  );
  if (house.echoes < NODES + NODES * Math.floor(REPEATS / ECHO_EVERY)) throw new Error('no echoes');
  house.system.close();
  return [
    {
      name: 'core for 10 000 beats a second',
      value: (beatUs * NODES) / 10_000,
      unit: '%',
      goal: '<= 10 %',
    },
    {
      name: 'a beat',
      value: beatUs,
      unit: 'us',
      against: 'its bare hash',
      ratio: beatUs / bareUs,
    },
    { name: 'the list of 10 000, once in 10 s', value: median(freezes) / 1_000, unit: 'ms' },
    { name: 'memory of a node on the list', value: bytesPerNode / 1_000, unit: 'KB' },
  ];
}

export const bench: Bench = {
  name: 'presence',
  question: 'what do ten thousand heartbeats a second cost, and what does a node on the list hold?',
  run,
};
