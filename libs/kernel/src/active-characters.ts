/**
 * What a terminal or a reader acts on instead of showing it, as the inside of a regular expression's class: control characters of
 * either set but tab and line feed, line separators, and every mark that turns the reading direction.
 */
export const activeCharacters =
  '\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069';
