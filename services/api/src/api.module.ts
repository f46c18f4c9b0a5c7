import { type DynamicModule, Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import type { Application } from '#libs/application';
import type { ExecutorGateway } from '#libs/executor-protocol';
import { APPLICATION } from './application.ts';
import { commandControllers, commandHandlers } from './commands.ts';
import { EXECUTOR_GATEWAY, InternalExecutorsController } from './executors/internal-executors.ts';
import { queryControllers, queryHandlers } from './queries.ts';
import { ControlServerController } from './server/control-server.ts';
import { ServerController } from './server/server.controller.ts';
import { SERVER_PROCESS, type ServerProcess } from './server/server-process.ts';

/** What the API serves. */
export interface Served {
  readonly application: Application;
  readonly gateway: ExecutorGateway;
  readonly server: ServerProcess;
}

@Module({})
export class ApiModule {
  static with({ application, gateway, server }: Served): DynamicModule {
    return {
      module: ApiModule,
      imports: [CqrsModule.forRoot()],
      controllers: [
        ...commandControllers,
        ...queryControllers,
        InternalExecutorsController,
        ServerController,
        ControlServerController,
      ],
      providers: [
        { provide: APPLICATION, useValue: application },
        { provide: EXECUTOR_GATEWAY, useValue: gateway },
        { provide: SERVER_PROCESS, useValue: server },
        ...commandHandlers,
        ...queryHandlers,
      ],
    };
  }
}
