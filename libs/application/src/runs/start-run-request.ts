import type { Isolation, Source, Trigger } from '#libs/events';

/** A run that somebody asks for, by whichever transport. */
export interface StartRunRequest {
  /** A registered pipeline, or the text of one. */
  readonly pipeline: { readonly name: string } | { readonly yaml: string };
  /** Values of the pipeline's inputs by name: text, numbers and booleans. */
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly source: Source;
  /** The least isolation that every step must have, if the server's own minimum is not higher. */
  readonly isolation?: Isolation | undefined;
  readonly trigger: StartTrigger;
}

/** What asks for a run; who asks is the caller. */
export interface StartTrigger {
  readonly kind: Trigger['kind'];
  /** `type:business_id:version`: two requests with one key start one run. */
  readonly key?: string | undefined;
  /** Free text, such as a branch. */
  readonly ref?: string | undefined;
}

/**
 * What tells a repeat of a request from another request with the same key. Servers before this one kept the body of the REST
 * call, and keys are remembered across an upgrade, so it still has that body's shape.
 */
export function identityOf({ pipeline, trigger, ...rest }: StartRunRequest): object {
  const isUsual = trigger.kind === 'api' && trigger.key === undefined && trigger.ref === undefined;
  return {
    ...('yaml' in pipeline ? { yaml: pipeline.yaml } : { pipeline: pipeline.name }),
    ...rest,
    ...(isUsual ? {} : { trigger }),
  };
}
