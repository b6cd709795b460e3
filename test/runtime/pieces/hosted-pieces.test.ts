/**
 * The piece stores of a process on real disks: made on demand, found again by whichever process hosts
 * the node, held by one process at a time.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { millis } from '#protocols/ids.ts';
import { nodeAddress, place, type NodeAddress } from '#protocols/subjects.ts';
import { HostedPieces } from '#runtime/pieces/hosted-pieces.ts';
import type { PieceReport } from '#runtime/pieces/reclaim.ts';
import type { PieceGot, PiecePut, PieceStore } from '#runtime/ports.ts';
import { eventLoop, wallClock } from '#runtime/wall-clock.ts';
import { DAY, SMALL, valueOf } from '#test/contract/piece-values.ts';
import { seeded } from '#test/runtime/manual.ts';
import { scratch } from '#test/scratch.ts';

const city = place('asia.ishikawa.komatsu');
const [n1, n2] = [nodeAddress(city, 'n1'), nodeAddress(city, 'n2')];

let disk: ReturnType<typeof scratch>;
const open: HostedPieces[] = [];
beforeEach(() => void (disk = scratch()));
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
  disk.remove();
});

function hosted(
  reports: [NodeAddress, PieceReport][] = [],
  bytesMaxOf: (node: NodeAddress) => number = () => SMALL.bytesMax,
): HostedPieces {
  const pieces = new HostedPieces({
    folder: disk.path,
    optionsOf: (node) => ({ bytesMax: bytesMaxOf(node) }),
    report: (node, event) => reports.push([node, event]),
    clock: wallClock,
    scheduler: eventLoop,
    entropy: seeded(5),
  });
  open.push(pieces);
  return pieces;
}

const put = (store: PieceStore, key: string): Promise<PiecePut> =>
  new Promise((resolve) => {
    const expiresAt = millis(wallClock.wall() + DAY);
    store.put({ key, value: valueOf(key), expiresAt }, resolve);
  });
const get = (store: PieceStore, key: string): Promise<PieceGot> =>
  new Promise((resolve) => store.get(key, resolve));

describe('the piece stores of a process', () => {
  it('are made on demand, one for each node', async () => {
    const pieces = hosted();
    const [first, second] = [pieces.of(n1), pieces.of(n2)];
    expect(await pieces.tally()).toMatchObject({ pieces: 0, bytesMax: 0 });
    expect(readdirSync(disk.path)).toEqual([]);
    expect(await put(first, 'a')).toEqual({ ok: true });
    expect(pieces.of(n1)).toBe(first);
    expect(readdirSync(disk.path)).toEqual([n1]);
    expect(await get(second, 'a')).toEqual({ found: 'nothing' });
    expect(await pieces.tally()).toMatchObject({ pieces: 1, bytesMax: 2 * SMALL.bytesMax });
  });

  it('are found again by another process, which waits its turn', async () => {
    const [one, other] = [hosted(), hosted()];
    await put(one.of(n1), 'a');
    const refused = await get(other.of(n1), 'a');
    expect(refused).toMatchObject({ found: 'failed' });
    expect(refused).toMatchObject({ error: expect.stringMatching(/in use by another process/) });
    // What could not be opened is not asked again in this life of the process.
    expect(await put(other.of(n1), 'b')).toMatchObject({ ok: false, why: 'failed' });
    expect(await other.tally()).toMatchObject({ pieces: 0 });
    await one.close();
    const next = hosted();
    expect(await get(next.of(n1), 'a')).toMatchObject({ found: 'piece', value: valueOf('a') });
  });

  it('are closed when what was asked is answered, also while they are being opened', async () => {
    const pieces = hosted();
    const stored = put(pieces.of(n1), 'a');
    const closed = pieces.close();
    open.length = 0;
    expect(await stored).toEqual({ ok: true });
    await closed;
    expect(await get(hosted().of(n1), 'a')).toMatchObject({ found: 'piece' });
  });

  it('have each its own size, and say whose report it is', async () => {
    const reports: [NodeAddress, PieceReport][] = [];
    const pieces = hosted(reports, (node) => (node === n1 ? SMALL.bytesMax : 1_000));
    expect(await put(pieces.of(n2), 'a')).toMatchObject({
      ok: false,
      error: expect.stringMatching(/at least \d+ bytes, not 1000/),
    });
    let kept = 0;
    while ((await put(pieces.of(n1), `tx${kept}`)).ok) kept++;
    expect((await pieces.tally()).pieces).toBe(kept);
    // Their time is over, and the next one needs their room.
    pieces.of(n1).lapse(millis(Number.MAX_SAFE_INTEGER));
    expect(await put(pieces.of(n1), 'more')).toEqual({ ok: true });
    expect(new Set(reports.map(([node, { kind }]) => `${node} ${kind}`))).toEqual(
      new Set([`${n1} reclaimed`]),
    );
    expect(existsSync(join(disk.path, n2, '.lock'))).toBe(true);
  });
});
