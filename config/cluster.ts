/**
 * A cluster on one machine: what `city-chain up` starts. The defaults are what `npm start` shows; a
 * YAML file and the command line may say otherwise.
 */
import { z } from 'zod';
import type { Result } from '#lib/result.ts';
import { readDocument } from './document.ts';
import { placeText, section, whole } from './expected.ts';

const EXPECT_URL = 'an address like nats://127.0.0.1:4222, auto, or embedded';

export const CLUSTER = section({
  /** Operating-system processes that share the nodes. */
  processes: whole(1, 64).default(4),
  /** Nodes in all. */
  nodes: whole(2, 5_000).default(60),
  /** Threads of each process for heavy computation; 0: none of its own. */
  threads: whole(0, 64).default(1),
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
