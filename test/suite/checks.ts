/** What `make check` holds; each command is one check. */
export const CHECKS: Readonly<Record<string, readonly string[]>> = {
  'format and lint': ['biome', 'check', '--error-on-warnings', '.'],
  'floating promises': ['oxlint', '--type-aware', '--deny-warnings', 'src', 'test', 'release'],
  types: ['tsc', '-p', '.'],
  'types of the page': ['tsc', '-p', 'src/dashboard'],
  'dependency rules': [
    'depcruise',
    'src',
    'test',
    'release',
    '--config',
    '.dependency-cruiser.mjs',
    '--output-type',
    'err',
  ],
  'generated files': ['node', 'src/api/crdgen/main.ts', '--check'],
  'plain manifests': ['node', 'test/chart/render-install.ts', '--check'],
  'metrics page': ['node', 'test/house/metrics-page.ts', '--check'],
  'client page': ['node', 'test/house/client-page.ts', '--check'],
  'third-party notices': ['node', 'test/house/third-party-notices.ts', '--check'],
  'dead exports': ['knip', '--no-progress'],
  'function library': ['node', 'test/house/lua-library.ts', '--check'],
};
