export { activeCharacters } from './active-characters.ts';
export { formatBytes } from './bytes.ts';
export { canonicalJson, type Json, sha256Hex } from './canonical-json.ts';
export { decodeCursor, encodeCursor } from './cursor.ts';
export { accept, type Decider, type Decision, type Rejection, reject } from './decider.ts';
export {
  describeError,
  type ErrorCode,
  type ErrorDescription,
  errorCodes,
  Fault,
  isErrorCode,
} from './errors.ts';
export { type Ids, isUuid, uuidFromName, uuidv7 } from './ids.ts';
export { assertNever, BugError, invariant } from './invariant.ts';
export { listed } from './listed.ts';
export { pause } from './pause.ts';
export { type Loop, repeat } from './repeat.ts';
export { retryDelayMs } from './retry-delay.ts';
export { shellWord } from './shell-word.ts';
export { type Clock, exactDuration, formatDuration, parseDurationMs, type Timers } from './time.ts';
export { trimEndOf } from './trim-end.ts';
