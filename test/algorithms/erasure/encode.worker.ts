/** Encodes the payload of code.test.ts in a worker thread, on the backend it is told. */
import { parentPort, workerData } from 'node:worker_threads';
import { choose } from '#algorithms/backend.ts';
import { encode, shapeOf } from '#algorithms/erasure/code.ts';

choose('erasure', String(workerData));
const payload = Uint8Array.from({ length: 16_384 }, (_, i) => (i * 167 + (i >> 8) * 13) & 0xff);
const block = encode(shapeOf(10, payload.length), payload, 42);
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- A worker thread, not a window.
parentPort!.postMessage(block);
