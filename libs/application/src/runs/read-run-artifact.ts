import type { RunArtifact } from '#libs/api-contract';
import type { BlobStore, TenantBlobs } from '#libs/blobs';
import { type Answer, accepted, refused } from '../answer.ts';
import type { Caller } from '../ports.ts';
import { artifactsOf } from './run-artifacts.ts';
import type { RunViews } from './run-views.ts';

export interface ReadRunArtifactParts {
  readonly views: RunViews;
  readonly blobs: TenantBlobs;
}

export interface ArtifactRequest {
  readonly name: string;
  /** If several steps have one of this name. */
  readonly step?: string | undefined;
  readonly attempt?: number | undefined;
}

/** An artifact and its bytes: whoever gets them reads the stream to its end, or destroys it. */
export type OpenArtifact = Awaited<ReturnType<BlobStore['get']>> & {
  readonly artifact: RunArtifact;
};

/** The newest artifact of a run that has this name. */
export class ReadRunArtifact {
  readonly #parts: ReadRunArtifactParts;

  constructor(parts: ReadRunArtifactParts) {
    this.#parts = parts;
  }

  /**
   * @param run  uuid, number or `latest`
   * @throws Fault `blob.not-found`
   */
  async execute(
    caller: Caller,
    run: string,
    request: ArtifactRequest,
  ): Promise<Answer<OpenArtifact>> {
    const { views } = this.#parts;
    const blobs = this.#parts.blobs.of(caller.origin.tenant);
    const view = await views.find(caller, run);
    if (!view.ok) return view;
    const artifact = artifactsOf(view.value).findLast(
      ({ name, step, attempt }) =>
        name === request.name &&
        (request.step === undefined || step === request.step) &&
        (request.attempt === undefined || attempt === request.attempt),
    );
    if (artifact) return accepted({ artifact, ...(await blobs.get(artifact.sha256)) });
    const message = `run ${view.value.number} has no artifact ${request.name}`;
    return refused({ code: 'artifact.not-found', message });
  }
}
