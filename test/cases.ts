/**
 * How many cases a property draws: all of them in `npm test`, and wherever a file is run by itself; a fifth in
 * the inner loop (`CITY_CHAIN_CASES=few`), which is run often, and draws others each time.
 */
const SHARE = process.env['CITY_CHAIN_CASES'] === 'few' ? 5 : 1;

export const cases = (all: number): number => Math.ceil(all / SHARE);
