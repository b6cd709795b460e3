/**
 * A cluster on one machine: what `city-chain up` starts. The defaults are what `npm start` shows; a
 * YAML file and the command line may say otherwise.
 */
import { z } from 'zod';
import type { Result } from '#lib/result.ts';
import { readDocument } from './document.ts';
import { placeText, section, whole } from './expected.ts';

const EXPECT_URL = 'an address like nats://127.0.0.1:4222, auto, or embedded';

export const CONTINENTS = [
  'africa',
  'asia',
  'europe',
  'northamerica',
  'oceania',
  'southamerica',
] as const;
export type Continent = (typeof CONTINENTS)[number];
const EXPECT_ANCHORS = `numbers of anchors by continent: ${CONTINENTS.join(', ')}`;

const anchors = () =>
  z.partialRecord(z.enum(CONTINENTS, EXPECT_ANCHORS), whole(0, 64), EXPECT_ANCHORS);

/** A city beside the first, with nodes of its own. */
const CITY = section({
  place: placeText(),
  delegates: whole(1, 100).default(4),
  /** As few as its policy's pieces need, and two that may be away. */
  lights: whole(0, 4_000).default(32),
  anchors: anchors().default({ asia: 2, europe: 2 }),
  /** Its own policy; else that of all. */
  policy: z.string('a file').min(1, 'a file').optional(),
});
export type OtherCity = z.infer<typeof CITY>;
/** Each names its anchors by another letter (cli/city/layout.ts). */
const OTHERS_MAX = 7;
const CONTRACT = /^[a-z][a-z0-9-]{0,23}@[1-9][0-9]{0,3}$/;
const EXPECT_CONTRACT = 'a contract with its version, like register@1';
const CONTRACTS_MAX = 64;

export const CLUSTER = section({
  /** Operating-system processes that share the nodes. */
  processes: whole(1, 64).default(4),
  /** What the nodes do: keep a city's transactions, or turn a ring, which shows any lost or doubled write. */
  runs: z.enum(['city', 'ring'], 'city or ring').default('city'),
  /** Nodes of a ring. */
  nodes: whole(2, 5_000).default(60),
  /** Threads of each process for heavy computation; 0: none of its own. */
  threads: whole(0, 64).default(1),
  /** Nodes of a city, by role; anchors by continent. */
  delegates: whole(1, 100).default(4),
  lights: whole(0, 4_000).default(50),
  anchors: anchors().default({ asia: 3, europe: 3 }),
  /** Cities beside the one of `place`: what is committed in any of them is rooted at the globe. */
  cities: z
    .array(CITY, 'a list of cities')
    .max(OTHERS_MAX, `at most ${OTHERS_MAX} cities`)
    .default([CITY.parse({ place: 'europe.catalonia.barcelona' })]),
  /** Members of a level above cities: at most so many of the delegates below it. */
  levels: section({
    municipality: whole(1, 256).default(7),
    continent: whole(1, 256).default(7),
    globe: whole(1, 256).default(7),
  }).default({ municipality: 7, continent: 7, globe: 7 }),
  /** Harmony that the keys of whoever founds a city have there from the beginning. */
  treasury: whole(0, 1_000_000_000).default(1_000_000),
  /** What transactions may call in each city (protocols/objects/contracts.ts), for ever. */
  contracts: z
    .array(z.string(EXPECT_CONTRACT).regex(CONTRACT, EXPECT_CONTRACT), 'a list of contracts')
    .max(CONTRACTS_MAX, `at most ${CONTRACTS_MAX} contracts`)
    .default(['register@1']),
  /** The policy of each city that names none of its own; the defaults where there is neither. */
  policy: z.string('a file').min(1, 'a file').optional(),
  /** Made to be damaged by `city-chain chaos`: roles in processes of their own, each behind a line that can be cut. */
  drill: z.boolean('true or false').default(false),
  /** Of a drill: all of the cities, and a bus for each continent, so that continents can be parted. */
  world: z.boolean('true or false').default(false),
  place: placeText().default('asia.ishikawa.komatsu'),
  /** Where to keep what is kept. */
  data: z.string('a folder').min(1, 'a folder').default('data'),
  /** `auto`: NATS_URL, else a local nats-server, else the embedded bus. */
  nats: z
    .string(EXPECT_URL)
    .regex(/^(?:auto|embedded|(?:nats|tls):\/\/[^\s]{1,255})$/, EXPECT_URL)
    .default('auto'),
  /** Where a bus of ours listens, or at the next free port; 0: at any. */
  busPort: whole(0, 65_000).default(16_222),
  /** The first HTTP port; each process takes the next. 0: any free ones. */
  apiPort: whole(0, 65_000).default(6_000),
});

export type Cluster = z.infer<typeof CLUSTER>;

export const DEFAULTS: Cluster = CLUSTER.parse({});

export const readCluster = (source: string, file: string): Result<Cluster> =>
  readDocument(source, file, CLUSTER);
