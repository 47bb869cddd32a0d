{{- /*
A pod of `helm test`. Its component is "test": with the labels of the operator, the Deployment would adopt it and the
Service would send it requests. Arguments: context, name, namespace, script, env.
*/}}
{{- define "presence-operator.testPod" -}}
{{- $ := .context }}
{{- $labels := merge (dict "app.kubernetes.io/component" "test") (include "presence-operator.labels" $ | fromYaml) }}
apiVersion: v1
kind: Pod
metadata:
  name: {{ printf "%s-test-%s" (include "presence-operator.fullname" $) .name | quote }}
  namespace: {{ .namespace | quote }}
  labels:
    {{- toYaml $labels | nindent 4 }}
  annotations:
    helm.sh/hook: test
    helm.sh/hook-delete-policy: before-hook-creation
spec:
  restartPolicy: Never
  automountServiceAccountToken: false
  enableServiceLinks: false
  {{- include "presence-operator.imagePullSecrets" $ | nindent 2 }}
  {{- with $.Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $.Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $.Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $.Values.podSecurityContext }}
  securityContext:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: test
      image: {{ include "presence-operator.image" $ }}
      imagePullPolicy: {{ $.Values.image.pullPolicy }}
      args: [--input-type=module, --eval, {{ $.Files.Get .script | toJson }}]
      env:
        {{- toYaml .env | nindent 8 }}
      resources:
        requests:
          cpu: 10m
          memory: 64Mi
        limits:
          memory: 128Mi
      {{- with $.Values.securityContext }}
      securityContext:
        {{- toYaml . | nindent 8 }}
      {{- end }}
{{- end }}
