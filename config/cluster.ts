/**
 * A cluster on one machine: what `city-chain up` starts. The defaults are what `npm start` shows; a
 * YAML file and the command line may say otherwise.
 */
import { z } from 'zod';
import type { Result } from '#lib/result.ts';
import { readDocument } from './document.ts';

const whole = (least: number, most: number): z.ZodType<number> => {
  const expected = `a whole number from ${least} to ${most}`;
  return z.number(expected).int(expected).min(least, expected).max(most, expected);
};

const PLACE = /^[a-z0-9][a-z0-9-]{0,31}(?:\.[a-z0-9][a-z0-9-]{0,31}){2}$/;
const EXPECT_PLACE = 'continent.municipality.city in lower case, like asia.ishikawa.komatsu';
const EXPECT_URL = 'an address like nats://127.0.0.1:4222, auto, or embedded';

const FIELDS = {
  /** Operating-system processes that share the nodes. */
  processes: whole(1, 64).default(4),
  /** Nodes in all. */
  nodes: whole(2, 5_000).default(60),
  place: z.string(EXPECT_PLACE).regex(PLACE, EXPECT_PLACE).default('asia.ishikawa.komatsu'),
  /** Where to keep what is kept. */
  data: z.string('a folder').min(1, 'a folder').default('data'),
  /** `auto`: NATS_URL, else a local nats-server, else the embedded bus. */
  nats: z
    .string(EXPECT_URL)
    .regex(/^(?:auto|embedded|(?:nats|tls):\/\/[^\s]{1,255})$/, EXPECT_URL)
    .default('auto'),
  /** The first HTTP port; each process takes the next. 0: any free ones. */
  apiPort: whole(0, 65_000).default(6_000),
} as const;

export const CLUSTER = z.strictObject(FIELDS, {
  error: (issue) =>
    issue.code === 'unrecognized_keys' ? 'one of the known keys' : 'keys and values',
});

export type Cluster = z.infer<typeof CLUSTER>;

export const DEFAULTS: Cluster = CLUSTER.parse({});

export const readCluster = (source: string, file: string): Result<Cluster> =>
  readDocument(source, file, CLUSTER, Object.keys(FIELDS));
