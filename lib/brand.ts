/** Nominal types, erased at run time: a `Brand<string, 'NodeId'>` is made by one checking function. */
declare const brand: unique symbol;

export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
