/**
 * Founding: a city on this machine begins once, with a genesis, the secrets of its nodes, and the
 * grantor's, who lets nodes onto the list. Later starts in the same folder find all of it again.
 *
 *   <data>/city/city.json            genesis and first policy (canonical bytes), and members
 *   <data>/city/grantor.key.json     whose grants are admission
 *   <data>/city/keys/<node>.key.json one for each node
 *
 * The city file is written last and at once, so that a founding that was cut short is begun anew.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Policy } from '#config/policy.ts';
import { sealingKeyOf } from '#algorithms/kem.ts';
import { sign, verifyingKeyOf } from '#algorithms/signature.ts';
import { vrfKeyOf } from '#algorithms/vrf.ts';
import { hex, unhex, utf8 } from '#lib/bytes.ts';
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
import { Genesis } from '#protocols/genesis.ts';
import { policyBytes, readPolicyBytes } from '#protocols/policy.ts';
import type { NodeSecrets } from '#protocols/self.ts';
import { isNodeAddress, type NodeAddress, type Place } from '#protocols/subjects.ts';
import { Unfit } from '../unfit.ts';
import { freshSecrets, readKeyFile, writeKeyFile } from './key-file.ts';
import type { Member } from './layout.ts';

export interface City {
  readonly genesis: Genesis;
  /** That of the founding: whatever the operator's file says today, the city's batches go on from here. */
  readonly firstPolicy: Policy;
  readonly members: readonly Member[];
  readonly processes: number;
  /** Its processes host what a drill wants apart. */
  readonly isDrill: boolean;
  readonly secretsOf: (node: NodeAddress) => NodeSecrets;
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

const bytesText = z.string().regex(/^(?:[0-9a-f]{2})+$/);
const nodeText = z
  .string()
  .refine(isNodeAddress)
  .transform((node) => node as NodeAddress);

const CITY_FILE = z.strictObject({
  version: z.literal(1),
  genesis: bytesText,
  policy: bytesText,
  processes: z.number(),
  drill: z.boolean().default(false),
  members: z.array(
    z.strictObject({ node: nodeText, role: z.enum(['delegate', 'light', 'anchor']) }),
  ),
  /** Of lights and anchors; a light has a grant, an anchor's entry is its contract. */
  admissions: z.array(
    z.strictObject({
      node: nodeText,
      key: bytesText,
      sealing: bytesText,
      operator: z.string(),
      device: z.string(),
      grant: bytesText.optional(),
    }),
  ),
});
type CityFile = z.infer<typeof CITY_FILE>;

/** Where it all stakes the same, as on one machine. */
const STAKE = 100n;
const GRANTED_MS = 10 * 366 * 86_400_000;

const fileOf = (folder: string): string => join(folder, 'city.json');
const keyFileOf = (folder: string, node: NodeAddress): string =>
  join(folder, 'keys', `${node}.key.json`);

export interface Wanted {
  readonly at: Place;
  readonly members: readonly Member[];
  readonly policy: Policy;
  /** What a node keeps lies with the process that hosts it: another number would lose sight of it. */
  readonly processes: number;
  readonly drill: boolean;
}

/** The city of a folder, founded with these members where there is none. */
export function foundCity(folder: string, wanted: Wanted, entropy: Entropy, now: number): City {
  if (!existsSync(fileOf(folder))) begin(folder, wanted, entropy, now);
  const file = cityFile(folder);
  const city = cityOf(folder, file);
  const { at, members, processes, drill } = wanted;
  const isSame = JSON.stringify(file.members) === JSON.stringify(members);
  const isSpreadSo = file.processes === processes && file.drill === drill;
  if (isSame && isSpreadSo && city.genesis.place === at) return city;
  throw new Unfit(
    `${folder} holds a city of ${tally(city.members)} in ${city.genesis.place} and ${spread(file)}, ` +
      `expected ${tally(members)} in ${at} and ${spread(wanted)}: ask for the same, or for another --data`,
  );
}

const spread = ({ processes, drill }: Pick<Wanted, 'processes' | 'drill'>): string =>
  `${processes} processes${drill ? ' of a drill' : ''}`;

export const readCity = (folder: string): City => cityOf(folder, cityFile(folder));

function cityOf(folder: string, file: CityFile): City {
  const { genesis, policy, members, processes, drill, admissions } = file;
  const admitted = new Map(admissions.map((each) => [each.node, admissionOf(each)]));
  const anchors = admissions.filter(({ grant }) => grant === undefined);
  return {
    genesis: whole(Genesis, unhex(genesis)!),
    firstPolicy: readPolicyBytes(unhex(policy)!),
    members,
    processes,
    isDrill: drill,
    secretsOf: (node) => readKeyFile(keyFileOf(folder, node)),
    contracts: new Map(anchors.map((each) => [each.node, contractOf(each)])),
    admissionOf: (node) => admitted.get(node)!,
  };
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
    return CITY_FILE.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    throw new Unfit(`${file} cannot be read as a city: ${(error as Error).message.slice(0, 200)}`);
  }
}

function begin(
  folder: string,
  { at, members, policy, processes, drill }: Wanted,
  entropy: Entropy,
  now: number,
): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'keys'), { recursive: true, mode: 0o700 });
  const grantor = freshSecrets(entropy);
  writeKeyFile(join(folder, 'grantor.key.json'), grantor);
  const network = utf8(`local-${hex(entropy.bytes(8))}`);
  const known = members.map((member) => ({ ...member, secrets: freshSecrets(entropy) }));
  for (const { node, secrets } of known) writeKeyFile(keyFileOf(folder, node), secrets);
  const delegates = known
    .filter(({ role }) => role === 'delegate')
    .map(({ node, secrets }) => ({
      node,
      stake: STAKE,
      signing: verifyingOf(secrets),
      vrf: vrfKeyOf(secrets.vrf),
    }))
    .toSorted((a, b) => (a.node < b.node ? -1 : 1));
  const genesis = { version: 1, network, place: at, delegates, grantor: verifyingOf(grantor) };
  const admit = (each: (typeof known)[number]): Admitted =>
    admitted(each, network, grantor, now + GRANTED_MS);
  write(folder, {
    version: 1,
    genesis: hex(toBytes(Genesis, genesis)),
    policy: hex(policyBytes(policy)),
    processes,
    drill,
    members: members.map(({ node, role }) => ({ node, role })),
    admissions: known.filter(({ role }) => role !== 'delegate').map(admit),
  });
}

function admitted(
  { node, role, secrets }: Member & { readonly secrets: NodeSecrets },
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
  if (role !== 'light') return names;
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

function write(folder: string, content: CityFile): void {
  writeFileSync(`${fileOf(folder)}.new`, `${JSON.stringify(content, null, 2)}\n`);
  renameSync(`${fileOf(folder)}.new`, fileOf(folder));
}

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
