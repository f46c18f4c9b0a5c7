import { defineConfig } from 'vitest/config';

export default defineConfig({
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    globalSetup: 'test/surroundings.ts',
    include: [
      'libs/**/*.spec.ts',
      'services/**/*.spec.ts',
      'test/**/*.spec.ts',
      'test/**/*.scenario.ts',
    ],
    // Real servers and sandboxes run inside the tests: two files at once are what two cores carry.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // A condition that is awaited comes about late on a busy machine; one second is the default.
    expect: { poll: { timeout: 10_000 } },
  },
});
