import { Controller, Inject } from '@nestjs/common';
import { operations, type Page, type QueueItem } from '#libs/api-contract';
import { API_PARTS, type ApiParts } from '../api.parts.ts';
import { withNextLink } from '../http/next-link.ts';
import { waitForReads } from '../http/reading.ts';
import { type Call, Input, Route } from '../http/route.ts';

@Controller()
export class ListQueueController {
  constructor(@Inject(API_PARTS) private readonly parts: ApiParts) {}

  @Route(operations.listQueue)
  async list(
    @Input(operations.listQueue) call: Call<typeof operations.listQueue>,
  ): Promise<Page<QueueItem>> {
    await waitForReads(this.parts, call.query);
    return withNextLink(call, await this.parts.read.listQueue(call.query));
  }
}
