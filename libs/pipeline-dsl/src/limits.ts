/**
 * What one pipeline file may cost. Everything is counted before it is built, so that a hostile file
 * is refused in milliseconds. A limit that is met raises a `limit.*` diagnostic.
 */
export const limits = {
  /** The file, in bytes. 10,000 steps of 100 bytes fit. */
  bytesMax: 1_048_576,
  /** Collections inside each other. The deepest legal file needs 8. */
  depthMax: 50,
  /** Scalars, lists and maps that are written in the file. */
  nodesMax: 200_000,
  /** Uses of anchors (`*name`), merges included. */
  aliasesMax: 100,
  /** Anchors, aliases, tags and directives together. */
  propertiesMax: 1_000,
  /** Nodes after every alias is replaced by what it stands for. */
  expandedNodesMax: 250_000,
  stepsMax: 10_000,
  commandsPerStepMax: 1_000,
  /** All commands of one step together, in bytes: one `execve` argument carries at most 128 KiB. */
  commandBytesMax: 102_400,
  /** `NAME=value` in bytes, with the terminator: the kernel's MAX_ARG_STRLEN. */
  envEntryBytesMax: 131_071,
  /** All of a step's declared variables together, in bytes; arguments and environment share 2 MiB. */
  envBytesMax: 262_144,
  envEntriesMax: 1_000,
  inputsMax: 100,
  labelsMax: 64,
  artifactsMax: 100,
  /** What the braces of one artifact pattern may stand for: lists of extensions and places fit many times over. */
  patternAlternativesMax: 100,
  /** All alternatives of one artifact pattern together: each file's name is held against them. */
  patternCharsMax: 20_000,
  nameCharsMax: 200,
  textCharsMax: 2_000,
  /** The plan as text; merged `env` and filled-in vars multiply, so it is counted while it is built. */
  planCharsMax: 8_388_608,
  /** Of one attempt of a step that says nothing: long enough for nearly every step, and a hanging one is seen the same day. */
  timeoutMsDefault: 3_600_000,
  /** Seven days. */
  timeoutMsMax: 604_800_000,
  /** Attempts beyond the first. */
  retriesMax: 10,
  /** One hour: longer waits belong to a human. */
  backoffMsMax: 3_600_000,
  /** More than this many at once help nobody. */
  diagnosticsMax: 100,
} as const;

/** A reader need not read more of what is to be a pipeline file. */
export const pipelineBytesMax = limits.bytesMax;

/** Files that a step may keep: an event holds their names. */
export const artifactFilesMax = 200;
