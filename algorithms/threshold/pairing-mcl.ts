/**
 * BLS12-381 by mcl-wasm. The library keeps one state for the process and has to be awaited, and nothing
 * here waits: a root does
 *
 *   await mcl.init(mcl.BLS12_381);  offerMcl({ mcl, low });
 *
 * Two functions that the library has in its WebAssembly but not in its wrapper are reached through
 * `mcl-wasm/dist/mcl.js`: multiplication in constant time, and hashing under a tag of one's own. What
 * it keeps for a point is a Jacobian triple in a JavaScript array, copied in and out at each call.
 */
import type mcl from 'mcl-wasm';
import type low from 'mcl-wasm/dist/mcl.js';
import { assert } from '#lib/assert.ts';
import { attempt } from '#lib/attempt.ts';
import { utf8 } from '#lib/bytes.ts';
import { G1_GENERATOR, G2_GENERATOR, isCompressedPoint, ORDER } from './bls12381.ts';
import { bigEndian, fromBigEndian, type G1, type G2, littleEndian } from './group.ts';
import type { Group, Pairing, Scalar } from './group.ts';
import { PAIRING } from './pairing.ts';

/** RFC 9380 section 5.3.3: a longer tag would have to be hashed first; ours are short. */
const TAG_BYTES_MAX = 255;
/** The message is copied to the library's stack of 1 MiB; whoever signs more signs a digest. */
const MESSAGE_BYTES_MAX = 65_536;

type Multiplication = (product: number, point: number, scalar: number) => void;
/** What the WebAssembly exports and the library's declarations leave out. */
interface Inner {
  readonly _mclBnG1_mulCT: Multiplication;
  readonly _mclBnG2_mulCT: Multiplication;
  readonly _mclBnG1_hashAndMapToWithDst: (
    point: number,
    message: number,
    messageBytes: number,
    tag: number,
    tagBytes: number,
  ) => number;
}

/** The package, and its file `dist/mcl.js`. */
export interface Mcl {
  readonly mcl: typeof mcl;
  readonly low: typeof low;
}

type Mcl1 = InstanceType<typeof mcl.G1>;
type Mcl2 = InstanceType<typeof mcl.G2>;
const own1 = (point: G1) => point as unknown as Mcl1;
const own2 = (point: G2) => point as unknown as Mcl2;
/** The limbs of a value, which the library's declarations hide. */
const limbs = (value: object) => (value as { readonly a_: Uint32Array }).a_;

/** Offers this backend as the most wanted one. Once a process. */
export function offerMcl(library: Mcl): void {
  const { curveType, BLS12_381 } = library.mcl;
  assert(curveType === BLS12_381, 'mcl was initialised for BLS12-381');
  PAIRING.offer({ name: 'mcl', make: () => mclPairing(library) });
}

function mclPairing(library: Mcl): Pairing {
  const { mcl } = library;
  mcl.setETHserialization(true);
  mcl.setMapToMode(mcl.IRTF);
  mcl.verifyOrderG1(true);
  mcl.verifyOrderG2(true);
  const inner = innerOf(library);
  const g1 = groupOf<Mcl1, G1>(library, 'BLS12-381 G1', mcl.G1, G1_GENERATOR, inner._mclBnG1_mulCT);
  const g2 = groupOf<Mcl2, G2>(library, 'BLS12-381 G2', mcl.G2, G2_GENERATOR, inner._mclBnG2_mulCT);
  const minusGenerator = new mcl.PrecomputedG2(mcl.neg(own2(g2.generator)));
  const one = new mcl.GT();
  one.setInt(1);
  return {
    g1: { ...g1, hash: (message, tag) => hashed(library, message, utf8(tag)) },
    g2,
    matches: (hash, key, signature) => {
      const product = mcl.precomputedMillerLoop2mixed(
        own1(hash),
        own2(key),
        own1(signature),
        minusGenerator,
      );
      return mcl.finalExp(product).isEqual(one);
    },
  };
}

const innerOf = ({ low }: Mcl): Inner => (low as unknown as { readonly mod: Inner }).mod;

function groupOf<M extends Mcl1 | Mcl2, P>(
  { mcl, low }: Mcl,
  name: string,
  Point: new () => M,
  generatorBytes: Uint8Array,
  multiplyInConstantTime: Multiplication,
): Group<P> {
  const own = (point: P) => point as unknown as M;
  const made = (point: M) => point as unknown as P;
  const pointBytes = generatorBytes.length;
  const fr = (scalar: Scalar) => {
    const limbs = new mcl.Fr();
    limbs.setLittleEndian(littleEndian(scalar));
    return limbs;
  };
  const read = (bytes: Uint8Array) =>
    isCompressedPoint(bytes, pointBytes) ? attempt(() => made(parsed(Point, bytes))) : undefined;
  const generator = read(generatorBytes);
  assert(generator !== undefined, `mcl reads the generator of ${name}`);
  return {
    name,
    order: ORDER,
    generator,
    identity: made(new Point()),
    pointBytes,
    read,
    write: (point) => own(point).serialize(),
    readScalar: (bytes) => fromBigEndian(bytes, ORDER),
    writeScalar: bigEndian,
    same: (a, b) => isEqual(own(a), own(b)),
    add: (a, b) => made(mcl.add<Mcl1 | Mcl2>(own(a), own(b)) as M),
    multiply: (point, scalar) => made(mcl.mul(own(point) as Mcl1, fr(scalar)) as M),
    multiplySecret: (point, scalar) => {
      const product = new Point();
      low.callOp2(multiplyInConstantTime, limbs(product), limbs(own(point)), limbs(fr(scalar)));
      return made(product);
    },
    combine: (points, scalars) =>
      points.length === 0
        ? made(new Point())
        : made(mcl.mulVec<Mcl1 | Mcl2>(points.map(own), scalars.map(fr)) as M),
  };
}

function isEqual(a: Mcl1 | Mcl2, b: Mcl1 | Mcl2): boolean {
  return (a as Mcl1).isEqual(b as Mcl1); // Both of one group: the callers' types say so.
}

function parsed<M extends Mcl1 | Mcl2>(Point: new () => M, bytes: Uint8Array): M {
  const point = new Point();
  point.deserialize(bytes); // Throws unless on the curve and in the subgroup.
  return point;
}

function hashed({ mcl, low }: Mcl, message: Uint8Array, tag: Uint8Array): G1 {
  assert(tag.length > 0 && tag.length <= TAG_BYTES_MAX, 'a tag has 1 to 255 bytes');
  assert(message.length <= MESSAGE_BYTES_MAX, 'a long message is signed by its digest');
  const point = new mcl.G1();
  const stack = low.stackSave();
  const at = low.salloc(limbs(point));
  const messageAt = low.sallocBytes(message);
  const tagAt = low.sallocBytes(tag);
  const failed = innerOf({ mcl, low })._mclBnG1_hashAndMapToWithDst(
    at,
    messageAt,
    message.length,
    tagAt,
    tag.length,
  );
  low.copyFromHeap32(limbs(point), at);
  low.stackRestore(stack);
  assert(failed === 0, 'every message hashes to a point');
  return point as unknown as G1;
}
