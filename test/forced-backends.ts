/**
 * Before each test file: the backends that `CITY_CHAIN_BACKENDS` forces, so that every suite of
 * algorithms/ can run on the portable side as well. Suites that choose for themselves still do.
 */
import '#runtime/own-modules.ts';
import { chooseFrom } from '#algorithms/backend.ts';

chooseFrom(process.env['CITY_CHAIN_BACKENDS'] ?? '');
