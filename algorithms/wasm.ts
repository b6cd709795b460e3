/**
 * WebAssembly kernels, instantiated synchronously: in workers and browsers too, since each stays
 * under the 4 KiB above which some browsers refuse to compile on their main thread.
 *
 * A kernel is written by hand in `<name>.wat`; its binary is committed beside it as base64 in
 * `<name>.wasm.ts` and checked against the source by test/algorithms/wasm.test.ts, which also
 * writes it (`vitest run test/algorithms/wasm.test.ts -u`).
 */

/** The part of the WebAssembly API that kernels need; `lib.dom` is not among our types. */
interface Wasm {
  readonly validate: (bytes: Uint8Array) => boolean;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
}

/** A kernel's linear memory. `buffer` is replaced when the memory grows. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
  readonly grow: (pages: number) => number;
}

export const PAGE_BYTES = 65_536;

/** The exports of the kernel, or `undefined` where WebAssembly or an instruction is missing. */
export function instantiate<Exports>(base64: string): Exports | undefined {
  const { WebAssembly: wasm } = globalThis as { readonly WebAssembly?: Wasm };
  if (wasm === undefined) return undefined;
  const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  if (!wasm.validate(bytes)) return undefined;
  return new wasm.Instance(new wasm.Module(bytes), {}).exports as Exports;
}
