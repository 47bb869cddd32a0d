{{- /*
Parts of the policies that hold ChangeFreezes. What a ChangeFreeze freezes and when is text in annotations of the Namespace, which
the operator writes ahead (src/domain/change-freeze/change-freeze-text.ts). The Lease of the control plane is the parameter and
tells the time. So one evaluation looks at all ChangeFreezes of a namespace, and nothing of ours has to be alive.
*/}}

{{- define "presence-operator.changeFreezeRules" -}}
change-freezes change-freeze-edits change-freeze-state change-freeze-plants change-freeze-namespaces change-freeze-workloads soon-change-freeze-edits soon-change-freeze-namespaces soon-change-freeze-workloads
{{- end }}

{{- /* Where nothing is frozen. PROTECTED_NAMESPACES in src/domain/change-freeze/protected-namespaces.ts has the same. */}}
{{- define "presence-operator.systemNamespaces" -}}
['kube-system', 'kube-public', 'kube-node-lease']
{{- end }}

{{- define "presence-operator.changeWindowsPrefix" -}}
presence.wedsync.io/change-windows.
{{- end }}
{{- define "presence-operator.changeOverridesPrefix" -}}
presence.wedsync.io/change-overrides.
{{- end }}
{{- define "presence-operator.changeFreezesLabel" -}}
presence.wedsync.io/change-freezes
{{- end }}

{{- /* Controllers of Kubernetes beside those of isSystem that look after workloads of any kind. */}}
{{- define "presence-operator.isWorkloadController" -}}
request.userInfo.username in [
{{- range $index, $name := tuple "daemon-set-controller" "job-controller" "cronjob-controller" "ttl-after-finished-controller" "horizontal-pod-autoscaler" }}
{{- if $index }}, {{ end }}'system:serviceaccount:kube-system:{{ $name }}'
{{- end }}]
{{- end }}

{{- /* Names of the ChangeFreezes of a Namespace object. */}}
{{- define "presence-operator.changeFreezeNames" -}}
{{ .namespace }}.metadata.?annotations.orValue({}).map(key, key)
.filter(key, key.startsWith('{{ include "presence-operator.changeWindowsPrefix" . }}'))
.map(key, key.substring(size('{{ include "presence-operator.changeWindowsPrefix" . }}')))
{{- end }}

{{- /* Text of one of the annotations of a Namespace object; `kind` is Windows or Overrides. */}}
{{- define "presence-operator.changeText" -}}
{{ .namespace }}.metadata.?annotations[?('{{ include (printf "presence-operator.change%sPrefix" .kind) . }}' + {{ .name }})].orValue('')
{{- end }}

{{- /* Each rule that has windows is a policy that refuses in them (`clock`), and one that warns from a day before on (`soon`). */}}
{{- define "presence-operator.changeRule" -}}
{{ ternary "soon-" "" (eq .source "soon") }}change-freeze-{{ .rule }}
{{- end }}

{{- /* Whether the line is a window that the policy of this source looks for. */}}
{{- define "presence-operator.isHit" -}}
{{ include (ternary "presence-operator.isSoon" "presence-operator.isNow" (eq .source "soon")) . }}
{{- end }}

{{- /* Whether the text has a window that is on, or soon. A part of a long text costs as much as the text, so it is taken once and not for each line. */}}
{{- define "presence-operator.isOn" -}}
{{ include "presence-operator.isReadable" .text }}
&& [{{ .text }}.substring(5, 24)].exists(seen, {{ .text }}.split('\n').exists(w,
{{ include "presence-operator.isHit" (dict "source" .source "line" "w" "seen" "seen") }}))
{{- end }}

{{- /* Whether the requirements of the text select these labels. A label that is not there reads as a value that none can have. */}}
{{- define "presence-operator.selects" -}}
{{ .text }}.split('\n').all(r, !(r.startsWith('In ') || r.startsWith('NotIn ') || r.startsWith('Exists ') || r.startsWith('DoesNotExist '))
|| [{{ .labels }}[?(r.split(' ', 3)[1])].orValue('\n')].exists(value,
r.startsWith('In ') ? (r + ' ').contains(' =' + value + ' ')
: r.startsWith('NotIn ') ? !(r + ' ').contains(' =' + value + ' ')
: (value != '\n') == r.startsWith('Exists ')))
{{- end }}

{{- /* Whether the line is an override that is open for the user of the request; `scope` is an expression. */}}
{{- define "presence-operator.isOpenChange" -}}
{{ .line }}.matches('{{ include "presence-operator.overridePattern" . }}')
&& {{ .scope }} in {{ .line }}.split(' ', 5)[1].substring(6).split(',')
&& {{ .line }}.split(' ', 5)[4] == 'user=' + request.userInfo.username
&& variables.leaseNow < {{ .line }}.substring(6, 25)
{{- end }}

{{- /*
Variables about the ChangeFreezes `variables.freezes`: the overrides that open them for the user of the request, the ChangeFreezes that
no override opens, and the texts of both. `namespace` is the Namespace object, `scope` the expression for the scope that an override needs.
An override ends before the window that is soon, so its holder is warned as well.
*/}}
{{- define "presence-operator.variables.changeGlass" -}}
{{- if eq .source "soon" -}}
- name: closed
  expression: variables.freezes
{{- else -}}
- name: open
  expression: >-
    variables.freezes.map(name, [{{ include "presence-operator.changeText" (dict "namespace" .namespace "kind" "Overrides" "name" "name") }}]
    .filter(text, size(text) <= {{ include "presence-operator.maxAnnotation" . }})
    .map(text, text.split('\n').filter(o,
    {{ include "presence-operator.isOpenChange" (dict "line" "o" "scope" .scope) | nindent 4 | trim }})
    .map(o, 'override ' + o.split(' ', 5)[2].substring(5) + ' of ' + o.split(' ', 5)[4].substring(5)
    + ', ticket ' + o.split(' ', 5)[3].substring(7)).join('; ')).join(''))
- name: closed
  expression: >-
    variables.freezes.filter(name, ![{{ include "presence-operator.changeText" (dict "namespace" .namespace "kind" "Overrides" "name" "name") }}]
    .exists(text, size(text) <= {{ include "presence-operator.maxAnnotation" . }} && text.split('\n').exists(o,
    {{ include "presence-operator.isOpenChange" (dict "line" "o" "scope" .scope) | nindent 4 | trim }})))
{{- end }}
- name: closedText
  expression: >-
    {{ include "presence-operator.changeText" (dict "namespace" .namespace "kind" "Windows" "name" "variables.closed[0]") }}
- name: closedSeen
  expression: variables.closedText.substring(5, 24)
- name: hit
  expression: >-
    variables.closedText.split('\n').filter(w,
    {{ include "presence-operator.isHit" (dict "source" .source "line" "w" "seen" "variables.closedSeen") | nindent 4 | trim }})[0]
{{- if eq .source "soon" }}
# The start in the zone of the ChangeFreeze, which is on a line of its own for the next windows.
- name: local
  expression: >-
    variables.closedText.split('\n').filter(w, w.startsWith('local ' + variables.hit.substring(0, 20) + ' '))
    .map(w, ' (' + w.substring(27) + ')').join('')
{{- end }}
- name: freeze
  expression: >-
    'ChangeFreeze ' + {{ .namespace }}.metadata.name + '/' + variables.closed[0] + {{ if eq .source "soon" -}}
    ' will be on from ' + variables.hit.substring(0, 20) + variables.local + ' until ' {{- else -}}
    ' is on until ' {{- end }} + variables.hit.substring(21, 41)
    + (size(variables.hit) > 42 ? ' (' + variables.hit.substring(42) + ')' : '')
- name: glass
  expression: >-
    {{- if eq .source "soon" }}
    'It passes until then, and again after that window. See kubectl presence freeze list -n ' + {{ .namespace }}.metadata.name
    {{- else }}
    has({{ .namespace }}.metadata.deletionTimestamp)
    ? 'The namespace is being deleted, and its deletion continues by itself when the window ends'
    : 'To break the glass: kubectl presence override create --change-freeze ' + variables.closed[0] + ' -n '
    + {{ .namespace }}.metadata.name + ' --reason REASON --ticket TICKET --scope ' + {{ .scope }}
    + ' (docs/how-to/change-freeze.md#break-the-glass)'
    {{- end }}
{{- end }}

{{- define "presence-operator.audit.changeOpen" -}}
- key: break-glass
  valueExpression: >-
    {{ .when }} && size(variables.freezes) > 0 && size(variables.closed) == 0
    ? variables.open.join('; ') : ''
{{- end }}
