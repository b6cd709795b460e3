/**
 * What is made of a record once, however often it is asked for: remembered by the record's identity, for as
 * long as anybody has it. For functions of records that nobody changes, such as what came out of a codec: the
 * hash of one is asked for in many places, and costs an encoding each time.
 *
 * What is returned is shared: nobody changes that either.
 */
export function oncePer<K extends object, V>(make: (of: K) => V): (of: K) => V {
  const known = new WeakMap<K, { readonly value: V }>();
  return (of) => {
    let found = known.get(of);
    if (found === undefined) known.set(of, (found = { value: make(of) }));
    return found.value;
  };
}
