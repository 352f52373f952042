{{- define "alpaca.labels" -}}
app.kubernetes.io/name: alpaca-temporal
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "alpaca.podSecurity" -}}
runAsNonRoot: true
runAsUser: 1000
runAsGroup: 1000
fsGroup: 1000
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "alpaca.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{- define "alpaca.environment" -}}
- name: TEMPORAL_ADDRESS
  value: {{ .root.Values.temporal.address | quote }}
- name: TEMPORAL_NAMESPACE
  value: {{ .root.Values.temporal.namespace | quote }}
{{- if .root.Values.temporal.configFile }}
- name: TEMPORAL_CONFIG_FILE
  value: /run/secrets/alpaca/temporal.toml
{{- end }}
- name: ALPACA_TASK_QUEUE
  value: {{ .root.Values.taskQueue | quote }}
- name: ALPACA_STORE
  value: {{ required "store.url: s3://BUCKET/PREFIX" .root.Values.store.url | quote }}
- name: TMPDIR
  value: /tmp
- name: ALPACA_STORE_CACHE_BYTES
  value: {{ .values.cache.bytes | int64 | quote }}
{{- with .root.Values.store.endpoint }}
- name: AWS_ENDPOINT_URL_S3
  value: {{ . | quote }}
{{- end }}
- name: AWS_REGION
  value: {{ .root.Values.store.region | quote }}
{{- range $name, $value := .root.Values.environment }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}

{{- define "alpaca.mounts" -}}
- name: data
  mountPath: /data
- name: temporary
  mountPath: /tmp
- name: secrets
  mountPath: /run/secrets/alpaca
  readOnly: true
{{- end }}

{{- /* Only what its process reads of the Secret; a key that is not there is left away. */ -}}
{{- define "alpaca.volumes" -}}
- name: data
  emptyDir:
    sizeLimit: {{ .values.cache.size }}
- name: temporary
  emptyDir:
    sizeLimit: 10Gi
- name: secrets
  projected:
    defaultMode: 0440
    sources:
      {{- range $key := concat .secrets (.root.Values.temporal.configFile | ternary (list "temporal.toml") list) }}
      - secret:
          name: {{ $.root.Values.secretName }}
          optional: true
          items:
            - key: {{ $key }}
              path: {{ $key }}
      {{- end }}
{{- end }}

{{- define "alpaca.pod" -}}
metadata:
  labels:
    {{- include "alpaca.labels" . | nindent 4 }}
  {{- if .metrics }}
  {{- with .metrics.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- end }}
spec:
  {{- with .root.Values.serviceAccount.name }}
  serviceAccountName: {{ . }}
  {{- end }}
  automountServiceAccountToken: false
  {{- with .root.Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  # Longer than a worker waits for answers that are paid for, or saves the step of a training (docs/workers.md).
  terminationGracePeriodSeconds: {{ .grace }}
  securityContext:
    {{- include "alpaca.podSecurity" . | nindent 4 }}
  containers:
    - name: {{ .component }}
      image: {{ .image | quote }}
      imagePullPolicy: {{ .root.Values.imagePullPolicy }}
      command: [node]
      args:
        {{- range .secrets }}
        - --env-file-if-exists=/run/secrets/alpaca/{{ . }}
        {{- end }}
        {{- range .args }}
        - {{ . }}
        {{- end }}
      env:
        {{- include "alpaca.environment" . | nindent 8 }}
        {{- range $name, $value := .environment }}
        - name: {{ $name }}
          value: {{ $value | quote }}
        {{- end }}
        {{- with .metrics }}
        - name: ALPACA_METRICS_PORT
          value: {{ .port | quote }}
        - name: ALPACA_METRICS_HOST
          value: "0.0.0.0"
        {{- end }}
      ports:
        - name: http
          containerPort: {{ .port }}
        {{- with .metrics }}
        - name: metrics
          containerPort: {{ .port }}
        {{- end }}
      startupProbe:
        httpGet: { path: {{ .ready }}, port: http }
        periodSeconds: 5
        failureThreshold: 60
      readinessProbe:
        httpGet: { path: {{ .ready }}, port: http }
        periodSeconds: 10
        timeoutSeconds: 5
      livenessProbe:
        httpGet: { path: {{ .alive }}, port: http }
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      resources:
        {{- toYaml .resources | nindent 8 }}
      securityContext:
        {{- include "alpaca.containerSecurity" . | nindent 8 }}
      volumeMounts:
        {{- include "alpaca.mounts" . | nindent 8 }}
  volumes:
    {{- include "alpaca.volumes" . | nindent 4 }}
{{- end }}

{{- define "alpaca.deployment" -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .root.Release.Name }}-{{ .component }}
  labels:
    {{- include "alpaca.labels" . | nindent 4 }}
spec:
  {{- if not .scaled }}
  replicas: {{ .values.replicas }}
  {{- end }}
  selector:
    matchLabels:
      {{- include "alpaca.labels" . | nindent 6 }}
  template:
    {{- include "alpaca.pod" . | nindent 4 }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ .root.Release.Name }}-{{ .component }}
  labels:
    {{- include "alpaca.labels" . | nindent 4 }}
spec:
  # A drained node takes one at a time with it: what it was at, another goes on with.
  maxUnavailable: 1
  selector:
    matchLabels:
      {{- include "alpaca.labels" . | nindent 6 }}
{{- end }}

{{- define "alpaca.scaledObject" -}}
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: {{ .root.Release.Name }}-{{ .component }}
  labels:
    {{- include "alpaca.labels" . | nindent 4 }}
spec:
  scaleTargetRef:
    name: {{ .root.Release.Name }}-{{ .component }}
  minReplicaCount: {{ .values.scale.min }}
  maxReplicaCount: {{ .values.scale.max }}
  cooldownPeriod: {{ .root.Values.keda.cooldownSeconds }}
  {{- with .values.scale.behavior }}
  advanced:
    horizontalPodAutoscalerConfig:
      behavior:
        {{- toYaml . | nindent 8 }}
  {{- end }}
  triggers:
    {{- range .queues }}
    - type: temporal
      metadata:
        endpoint: {{ $.root.Values.temporal.address | quote }}
        namespace: {{ $.root.Values.temporal.namespace | quote }}
        taskQueue: {{ .name | quote }}
        queueTypes: {{ .types }}
        targetQueueSize: {{ $.values.scale.tasksEach | quote }}
        activationTargetQueueSize: "0"
        {{- if $.values.scale.keepWhileRunning }}
        includeRunningWorkflowCount: "true"
        workflowTaskQueueForCount: {{ $.root.Values.taskQueue | quote }}
        {{- end }}
      {{- with $.root.Values.keda.authentication }}
      authenticationRef:
        name: {{ . }}
      {{- end }}
    {{- end }}
{{- end }}
