/** What a delegate says of its own stake from the command line: its ledger takes it, and what would mean nothing is not said. */
import { describe, expect, it } from 'vitest';
import { actOf, delegateWith, mayMove } from '#cli/bond.ts';
import { OfferAct } from '#protocols/ledger.messages.ts';
import { unbond } from '#protocols/stake/stakes.ts';
import { address } from '#protocols/subjects.ts';
import { CITY } from '../protocols/ledger/kept.ts';
import { Player } from '../protocols/ledger/player.ts';
import { WALL } from '../protocols/moments.ts';
import { member } from '../protocols/sample.ts';

const [one] = CITY.delegates;
const { genesis } = CITY;
const { signing } = one!.secrets;

describe('a delegate', () => {
  it('is known by its key, and what it says is taken by its ledger', () => {
    expect(delegateWith(genesis, signing)).toBe(one!.node);
    expect(() => delegateWith(genesis, member('somebody').secrets.signing)).toThrow(/no delegate/);
    const player = new Player();
    const act = actOf(genesis, 'unbond', 2n, signing, WALL);
    const [answer] = player.hear(OfferAct.of({ act }), address(member('somebody').node, 'client'));
    expect(answer!.message.kind).toBe('ledger.act-held');
  });

  it('is told what would come to nothing', () => {
    const { stakes } = new Player().ledger;
    const who = genesis.delegates.findIndex(({ node }) => node === one!.node);
    const had = stakes.delegates[who]!;
    expect(() => mayMove('unbond', had.bonded + 1n, had)).toThrow(/more than the .* bonded/);
    expect(() => mayMove('bond', 1n, had)).toThrow(/more than the 0 that are free/);
    expect(() => mayMove('unbond', had.bonded, had)).not.toThrow();
    const after = unbond(stakes, who, 2n)!.delegates[who]!;
    expect(() => mayMove('unbond', had.bonded, after)).toThrow(/more than/);
    const offence = { fault: 'double-vote', epoch: 0, height: 1, stake: 1n, taken: 0n } as const;
    const convicted = { ...had, free: 5n, offence: { ...offence, act: genesis.network } };
    expect(() => mayMove('bond', 1n, convicted)).toThrow(/convicted \(double-vote\)/);
  });
});
