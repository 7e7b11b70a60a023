/** How inline constructs look, each at `lastIndex`. */

/** Characters that are not the beginning of anything; an underscore in a word is a letter. */
export const PLAIN = /(?:[^\n\\`*_~[\]!<&$]|(?<=[a-z\d])_+(?=[a-z\d]))+/iy;
export const ENTITY = /&(?:#\d{1,7}|#x[\da-f]{1,6}|[a-z]\w{1,31});/iy;
export const ADDRESS =
  /<(?:([a-z][a-z\d+.-]{1,31}:[^\s<>]*)|([\w.!#$%&'*+/=?^`{|}~-]{1,64}@[a-z\d](?:[a-z\d.-]{0,250}[a-z\d])?))>/iy;
export const NOTE = /\[\^([^\]\s]{1,99})\]/y;
/** `$x$`, as in Pandoc: nothing but the formula between the marks, and no digit after, since that is money. */
export const FORMULA = /\$\$([^$]{1,2000}?)\$\$|\$(?![\s$])((?:[^$\\\n`]|\\.){0,500}?[^\s\\$`])\$(?!\d)/y;
/** A formula as it grows; one that begins with a digit looks like money. */
export const OPEN_FORMULA = /\$\$?(?![\s$\d])[^$]{0,200}$/y;
