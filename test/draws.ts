/**
 * Before each file that may draw: how many cases a property draws that says nothing, and which.
 *
 * `npm test` is a gate: it draws the same each time, so that what it says is about the change, and said again when it is
 * asked again. What nobody has drawn yet is found by the inner loop, which is run often and draws others each time
 * (`CITY_CHAIN_CASES=few`); so does `CITY_CHAIN_CASES=new`, for all cases.
 */
import fc from 'fast-check';
import { cases } from '#test/cases.ts';

const drawn = process.env['CITY_CHAIN_CASES'] === undefined ? { seed: 20_261_122 } : {};
fc.configureGlobal({ numRuns: cases(100), ...drawn });
