/** The token under which the use cases are injected. */
export const APPLICATION = Symbol('APPLICATION');
