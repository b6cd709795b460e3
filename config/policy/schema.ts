/**
 * The policy file's shape as JSON Schema, for editors. Kept as config/policy.schema.json, which the first
 * line of config/policy.yaml names. What cannot be true together is not in it: `policy check` says that.
 */
import { z } from 'zod';
import { POLICY_FILE } from './file.ts';
import { WORDS } from './words.ts';

export const policySchema = (): object => ({
  title: 'city-chain policy',
  ...worded(z.toJSONSchema(POLICY_FILE, { io: 'input' }) as Shape, ''),
});

/** As much of a JSON Schema as has keys below it. */
interface Shape {
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly items?: Shape;
  readonly anyOf?: readonly Shape[];
}

/** With what each key is for: of a list, the keys of its entries; of alternatives, those of each. */
function worded(shape: Shape, path: string): Shape {
  const { properties, items, anyOf } = shape;
  const description = WORDS[path];
  return {
    ...(description === undefined ? {} : { description }),
    ...shape,
    ...(properties === undefined ? {} : { properties: eachWorded(properties, path) }),
    ...(items === undefined ? {} : { items: wordedWithin(items, path) }),
    ...(anyOf === undefined ? {} : { anyOf: anyOf.map((each) => wordedWithin(each, path)) }),
  };
}

/** The same place: its words stand outside. */
const wordedWithin = (shape: Shape, path: string): Shape =>
  shape.properties === undefined
    ? shape
    : { ...shape, properties: eachWorded(shape.properties, path) };

const eachWorded = (properties: NonNullable<Shape['properties']>, path: string) =>
  Object.fromEntries(
    Object.entries(properties).map(([name, each]) => [
      name,
      worded(each, path === '' ? name : `${path}.${name}`),
    ]),
  );
