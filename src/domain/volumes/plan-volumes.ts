import { claimPrefix } from '../resources/redis-claims.ts';
import { type Claim, type ClaimTemplate, compareSizes } from './claim.ts';

/** A StatefulSet that is there. */
export interface ClaimOwner {
  readonly name: string;
  /** Undefined: its pods have no claims. */
  readonly template: ClaimTemplate | undefined;
  /** Its pod template waits: it is recreated when that may go out, not with half of a change. */
  readonly isHeld: boolean;
}

/** A size that the API server refused for a claim. */
export interface RefusedSize {
  readonly size: string;
  /** What the API server said. */
  readonly because: string;
  /** It is time to ask again. */
  readonly isDue: boolean;
}

export interface VolumesInput {
  /** What the spec asks for; undefined: no claims. */
  readonly wanted: ClaimTemplate | undefined;
  readonly claims: readonly Claim[];
  readonly owners: readonly ClaimOwner[];
  /** By uid of the claim. */
  readonly refused: ReadonlyMap<string, RefusedSize>;
  /** Once the Redis Cluster has been formed, pods of a StatefulSet are left alone while it is not steady, and in a freeze. */
  readonly formed: boolean;
  readonly steady: boolean;
  /** Why no StatefulSet may be recreated now, in words; undefined: it may. */
  readonly held: string | undefined;
}

/** What a claim is to get. */
export interface ClaimChange {
  readonly claim: Claim;
  /** Quantity to ask for; absent: the size stays. */
  readonly size?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface Recreation {
  /** Name of the StatefulSet. */
  readonly name: string;
  /** Its pods go as well, because they have claims and are to have none, or the other way round. Before anything is formed only. */
  readonly withPods: boolean;
}

/** What holds for the claims, worst first. */
export type VolumesFinding =
  | { readonly kind: 'CannotGrow'; readonly claims: readonly Claim[]; readonly because: string }
  | { readonly kind: 'OtherClass'; readonly claims: readonly Claim[] }
  | { readonly kind: 'Growing'; readonly claims: readonly Claim[] }
  | { readonly kind: 'TemplateWaits'; readonly owners: readonly string[]; readonly because: string }
  | { readonly kind: 'Current' };

export interface VolumesPlan {
  /** Claims that lack the wanted size, labels or annotations. */
  readonly change: readonly ClaimChange[];
  /** Claims without a volume that can never be as wanted: deleted, so that a StatefulSet with the wanted template makes them again. */
  readonly replace: readonly Claim[];
  /** StatefulSet to be recreated with other claims. One at a time. */
  readonly recreate: Recreation | undefined;
  /** Undefined: there are no claims, and none are wanted. */
  readonly finding: VolumesFinding | undefined;
}

/**
 * What the claims of the Redis pods need. Growing interrupts nothing, so no freeze holds it. Claim templates cannot be changed:
 * the StatefulSet is deleted without its pods and recreated, which takes them over again. A claim that has a volume is never
 * deleted here.
 */
export function planVolumes(input: VolumesInput): VolumesPlan {
  const { wanted, owners } = input;
  const different = owners.filter(({ template }) => !isSame(template, wanted));
  const waits = whyWaits(input);
  const [next] = different.filter(({ isHeld }) => !isHeld);
  const recreate = waits === undefined && next !== undefined ? recreation(next, wanted) : undefined;
  if (wanted === undefined) return { change: [], replace: [], recreate, finding: undefined };
  const claims = input.claims.filter(({ isDeleting }) => !isDeleting);
  const outdated = claims.filter((claim) => isReplaceable(claim, wanted));
  const kept = claims.filter((claim) => !outdated.includes(claim));
  // One that the old template makes again would be outdated again. A StatefulSet that is recreated makes claims at once.
  const renewed = owners
    .filter(({ name, template }) => isSame(template, wanted) || name === recreate?.name)
    .map(({ name }) => claimPrefix(name));
  const replace = outdated.filter(({ name }) => renewed.some((prefix) => name.startsWith(prefix)));
  const because = waits ?? (next === undefined ? 'its new pod template is held' : 'one follows the other');
  return {
    change: kept.flatMap((claim) => changeOf(claim, input, wanted)),
    replace,
    recreate,
    finding:
      findingOf(kept, input, wanted) ??
      (different.length > 0
        ? { kind: 'TemplateWaits', owners: different.map(({ name }) => name), because }
        : { kind: 'Current' }),
  };
}

function recreation({ name, template }: ClaimOwner, wanted: ClaimTemplate | undefined): Recreation {
  return { name, withPods: (template === undefined) !== (wanted === undefined) };
}

function whyWaits({ formed, steady, held }: VolumesInput): string | undefined {
  if (held !== undefined) return held;
  return formed && !steady ? 'Redis is not steady' : undefined;
}

/** Only the size of a claim with a volume can be changed. One that is being restored is left alone, whatever its size or class. */
function isReplaceable(claim: Claim, wanted: ClaimTemplate): boolean {
  if (claim.isBound || claim.isRestored) return false;
  return isOtherClass(claim, wanted) || compareSizes(claim.size, wanted.size) !== 0;
}

/** The default class that a claim was given is as good as none. */
function isOtherClass({ storageClassName }: Claim, wanted: ClaimTemplate): boolean {
  return wanted.storageClassName !== undefined && storageClassName !== wanted.storageClassName;
}

function canGrow({ uid }: Claim, { refused }: VolumesInput, wanted: ClaimTemplate): boolean {
  return refused.get(uid)?.size !== wanted.size;
}

/** Larger, never smaller: a claim that was there before may be larger than what is asked for. */
function changeOf(claim: Claim, input: VolumesInput, wanted: ClaimTemplate): ClaimChange[] {
  const mayAsk = canGrow(claim, input, wanted) || input.refused.get(claim.uid)?.isDue === true;
  const grows = claim.isBound && compareSizes(claim.size, wanted.size) < 0 && mayAsk;
  const { labels, annotations } = wanted;
  if (!grows && hasAll(claim.labels, labels) && hasAll(claim.annotations, annotations)) return [];
  return [{ claim, labels, annotations, ...(grows ? { size: wanted.size } : {}) }];
}

function findingOf(
  claims: readonly Claim[],
  input: VolumesInput,
  wanted: ClaimTemplate,
): VolumesFinding | undefined {
  const small = claims.filter(({ isBound, size }) => isBound && compareSizes(size, wanted.size) < 0);
  const stuck = small.filter((claim) => !canGrow(claim, input, wanted));
  if (stuck.length > 0) {
    const because = input.refused.get(stuck[0]?.uid ?? '')?.because ?? '';
    return { kind: 'CannotGrow', claims: stuck, because };
  }
  const other = claims.filter((claim) => isOtherClass(claim, wanted));
  if (other.length > 0) return { kind: 'OtherClass', claims: other };
  const growing = claims.filter(
    (claim) =>
      small.includes(claim) ||
      claim.resizing !== undefined ||
      (claim.capacity !== undefined && compareSizes(claim.capacity, claim.size) < 0),
  );
  return growing.length > 0 ? { kind: 'Growing', claims: growing } : undefined;
}

function isSame(one: ClaimTemplate | undefined, other: ClaimTemplate | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return (
    compareSizes(one.size, other.size) === 0 &&
    one.storageClassName === other.storageClassName &&
    hasSameEntries(one.labels, other.labels) &&
    hasSameEntries(one.annotations, other.annotations)
  );
}

type Entries = Readonly<Record<string, string>>;

function hasAll(entries: Entries, wanted: Entries): boolean {
  return Object.entries(wanted).every(([key, value]) => entries[key] === value);
}

function hasSameEntries(one: Entries, other: Entries): boolean {
  return Object.keys(one).length === Object.keys(other).length && hasAll(one, other);
}
