/**
 * Does what is kept come back? From the disks alone: header, readers and manifest from the ledger of a delegate,
 * pieces from the platters of holders. Whichever k of them are taken, they make the body that was sent, and
 * its reader reads the text that was written.
 */
import { restore } from '#algorithms/erasure/shards.ts';
import { same } from '#lib/bytes.ts';
import { shapeOfManifest } from '#protocols/manifest.ts';
import type { NodeAddress } from '#protocols/subjects.ts';
import type { Sent } from './applications.ts';
import type { Course } from './course.ts';
import { certifiedOf } from './disks.ts';

/** Sets of k pieces that are drawn for each transaction, besides those of the code alone. */
const SETS = 3;

/** Claims that it comes back identical by what this delegate knows, whichever pieces are taken. */
export function comesBack(course: Course, sent: Sent, node: NodeAddress): void {
  const { world, town, applications, pieces } = course;
  const found = certifiedOf(town, node, sent);
  world.claim(found !== undefined, () => `${node} knows ${sent.name}`);
  if (found === undefined) return;
  const { manifest, cover } = found;
  const { k } = manifest.terms;
  const kept = [...pieces.rowsOf(manifest)].map(([index, { piece }]) => ({ index, bytes: piece }));
  const random = world.random.fork('sets').fork(sent.name);
  // The last ones are parity: nothing of them is the body itself.
  const sets = [kept.slice(-k), ...Array.from({ length: SETS }, () => random.shuffled(kept))];
  for (const set of sets) {
    const body = restore(shapeOfManifest(manifest), manifest.pieceHashes, set.slice(0, k));
    const isIt = body.ok && same(body.value, sent.tx.body);
    const which = (): string =>
      set
        .slice(0, k)
        .map(({ index }) => index)
        .join(' ');
    world.claim(isIt, () => `${sent.name} comes back identical from pieces ${which()}`);
    if (!body.ok) continue;
    const text = applications.textIn({ cover, body: body.value }, sent.sender);
    const isRead = text !== undefined && same(text, sent.text);
    world.claim(isRead, () => `the reader of ${sent.name} reads what was written`);
  }
}
