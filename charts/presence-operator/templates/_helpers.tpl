{{- define "presence-operator.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- /* Prefix of every object name. 47 leaves room for "-leader-election" within 63. */}}
{{- define "presence-operator.fullname" -}}
{{- $name := include "presence-operator.name" . }}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 47 | trimSuffix "-" }}
{{- else if contains $name .Release.Name }}
{{- .Release.Name | trunc 47 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 47 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- /* Prefix of objects without a namespace: two releases of one name in two namespaces must not share them. */}}
{{- define "presence-operator.clusterName" -}}
{{- printf "%s:%s" .Release.Namespace (include "presence-operator.fullname" .) }}
{{- end }}

{{- define "presence-operator.selectorLabels" -}}
app.kubernetes.io/name: {{ include "presence-operator.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/component: operator
{{- end }}

{{- /* The same labels as label=value, with commas between them. */}}
{{- define "presence-operator.podLabelList" -}}
{{- $pairs := list }}
{{- range $name, $value := include "presence-operator.selectorLabels" . | fromYaml }}
{{- $pairs = append $pairs (printf "%s=%s" $name $value) }}
{{- end }}
{{- join "," $pairs }}
{{- end }}

{{- define "presence-operator.ownLabels" -}}
{{ include "presence-operator.selectorLabels" . }}
app.kubernetes.io/part-of: wedsync
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- /* Labels of every object: those of the chart, and commonLabels that do not replace one of them. */}}
{{- define "presence-operator.labels" -}}
{{ include "presence-operator.ownLabels" . }}
{{- $own := include "presence-operator.ownLabels" . | fromYaml }}
{{- range $name, $value := .Values.commonLabels }}
{{- if not (hasKey $own $name) }}
{{ $name }}: {{ $value | quote }}
{{- end }}
{{- end }}
{{- end }}

{{- /* The priority class of Redis and presence pods; empty: none. */}}
{{- define "presence-operator.podPriorityClass" -}}
{{- if .Values.podPriorityClass.name }}
{{- .Values.podPriorityClass.name }}
{{- else if and .Values.podPriorityClass.create (not .Values.watchNamespaces) }}
{{- printf "%s-%s-pods" .Release.Namespace (include "presence-operator.fullname" .) }}
{{- end }}
{{- end }}

{{- define "presence-operator.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "presence-operator.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- /* An image of the registry that a parent chart names for all, unless its name has a registry already. Arguments: context, image. */}}
{{- define "presence-operator.fromRegistry" -}}
{{- $registry := (default dict .context.Values.global).imageRegistry }}
{{- $first := splitList "/" .image | first }}
{{- $isWhole := and (contains "/" .image) (or (contains "." $first) (contains ":" $first) (eq $first "localhost")) }}
{{- if and $registry (not $isWhole) }}
{{- printf "%s/%s" (trimSuffix "/" $registry) .image }}
{{- else }}
{{- .image }}
{{- end }}
{{- end }}

{{- define "presence-operator.image" -}}
{{- $repository := include "presence-operator.fromRegistry" (dict "context" . "image" .Values.image.repository) }}
{{- if .Values.image.digest }}
{{- printf "%s@%s" $repository .Values.image.digest }}
{{- else }}
{{- printf "%s:%s" $repository (default .Chart.AppVersion .Values.image.tag) }}
{{- end }}
{{- end }}

{{- /* Names of the pull secrets, of a parent chart and of this one, with commas between them. */}}
{{- define "presence-operator.pullSecretNames" -}}
{{- $names := list }}
{{- range concat (default list (default dict .Values.global).imagePullSecrets) .Values.imagePullSecrets }}
{{- $names = append $names (ternary . (get (ternary dict . (kindIs "string" .)) "name") (kindIs "string" .)) }}
{{- end }}
{{- join "," ($names | uniq) }}
{{- end }}

{{- /* The same as a field of a pod; nothing without any. */}}
{{- define "presence-operator.imagePullSecrets" -}}
{{- with include "presence-operator.pullSecretNames" . }}
imagePullSecrets:
  {{- range splitList "," . }}
  - name: {{ . | quote }}
  {{- end }}
{{- end }}
{{- end }}
