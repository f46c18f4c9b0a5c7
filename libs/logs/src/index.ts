export { FsLogStore } from './fs-log-store.ts';
export type {
  LogGroup,
  LogKey,
  LogLine,
  LogMask,
  LogReadOptions,
  LogStore,
  LogWriter,
} from './log-store.ts';
export { maskSecrets } from './mask-secrets.ts';
export { lastSegment } from './overwritten.ts';
export { plainText } from './plain-text.ts';
