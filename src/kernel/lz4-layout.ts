/** The numbers of the public LZ4 block format and those of our search for matches: those of assembly/lz4/layout.ts. */

export const matchLengthMin = 4
/** The last bytes of a block are literals. */
export const lastLiteralCount = 5
/** The last match begins at least so many bytes before the end. */
export const lastMatchDistance = 12
export const offsetMax = 0xffff
/** From here on a length in the token goes on in the bytes behind it. */
export const tokenLengthMax = 15

/** Slots of the table from four bytes to where they were met last. */
export const tableSlotBits = 12
/** The search takes larger steps after each so many places without a match. */
export const patienceBits = 3
