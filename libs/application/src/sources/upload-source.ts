import type { SourceUploaded } from '#libs/api-contract';
import { type AdmissionLimits, refuseByLoad } from '../admission.ts';
import { type Answer, accepted, refused } from '../answer.ts';
import type { Caller, Capacity, Materials } from '../ports.ts';

export interface UploadSourceParts {
  readonly capacity: Capacity;
  readonly materials: Pick<Materials, 'storeSnapshot'>;
  readonly settings: AdmissionLimits;
}

/** Takes a working tree for runs to come. The same tree has one digest however often and however packed it is sent. */
export class UploadSource {
  readonly #parts: UploadSourceParts;

  constructor(parts: UploadSourceParts) {
    this.#parts = parts;
  }

  /**
   * @param tar  plain, or compressed by gzip or zstd
   * @throws Fault `source.invalid` for an entry that is not acceptable, `request.too-large`; nothing is stored then
   */
  async execute(
    { origin }: Caller,
    tar: AsyncIterable<Uint8Array>,
  ): Promise<Answer<SourceUploaded>> {
    const { capacity, materials, settings } = this.#parts;
    const overload = await refuseByLoad(capacity, settings);
    return overload
      ? refused(overload)
      : accepted(await materials.storeSnapshot(origin.tenant, tar));
  }
}
