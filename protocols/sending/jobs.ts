/**
 * Jobs of the sending layers: what is too heavy for a step. Each is a function of its input alone.
 *
 * | job          | does                                                          | asked by          |
 * | ------------ | ------------------------------------------------------------- | ----------------- |
 * | `tx.compose` | a signed transaction from a text                              | a sender's client |
 * | `tx.read`    | the text of a transaction                                     | a reader's client |
 * | `batch.sign` | one signature over the head of a batch                        | S3, holders       |
 */
import { sign, type SignJob } from '#algorithms/signature.ts';
import { compose, read, type ComposeJob, type ReadJob } from '../compose.ts';
import type { Plain } from '../effect.ts';

type Job = (input: Plain) => Plain;

/** What comes out of a step goes into a job as it is: the pool's types know only that it is plain. */
const job = <I, O extends Plain>(run: (input: I) => O): Job => run as unknown as Job;

export const SENDING_JOBS: Readonly<Record<string, Job>> = {
  'tx.compose': job((input: ComposeJob) => compose(input) as Plain),
  'tx.read': job((input: ReadJob) => read(input)),
  'batch.sign': job((input: SignJob) => sign(input)),
};
