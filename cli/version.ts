/** The version in package.json. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const text = readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8');
export const { version: VERSION } = JSON.parse(text) as { readonly version: string };
