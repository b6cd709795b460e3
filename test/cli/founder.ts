/** A process that founds a network in a folder, and says so. */
import { writeSync } from 'node:fs';
import { found } from '#cli/city/found.ts';
import { offerBackends } from '#runtime/backends.ts';
import { systemEntropy } from '#runtime/system-entropy.ts';
import { NOW, WANTED } from './founding-sample.ts';

await offerBackends();
found(process.argv[2]!, WANTED, systemEntropy(), NOW);
writeSync(1, 'founded\n');
