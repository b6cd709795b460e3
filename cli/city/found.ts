/**
 * Founding: the network of this machine begins once. Each of its cities has a genesis, the secrets of its nodes, and a
 * grantor's, who lets nodes onto the list; all of them together are the world (world-file.ts), with coins for the levels
 * above. Later starts in the same folder find all of it again.
 *
 *   <data>/genesis.json               the world, and which of its cities is the first
 *   <data>/city                       the first city
 *   <data>/cities/<place>             each other one
 *     city.json                       genesis and first policy (canonical bytes), and members
 *     grantor.key.json                whose grants are admission
 *     keys/<node>.key.json            one for each node
 *     keys/<node>.coin.json           of a member of a municipality: its shares of the coin
 *
 * The world is written last and at once, when all else is on the disk, and until then `founding` lies beside it: so one that
 * was cut short, by whatever, is begun anew, and no node of one that was not is without its keys.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Policy } from '#config/policy.ts';
import { sealingKeyOf } from '#algorithms/kem.ts';
import { sign, verifyingKeyOf } from '#algorithms/signature.ts';
import { vrfKeyOf } from '#algorithms/vrf.ts';
import { hex, unhex, utf8 } from '#lib/bytes.ts';
import { flag, listOf, number, oneOf, optional, recordOf, text, type ShapeOf } from '#lib/shape.ts';
import { COIN_SEED_BYTES, dealCoin } from '#protocols/abba/deal.ts';
import { toBytes, whole } from '#protocols/codec.ts';
import {
  deviceDigest,
  grantJob,
  operatorDigest,
  SignedGrant,
  type Contract,
  type Contracts,
} from '#protocols/credential.ts';
import { fingerprintOf, readerFingerprintOf } from '#protocols/transaction.ts';
import type { Entropy } from '#protocols/effect.ts';
import { Genesis, type Delegate, type Endowment } from '#protocols/genesis.ts';
import { unknownContracts } from '#protocols/objects/contracts.ts';
import { policyBytes, readPolicyBytes } from '#protocols/policy.ts';
import type { NodeSecrets } from '#protocols/self.ts';
import { isNodeAddress, placeOf, type NodeAddress, type Place } from '#protocols/subjects.ts';
import { municipalitiesOf, municipalityMembers, type World } from '#protocols/world.ts';
import { makeFolder, syncNamesIn } from '#runtime/durable-folder.ts';
import { Unfit } from '../unfit.ts';
import {
  freshSecrets,
  readCoinFile,
  readKeyFile,
  writeCoinFile,
  writeKeyFile,
} from './key-file.ts';
import type { Member, Town } from './layout.ts';
import { readWorldFile, worldFileOf, writeWorldFile } from './world-file.ts';

export interface City {
  readonly genesis: Genesis;
  /** That of the founding: whatever the operator's file says today, the city's batches go on from here. */
  readonly firstPolicy: Policy;
  readonly members: readonly Member[];
  readonly processes: number;
  /** Its processes host what a drill wants apart. */
  readonly isDrill: boolean;
  readonly secretsOf: (node: NodeAddress) => NodeSecrets;
  /** Of a member of a municipality one share of the coin for each of its seats; of others none. */
  readonly coinOf: (node: NodeAddress) => readonly bigint[];
  /** Of anchors: their contracts, which every presence knows. */
  readonly contracts: Contracts;
  /** What a light or an anchor shows to be let onto the list. */
  readonly admissionOf: (node: NodeAddress) => Admission;
}

export interface Admission {
  readonly operator: Uint8Array;
  readonly device: Uint8Array;
  readonly grant: SignedGrant | undefined;
}

const bytesText = text((each) => /^(?:[0-9a-f]{2})+$/.test(each), 'bytes in hexadecimal');
const nodeText = text<NodeAddress>(isNodeAddress, 'the address of a node');

const CITY_FILE = recordOf({
  version: oneOf(1),
  genesis: bytesText,
  policy: bytesText,
  processes: number,
  drill: flag,
  members: listOf(recordOf({ node: nodeText, role: oneOf('delegate', 'light', 'anchor') })),
  /** Of lights and anchors; a light has a grant, an anchor's entry is its contract. */
  admissions: listOf(
    recordOf({
      node: nodeText,
      key: bytesText,
      sealing: bytesText,
      operator: text(),
      device: text(),
      grant: optional(bytesText),
    }),
  ),
});
type CityFile = ShapeOf<typeof CITY_FILE>;

/** Where it all stakes the same, as on one machine. */
const STAKE = 100n;
/** The data folder has what others are given, too; what is secret is so for itself. */
const ANYBODY_MAY_LOOK = 0o777;
const GRANTED_MS = 10 * 366 * 86_400_000;

const fileOf = (folder: string): string => join(folder, 'city.json');
const keyFileOf = (folder: string, node: NodeAddress): string =>
  join(folder, 'keys', `${node}.key.json`);
/** There while a network is being founded: what has it is none yet, and nobody needs its keys. */
const cutShortOf = (data: string): string => join(data, 'founding');
const coinFileOf = (folder: string, node: NodeAddress): string =>
  join(folder, 'keys', `${node}.coin.json`);

export interface Wanted {
  /** The first is the one that commands mean where none is named. */
  readonly towns: readonly Town[];
  readonly sizes: World['sizes'];
  /** Of each city the policy that it begins with. */
  readonly policyOf: (at: Place) => Policy;
  /** What a node keeps lies with the process that hosts it: another number would lose sight of it. */
  readonly processes: number;
  readonly drill: boolean;
  /** What accounts have in each city from the beginning. */
  readonly endowments: readonly Endowment[];
  /** What transactions may call. */
  readonly contracts: readonly string[];
}

export interface Founded {
  readonly world: World;
  readonly cities: readonly City[];
}

/** Of a city, in a data folder. */
export const folderOf = (data: string, at: Place, first: Place): string =>
  at === first ? join(data, 'city') : join(data, 'cities', at);

/** Whether there is a network; to found one, coins are dealt, which is slow without pairings. */
export const isFounded = (data: string): boolean => existsSync(worldFileOf(data));

/** The network of a folder, founded with these members where there is none. */
export function found(data: string, wanted: Wanted, entropy: Entropy, now: number): Founded {
  if (!isFounded(data)) begin(data, wanted, entropy, now);
  rmSync(cutShortOf(data), { force: true });
  const founded = readFounded(data);
  const isSame =
    JSON.stringify(townsIn(founded)) === JSON.stringify(wanted.towns) &&
    JSON.stringify(founded.world.sizes) === JSON.stringify(wanted.sizes);
  const { processes, isDrill: drill } = founded.cities[0]!;
  if (isSame && processes === wanted.processes && drill === wanted.drill) return founded;
  throw new Unfit(
    `${data} holds ${inWords(townsIn(founded), founded.world.sizes)} and ${spread({ processes, drill })}, ` +
      `expected ${inWords(wanted.towns, wanted.sizes)} and ${spread(wanted)}: ask for the same, or for another --data`,
  );
}

export const townsIn = ({ cities }: Founded): Town[] =>
  cities.map(({ genesis, members }) => ({ at: genesis.place, members }));

function inWords(towns: readonly Town[], sizes: World['sizes']): string {
  const cities = towns.map(({ at, members }) => `a city of ${tally(members)} in ${at}`);
  return [...cities, `levels of at most ${Object.values(sizes).join(', ')}`].join(', ');
}

export function readFounded(data: string): Founded {
  const { world, places } = readWorldFile(worldFileOf(data));
  const cities = places.map((at) => readCity(folderOf(data, at, places[0]!)));
  return { world, cities };
}

const spread = ({ processes, drill }: Pick<Wanted, 'processes' | 'drill'>): string =>
  `${processes} processes${drill ? ' of a drill' : ''}`;

export const readCity = (folder: string): City => cityOf(folder, cityFile(folder));

function cityOf(folder: string, file: CityFile): City {
  const { genesis, policy, members, processes, drill, admissions } = file;
  const admitted = new Map(admissions.map((each) => [each.node, each]));
  const anchors = admissions.filter(({ grant }) => grant === undefined);
  return {
    genesis: genesisOf(folder, genesis),
    firstPolicy: readPolicyBytes(unhex(policy)!),
    members,
    processes,
    isDrill: drill,
    secretsOf: (node) => readKeyFile(keyFileOf(folder, node)),
    coinOf: (node) => {
      const file = coinFileOf(folder, node);
      return existsSync(file) ? readCoinFile(file) : [];
    },
    contracts: new Map(anchors.map((each) => [each.node, contractOf(each)])),
    admissionOf: (node) => admissionOf(admitted.get(node)!),
  };
}

function genesisOf(folder: string, written: string): Genesis {
  const genesis = whole(Genesis, unhex(written)!);
  const [unknown] = unknownContracts(genesis);
  if (unknown === undefined) return genesis;
  throw new Unfit(`${folder} is of a city that runs ${unknown}, which this release does not have`);
}

type Admitted = CityFile['admissions'][number];

const admissionOf = ({ operator, device, grant }: Admitted): Admission => ({
  operator: operatorDigest(operator),
  device: deviceDigest(device),
  grant: grant === undefined ? undefined : whole(SignedGrant, unhex(grant)!),
});

const contractOf = ({ node, key, sealing, operator, device }: Admitted): Contract => ({
  node,
  key: unhex(key)!,
  sealing: unhex(sealing)!,
  operator: operatorDigest(operator),
  device: deviceDigest(device),
});

function cityFile(folder: string): CityFile {
  const file = fileOf(folder);
  try {
    return CITY_FILE(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    throw new Unfit(`${file} cannot be read as a city: ${(error as Error).message.slice(0, 200)}`);
  }
}

type Known = Member & { readonly secrets: NodeSecrets };

function begin(data: string, wanted: Wanted, entropy: Entropy, now: number): void {
  const [first] = wanted.towns as readonly [Town];
  loseNothing(data);
  for (const each of ['city', 'cities']) rmSync(join(data, each), { recursive: true, force: true });
  const network = utf8(`local-${hex(entropy.bytes(8))}`);
  const cities = wanted.towns.map((town) => {
    const folder = folderOf(data, town.at, first.at);
    return { folder, genesis: beginCity(folder, network, town, wanted, entropy, now) };
  });
  const founding = {
    version: 1,
    network,
    cities: cities.map(({ genesis }) => genesis).toSorted((a, b) => (a.place < b.place ? -1 : 1)),
    sizes: wanted.sizes,
  };
  const folders = new Map(cities.map(({ folder, genesis }) => [genesis.place, folder]));
  const coins = municipalitiesOf(founding).map((name) => {
    const members = municipalityMembers(founding, name);
    const stakes = members.map(({ stake }) => stake);
    const { key, shares } = dealCoin(stakes, entropy.bytes(COIN_SEED_BYTES));
    for (const [i, { node }] of members.entries())
      writeCoinFile(coinFileOf(folders.get(placeOf(node))!, node), shares[i]!);
    return { name, key };
  });
  for (const folder of folders.values())
    for (const each of [join(folder, 'keys'), folder, dirname(folder)]) syncNamesIn(each);
  syncNamesIn(data);
  const places = wanted.towns.map(({ at }) => at);
  writeWorldFile(worldFileOf(data), { world: { ...founding, coins }, places });
}

/** Keys are what nobody gets back: those of a city that was founded stay, whatever became of the file beside it. */
function loseNothing(data: string): void {
  const isCutShort = existsSync(cutShortOf(data));
  if (!isCutShort && existsSync(fileOf(join(data, 'city'))))
    throw new Unfit(
      `${data} holds the keys of a city, and no ${basename(worldFileOf(data))}: put that back, or ask for another --data`,
    );
  makeFolder(data, ANYBODY_MAY_LOOK);
  writeFileSync(cutShortOf(data), '');
  syncNamesIn(data);
}

function beginCity(
  folder: string,
  network: Uint8Array,
  { at, members }: Town,
  { policyOf, processes, drill, endowments, contracts }: Wanted,
  entropy: Entropy,
  now: number,
): Genesis {
  mkdirSync(join(folder, 'keys'), { recursive: true, mode: 0o700 });
  const grantor = freshSecrets(entropy);
  writeKeyFile(join(folder, 'grantor.key.json'), grantor);
  const known = members.map((member) => ({ ...member, secrets: freshSecrets(entropy) }));
  for (const { node, secrets } of known) writeKeyFile(keyFileOf(folder, node), secrets);
  const delegates = delegatesAmong(known);
  const lets = { grantor: verifyingOf(grantor), endowments, contracts };
  const genesis = { version: 1, network, place: at, delegates, ...lets };
  const admit = (each: Known): Admitted => admitted(each, network, grantor, now + GRANTED_MS);
  write(folder, {
    version: 1,
    genesis: hex(toBytes(Genesis, genesis)),
    policy: hex(policyBytes(policyOf(at))),
    processes,
    drill,
    members: members.map(({ node, role }) => ({ node, role })),
    admissions: known.filter(({ role }) => role !== 'delegate').map(admit),
  });
  return genesis;
}

const delegatesAmong = (known: readonly Known[]): Delegate[] =>
  known
    .filter(({ role }) => role === 'delegate')
    .map(({ node, secrets }) => ({
      node,
      stake: STAKE,
      signing: verifyingOf(secrets),
      vrf: vrfKeyOf(secrets.vrf),
    }))
    .toSorted((a, b) => (a.node < b.node ? -1 : 1));

function admitted(
  { node, role, secrets }: Known,
  network: Uint8Array,
  grantor: NodeSecrets,
  until: number,
): Admitted {
  const key = fingerprintOf(verifyingOf(secrets));
  // On this machine each node stands for a person and a device of its own.
  const names = {
    node,
    key: hex(key),
    sealing: hex(readerFingerprintOf(sealingOf(secrets))),
    operator: `operator of ${node}`,
    device: `device ${node}`,
  };
  if (role !== 'light') return { ...names, grant: undefined };
  const grant = {
    node,
    key,
    role,
    operator: operatorDigest(names.operator),
    device: deviceDigest(names.device),
    until,
  };
  const signature = sign(grantJob(network, grant, grantor.signing));
  return { ...names, grant: hex(toBytes(SignedGrant, { grant, signature })) };
}

const write = (folder: string, content: CityFile): void =>
  writeFileSync(fileOf(folder), `${JSON.stringify(content, null, 2)}\n`, { flush: true });

const sealingOf = ({ sealing: { suite, seed } }: NodeSecrets) => ({
  suite,
  key: sealingKeyOf(suite, seed),
});

const verifyingOf = ({ signing: { suite, seed } }: NodeSecrets) => ({
  suite,
  key: verifyingKeyOf(suite, seed),
});

function tally(members: readonly Member[]): string {
  const roles = Map.groupBy(members, ({ role }) => role);
  return Array.from(roles, ([role, of]) => `${of.length} ${role}s`).join(', ');
}
