/**
 * Scenario: a ring of accounts in two cities, on two continents, send each other what they have, while processes die, disks are
 * slow, and the network between and within the cities does its worst.
 *
 *   account 0 (first city) --> account 1 (second city) --> account 2 (first city) --> account 3 --> account 0 ...
 *
 * Everything is whole: clients, all layers, both orders, ledgers, couriers. Some transfers have little time, so that a cut outlasts
 * it; some ask for more than there is. And somebody meddles: he brings whatever either city shows him to the other one, at once, and as
 * often as he likes.
 *
 * Safety, whenever anybody looks: no ledger has more or less than its genesis, its transfers and its rewards say; in both cities
 * together there is what there was at the beginning, and what was issued; nothing is released that was taken in, and nothing settled that was not.
 * Liveness: once healed, every transfer is settled or released, and both cities agree on all of it.
 */
import { client } from '#actors/client.ts';
import { stampBytes } from '#algorithms/clock/hlc.ts';
import { nameText } from '#algorithms/identity.ts';
import { sealingKeyOf } from '#algorithms/kem.ts';
import { assert } from '#lib/assert.ts';
import { hex } from '#lib/bytes.ts';
import { sign } from '#algorithms/signature.ts';
import { actSignJob, type Says } from '#protocols/act.ts';
import { Look, SayAct, Send } from '#protocols/client.messages.ts';
import type { Told } from '#protocols/client/client.ts';
import { compose, composeEntropy } from '#protocols/compose.ts';
import { escrowName, takenName, type Escrow } from '#protocols/objects/object.ts';
import { opBytes } from '#protocols/objects/op.ts';
import type { ToldObject } from '#protocols/ledger.messages.ts';
import type { NodeSecrets } from '#protocols/self.ts';
import { address, place, type Place } from '#protocols/subjects.ts';
import { fingerprintOf, txIdOf, type Tx } from '#protocols/transaction.ts';
import type { CityDrawn } from './city/draw.ts';
import {
  accountsIn,
  conserves,
  conservesStakes,
  heldBy,
  issuedIn,
  type Held,
} from './city/treasury.ts';
import { CITY, found, secretsFrom, settle, verifyingOf, type Town } from './city/town.ts';
import { EPOCH_MS } from './clock.ts';
import { drawPlan, SURVIVABLE, type FaultKind } from './faults.ts';
import { inject } from './inject.ts';
import type { Random } from './random.ts';
import type { Scenario } from './scenario.ts';
import type { World } from './world.ts';

const OTHER = place('europe.catalonia.barcelona');
const CITIES: readonly [Place, Place] = [CITY, OTHER];
const ACCOUNTS = 4;
const HAS = 100n;
const TOTAL = BigInt(ACCOUNTS) * HAS;
/** Of both towns: delegates, lights, anchors, a client. */
const MACHINES = 2 * (4 + 1 + 1 + 1);
const WARM_MS = 5_000;
const FAULTS_MS = 15_000;
const LOOK_MS = 500;
const REST_MS_MAX = 150_000;
const WITHIN_MS = 10_000;
const KEEP_MS = 30 * 86_400_000;
/** What clocks are is another scenario's. */
const KINDS: readonly FaultKind[] = SURVIVABLE.filter((kind) => !kind.startsWith('clock'));

interface Sending {
  readonly atMs: number;
  readonly from: number;
  readonly amount: number;
  /** How long it may take. */
  readonly forMs: number;
}

export interface TransfersDrawn extends CityDrawn {
  readonly sendings: readonly Sending[];
  /** When somebody meddles, with the newest transfer. */
  readonly meddles: readonly number[];
}

export const transfers: Scenario<TransfersDrawn> = {
  name: 'transfers',
  about: 'a ring of accounts in two cities send each other Harmony: it arrives or comes back, once',
  sometimes: [
    'transfers: settled',
    'transfers: released',
    'transfers: short-of-funds',
    'transfers: somebody meddled',
    'ledger: a batch changed objects in parts',
    ...KINDS.map((kind) => `fault: ${kind}`),
  ],
  draw,
  run: (world, drawn) => {
    const ring = new Ring(world, drawn);
    world.checkers.push(ring.checker);
    for (const machine of world.machines) machine.boot();
    world.pass(WARM_MS);
    ring.begin(drawn);
    const heal = inject(world, drawn.plan);
    for (let ms = 0; ms < FAULTS_MS; ms += LOOK_MS) {
      world.pass(LOOK_MS);
      world.look();
    }
    heal();
    world.passUntil(() => ring.left().length === 0, REST_MS_MAX, LOOK_MS);
    world.claim(ring.left().length === 0, () => `all is decided: ${ring.left().join('; ')}`);
    world.look();
  },
};

interface Sent {
  readonly tx: Tx;
  readonly txId: Uint8Array;
  readonly name: string;
  readonly of: number;
  end: string | undefined;
}

class Ring {
  readonly #world: World;
  readonly #random: Random;
  readonly #keys: readonly NodeSecrets[];
  readonly #towns: readonly [Town, Town];
  readonly #sent: Sent[] = [];

  constructor(world: World, drawn: TransfersDrawn) {
    this.#world = world;
    this.#random = world.random.fork('ring');
    this.#keys = Array.from({ length: ACCOUNTS }, (_, i) =>
      secretsFrom(this.#random.fork(`account ${i}`)),
    );
    const founded = CITIES.map((at, i) => {
      const own = this.#keys.filter((_, account) => account % 2 === i);
      const endowments = own.map((keys) => ({ account: accountOf(keys), amount: HAS }));
      return found(world, drawn, { at, letter: 'ab'[i]!, endowments });
    });
    const towns = founded.map((each, i) => {
      const neighbours = [founded[1 - i]!.genesis];
      return settle(world, { ...each, neighbours }, (node) => [
        {
          id: 'client',
          start: () => client(node, { city: CITIES[i]! }, (told) => this.#hear(i, told)),
        },
      ]);
    });
    this.#towns = [towns[0]!, towns[1]!];
  }

  begin({ sendings, meddles }: TransfersDrawn): void {
    for (const atMs of meddles) this.#world.later(atMs, () => this.#meddle());
    for (const [i, sending] of sendings.entries())
      this.#world.later(sending.atMs, () => this.#transfer(sending, i + 1));
  }

  /** What is not decided yet. */
  left(): readonly string[] {
    const open = this.#sent.filter(({ end }) => end === undefined).map(({ name }) => name);
    const locked = this.#towns.flatMap((town) =>
      town.delegates.flatMap((node) => {
        const escrows = [...heldBy(town, node).objects.values()].filter(
          ({ value }) => value.is === 'escrow' && value.stands === 'locked',
        );
        return escrows.length === 0 ? [] : [`${node} has ${escrows.length} locked`];
      }),
    );
    return [...open, ...locked];
  }

  get checker() {
    return {
      spawned: (who: string) => {
        for (const each of this.#sent)
          if (each.end === undefined && who === clientOf(this.#townOf(each.of)))
            this.#world.later(1, () => this.#send(each));
      },
      look: () => this.#look(),
    };
  }

  #townOf = (account: number): Town => this.#towns[account % 2]!;

  #transfer({ from, amount, forMs }: Sending, seq: number): void {
    const now = EPOCH_MS + Math.floor(this.#world.nowMs);
    const { signing, sealing } = this.#keys[from]!;
    const readers = [{ suite: sealing.suite, key: sealingKeyOf(sealing.suite, sealing.seed) }];
    const op = { op: 'transfer', amount: BigInt(amount), until: now + forMs } as const;
    const composed = compose({
      network: this.#townOf(from).genesis.network,
      draft: {
        receiver: accountOf(this.#keys[(from + 1) % ACCOUNTS]!),
        from: CITIES[from % 2]!,
        to: CITIES[1 - (from % 2)]!,
        seq,
        createdAt: stampBytes({ wallMs: now, count: 0 }),
        expiresAt: now + KEEP_MS,
        completes: 'on-commit',
        op: opBytes(op),
        objects: [],
      },
      text: this.#random.bytes(40),
      readers,
      signing,
      entropy: this.#random.bytes(composeEntropy(readers)),
    });
    assert(composed.ok, 'a draft composes');
    const txId = txIdOf(composed.value.cover.header);
    const sent = { tx: composed.value, txId, name: nameText(txId), of: from, end: undefined };
    this.#sent.push(sent);
    this.#send(sent);
  }

  #send({ tx, of, end }: Sent): void {
    const town = this.#townOf(of);
    const machine = town.machineOf.get(town.clients[0]!)!;
    if (end !== undefined || machine.state === 'down') return;
    machine.system.send(clientOf(town), Send.of({ tx, until: 'COMMITTED', withinMs: WITHIN_MS }));
  }

  #hear(city: number, told: Told): void {
    if (told.what === 'object') return this.#shown(city, told.answer);
    if (told.what !== 'progress' && told.what !== 'refused' && told.what !== 'unknown') return;
    const sent = this.#sent.find(({ name }) => name === nameText(told.txId))!;
    if (told.what === 'unknown') this.#world.later(1, () => this.#send(sent));
    else if (told.what === 'refused') sent.end = told.reason;
    else if (told.word.state === 'COMMITTED') {
      sent.end = told.word.effect ?? 'nothing';
      this.#world.claim(sent.end !== 'nothing', () => `${sent.name} is told what came of it`);
      if (sent.end === 'short-of-funds') this.#world.probe.sometimes('transfers: short-of-funds');
    } else if (told.word.state === 'REJECTED' || told.word.state === 'EXPIRED')
      sent.end = told.word.state;
  }

  /** Asks both cities what they have of a transfer. */
  #meddle(): void {
    const sent = this.#sent.at(-1);
    if (sent === undefined) return;
    const here = CITIES[sent.of % 2]!;
    this.#tell(sent.of % 2, Look.of({ name: escrowName(sent.txId) }));
    this.#tell(1 - (sent.of % 2), Look.of({ name: takenName(here, sent.txId) }));
  }

  /** What one city proves, the other one is told. */
  #shown(city: number, answer: ToldObject | undefined): void {
    const proof = answer?.proof;
    const sent = this.#sent.at(-1);
    if (proof === undefined || sent === undefined) return;
    const { txId } = sent;
    const isEscrow = hex(proof.name) === hex(escrowName(txId));
    const sender = accountOf(this.#keys[sent.of]!);
    const says: Says = isEscrow
      ? { says: 'take', txId, proof }
      : { says: 'settle', txId, sender, proof };
    this.#say(1 - city, says);
  }

  #say(city: number, what: Says): void {
    const { genesis } = this.#towns[city]!;
    const at = stampBytes({ wallMs: EPOCH_MS + Math.floor(this.#world.nowMs), count: 0 });
    const act = { version: 1, place: genesis.place, about: undefined, at, what };
    const keys = this.#keys[0]!;
    const signature = sign(actSignJob(genesis.network, act, keys.signing));
    this.#world.probe.sometimes('transfers: somebody meddled');
    const signed = { act, key: verifyingOf(keys), signature };
    this.#tell(city, SayAct.of({ act: signed, withinMs: WITHIN_MS }));
  }

  #tell(city: number, message: Look | SayAct): void {
    const town = this.#towns[city]!;
    const machine = town.machineOf.get(town.clients[0]!)!;
    if (machine.state !== 'down') machine.system.send(clientOf(town), message);
  }

  #look(): void {
    const [first, second] = this.#towns.map((town) => {
      const all = town.delegates.map((node) => heldBy(town, node));
      for (const held of all) conserves(this.#world, town, held);
      for (const node of town.delegates) conservesStakes(this.#world, town, node);
      return all.reduce((newest, held) => (held.height > newest.height ? held : newest));
    }) as [Held, Held];
    if (first.objects.size === 0 || second.objects.size === 0) return;
    const between = this.#between(0, first, second) + this.#between(1, second, first);
    const sum = accountsIn(first) + accountsIn(second) + between;
    const total = TOTAL + issuedIn(first) + issuedIn(second);
    this.#world.claim(sum === total, () => `there are ${sum} in both cities, of ${total}`);
  }

  /** What has left one city and is not in the other; each escrow stands as the other city says. */
  #between(from: number, here: Held, there: Held): bigint {
    let between = 0n;
    for (const { txId, name } of this.#sent) {
      const escrow = here.objects.get(hex(escrowName(txId)))?.value as Escrow | undefined;
      const isTaken = there.objects.has(hex(takenName(CITIES[from]!, txId)));
      if (escrow === undefined) continue;
      const { stands } = escrow;
      if (stands !== 'locked') this.#world.probe.sometimes(`transfers: ${stands}`);
      this.#world.claim(stands !== 'settled' || isTaken, () => `${name} is settled, and not there`);
      this.#world.claim(stands !== 'released' || !isTaken, () => `${name} came back, and is there`);
      if (stands === 'locked' && !isTaken) between += escrow.amount;
    }
    return between;
  }
}

const accountOf = (keys: NodeSecrets): Uint8Array => fingerprintOf(verifyingOf(keys));
const clientOf = ({ clients }: Town) => address(clients[0]!, 'client');

function draw(random: Random): TransfersDrawn {
  const count = 4 + random.below(8);
  const hurry = random.pick([3_000, 6_000, 60_000]);
  return {
    lights: 8,
    lightsPerMachine: 8,
    anchorsPerMachine: 6,
    clients: 1,
    numbers: { k: 2, margin: 2, lights: 6, anchors: 6 },
    allowance: { perSecond: 200, burst: 1_000 },
    warmMs: 0,
    liars: [],
    lie: undefined,
    hasRogue: false,
    wanted: [],
    sendings: Array.from({ length: count }, () => ({
      atMs: random.below(FAULTS_MS),
      from: random.below(ACCOUNTS),
      amount: random.pick([1, 10, 40, 90]),
      forMs: random.pick([hurry, 60_000]),
    })),
    meddles: Array.from({ length: random.below(20) }, () => random.below(FAULTS_MS)),
    plan: drawPlan(random.fork('plan'), {
      machines: MACHINES,
      forMs: FAULTS_MS,
      faultsMax: 10,
      kinds: KINDS,
    }),
  };
}
