/**
 * The dependency rule of the house: a room may import rooms of a lower rank by their door, and exactly the clients named
 * here. test/architecture/boundaries.spec.ts runs it and fails when it has looked at fewer modules than there are.
 */
const rank = {
  0: ['kernel'],
  1: [
    'events',
    'api-contract',
    'api-client',
    'executor-protocol',
    'config',
    'telemetry',
    'git',
    'data-dir',
  ],
  2: ['domain', 'pipeline-dsl', 'scheduling'],
  3: [
    'application',
    'application-adapters',
    'postgres',
    'event-store',
    'subscriptions',
    'leases',
    'projections',
    'sandbox',
    'logs',
    'blobs',
    'sources',
  ],
};

/** Whose ports the use cases name; as types only. */
const adaptersOfApplication = ['event-store', 'logs', 'blobs'];

/** What a lib may import beside the ranks below its own. */
const sideways = {
  'api-contract': ['events'],
  'api-client': ['api-contract'],
  'executor-protocol': ['events', 'api-contract'],
  git: ['config'],
  'data-dir': ['config', 'git'],
  scheduling: ['domain'],
  application: ['domain', 'pipeline-dsl', 'scheduling', ...adaptersOfApplication],
  'application-adapters': ['application', 'postgres', 'event-store', 'logs', 'blobs', 'sources'],
  'event-store': ['postgres'],
  leases: ['postgres'],
  subscriptions: ['postgres', 'event-store'],
  projections: ['postgres', 'event-store', 'subscriptions', 'api-contract'],
  logs: ['blobs'],
  sources: ['blobs'],
};

/** Node's own modules by room; pure rooms get no I/O. npm packages: test/architecture/packages.spec.ts. */
const nodeModules = {
  kernel: ['node:crypto'],
  events: [],
  'api-contract': [],
  'api-client': [],
  'executor-protocol': [],
  config: ['node:fs', 'node:path'],
  telemetry: ['node:fs', 'node:path'],
  git: [],
  'data-dir': [
    'node:child_process',
    'node:crypto',
    'node:fs',
    'node:http',
    'node:net',
    'node:os',
    'node:path',
    'node:stream',
    'node:stream/promises',
  ],
  domain: [],
  'pipeline-dsl': ['node:buffer'],
  scheduling: [],
  application: [],
};

const isLib = (name) => `^libs/${name}/src/`;
const door = (name) => `^libs/${name}/src/index\\.ts$`;
const specs = '\\.(spec|contract)\\.ts$';
/** Stand-ins for what is behind a port. They stand beside the port, and testkit hands them out. */
const fakes = '/(memory-[^/]+|[^/]+\\.fakes)\\.ts$';

const libRules = Object.entries(rank).flatMap(([level, names]) =>
  names.flatMap((name) => {
    const own = Number(level);
    // Adapters see ranks 0 and 1; what ranks 0 to 2 see is every rank below.
    const below = Object.entries(rank)
      .filter(([other]) => Number(other) < Math.min(own, 2))
      .flatMap(([, others]) => others);
    const allowed = [...new Set([...below, ...(sideways[name] ?? [])])].filter(
      (other) => other !== name,
    );
    const rules = [
      {
        name: `${name}-imports-lower-ranks`,
        severity: 'error',
        from: { path: isLib(name), pathNot: specs },
        to: { path: '^(libs|services)/', pathNot: [isLib(name), ...allowed.map(door)] },
      },
    ];
    if (nodeModules[name]) {
      rules.push({
        name: `${name}-imports-only-its-node-modules`,
        severity: 'error',
        from: { path: isLib(name), pathNot: specs },
        to: {
          dependencyTypes: ['core'],
          pathNot: nodeModules[name].map((item) => `^(node:)?${item.slice(5)}$`),
        },
      });
    }
    return rules;
  }),
);

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    ...libRules,
    {
      name: 'application-imports-adapters-as-types',
      severity: 'error',
      from: { path: isLib('application'), pathNot: specs },
      to: { path: adaptersOfApplication.map(door), dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'libs-by-their-door',
      severity: 'error',
      comment: 'another lib only as #libs/<name>; tests may reach the contract suites',
      from: { path: '^libs/([^/]+)/', pathNot: [specs, '^libs/testkit/'] },
      to: { path: '^libs/[^/]+/src/', pathNot: ['^libs/$1/', '/src/index\\.ts$'] },
    },
    {
      name: 'testkit-by-the-door',
      severity: 'error',
      comment: 'only the fakes stand behind doors',
      from: { path: '^libs/testkit/', pathNot: specs },
      to: {
        path: '^libs/[^/]+/src/',
        pathNot: ['^libs/testkit/', '/src/index\\.ts$', '^libs/.*/memory-[^/]+\\.ts$'],
      },
    },
    {
      name: 'services-by-the-door',
      severity: 'error',
      from: { path: '^services/', pathNot: specs },
      to: { path: '^libs/[^/]+/src/', pathNot: ['/src/index\\.ts$'] },
    },
    {
      name: 'no-service-imports-another',
      severity: 'error',
      from: { path: '^services/([^/]+)/', pathNot: ['^services/standalone/', specs] },
      to: { path: '^services/', pathNot: ['^services/$1/'] },
    },
    {
      name: 'standalone-by-the-door',
      severity: 'error',
      from: { path: '^services/standalone/' },
      to: { path: '^services/(?!standalone)[^/]+/src/', pathNot: ['/src/index\\.ts$'] },
    },
    {
      name: 'nest-only-in-services',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: '^node_modules/@nestjs/' },
    },
    {
      name: 'testkit-only-in-specs',
      severity: 'error',
      from: { pathNot: ['\\.(spec|contract|scenario|bench)\\.ts$', '^test/', '^libs/testkit/'] },
      to: { path: '^libs/testkit/' },
    },
    {
      name: 'fakes-only-in-specs',
      severity: 'error',
      comment: 'they are not shipped: package.json leaves them out',
      from: {
        pathNot: ['\\.(spec|contract|scenario|bench)\\.ts$', '^test/', '^libs/testkit/', fakes],
      },
      to: { path: fakes },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // A program against a client that its spec generates.
    exclude: { path: ['^dist/', '^deploy/', '^test/clients/'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      conditionNames: ['source', 'import', 'node', 'default'],
      exportsFields: ['exports'],
    },
  },
};
