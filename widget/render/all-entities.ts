/** Every named character reference of HTML, in a chunk of its own: the list is larger than the rest of the renderer. */
import { decodeHTMLStrict } from "entities";

/** @param reference as written, `&name;`; given back as it is when HTML has no such name */
export const decodeHTML5Reference = (reference: string): string => decodeHTMLStrict(reference);
