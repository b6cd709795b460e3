import { expect, it } from 'vitest';
import { HOLDER } from '#config/holder.ts';
import { DEFAULTS } from '#config/policy/read.ts';

it('goes by what the policy says by itself', () => {
  const { watermarkPermille: roomPermille, fullMs, fullMsMax } = DEFAULTS.repair;
  expect(HOLDER).toEqual({ roomPermille, fullMs, fullMsMax });
});
