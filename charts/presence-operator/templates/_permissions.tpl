{{- /*
What the operator may do where PresenceClusters live: in every namespace (ClusterRole), or in each of
watchNamespaces (Role). Secrets are read by name and never listed, so a stolen token does not show which exist.
test/chart/operator-calls.ts has for each verb the file that needs it; its test compares both with this list.
*/}}
{{- define "presence-operator.permissions" -}}
- apiGroups: [presence.wedsync.io]
  resources: [rolloutoverrides, weddingcalendars, changefreezes]
  verbs: [list, watch]
# Read one by one by the API server, when a policy that has PresenceClusters as parameters is put back.
- apiGroups: [presence.wedsync.io]
  resources: [presenceclusters]
  verbs: [get, list, watch]
- apiGroups: [presence.wedsync.io]
  resources: [presenceclusters/status, weddings/status, rolloutoverrides/status, presenceoptimizations/status, weddingcalendars/status, changefreezes/status]
  verbs: [patch]
# Owner references with blockOwnerDeletion need it where OwnerReferencesPermissionEnforcement is on (OpenShift).
- apiGroups: [presence.wedsync.io]
  resources: [presenceclusters/finalizers]
  verbs: [update]
- apiGroups: [presence.wedsync.io]
  resources: [presenceoptimizations]
  verbs: [list, watch, delete]
# Those that come of a WeddingCalendar are written.
- apiGroups: [presence.wedsync.io]
  resources: [weddings]
  verbs: [list, watch, create, patch, delete]
- apiGroups: [presence.wedsync.io]
  resources: [rolloutfreezes]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [""]
  resources: [configmaps, services, serviceaccounts]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [""]
  resources: [secrets]
  verbs: [get, create, patch]
# Of PresenceClusters with spec.redis.tls.source CertManager; applied, never listed.
- apiGroups: [cert-manager.io]
  resources: [certificates]
  verbs: [get, create, patch, delete]
- apiGroups: [""]
  resources: [pods]
  verbs: [list, watch, patch, delete]
# Claims grow, get labels and annotations, and get our labels back, see templates/admission/operator.yaml; those without a volume, and of shards that have left, are deleted. The
# StatefulSet controller makes them.
- apiGroups: [""]
  resources: [persistentvolumeclaims]
  verbs: [list, watch, patch, delete]
# A replica that must move to another node is evicted as in a drain: only when the disruption budget allows it.
- apiGroups: [""]
  resources: [pods/eviction]
  verbs: [create]
- apiGroups: [apps]
  resources: [deployments, statefulsets]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [apps]
  resources: [deployments/scale]
  verbs: [patch]
# Only to detect another autoscaler of the presence pods.
- apiGroups: [autoscaling]
  resources: [horizontalpodautoscalers]
  verbs: [list]
- apiGroups: [policy]
  resources: [poddisruptionbudgets]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [networking.k8s.io]
  resources: [networkpolicies]
  verbs: [get, list, watch, create, patch, delete]
{{- if and .Values.admissionPolicies.enabled .Values.admissionPolicies.clock.leaseName }}
# Freeze windows where the policies can read them: annotations of the Namespace. templates/admission/operator.yaml allows no more.
- apiGroups: [""]
  resources: [namespaces]
  verbs: [get, patch]
{{- end }}
# Why a pod is refused or cannot mount a volume is said by events only; they are read while that lasts.
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, list]
{{- end }}
