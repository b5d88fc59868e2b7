/** As much of WebAssembly as the kernel uses: the types of the language do not know it, and a platform need not. */

export interface WebAssemblyPart {
  readonly Memory: new (descriptor: {
    readonly initial: number
    readonly maximum?: number
    readonly shared?: boolean
  }) => { readonly buffer: unknown }
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown }
}

/** `undefined` on a platform without it. */
export const webAssembly: WebAssemblyPart | undefined = (
  globalThis as { readonly WebAssembly?: WebAssemblyPart }
).WebAssembly

/** The bytes of a module that the build embedded. */
export function moduleBytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
}
