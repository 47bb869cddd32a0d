import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { hostPorts, kindConfig, nodeNames } from './kind-config.ts';

describe('kindConfig', () => {
  it('has a node for each name, and the ports of the first on the machine itself', () => {
    const config = parse(kindConfig({ name: 'a', ownNodeImage: false }));
    expect(config.nodes.map((node: { role: string }) => node.role)).toEqual([
      'control-plane',
      'worker',
      'worker',
      'worker',
    ]);
    expect(config.nodes).toHaveLength(nodeNames('a').length);
    expect(config.nodes[0].extraPortMappings.map((port: { hostPort: number }) => port.hostPort)).toEqual(
      hostPorts,
    );
    expect(config.nodes[0].extraPortMappings[0].listenAddress).toBe('127.0.0.1');
  });

  it('leaves kind alone with its own image and prepares ours', () => {
    expect(parse(kindConfig({ name: 'a', ownNodeImage: false })).networking).toBeUndefined();
    const ours = parse(kindConfig({ name: 'a', ownNodeImage: true }));
    expect(ours.networking.disableDefaultCNI).toBe(true);
    expect(parse(ours.kubeadmConfigPatches[0])).toMatchObject({
      kind: 'KubeletConfiguration',
      failCgroupV1: false,
    });
  });
});

describe('nodeNames', () => {
  it('counts as kind does: the first worker has no number', () => {
    expect(nodeNames('a')).toEqual(['a-control-plane', 'a-worker', 'a-worker2', 'a-worker3']);
  });
});
