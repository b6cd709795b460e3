/** What an application sees of one transaction: progress in order, promises of states, typed errors. */
import { describe, expect, it } from 'vitest';
import type { Told } from '#protocols/client/client.ts';
import { CityError } from '#protocols/errors.ts';
import { Submission } from '#dapp/submission.ts';

const txId = new Uint8Array(32).fill(3);
type State = Extract<Told, { what: 'progress' }>['word']['state'];

const progress = (state: State, acks = 0): Extract<Told, { what: 'progress' }> => ({
  what: 'progress',
  txId,
  word: {
    state,
    acks,
    needed: 25,
    rows: 42,
    cause: undefined,
    height: undefined,
    reason: undefined,
  },
});

const roomless = { ...progress('FRESH').word, reason: 'no-capacity' } as const;

describe('a submission', () => {
  it('is a stream of progress that ends at the wanted state, and keeps its promises', async () => {
    const sent = new Submission(txId, () => undefined);
    const certified = sent.until('POH_ACK');
    expect(sent.hear({ what: 'accepted', txId }, 'COMMITTED')).toBe(false);
    expect(sent.hear(progress('POH_ACK', 25), 'COMMITTED')).toBe(false);
    expect(sent.hear(progress('COMMITTED', 25), 'COMMITTED')).toBe(true);
    const states: string[] = [];
    for await (const { state } of sent) states.push(state);
    expect(states).toEqual(['accepted', 'POH_ACK', 'COMMITTED']);
    expect(await certified).toMatchObject({ state: 'POH_ACK', acks: 25 });
    expect(await sent.until('accepted')).toMatchObject({ state: 'COMMITTED' });
  });

  it.each<[Told & { txId: Uint8Array }, string]>([
    [{ what: 'refused', txId, reason: 'bad-signature' }, 'BAD_SIGNATURE'],
    [{ what: 'unknown', txId, word: undefined }, 'OUTCOME_UNKNOWN'],
    [{ what: 'unknown', txId, word: progress('FRESH').word }, 'OUTCOME_UNKNOWN'],
    [{ what: 'unknown', txId, word: roomless }, 'NOT_ENOUGH_HOLDERS'],
    [progress('REJECTED'), 'REJECTED'],
    [progress('EXPIRED'), 'EXPIRED'],
  ])('ends with a word of the registry: %o', async (told, word) => {
    const sent = new Submission(txId, () => undefined);
    const wanted = sent.until('COMMITTED');
    wanted.catch(() => undefined);
    expect(sent.hear(told as Extract<Told, { what: 'refused' }>, 'COMMITTED')).toBe(true);
    await expect(wanted).rejects.toMatchObject({ word });
    await expect(sent.until('accepted')).rejects.toBeInstanceOf(CityError);
    await expect(sent[Symbol.asyncIterator]().next()).rejects.toMatchObject({ word });
  });
});
