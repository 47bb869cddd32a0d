{{- /*
Parts that the admission policies share. A policy is evaluated once for each RolloutFreeze of the request's namespace
and every evaluation must pass, so each begins with the question whether this RolloutFreeze is the one of the object
(`mine`). Where the object carries our label, the label decides; it cannot be changed (identity). Scale and
Eviction carry none: there the name decides, which cannot be changed at all.
*/}}

{{- define "presence-operator.policyName" -}}
{{- printf "%s.%s.%s" .rule (include "presence-operator.fullname" .root) .root.Release.Namespace }}
{{- end }}

{{- /* Every policy that the operator puts back, each with a binding of the same name. Those of operator.yaml bind the operator itself, so it must not be able to change them. */}}
{{- define "presence-operator.policyNames" -}}
{{- range $rule := list "freeze-state" "overrides" "optimizations" "identity" "kinds" "freeze-changes" "freeze-deletes" "freeze-presenceclusters" "protected-namespaces" "freeze-scale" "freeze-evictions" "freeze-pod-status" "scale" "autoscale" }}
- {{ include "presence-operator.policyName" (dict "root" $ "rule" $rule) }}
{{- end }}
{{- end }}

{{- define "presence-operator.policiesConfigMap" -}}
{{ include "presence-operator.fullname" . }}-policies
{{- end }}

{{- define "presence-operator.operatorUser" -}}
system:serviceaccount:{{ .Release.Namespace }}:{{ include "presence-operator.serviceAccountName" . }}
{{- end }}

{{- /* Who keeps a cluster alive. With --use-service-account-credentials=false all controllers are one user. */}}
{{- define "presence-operator.variables.actors" -}}
- name: operator
  expression: request.userInfo.username == '{{ include "presence-operator.operatorUser" . }}'
- name: system
  expression: >-
    request.userInfo.username in [
    {{- range tuple "replicaset-controller" "statefulset-controller" "deployment-controller" "generic-garbage-collector" "pod-garbage-collector" "node-controller" "taint-eviction-controller" "pvc-protection-controller" "persistent-volume-binder" "service-controller" "disruption-controller" }}
    'system:serviceaccount:kube-system:{{ . }}',
    {{- end }}
    'system:kube-controller-manager', 'system:kube-scheduler', 'system:apiserver'] ||
    (has(request.userInfo.groups) && 'system:nodes' in request.userInfo.groups)
- name: namespaceController
  expression: request.userInfo.username == 'system:serviceaccount:kube-system:namespace-controller'
{{- end }}

{{- /* The labels of src/api/v1alpha1/names.ts that say what an object is. */}}
{{- define "presence-operator.identityLabels" -}}
[
{{- range $index, $key := tuple "presence.wedsync.io/cluster" "presence.wedsync.io/shard" "app.kubernetes.io/component" "app.kubernetes.io/instance" "app.kubernetes.io/managed-by" "app.kubernetes.io/name" "app.kubernetes.io/part-of" }}
{{- if $index }}, {{ end }}'{{ $key }}'
{{- end }}]
{{- end }}

{{- define "presence-operator.variables.trusted" -}}
- name: trusted
  expression: request.userInfo.username in {{ .Values.admissionPolicies.trustedUsers | toJson }}
{{- end }}

{{- define "presence-operator.variables.mineByLabel" -}}
- name: mine
  expression: >-
    oldObject.metadata.?labels[?'presence.wedsync.io/cluster'].orValue('') == params.metadata.name
{{- end }}

{{- define "presence-operator.variables.freeze" -}}
- name: windows
  expression: params.spec.?windows.orValue([])
- name: overrides
  expression: params.spec.?overrides.orValue([])
# In a namespace that is being deleted nothing can be created, so no RolloutOverride either.
- name: glass
  expression: >-
    has(namespaceObject.metadata.deletionTimestamp)
    ? 'The namespace is being deleted, so no RolloutOverride can be created in it. Its deletion continues by itself when the freeze ends (docs/freeze.md#a-namespace-deleted-in-a-freeze)'
    : 'To break the glass: kubectl presence override create ' + params.metadata.name + ' -n ' + params.metadata.namespace
    + ' --reason REASON --ticket TICKET{{ with .scope }} --scope {{ . }}{{ end }} (docs/runbooks/break-glass.md)'
{{- end }}

{{- /* Until when and why, of one window. A manual window without weddings has its names as reason, and nothing more. */}}
{{- define "presence-operator.why" -}}
' until ' + string(timestamp({{ . }}.until)) + ' (' + {{ . }}.reason + (size({{ . }}.weddings) == 0 ? '' : ': ' + {{ . }}.weddings.join(' ')) + ')'
{{- end }}

{{- /* Requests without a stamp: what the operator last knew decides. `scope` is what an override must open. */}}
{{- define "presence-operator.variables.byPhase" -}}
{{ include "presence-operator.variables.freeze" . }}
- name: frozen
  expression: params.spec.?phase.orValue('Open') == 'Frozen'
- name: open
  expression: >-
    variables.overrides.filter(o, '{{ .scope }}' in o.scope
    && (o.user == request.userInfo.username || variables.namespaceController)
    && !(has(params.spec.heartbeat) && timestamp(params.spec.heartbeat) >= timestamp(o.until)))
- name: freeze
  expression: >-
    params.metadata.namespace + '/' + params.metadata.name + ' is frozen' + (size(variables.windows) == 0 ? '' :
    {{ include "presence-operator.why" "variables.windows[0]" | trim }})
{{- end }}

{{- /*
What cannot be refused ends with one cheap condition: the API server converts the objects again for each of conditions,
validations, messages and audit annotations, and does all of it for each RolloutFreeze of the namespace.
*/}}
{{- define "presence-operator.matchFrozen" -}}
matchConditions:
  - name: could-be-refused
    expression: >-
      params.spec.?phase.orValue('Open') == 'Frozen' && {{ .mine }}
{{- end }}

{{- /* One entry in the audit log for each request that an override let through. */}}
{{- define "presence-operator.audit.open" -}}
- key: break-glass
  valueExpression: >-
    {{ .when }} && size(variables.open) > 0
    ? variables.open.map(o, 'override ' + o.name + ' of ' + o.user + ', ticket ' + o.ticket).join('; ') : ''
{{- end }}

{{- define "presence-operator.binding" -}}
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: {{ include "presence-operator.policyName" . }}
  labels:
    {{- include "presence-operator.labels" .root | nindent 4 }}
spec:
  policyName: {{ include "presence-operator.policyName" . }}
  # Audit as well: a refused try is worth a line in the audit log.
  validationActions: [Deny, Audit]
  {{- if .params }}
  # Every parameter object of the namespace; where there is none, nothing is refused.
  paramRef:
    selector: {}
    parameterNotFoundAction: Allow
  {{- end }}
  {{- with .root.Values.watchNamespaces }}
  matchResources:
    namespaceSelector:
      matchExpressions:
        - key: kubernetes.io/metadata.name
          operator: In
          values: {{ uniq . | toJson }}
  {{- end }}
{{- end }}
