/**
 * A whole city for a bench: its members in a few systems over one hub, with real cryptography, real stores
 * and real disks, and one client. What differs from production is the wire, and that all share one pool.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { client } from '#actors/client.ts';
import { keeper } from '#actors/keeper.ts';
import { delegate } from '#actors/members.ts';
import { sealingKeyOf } from '#algorithms/kem.ts';
import { sign, verifyingKeyOf } from '#algorithms/signature.ts';
import { vrfKeyOf } from '#algorithms/vrf.ts';
import type { Policy } from '#config/policy.ts';
import { DEFAULTS as POLICY } from '#config/policy/read.ts';
import { utf8 } from '#lib/bytes.ts';
import { NO_PROBE } from '#lib/probe.ts';
import { ReadTx, Send } from '#protocols/client.messages.ts';
import type { ReadWord } from '#protocols/client/reads.ts';
import { catalogue, type Infer } from '#protocols/codec.ts';
import type { Told } from '#protocols/client/client.ts';
import { ask, end, type Spoken } from '#protocols/effect.ts';
import { AskTx, Told as TellTx, type Told as LedgerTold } from '#protocols/ledger.messages.ts';
import { deviceDigest, grantJob, operatorDigest, type Contract } from '#protocols/credential.ts';
import type { HolderRole } from '#protocols/eligibility.ts';
import type { Genesis } from '#protocols/genesis.ts';
import type { NodeSecrets, Self } from '#protocols/self.ts';
import {
  address,
  nodeAddress,
  nodeOf,
  place,
  type Address,
  type NodeAddress,
} from '#protocols/subjects.ts';
import { fingerprintOf, readerFingerprintOf, type Tx } from '#protocols/transaction.ts';
import { anyActor, type Actor, type AnyActor } from '#runtime/actor.ts';
import { Hub } from '#runtime/hub.ts';
import { lifeFrom } from '#runtime/links/life.ts';
import { Links } from '#runtime/links/links.ts';
import { MemoryWire } from '#runtime/memory-wire.ts';
import { HostedPieces } from '#runtime/pieces/hosted-pieces.ts';
import { ThreadedPool } from '#runtime/pool/threaded-pool.ts';
import type { PieceStore, Store, Wire } from '#runtime/ports.ts';
import { openSmallState } from '#runtime/small-state/small-state.ts';
import { System } from '#runtime/system.ts';
import { systemEntropy } from '#runtime/system-entropy.ts';
import { eventLoop, wallClock } from '#runtime/wall-clock.ts';
import { Counts } from './counts.ts';
import { CountedPool } from './tally.ts';
import { countedStore, countedWire, noTraffic, type Traffic } from './traffic.ts';

export interface TownOptions {
  readonly folder: string;
  readonly lights: number;
  readonly processes: number;
  /** Instead of the defaults. */
  readonly policy?: Policy;
  /** Of each process, and of the client; in memory where it is not said. */
  readonly wire?: () => Promise<Closeable>;
}

type Closeable = Wire & { readonly close: () => Promise<void> | void };

const AT = place('asia.ishikawa.komatsu');
const ANCHORS = ['asia.tokyo.chiyoda', 'europe.ile-de-france.paris'].map(place);
const DELEGATES = 4;
const YEAR_MS = 366 * 86_400_000;
const ASK_MS = 5_000;
const ALLOWANCE = { perSecond: 1_000_000, burst: 1_000_000 };
const ANCHOR_BYTES = 1_000_000_000;

interface Member {
  readonly node: NodeAddress;
  readonly role: HolderRole | 'delegate';
  readonly secrets: NodeSecrets;
}

const entropy = systemEntropy();

const secretsOf = (): NodeSecrets => ({
  signing: { suite: 'ml-dsa-65', seed: entropy.bytes(32) },
  sealing: { suite: 'ml-kem-768', seed: entropy.bytes(64) },
  vrf: entropy.bytes(32),
});

const verifyingOf = ({ signing: { suite, seed } }: NodeSecrets) => ({
  suite,
  key: verifyingKeyOf(suite, seed),
});

export class Town {
  readonly genesis: Genesis;
  /** Shared by all, and counted. */
  readonly pool: CountedPool;
  /** Of all systems, the client's as well. */
  readonly counts = new Counts();
  readonly #traffic = noTraffic();
  readonly sender = secretsOf();
  readonly #told = new Map<string, (told: Told) => void>();
  readonly #reading = new Map<number, (word: ReadWord) => void>();
  readonly #closers: (() => Promise<void>)[] = [];
  readonly #systemOf = new Map<NodeAddress, System>();
  readonly #treeOf = new Map<NodeAddress, Address>();
  #asked = 0;
  readonly #client: System;
  readonly #clientAddress = address(nodeAddress(AT, 'app'), 'client');

  private constructor(genesis: Genesis, pool: CountedPool, wire: Wire) {
    this.genesis = genesis;
    this.pool = pool;
    this.#client = new System(this.#portsOn(wire));
  }

  static async open(options: TownOptions): Promise<Town> {
    const members = membersOf(options.lights);
    const grantor = secretsOf();
    const genesis = genesisOf(members, grantor);
    const hub = new Hub();
    const wire = options.wire ?? (async (): Promise<Closeable> => new MemoryWire(hub, eventLoop));
    const threads = new ThreadedPool(import.meta.resolve('./jobs.ts'), { threads: 2 });
    const pool = new CountedPool(threads);
    const appWire = await wire();
    const town = new Town(genesis, pool, appWire);
    for (let i = 0; i < options.processes; i++) {
      const hosted = members.filter((_, at) => at % options.processes === i);
      const folder = join(options.folder, `p${i}`);
      const { policy = POLICY } = options;
      await town.#host(hosted, { folder, wire: await wire(), members, grantor, policy });
    }
    town.#closers.push(
      async () => appWire.close(),
      () => threads.close(),
    );
    const node = nodeAddress(AT, 'app');
    town.#client.host(node);
    town.#client.spawn(client(node, { city: AT }, (told) => town.#hear(told)));
    return town;
  }

  /** Sends one, and comes back with what its client told last. */
  send(tx: Tx, txId: string): Promise<Told> {
    return new Promise((resolve) => {
      this.#told.set(txId, resolve);
      this.#client.send(this.#clientAddress, Send.of({ tx, until: 'COMMITTED', withinMs: 60_000 }));
    });
  }

  /** Reads one, and comes back with the last word. */
  read(read: Infer<typeof ReadTx>['read']): Promise<ReadWord> {
    return new Promise((resolve) => {
      this.#reading.set(read.number, resolve);
      this.#client.send(this.#clientAddress, ReadTx.of({ read }));
    });
  }

  /** A node that is there no more, from one moment to the next. */
  kill(node: NodeAddress): void {
    this.#systemOf.get(node)!.stop(this.#treeOf.get(node)!, 'kill');
  }

  /** Says something to an actor, as its own process does. */
  tell(to: Address, message: Spoken): void {
    this.#systemOf.get(nodeOf(to))!.send(to, message);
  }

  /** What a ledger knows of a transaction; nothing where it does not answer. */
  ask(delegate: NodeAddress, txId: Uint8Array): Promise<LedgerTold | undefined> {
    return new Promise((resolve) => {
      const asker: Actor<null, LedgerTold, Spoken> = {
        address: address(nodeAddress(AT, 'app'), 'asker', ++this.#asked),
        listens: catalogue(TellTx),
        speaks: catalogue(AskTx),
        start: () => [null, [ask('told', address(delegate, 'ledger'), AskTx.of({ txId }), ASK_MS)]],
        receive: (_, input) => {
          resolve(input.kind === 'answered' ? (input.message as LedgerTold) : undefined);
          return [null, [end()]];
        },
      };
      this.#client.spawn(anyActor(asker));
    });
  }

  /** What was said and written since the last time this was asked. */
  said(): Traffic {
    const said = { ...this.#traffic };
    Object.assign(this.#traffic, noTraffic());
    return said;
  }

  #heardRead(word: ReadWord): void {
    if (word.kind === 'receive.progress') return;
    this.#reading.get(word.number)?.(word);
    this.#reading.delete(word.number);
  }

  async close(): Promise<void> {
    this.#client.close();
    for (const close of this.#closers) await close();
  }

  #hear(told: Told): void {
    if (told.what === 'city' || told.what === 'accepted') return;
    if (told.what === 'found' || told.what === 'object') return;
    if (told.what === 'act' || told.what === 'rooted') return;
    if (told.what === 'read') return this.#heardRead(told.word);
    if (
      told.what === 'progress' &&
      told.word.state !== 'COMMITTED' &&
      told.word.state !== 'REJECTED'
    )
      return;
    const key = Buffer.from(told.txId).toString('hex');
    this.#told.get(key)?.(told);
    this.#told.delete(key);
  }

  #portsOn(wire: Wire) {
    const life = lifeFrom(wallClock.wall(), entropy);
    const counted = countedWire(wire, this.#traffic);
    const carrier = new Links({ wire: counted, clock: wallClock, turnEnd: eventLoop }, { life });
    const { observer } = this.counts;
    return { clock: wallClock, scheduler: eventLoop, entropy, pool: this.pool, carrier, observer };
  }

  #counted(of: (node: NodeAddress) => PieceStore): (node: NodeAddress) => PieceStore {
    const all = new Map<NodeAddress, PieceStore>();
    return (node) => {
      const known = all.get(node) ?? this.counts.pieces(of(node));
      all.set(node, known);
      return known;
    };
  }

  async #host(hosted: readonly Member[], house: House): Promise<void> {
    mkdirSync(house.folder, { recursive: true });
    const { store, close } = await openStore(house.folder);
    const roles = new Map(hosted.map(({ node, role }) => [node, role]));
    const pieces = new HostedPieces({
      folder: join(house.folder, 'pieces'),
      optionsOf: (node) => ({
        bytesMax: roles.get(node) === 'anchor' ? ANCHOR_BYTES : POLICY.capacity.lightBytes,
      }),
      report: () => undefined,
      clock: wallClock,
      scheduler: eventLoop,
      entropy,
    });
    const counted = countedStore(store, this.#traffic);
    const system = new System({
      ...this.#portsOn(house.wire),
      store: counted,
      pieces: this.#counted(pieces.of),
    });
    for (const { node } of hosted) this.#systemOf.set(node, system);
    system.host(...hosted.map(({ node }) => node));
    for (const member of hosted) {
      const tree = treeOf(member, this.genesis, house);
      this.#treeOf.set(member.node, tree.address);
      system.spawn(tree);
    }
    this.#closers.push(async () => {
      system.close();
      await pieces.close();
      await close();
      await house.wire.close();
    });
  }
}

interface House {
  readonly folder: string;
  readonly wire: Closeable;
  readonly members: readonly Member[];
  readonly grantor: NodeSecrets;
  readonly policy: Policy;
}

const openStore = (
  folder: string,
): Promise<{ readonly store: Store; readonly close: () => Promise<void> }> =>
  new Promise((resolve, reject) => {
    openSmallState(folder, (opened) => {
      if (!opened.ok) return reject(new Error(opened.error));
      const store = opened.value;
      resolve({ store, close: () => new Promise((closed) => store.close(() => closed())) });
    });
  });

function membersOf(lights: number): Member[] {
  const make = (node: NodeAddress, role: Member['role']): Member => ({
    node,
    role,
    secrets: secretsOf(),
  });
  return [
    ...Array.from({ length: DELEGATES }, (_, i) => make(nodeAddress(AT, `d${i + 1}`), 'delegate')),
    ...ANCHORS.flatMap((at) => [1, 2, 3].map((i) => make(nodeAddress(at, `a${i}`), 'anchor'))),
    ...Array.from({ length: lights }, (_, i) => make(nodeAddress(AT, `l${i + 1}`), 'light')),
  ];
}

const genesisOf = (members: readonly Member[], grantor: NodeSecrets): Genesis => ({
  version: 1,
  network: utf8('bench'),
  place: AT,
  delegates: members
    .filter(({ role }) => role === 'delegate')
    .map(({ node, secrets }) => ({
      node,
      stake: 100n,
      signing: verifyingOf(secrets),
      vrf: vrfKeyOf(secrets.vrf),
    })),
  grantor: verifyingOf(grantor),
});

const digestsOf = (node: NodeAddress) => ({
  operator: operatorDigest(node),
  device: deviceDigest(node),
});

function contractOf({ node, secrets }: Member): Contract {
  const { suite, seed } = secrets.sealing;
  const sealing = readerFingerprintOf({ suite, key: sealingKeyOf(suite, seed) });
  return { node, key: fingerprintOf(verifyingOf(secrets)), sealing, ...digestsOf(node) };
}

function treeOf(member: Member, genesis: Genesis, { members, grantor, policy }: House): AnyActor {
  const { node, role, secrets } = member;
  const self: Self = { genesis, node, secrets, probe: NO_PROBE };
  if (role === 'delegate') {
    const anchors = members.filter((each) => each.role === 'anchor');
    const contracts = new Map(anchors.map((each) => [each.node, contractOf(each)]));
    return delegate({ self, policy, allowance: ALLOWANCE, presence: { contracts } });
  }
  const freeBytes = role === 'light' ? POLICY.capacity.lightBytes : ANCHOR_BYTES;
  if (role === 'anchor') return keeper({ self, role, freeBytes, ...digestsOf(node) });
  const key = fingerprintOf(verifyingOf(secrets));
  const until = Date.now() + YEAR_MS;
  const grant = { node, key, role, until, ...digestsOf(node) };
  const signature = sign(grantJob(genesis.network, grant, grantor.signing));
  return keeper({ self, role, freeBytes, ...digestsOf(node), grant: { grant, signature } });
}
