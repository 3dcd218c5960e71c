{{- define "image" -}}
image: {{ printf "%s:%s" .Values.image.repository .Values.image.tag | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- end }}

{{/* Labels of a component: a dictionary of "root" and "name". */}}
{{- define "labels" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .name }}
{{- end }}

{{- define "pod" -}}
automountServiceAccountToken: false
{{- /* Of the service content-pipeline-api Kubernetes would make CONTENT_PIPELINE_API_PORT=tcp://…, which is a setting. */}}
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
volumes:
  - name: scratch
    emptyDir: {}
{{- end }}

{{/* What every container has. Scratch files and joined models are its own, and go with it. */}}
{{- define "container" -}}
{{ include "image" . }}
envFrom:
  - secretRef:
      name: {{ .Values.settingsSecret }}
securityContext:
  allowPrivilegeEscalation: false
  capabilities: {drop: [ALL]}
volumeMounts:
  - name: scratch
    mountPath: /var/lib/content-pipeline
  - name: scratch
    mountPath: /tmp
    subPath: tmp
{{- end }}
