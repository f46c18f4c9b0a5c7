import { randomUUID } from 'node:crypto';
import {
  type ExecutorGatewayBench,
  executorGatewayContract,
  oneStepAssignment,
} from '../../executor-protocol/src/executor-gateway.contract.ts';
import { MemoryExecutorGateway } from './memory-executor-gateway.ts';

executorGatewayContract('MemoryExecutorGateway', async () => memoryBench());

function memoryBench(): ExecutorGatewayBench {
  const gateway = new MemoryExecutorGateway({
    after(delayMs, callback) {
      const timer = setTimeout(callback, delayMs);
      return () => clearTimeout(timer);
    },
  });
  const finished = gateway.finished.bind(gateway);
  gateway.finished = async (executorId, request) => {
    const answer = await finished(executorId, request);
    if (answer.accepted) gateway.endRun(request.runId, request.report.outcome !== 'success');
    return answer;
  };
  return {
    gateway,
    uuid: randomUUID,
    async assign(executorId) {
      const runId = randomUUID();
      gateway.assign(executorId, oneStepAssignment(runId));
      return { runId };
    },
    async cancel(runId, force) {
      gateway.cancel(runId, force);
    },
    async declareLost(executorId) {
      gateway.declareLost(executorId);
    },
    async close() {},
  };
}
