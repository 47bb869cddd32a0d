{{- define "presence-operator.dashboardName" -}}
{{- include "presence-operator.fullname" . }}-dashboard
{{- end }}

{{- define "presence-operator.dashboardSelector" -}}
app.kubernetes.io/name: {{ include "presence-operator.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/component: dashboard
{{- end }}

{{- define "presence-operator.dashboardLabels" -}}
{{- toYaml (merge (include "presence-operator.dashboardSelector" . | fromYaml) (include "presence-operator.labels" . | fromYaml)) }}
{{- end }}

{{- /* All that it reads; it writes nothing. The reviews are questions: who has this token, what may this user list? */}}
{{- define "presence-operator.dashboardPermissions" -}}
- apiGroups: [presence.wedsync.io]
  resources: [presenceclusters, weddings, rolloutfreezes, rolloutoverrides]
  verbs: [list, watch]
- apiGroups: [""]
  resources: [pods]
  verbs: [list, watch]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [list, watch]
{{- end }}
