/** An id nobody else has: 128 random bits. `crypto.randomUUID` is missing on pages that came without TLS. */
export const randomId = (): string => crypto.getRandomValues(new Uint32Array(4)).join("-");
