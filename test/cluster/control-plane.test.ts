import { describe, expect, it } from 'vitest';
import { controlPlaneProgram, goMod } from './control-plane.ts';

const UPSTREAM = `module k8s.io/kubernetes

go 1.26.0

godebug default=go1.26

replace (
	k8s.io/api => ./staging/src/k8s.io/api
	k8s.io/kms => ./staging/src/k8s.io/kms
)
`;

describe('the module of a control plane', () => {
  it('takes the parts of Kubernetes at the versions of its release', () => {
    expect(goMod(UPSTREAM, '1.37.2').split('\n').filter(Boolean)).toEqual([
      'module control-plane',
      'go 1.26.0',
      'godebug default=go1.26',
      'require k8s.io/kubernetes v1.37.2',
      'replace k8s.io/api => k8s.io/api v0.37.2',
      'replace k8s.io/kms => k8s.io/kms v0.37.2',
    ]);
  });

  it('is refused when the parts are not found', () => {
    expect(() => goMod('module k8s.io/kubernetes\n\ngo 1.30\n', '1.50.0')).toThrow('1.50.0 does not look');
  });

  it('has a release as its version', () => {
    expect(() => controlPlaneProgram('latest')).toThrow('latest is no Kubernetes release');
    expect(controlPlaneProgram('1.37.2').entry.name).toBe('control-plane-1.37.2');
  });
});
