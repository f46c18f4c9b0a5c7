import type { PipelineRegisteredDto } from '#libs/api-contract';
import { pipelineDecider } from '#libs/domain';
import { planHash, planSchemaVersion, streamName } from '#libs/events';
import { sha256Hex } from '#libs/kernel';
import { type Answer, accepted, refused } from '../answer.ts';
import type { Once } from '../once.ts';
import type { Caller, CommandLog } from '../ports.ts';
import { pipelineIdOf } from '../runs/run-started.ts';
import { compilePlan } from './compile-plan.ts';

export interface RegisterPipelineParts {
  readonly log: Pick<CommandLog, 'runner'>;
  readonly once: Once;
}

/** Registers a pipeline, or a new version of it; the same text again changes nothing. */
export class RegisterPipeline {
  readonly #parts: RegisterPipelineParts;

  constructor(parts: RegisterPipelineParts) {
    this.#parts = parts;
  }

  /** @throws Fault of the log */
  execute(
    caller: Caller,
    request: { readonly yaml: string },
  ): Promise<Answer<PipelineRegisteredDto>> {
    const repeatable = { key: caller.origin.commandId, asked: [null, request] } as const;
    return this.#parts.once.act(repeatable, () => this.#register(caller, request.yaml));
  }

  async #register({ origin }: Caller, yaml: string): Promise<Answer<PipelineRegisteredDto>> {
    const { runner } = this.#parts.log;
    const compiled = compilePlan(yaml);
    if (!compiled.ok) return compiled;
    const { plan, diagnostics } = compiled.value;
    const hash = planHash(plan);
    const id = pipelineIdOf(origin.tenant, plan.name);
    const stream = streamName('pipeline', id);
    const command = {
      kind: 'register-pipeline',
      name: plan.name,
      sourceHash: sha256Hex(yaml),
      planHash: hash,
      planSchema: planSchemaVersion,
    } as const;
    const plans = [{ hash, plan }];
    const answer = await runner.run(pipelineDecider, stream, command, origin, { plans });
    if (!answer.ok) return refused(answer.rejection);
    return accepted({
      id,
      name: plan.name,
      // Each event of a pipeline's stream is a version. The state could be of a registration that came since.
      version: answer.version,
      planHash: hash,
      position: answer.position,
      diagnostics: [...diagnostics],
    });
  }
}
