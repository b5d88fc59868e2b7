/** The numbers of the public LZ4 block format (Yann Collet), and those of our search for matches. */

export const matchLengthMin: u32 = 4
/** The last bytes of a block are literals. */
export const lastLiteralCount: u32 = 5
/** The last match begins at least so many bytes before the end. */
export const lastMatchDistance: u32 = 12
export const offsetMax: u32 = 0xffff
/** From here on a length in the token goes on in the bytes behind it. */
export const tokenLengthMax: u32 = 15

/** Slots of the table from four bytes to where they were met last: words, which begin as zeros. */
export const tableSlotBits: u32 = 12
export const tableSizeBytes: u32 = 4 << tableSlotBits
/** The search takes larger steps after each so many places without a match. */
export const patienceBits: u32 = 3
