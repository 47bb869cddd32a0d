/**
 * The direction of dependencies: docs/architecture describes it, `make check` holds it.
 *
 * Files are read by swc, because TypeScript 7 has no compiler API for dependency-cruiser to use. Type imports count as
 * well: a layer that knows another's types knows that layer. test/house plants one offence for each rule.
 */

const TEST_FILE = '[.]test[.]ts$';

/** What a folder of src may import, by path. Tests beside the source may import more. */
function only(name, folder, allowed, comment) {
  return {
    name,
    comment,
    severity: 'error',
    from: { path: folder, pathNot: TEST_FILE },
    to: { pathNot: allowed },
  };
}

/** The same for a folder that may use Node and any package, so that the limit is on our own files. */
function onlyOurs(name, folder, allowed, comment) {
  return only(name, folder, [...allowed, '^(?!src/|test/)'], comment);
}

const inside = (...folders) => folders.map((folder) => `^src/${folder}/`);
const packages = (...names) => names.map((name) => `^node_modules/${name}/`);

export default {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Two files that need each other are one concept, or lack a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-unresolved',
      comment: 'An import that leads nowhere would be invisible to every other rule.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-undeclared-packages',
      comment: 'What is imported is in package.json, and what the product imports is no devDependency.',
      severity: 'error',
      from: { path: '^src/', pathNot: [TEST_FILE, '^src/bundle/', '^src/client/react/', '^src/dashboard/'] },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'main-is-a-root',
      comment: 'main.ts reads flags, environment and clock; whoever imported it would run it.',
      severity: 'error',
      from: {},
      to: { path: '(^|/)main[.]ts$' },
    },
    {
      name: 'crdgen-is-build-time',
      comment: 'The generator is never bundled into a program.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/api/crdgen/' },
      to: { path: '^src/api/crdgen/' },
    },
    {
      name: 'src-without-test',
      comment: 'Fakes and fixtures live in test/ and stay out of the product; tests beside the source may use them.',
      severity: 'error',
      from: { path: '^src/', pathNot: TEST_FILE },
      to: { path: ['^test/', TEST_FILE] },
    },
    only('protocol-alone', '^src/api/protocol/', inside('api/protocol'), 'The protocol depends on nothing at all.'),
    only(
      'api-is-schemas',
      '^src/api/(?!protocol/|crdgen/)',
      [...inside('api'), ...packages('zod')],
      'The kinds are zod schemas and constants.',
    ),
    only(
      'crdgen-writes-yaml',
      '^src/api/crdgen/(?!main[.]ts$)',
      [...inside('api'), ...packages('zod', 'yaml')],
      'Only its main.ts reads and writes files.',
    ),
    only(
      'bundle-runs-esbuild',
      '^src/bundle/',
      [...inside('bundle'), ...packages('esbuild', '@swc/core'), '^(child_process|fs|path)(/|$)'],
      'It is the room of src with devDependencies for building, and knows the programs and the compiler by path.',
    ),
    only(
      'monitoring-is-data',
      '^src/monitoring/',
      inside('monitoring', 'api'),
      'Rules and dashboards, written to files at build time.',
    ),
    only(
      'domain-is-pure',
      '^src/domain/',
      inside('domain', 'api'),
      'Decisions know no I/O: no node:*, no Redis, no Kubernetes, no logger, no HTTP.',
    ),
    onlyOurs(
      'platform-knows-nothing-of-ours',
      '^src/platform/',
      inside('platform'),
      'It could be published by itself.',
    ),
    only(
      'reports-only-compute',
      '^src/reports/',
      [...inside('reports', 'domain', 'api'), ...packages('zod'), '^crypto$'],
      'What programs tell people about objects: the objects and the time are arguments.',
    ),
    onlyOurs(
      'dashboard-feed-is-shared',
      '^src/dashboard-feed/',
      inside('dashboard-feed', 'reports', 'domain', 'platform', 'api'),
      'The command line and the server in the cluster show the same; it knows neither of them.',
    ),
    ...Object.entries({
      operator: [],
      presence: [],
      cli: ['reports', 'dashboard-feed'],
      'dashboard-server': ['dashboard-feed'],
    }).map(([program, shared]) =>
      onlyOurs(
        `${program}-is-a-program`,
        `^src/${program}/`,
        inside(program, 'api', 'domain', 'platform', ...shared),
        'Programs never use each other; what two of them need belongs to domain, platform or a folder that they share.',
      ),
    ),
    only(
      'dashboard-is-a-page',
      '^src/dashboard/',
      [...inside('dashboard', 'api/dashboard'), ...packages('@types/react', '@types/react-dom', 'react', 'react-dom', 'uplot')],
      'A page gets all it shows from a server: it takes no code of ours with it.',
    ),
    only(
      'dashboard-views-know-no-server',
      '^src/dashboard/(?!page/)',
      [...inside('dashboard/(chart|time|views)', 'api/dashboard'), ...packages('@types/react', 'react', 'uplot')],
      'The same views are for other shells: only the page knows where its data comes from.',
    ),
    only('dashboard-data-alone', '^src/api/dashboard/', inside('api/dashboard'), 'Plain JSON, for any shell of the views.'),
    onlyOurs(
      'client-speaks-the-protocol',
      '^src/client/(?!react/)',
      inside('client', 'api/protocol'),
      'Whoever takes the client takes the protocol and nothing else.',
    ),
  ],
  options: {
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
    // A package of its own, whose packages `make site` installs.
    exclude: { path: '^release/site/(main|sidebar)[.]ts$|^release/site/[.]vitepress/' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
