/**
 * One number for a whole state, so that two runs can be compared. Walks whatever plain data a state is
 * made of, in its own order: that order is part of what must be equal. Functions and private fields
 * are not looked at.
 */
import { hashBytes, hashText } from './random.ts';

/** States are shallow; whatever is deeper refers to something else, or to itself. */
const DEPTH_MAX = 12;

export function fingerprint(value: unknown, depth = 0): number {
  switch (typeof value) {
    case 'number':
      return Number.isInteger(value) ? mix(1, value) : hashText(String(value));
    case 'string':
      return hashText(value);
    case 'bigint':
      return hashText(`${value}n`);
    case 'boolean':
      return value ? 3 : 5;
    case 'object':
      return value === null ? 7 : ofObject(value, depth + 1);
    default:
      return 11;
  }
}

function ofObject(value: object, depth: number): number {
  if (value instanceof Uint8Array) return hashBytes(value);
  if (depth > DEPTH_MAX) return 13;
  let hash = 17;
  if (value instanceof Map) {
    for (const [key, each] of value) {
      hash = mix(mix(hash, fingerprint(key, depth)), fingerprint(each, depth));
    }
    return mix(hash, 19);
  }
  if (Array.isArray(value) || value instanceof Set) {
    for (const each of value) hash = mix(hash, fingerprint(each, depth));
    return mix(hash, 23);
  }
  const record = value as Readonly<Record<string, unknown>>;
  for (const key of Object.keys(value)) {
    hash = mix(mix(hash, hashText(key)), fingerprint(record[key], depth));
  }
  return hash;
}

/** Both halves of large integers count. */
function mix(hash: number, value: number): number {
  const low = Math.imul((hash << 5) ^ (hash >>> 27) ^ value, 0x9e37_79b1);
  return Math.imul(low ^ Math.floor(value / 0x1_0000_0000), 0x85eb_ca6b);
}
