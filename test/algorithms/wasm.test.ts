/**
 * WebAssembly kernels are what their sources say: each `algorithms/**\/*.wat` compiles to the
 * binary committed beside it. `vitest run -u` writes the binary anew.
 */
import { globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import wabt from 'wabt';
import { instantiate } from '#algorithms/wasm.ts';

const BYTES_MAX = 4_096;
const { parseWat } = await wabt();

function compiled(file: string, source: string): Uint8Array {
  const module = parseWat(file, source, { simd: true });
  module.validate();
  return module.toBinary({}).buffer;
}
const asSource = (file: string, binary: Uint8Array): string =>
  `/** Compiled from ${file.split('/').at(-1)!}; see algorithms/wasm.ts. */\n` +
  `export const KERNEL =\n  '${Buffer.from(binary).toString('base64')}';\n`;

describe('kernels', () => {
  for (const file of globSync('algorithms/**/*.wat')) {
    const binary = compiled(file, readFileSync(file, 'utf8'));
    it(`${file} is what is committed`, async () => {
      await expect(asSource(file, binary)).toMatchFileSnapshot(
        resolve(file.replace(/\.wat$/, '.wasm.ts')),
      );
    });
    it(`${file} compiles synchronously anywhere`, () => {
      expect(binary.length).toBeLessThan(BYTES_MAX);
    });
  }

  it('run where WebAssembly is, and are absent elsewhere', () => {
    const seven = compiled('', '(module (func (export "seven") (result i32) (i32.const 7)))');
    const base64 = Buffer.from(seven).toString('base64');
    expect(instantiate<{ seven: () => number }>(base64)?.seven()).toBe(7);
    expect(instantiate(Buffer.from('not wasm').toString('base64'))).toBeUndefined();
  });
});
