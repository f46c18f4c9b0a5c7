import { Controller, Inject } from '@nestjs/common';
import { type ServerState, serverOperations } from '#libs/api-contract';
import { HttpProblem } from '../http/http-problem.ts';
import { type Call, Input, Route } from '../http/route.ts';
import { SERVER_PROCESS, type ServerProcess } from './server-process.ts';

/** What the commands of the local administrator ask of the server itself. Not part of the public face. */
@Controller()
export class ControlServerController {
  constructor(@Inject(SERVER_PROCESS) private readonly server: ServerProcess) {}

  @Route(serverOperations.serverState)
  async state(): Promise<ServerState> {
    return this.server.state();
  }

  @Route(serverOperations.drainedServer)
  async drained(): Promise<ServerState> {
    return this.server.drained();
  }

  @Route(serverOperations.beginWork)
  async beginWork(): Promise<ServerState> {
    if (this.server.isDraining())
      throw new HttpProblem('server.draining', 'the server is shutting down', {
        retryAfterSeconds: 5,
      });
    await this.server.work();
    return this.server.state();
  }

  @Route(serverOperations.stopServer)
  async stop(
    @Input(serverOperations.stopServer) call: Call<typeof serverOperations.stopServer>,
  ): Promise<ServerState> {
    if (!this.server.stop(call.body.how))
      throw new HttpProblem('server.busy', 'the server works on runs, or others ask it');
    return this.server.state();
  }
}
