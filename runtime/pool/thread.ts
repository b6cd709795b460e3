/**
 * One worker thread of a pool, from inside: does the jobs it is sent, one after another. Answers leave
 * together when a line of jobs is done, or as soon as one of them has waited a while.
 *
 * Started by ./worker.ts with the module that exports `jobs`. It says `READY` when it has that.
 */
import '../own-modules.ts';
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '#lib/assert.ts';
import { refused, runJob, type Jobs } from './jobs.ts';
import { Parcel } from './parcel.ts';
import { nowMs, Slots } from './slots.ts';
import { READY, type Answer, type Order, type Start } from './talk.ts';

/** An answer waits for those after it at most about so long. */
const ANSWER_MS = 1;

type Port = NonNullable<typeof parentPort>;

assert(parentPort !== null, 'this file is run by a worker thread');
await serve(parentPort, workerData as Start);

async function serve(port: Port, { jobsUrl, memory }: Start): Promise<void> {
  const { jobs } = (await import(jobsUrl)) as { readonly jobs?: Jobs };
  assert(jobs !== undefined, `${jobsUrl} exports jobs`);
  const slots = new Slots(memory);
  port.on('message', (orders: readonly Order[]) => work(port, slots, jobs, orders));
  port.postMessage(READY);
}

function work(port: Port, slots: Slots, jobs: Jobs, orders: readonly Order[]): void {
  let answers: Answer[] = [];
  let since = nowMs();
  for (const [slot, job, input] of orders) {
    const isOurs = slots.claim(slot);
    answers.push([slot, isOurs ? runJob(jobs, job, input) : undefined]);
    if (isOurs) slots.finish(slot);
    if (nowMs() - since < ANSWER_MS) continue;
    say(port, answers);
    answers = [];
    since = nowMs();
  }
  if (answers.length > 0) say(port, answers);
}

/** An outcome that cannot travel must not take with it those that leave together with it. */
function say(port: Port, answers: readonly Answer[]): void {
  try {
    post(port, answers);
  } catch (error) {
    if (answers.length > 1) for (const answer of answers) say(port, [answer]);
    else post(port, [[answers[0]![0], refused(`the output cannot be sent: ${String(error)}`)]]);
  }
}

function post(port: Port, answers: readonly Answer[]): void {
  const parcel = new Parcel();
  const message = answers.map(([slot, outcome]): Answer => {
    if (outcome?.ok !== true) return [slot, outcome];
    return [slot, { ok: true, output: parcel.given(outcome.output) }];
  });
  port.postMessage(message, parcel.transfer);
}
