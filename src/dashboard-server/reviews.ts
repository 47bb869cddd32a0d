import type { ResourceType } from '../platform/kube/resource.ts';

/** As the API server knows a user: what a TokenReview says, and what a SubjectAccessReview is about. */
export interface User {
  username: string;
  uid?: string;
  groups?: string[];
  extra?: Record<string, string[]>;
}

/** About what a user takes in memory; strings of JavaScript have up to two bytes per character. */
export function bytesOf(user: User): number {
  return 2 * JSON.stringify(user).length;
}

export const TOKEN_REVIEW: ResourceType = {
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenReview',
  plural: 'tokenreviews',
  namespaced: false,
};

export const ACCESS_REVIEW: ResourceType = {
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SubjectAccessReview',
  plural: 'subjectaccessreviews',
  namespaced: false,
};

/** Reviews are asked by a create, which needs a name of the writer; nothing is stored. */
export const REVIEWER = { fieldManager: 'presence-dashboard' };
