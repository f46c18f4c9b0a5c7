export {
  type ArtifactPattern,
  advance,
  isComplete,
  type PatternProgress,
  parseArtifactPattern,
  patternStart,
  takesWholeDirectory,
} from './artifact-pattern.ts';
export { type CheckedInputs, checkInputs, type InputProblem } from './check-inputs.ts';
export { type CompileResult, compilePipeline, validatePipeline } from './compile.ts';
export { type Diagnostic, formatDiagnostic, formatExcerpt } from './diagnostic.ts';
export {
  type DiagnosticCode,
  diagnosticCodes,
  explainDiagnostic,
  type Severity,
} from './diagnostic-catalog.ts';
export { didYouMean } from './did-you-mean.ts';
export { pipelineJsonSchema } from './json-schema.ts';
export { artifactFilesMax, pipelineBytesMax } from './limits.ts';
export { planText } from './plan-text.ts';
export { resolveStepEnv } from './resolve-step-env.ts';
