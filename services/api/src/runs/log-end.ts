/** How long a log may have no end when its attempt has one, in milliseconds: that of a writer that died never gets one. */
export const logEndMs = 2_000;
