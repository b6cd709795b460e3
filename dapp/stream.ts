/**
 * A stream of values that are pushed by one and read by another, in order, each once. Bounded: a reader
 * who is too slow loses the oldest and is told how many, instead of filling the memory.
 */
export interface Stream<T> extends AsyncIterable<T> {
  readonly push: (value: T) => void;
  /** Ends it, after what was pushed; with an error, that is thrown to the reader then. */
  readonly end: (error?: Error) => void;
}

/** `left` is called once, when the reader goes before the end. */
export function stream<T>(
  bound: { readonly max: number; readonly lost: (count: number) => T },
  left: () => void = () => undefined,
): Stream<T> {
  const values: T[] = [];
  let lost = 0;
  let ended: { readonly error: Error | undefined } | undefined;
  let waiting = Promise.withResolvers<void>();
  const stir = (): void => {
    waiting.resolve();
    waiting = Promise.withResolvers<void>();
  };
  async function* read(): AsyncGenerator<T, void, undefined> {
    try {
      for (;;) {
        if (lost > 0) yield bound.lost(lost - (lost = 0));
        else if (values.length > 0) yield values.shift()!;
        else if (ended?.error !== undefined) throw ended.error;
        else if (ended !== undefined) return;
        else await waiting.promise;
      }
    } finally {
      if (ended === undefined) left();
      ended = { error: undefined };
    }
  }
  const reading = read();
  return {
    push: (value) => {
      if (ended !== undefined) return;
      values.push(value);
      if (values.length > bound.max) {
        values.shift();
        lost++;
      }
      stir();
    },
    end: (error) => {
      ended ??= { error };
      stir();
    },
    [Symbol.asyncIterator]: () => reading,
  };
}
