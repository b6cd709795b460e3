/** Before each file of properties: how many cases those draw that say nothing. */
import fc from 'fast-check';
import { cases } from '#test/cases.ts';

fc.configureGlobal({ numRuns: cases(100) });
