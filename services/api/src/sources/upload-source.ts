import { Readable } from 'node:stream';
import { Controller, Inject } from '@nestjs/common';
import { operations, type SourceUploaded } from '#libs/api-contract';
import { plainTar } from '#libs/sources';
import { API_PARTS, type ApiParts } from '../api.parts.ts';
import { HttpProblem } from '../http/http-problem.ts';
import { type Call, Input, Route } from '../http/route.ts';
import { admitRun } from '../runs/admission.ts';
import { judgedSource } from './judged-source.ts';

/** Takes a working tree as a tar, plain or compressed, and stores it, where every entry is acceptable. */
@Controller()
export class UploadSourceController {
  constructor(@Inject(API_PARTS) private readonly parts: ApiParts) {}

  @Route(operations.uploadSource)
  async upload(
    @Input(operations.uploadSource) call: Call<typeof operations.uploadSource>,
  ): Promise<SourceUploaded> {
    await admitRun(this.parts);
    const body = call.request.body as Readable | undefined;
    if (typeof body?.pipe !== 'function')
      throw new HttpProblem(
        'request.media-type',
        'send a tar as application/x-tar, plain or compressed by gzip or zstd',
      );
    const { blobs, config } = this.parts;
    // Stored as a plain tar, so that the same tree has one digest however it was sent.
    const tar = Readable.from(plainTar(body), { objectMode: false });
    const stored = await blobs.put(judgedSource(tar), { bytesMax: config.sourceBytesMax });
    return { digest: `sha256:${stored.sha256}`, size: stored.size };
  }
}
