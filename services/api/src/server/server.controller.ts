import { Controller, Inject } from '@nestjs/common';
import { openApiDocument, operations } from '#libs/api-contract';
import { describeError, isErrorCode } from '#libs/kernel';
import { HttpProblem } from '../http/http-problem.ts';
import { type Call, Input, Route } from '../http/route.ts';
import { SERVER_PROCESS, type ServerProcess } from './server-process.ts';

/** Health, version, metrics and the description of the API. */
@Controller()
export class ServerController {
  /** Made for the first request: it takes 20 ms, and most servers are never asked for it. */
  private document: object | undefined;

  constructor(@Inject(SERVER_PROCESS) private readonly server: ServerProcess) {}

  @Route(operations.livez)
  livez(): { status: 'alive' } {
    return { status: 'alive' };
  }

  @Route(operations.readyz)
  async readyz(@Input(operations.readyz) call: Call<typeof operations.readyz>): Promise<object> {
    const log = (await this.server.canReachLog())
      ? { ok: true }
      : { ok: false, detail: 'the log cannot be reached' };
    const isDraining = this.server.isDraining();
    const unreadable = this.server.unreadableReadModels();
    const readModels =
      unreadable.length === 0 ? { ok: true } : { ok: false, detail: unreadable.join('; ') };
    // Commands, and the reads of the other read models, are answered while one is built or has stopped.
    const ok = log.ok && this.server.areAnyReadModelsReady() && !isDraining;
    if (!ok) void call.reply.status(503);
    return {
      status: ok ? 'ready' : isDraining ? 'draining' : 'degraded',
      checks: { log, readModels },
    };
  }

  @Route(operations.version)
  version(): object {
    return { name: 'millrace', version: this.server.version, node: process.versions.node };
  }

  @Route(operations.metrics)
  async metrics(@Input(operations.metrics) call: Call<typeof operations.metrics>): Promise<void> {
    await call.reply
      .header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
      .send(await this.server.metricsText());
  }

  @Route(operations.openapi)
  openapi(): object {
    this.document ??= openApiDocument(this.server.version);
    return this.document;
  }

  /** The address that the `type` of a problem document names. */
  @Route(operations.problemType)
  async problemType(
    @Input(operations.problemType) call: Call<typeof operations.problemType>,
  ): Promise<void> {
    const { code } = call.params;
    if (!isErrorCode(code))
      throw new HttpProblem('request.not-found', 'there is no such code of an error');
    const { status, title, hint } = describeError(code);
    await call.reply
      .header('content-type', 'text/plain; charset=utf-8')
      .send(`${code} (${status})\n\n${title}\n${hint}\n`);
  }
}
