/**
 * Jobs of the sending layers: what is too heavy for a step. Each is a function of its input alone.
 *
 * | job          | does                                                          | asked by          |
 * | ------------ | ------------------------------------------------------------- | ----------------- |
 * | `tx.compose` | a signed transaction from a text                              | a sender's client |
 * | `tx.read`    | the text of a transaction                                     | a reader's client |
 * | `select.draw` | is it the sender's? then the draw of a delegate, with its proof | S1               |
 * | `select.check` | the outputs of draws, where their proofs are proofs          | ledgers           |
 * | `shard.code` | all rows of a body, and their hashes                          | S2                |
 * | `attest.seal` | a capsule for each row, for its holder                       | S3                |
 * | `batch.sign` | one signature over the head of a batch                        | S3, holders       |
 */
import { shard } from '#algorithms/erasure/shards.ts';
import { sign, verify, type SignJob } from '#algorithms/signature.ts';
import { compose, read, type ComposeJob, type ReadJob } from '../compose.ts';
import { outputOfMany, proven, type CheckJob } from '#algorithms/vrf.ts';
import type { DrawInput } from '../select.ts';
import type { Coded, CodeInput } from '../shard.ts';
import { sealRows, type SealInput } from './sealing.ts';
import type { Plain } from '../effect.ts';

type Job = (input: Plain) => Plain;

/** What comes out of a step goes into a job as it is: the pool's types know only that it is plain. */
const job = <I, O extends Plain>(run: (input: I) => O): Job => run as unknown as Job;

export const SENDING_JOBS: Readonly<Record<string, Job>> = {
  'tx.compose': job((input: ComposeJob) => compose(input) as Plain),
  'tx.read': job((input: ReadJob) => read(input)),
  'select.draw': job(({ verify: asked, prove }: DrawInput) =>
    verify(asked) ? (proven(prove) as unknown as Plain) : undefined,
  ),
  'select.check': job((input: readonly CheckJob[]) => outputOfMany(input)),
  'shard.code': job(({ shape, body, rows }: CodeInput): Plain => {
    const { block, tree } = shard(shape, body, rows);
    return { block, pieceHashes: tree.levels[0]! } satisfies Coded;
  }),
  'attest.seal': job((input: SealInput) => sealRows(input)),
  'batch.sign': job((input: SignJob) => sign(input)),
};
