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
{{- $rules := list "freeze-state" "freeze-clean-up" "overrides" "manual-windows" "optimizations" "identity" "kinds" "freeze-changes" "freeze-deletes" "freeze-presenceclusters" "protected-namespaces" "freeze-scale" "freeze-evictions" "freeze-pod-status" "scale" "autoscale" }}
{{- if .Values.admissionPolicies.clock.leaseName }}
{{- $rules = concat $rules (list "clock-check" "freeze-windows" "clock-deletes" "clock-presenceclusters" "clock-scale" "clock-evictions" "clock-pod-status") }}
{{- $rules = concat $rules (list "soon-changes" "soon-deletes" "soon-presenceclusters" "soon-scale" "soon-evictions") }}
{{- end }}
{{- if .Values.admissionPolicies.clock.leaseName }}
{{- $rules = concat $rules (include "presence-operator.changeFreezeRules" . | splitList " ") }}
{{- end }}
{{- range $rule := $rules }}
- {{ include "presence-operator.policyName" (dict "root" $ "rule" $rule) }}
{{- end }}
{{- end }}

{{- define "presence-operator.policiesConfigMap" -}}
{{ include "presence-operator.fullname" . }}-policies
{{- end }}

{{- /* No Lease: the name for which the operator asks. `LeaseClock` in src/operator/freeze-clock knows it, too. */}}
{{- define "presence-operator.clockCheck" -}}
{{ include "presence-operator.fullname" . }}-clock-check
{{- end }}

{{- /* Of an object that an uninstall leaves. With the release, so that the next installation takes it over, also when the operator made it. */}}
{{- define "presence-operator.kept" -}}
helm.sh/resource-policy: keep
meta.helm.sh/release-name: {{ .Release.Name | quote }}
meta.helm.sh/release-namespace: {{ .Release.Namespace | quote }}
{{- end }}

{{- /* In the namespace of the Lease, where other releases may have theirs. */}}
{{- define "presence-operator.clockRole" -}}
{{ include "presence-operator.clusterName" . | replace ":" "-" | trunc 56 | trimSuffix "-" }}-clock
{{- end }}

{{- define "presence-operator.operatorUser" -}}
system:serviceaccount:{{ .Release.Namespace }}:{{ include "presence-operator.serviceAccountName" . }}
{{- end }}

{{- /* Who keeps a cluster alive. With --use-service-account-credentials=false all controllers are one user. */}}
{{- define "presence-operator.isSystem" -}}
request.userInfo.username in [
{{- range tuple "replicaset-controller" "statefulset-controller" "deployment-controller" "generic-garbage-collector" "pod-garbage-collector" "node-controller" "taint-eviction-controller" "pvc-protection-controller" "persistent-volume-binder" "service-controller" "disruption-controller" }}
'system:serviceaccount:kube-system:{{ . }}',
{{- end }}
'system:kube-controller-manager', 'system:kube-scheduler', 'system:apiserver'] ||
(has(request.userInfo.groups) && 'system:nodes' in request.userInfo.groups)
{{- end }}

{{- define "presence-operator.variables.actors" -}}
- name: operator
  expression: request.userInfo.username == '{{ include "presence-operator.operatorUser" . }}'
- name: system
  expression: >-
    {{- include "presence-operator.isSystem" . | nindent 4 }}
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
- name: cluster
  expression: params.metadata.name
- name: windows
  expression: params.spec.?windows.orValue([])
- name: overrides
  expression: params.spec.?overrides.orValue([])
{{ include "presence-operator.variables.glass" . }}
{{- end }}

{{- /* How to open the freeze of `variables.cluster`. */}}
{{- define "presence-operator.variables.glass" -}}
# In a namespace that is being deleted nothing can be created, so no RolloutOverride either.
- name: glass
  expression: >-
    has(namespaceObject.metadata.deletionTimestamp)
    ? 'The namespace is being deleted, so no RolloutOverride can be created in it. Its deletion continues by itself when the freeze ends (docs/freeze.md#a-namespace-deleted-in-a-freeze)'
    : 'To break the glass: kubectl presence override create ' + variables.cluster + ' -n ' + request.namespace
    + ' --reason REASON --ticket TICKET{{ with .scope }} --scope {{ . }}{{ end }} (docs/runbooks/break-glass.md)'
{{- end }}

{{- /* Until when and why, of one window. A manual window without weddings has its names as reason, and nothing more. */}}
{{- define "presence-operator.why" -}}
' until ' + string(timestamp({{ . }}.until)) + ' (' + {{ . }}.reason + (size({{ . }}.weddings) == 0 ? '' : ': ' + {{ . }}.weddings.join(' ')) + ')'
{{- end }}

{{- /*
Requests without a stamp (DELETE, Eviction, Scale, the status of a pod) are judged by one of two sources, and each rule is
written as a policy for each:

- `clock`: the Lease that the control plane renews every two seconds is the parameter and tells the time, and the windows are
  annotations of the Namespace, where a policy can read them beside it. Needs nothing of ours to be alive.
- `freeze`: the RolloutFreeze is the parameter, and the phase that the operator wrote last decides. This policy steps aside
  where the annotation has the very windows of the RolloutFreeze. So an annotation that is missing, old or edited opens
  nothing: the phase rules, as where there is no such Lease.
- `soon`: as `clock`, a day ahead of the window, and only to warn.
*/}}
{{- define "presence-operator.sources" -}}
{{ if .Values.admissionPolicies.clock.leaseName }}clock soon {{ end }}freeze
{{- end }}

{{- define "presence-operator.paramKind" -}}
{{- if ne .source "freeze" -}}
apiVersion: coordination.k8s.io/v1
kind: Lease
{{- else -}}
apiVersion: presence.wedsync.io/v1alpha1
kind: RolloutFreeze
{{- end }}
{{- end }}

{{- define "presence-operator.windowsPrefix" -}}
presence.wedsync.io/freeze-windows.
{{- end }}
{{- define "presence-operator.overridesPrefix" -}}
presence.wedsync.io/freeze-overrides.
{{- end }}

{{- /* More than the operator ever writes; longer text is not looked at. In characters. */}}
{{- define "presence-operator.maxAnnotation" -}}
65536
{{- end }}

{{- define "presence-operator.instantPattern" -}}
[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z
{{- end }}

{{- /* The text of an annotation of the Namespace. */}}
{{- define "presence-operator.annotation" -}}
namespaceObject.metadata.?annotations[?('{{ include (printf "presence-operator.%sPrefix" .kind) . }}' + {{ .cluster }})].orValue('')
{{- end }}

{{- /* Whether the text of windows begins as the operator writes it. What follows is only compared as text, which cannot fail. */}}
{{- define "presence-operator.isReadable" -}}
size({{ . }}) <= {{ include "presence-operator.maxAnnotation" . }}
&& {{ . }}.split('\n')[0].matches('^seen={{ include "presence-operator.instantPattern" . }} floor=[0-9]{1,6}$')
{{- end }}

{{- /* Whether the line is a window of now: `FROM/UNTIL REASON`. Both clocks only ever run late, so the later one is right. */}}
{{- define "presence-operator.isNow" -}}
size({{ .line }}) >= 41
&& (variables.leaseSoon > {{ .seen }} ? variables.leaseSoon : {{ .seen }}) >= {{ .line }}.substring(0, 19)
&& (variables.leaseNow > {{ .seen }} ? variables.leaseNow : {{ .seen }}) < {{ .line }}.substring(21, 40)
{{- end }}

{{- /* Whether the line is a window that begins within a day, and is not refused in yet. */}}
{{- define "presence-operator.isSoon" -}}
size({{ .line }}) >= 41 && variables.leaseSoon < {{ .line }}.substring(0, 19)
&& {{ .seen }} < {{ .line }}.substring(0, 19) && {{ .line }}.substring(0, 19) <= variables.leaseTomorrow
{{- end }}

{{- /* Whether the line is an override that is open for the user of the request. */}}
{{- define "presence-operator.isOpenLine" -}}
{{ .line }}.matches('{{ include "presence-operator.overridePattern" . }}')
&& '{{ .scope }}' in {{ .line }}.split(' ', 5)[1].substring(6).split(',')
&& ({{ .line }}.split(' ', 5)[4] == 'user=' + request.userInfo.username || variables.namespaceController)
&& variables.leaseNow < {{ .line }}.substring(6, 25)
{{- end }}

{{- define "presence-operator.overridePattern" -}}
^until={{ include "presence-operator.instantPattern" . }} scope=[A-Za-z,]+ name=[^ ]+ ticket=[^ ]+ user=.+$
{{- end }}

{{- /* What the Lease says, as text to the second. The ten seconds are for a Lease that is renewed late. */}}
{{- define "presence-operator.variables.lease" -}}
- name: leaseNow
  expression: >-
    params.?spec.?renewTime.hasValue() ? string(timestamp(params.spec.renewTime)).substring(0, 19) : ''
- name: leaseSoon
  expression: >-
    params.?spec.?renewTime.hasValue()
    ? string(timestamp(params.spec.renewTime) + duration('10s')).substring(0, 19) : ''
{{- if eq .source "soon" }}
- name: leaseTomorrow
  expression: >-
    params.?spec.?renewTime.hasValue()
    ? string(timestamp(params.spec.renewTime) + duration('24h')).substring(0, 19) : ''
{{- end }}
{{- end }}

{{- /*
Whether `variables.cluster` is frozen, who has opened it, and how that is said. `scope` is what an override must open,
`cluster` the expression for the PresenceCluster that the request is about.
*/}}
{{- define "presence-operator.variables.bySource" -}}
{{- if ne .source "freeze" -}}
{{- if not .hasLease }}
{{- include "presence-operator.variables.lease" . }}
{{ end -}}
- name: cluster
  expression: >-
    {{ .cluster }}
- name: text
  expression: >-
    {{ include "presence-operator.annotation" (dict "kind" "windows" "cluster" "variables.cluster") }}
- name: lines
  expression: >-
    {{ include "presence-operator.isReadable" "variables.text" | nindent 4 | trim }} ? variables.text.split('\n') : []
- name: seen
  expression: "size(variables.lines) == 0 ? '' : variables.lines[0].substring(5, 24)"
- name: floor
  expression: "size(variables.lines) == 0 ? 0 : int(variables.lines[0].substring(32))"
- name: hits
  expression: >-
    variables.lines.filter(w,
    {{ include (ternary "presence-operator.isSoon" "presence-operator.isNow" (eq .source "soon")) (dict "line" "w" "seen" "variables.seen") | nindent 4 | trim }})
- name: frozen
  expression: size(variables.hits) > 0
{{- if eq .source "soon" }}
# An override ends before the window, so its holder is warned as well.
- name: open
  expression: "[]"
- name: opened
  expression: "['']"
{{- else }}
- name: overrides
  expression: >-
    {{ include "presence-operator.annotation" (dict "kind" "overrides" "cluster" "variables.cluster") }}
- name: open
  expression: >-
    size(variables.overrides) > {{ include "presence-operator.maxAnnotation" . }} ? []
    : variables.overrides.split('\n').filter(o,
    {{ include "presence-operator.isOpenLine" (dict "line" "o" "scope" .scope) | nindent 4 | trim }})
- name: opened
  expression: >-
    variables.open.map(o, 'override ' + o.split(' ', 5)[2].substring(5) + ' of ' + o.split(' ', 5)[4].substring(5)
    + ', ticket ' + o.split(' ', 5)[3].substring(7))
{{- end }}
{{- if eq .source "soon" }}
- name: glass
  expression: "'See kubectl presence freeze list -n ' + request.namespace"
{{- else }}
{{ include "presence-operator.variables.glass" . }}
{{- end }}
- name: freeze
  expression: >-
    request.namespace + '/' + variables.cluster + {{ if eq .source "soon" -}}
    ' will be frozen from ' + variables.hits[0].substring(0, 20) + ' until ' {{- else -}}
    ' is frozen until ' {{- end }} + variables.hits[0].substring(21, 41)
    + (size(variables.hits[0]) > 42 ? ' (' + variables.hits[0].substring(42) + ')' : '')
{{- else -}}
{{ include "presence-operator.variables.freeze" . }}
- name: floor
  expression: params.spec.?floor.orValue(0)
{{- if .root.Values.admissionPolicies.clock.leaseName }}
- name: text
  expression: >-
    {{ include "presence-operator.annotation" (dict "kind" "windows" "cluster" "variables.cluster") }}
- name: clockRules
  expression: >-
    {{ include "presence-operator.isReadable" "variables.text" | nindent 4 | trim }}
    && variables.text.split('\n')[0].endsWith(' floor=' + string(variables.floor))
    && variables.text.split('\n').filter(w, !w.startsWith('seen=')).map(w, size(w) >= 41 ? w.substring(0, 41) : w)
    == variables.windows.map(w, w.from + '/' + w.until)
{{- end }}
- name: frozen
  expression: >-
    params.spec.?phase.orValue('Open') == 'Frozen'
    {{- if .root.Values.admissionPolicies.clock.leaseName }} && !variables.clockRules{{ end }}
- name: open
  expression: >-
    variables.overrides.filter(o, '{{ .scope }}' in o.scope
    && (o.user == request.userInfo.username || variables.namespaceController)
    && !(has(params.spec.heartbeat) && timestamp(params.spec.heartbeat) >= timestamp(o.until)))
- name: opened
  expression: variables.open.map(o, 'override ' + o.name + ' of ' + o.user + ', ticket ' + o.ticket)
- name: freeze
  expression: >-
    params.metadata.namespace + '/' + params.metadata.name + ' is frozen' + (size(variables.windows) == 0 ? '' :
    {{ include "presence-operator.why" "variables.windows[0]" | trim }})
{{- end }}
{{- end }}

{{- /*
What cannot be refused ends with one cheap condition: the API server converts the objects again for each of conditions,
validations, messages and audit annotations, and does all of it for each RolloutFreeze of the namespace. Conditions know
neither variables nor the Namespace. `mine` is for a RolloutFreeze, `maybe` for the Lease, which knows no PresenceCluster.
*/}}
{{- define "presence-operator.matchFrozen" -}}
matchConditions:
  - name: could-be-refused
    expression: >-
      {{- if ne .source "freeze" }}
      {{- .maybe | nindent 6 }}
      {{- else }}
      params.spec.?phase.orValue('Open') == 'Frozen' && {{ .mine }}
      {{- end }}
{{- end }}

{{- /* Nor anything else of the control plane, where warnings are only noise in a log. */}}
{{- define "presence-operator.byPeople" -}}
{{ include "presence-operator.byOthers" . }}
&& !request.userInfo.username.startsWith('system:serviceaccount:kube-system:')
{{- end }}

{{- /* Neither the operator nor a controller or kubelet. */}}
{{- define "presence-operator.byOthers" -}}
request.userInfo.username != '{{ include "presence-operator.operatorUser" . }}'
&& !({{ include "presence-operator.isSystem" . }})
{{- end }}

{{- /* One entry in the audit log for each request that an override let through. */}}
{{- define "presence-operator.audit.open" -}}
- key: break-glass
  valueExpression: >-
    {{ .when }} && size(variables.open) > 0
    ? variables.opened.join('; ') : ''
{{- end }}

{{- /* Changes of what runs. */}}
{{- define "presence-operator.variables.changes" -}}
- name: isWorkload
  expression: request.resource.resource in ['deployments', 'statefulsets']
- name: templateChanges
  expression: >-
    has(object.spec) && has(object.spec.template) && object.spec.template != oldObject.spec.template
# Everything but replicas that makes a controller replace pods, or lets it. Of a claim not its size: more room is
# scale-out, and the API server lets no claim shrink below its volume.
- name: changes
  expression: >-
    variables.isWorkload || request.resource.resource == 'replicasets'
    ? variables.templateChanges
    || object.spec.?paused != oldObject.spec.?paused
    || object.spec.?strategy != oldObject.spec.?strategy
    || object.spec.?updateStrategy != oldObject.spec.?updateStrategy
    || object.spec.?minReadySeconds != oldObject.spec.?minReadySeconds
    || object.spec.?ordinals != oldObject.spec.?ordinals
    || object.spec.?persistentVolumeClaimRetentionPolicy != oldObject.spec.?persistentVolumeClaimRetentionPolicy
    : request.resource.resource == 'persistentvolumeclaims'
    ? object.spec.?volumeName != oldObject.spec.?volumeName
    || object.spec.?volumeAttributesClassName != oldObject.spec.?volumeAttributesClassName
    : object.?spec != oldObject.?spec || object.?data != oldObject.?data || object.?binaryData != oldObject.?binaryData
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
  {{- if eq (default "" .source) "soon" }}
  validationActions: [Warn]
  {{- else }}
  # Audit as well: a refused try is worth a line in the audit log.
  validationActions: [Deny, Audit]
  {{- end }}
  {{- if has (default "" .source) (list "clock" "soon") }}
  # Where this Lease is not found, the operator finds that out, writes no windows for it, and the phase rules.
  paramRef:
    name: {{ .root.Values.admissionPolicies.clock.leaseName }}
    namespace: {{ .root.Values.admissionPolicies.clock.leaseNamespace }}
    parameterNotFoundAction: Allow
  {{- else if .params }}
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
