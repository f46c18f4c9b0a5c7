import { inheritedEnvironment } from '#libs/config';

/** In CI nothing is passed over: a test whose requirement is missing runs there, and fails. */
export const isCi = inheritedEnvironment().CI === 'true';

/** Whether tests that take root are run. */
export const takesRoot = process.geteuid?.() === 0 || isCi;
