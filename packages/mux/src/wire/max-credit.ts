/** A window, or a sum of WINDOW frames, beyond this is none (RFC 9113 6.9.1 has the same limit). */
export const maxCredit = 2 ** 31 - 1;
