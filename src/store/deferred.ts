/** A promise with its handles, for one that is settled elsewhere. Its rejection is never an unhandled one. */

export class Deferred<T = void> {
  readonly promise: Promise<T>
  resolve!: (value: T | PromiseLike<T>) => void
  reject!: (error: unknown) => void

  constructor() {
    this.promise = new Promise<T>((resolve, reject) => {
      this.resolve = (value) => {
        // A promise may be rejected yet.
        if (value !== undefined) this.promise.catch(ignore)
        resolve(value)
      }
      this.reject = (error) => {
        this.promise.catch(ignore)
        reject(error)
      }
    })
  }
}

function ignore(): void {}
