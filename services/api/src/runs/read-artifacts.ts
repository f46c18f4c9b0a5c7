import { Controller, Inject } from '@nestjs/common';
import { operations, type Page, type RunArtifact, type RunDto } from '#libs/api-contract';
import { API_PARTS, type ApiParts } from '../api.parts.ts';
import { HttpProblem } from '../http/http-problem.ts';
import { withNextLink } from '../http/next-link.ts';
import { requireRunId, waitForReads } from '../http/reading.ts';
import { type Call, Input, Route } from '../http/route.ts';
import { sendStream } from '../http/send-stream.ts';
import { loadRunView } from './load-run-view.ts';

/** Artifacts of a run, from the reports of its attempts. */
@Controller()
export class ReadArtifactsController {
  constructor(@Inject(API_PARTS) private readonly parts: ApiParts) {}

  @Route(operations.listRunArtifacts)
  async list(
    @Input(operations.listRunArtifacts) call: Call<typeof operations.listRunArtifacts>,
  ): Promise<Page<RunArtifact>> {
    const artifacts = artifactsOf(await this.load(call.params.id));
    const from = readOffset(call.query.cursor);
    const to = from + call.query.limit;
    const next = to < artifacts.length ? Buffer.from(String(to)).toString('base64url') : null;
    return withNextLink(call, { items: artifacts.slice(from, to), next });
  }

  @Route(operations.readRunArtifact)
  async read(
    @Input(operations.readRunArtifact) call: Call<typeof operations.readRunArtifact>,
  ): Promise<void> {
    const { id, path } = call.params;
    const run = await this.load(id);
    const found = artifactsOf(run).findLast(
      (artifact) =>
        artifact.name === path &&
        (call.query.step === undefined || artifact.step === call.query.step) &&
        (call.query.attempt === undefined || artifact.attempt === call.query.attempt),
    );
    if (!found)
      throw new HttpProblem('artifact.not-found', `run ${run.number} has no artifact ${path}`);
    const blob = await this.parts.blobs.get(found.sha256);
    const fileName = (path.split('/').at(-1) ?? 'artifact').replace(/[^A-Za-z0-9._-]/g, '_');
    const reply = call.reply
      .header('content-type', 'application/octet-stream')
      .header('content-length', String(blob.size))
      .header('content-disposition', `attachment; filename="${fileName}"`)
      .header('x-content-type-options', 'nosniff')
      .header('etag', `"sha256:${found.sha256}"`);
    await sendStream(reply, blob.stream);
  }

  private async load(ref: string): Promise<RunDto> {
    await waitForReads(this.parts);
    return loadRunView(this.parts, await requireRunId(this.parts, ref));
  }
}

/** In the order in which the attempts ended; a step's later attempt comes after its earlier one. */
export function artifactsOf(run: RunDto): readonly RunArtifact[] {
  return run.steps
    .flatMap((step) => step.attempts.map((attempt) => ({ step: step.id, attempt })))
    .sort((left, right) =>
      (left.attempt.finishedAt ?? '').localeCompare(right.attempt.finishedAt ?? ''),
    )
    .flatMap(({ step, attempt }) =>
      attempt.artifacts.map((artifact) => ({
        step,
        attempt: attempt.attempt,
        ...artifact,
        url: `/api/v1/runs/${run.id}/artifacts/${artifact.name.split('/').map(encodeURIComponent).join('/')}?step=${step}&attempt=${attempt.attempt}`,
      })),
    );
}

function readOffset(cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  if (!/^\d{1,9}$/.test(text))
    throw new HttpProblem('request.cursor', 'this cursor is not one of ours');
  return Number(text);
}
