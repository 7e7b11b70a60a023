/** Reading aloud and dictation: loaded with the first press of either button. */
export { Dictation } from "./dictation.ts";
export { ReadAloud } from "./read-aloud.ts";
