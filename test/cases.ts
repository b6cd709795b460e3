/**
 * How many cases a property draws: all of them in `npm test`, and wherever a file is run by itself; a tenth in
 * the inner loop (`CITY_CHAIN_CASES=few`), which is run often. Which cases those are: draws.ts.
 */
const SHARE = process.env['CITY_CHAIN_CASES'] === 'few' ? 10 : 1;

export const cases = (all: number): number => Math.ceil(all / SHARE);
