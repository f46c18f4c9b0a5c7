export { FsLogStore } from './fs-log-store.ts';
export type {
  LogGroup,
  LogKey,
  LogLine,
  LogReadOptions,
  LogStore,
  LogWriter,
} from './log-store.ts';
export { lastSegment } from './overwritten.ts';
export { plainText } from './plain-text.ts';
