/** Where courses wait for each other: nobody goes on before all have come. One that fails ends it for all. */
export class Meeting {
  readonly #count: number;
  readonly #failed = Promise.withResolvers<never>();
  #come = 0;
  #next = Promise.withResolvers<void>();

  constructor(count: number) {
    this.#count = count;
    this.#failed.promise.catch(() => undefined);
  }

  async meet(): Promise<void> {
    const { promise, resolve } = this.#next;
    if (++this.#come === this.#count) {
      this.#come = 0;
      this.#next = Promise.withResolvers();
      resolve();
    }
    await Promise.race([promise, this.#failed.promise]);
  }

  fail(error: unknown): void {
    this.#failed.reject(error);
  }
}
