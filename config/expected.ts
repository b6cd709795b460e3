/** Values that several files ask for, with the words for what was expected. */
import { z } from 'zod';

export function whole(least: number, most: number): z.ZodNumber {
  const expected = `a whole number from ${least} to ${most}`;
  return z.number(expected).int(expected).min(least, expected).max(most, expected);
}

/** The words of subjects that are no continent's. */
const PLACE = /^(?!(?:any|note|sys)\.)[a-z0-9][a-z0-9-]{0,31}(?:\.[a-z0-9][a-z0-9-]{0,31}){2}$/;
const EXPECT_PLACE = 'continent.municipality.city in lower case, like asia.ishikawa.komatsu';
export const placeText = (): z.ZodString => z.string(EXPECT_PLACE).regex(PLACE, EXPECT_PLACE);

/** Keys and values, of these keys only. */
export const section = <const S extends z.core.$ZodLooseShape>(
  shape: S,
): z.ZodObject<S, z.core.$strict> =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? 'one of the known keys' : 'keys and values',
  });
