{{/* Labels: (dict "root" $ "component" "agent") */}}
{{- define "concertina.labels" -}}
{{ include "concertina.selector" . }}
app.kubernetes.io/part-of: concertina
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | quote }}
{{- end }}

{{- define "concertina.selector" -}}
app.kubernetes.io/name: concertina
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{/* Image: (dict "root" $ "name" "worker") */}}
{{- define "concertina.image" -}}
{{ .root.Values.images.prefix }}{{ .name }}:{{ .root.Values.images.tag | default .root.Chart.AppVersion }}
{{- end }}

{{- define "concertina.pullSecrets" -}}
{{- range .Values.images.pullSecrets }}
- name: {{ . }}
{{- end }}
{{- end }}

{{- define "concertina.tokenSecret" -}}
{{ .Values.token.existingSecret | default (printf "%s-token" .Release.Name) }}
{{- end }}

{{- define "concertina.socketClaim" -}}
{{ printf "%s-agent-socket" .Release.Name }}
{{- end }}

{{- define "concertina.kafka" -}}
{{- if .Values.kafka.trial -}}
{{ printf "%s-kafka.%s.svc:9092" .Release.Name .Release.Namespace }}
{{- else -}}
{{ required "set kafka.bootstrapServers to your brokers (host:port,...), or kafka.trial=true for a broker of one pod" .Values.kafka.bootstrapServers }}
{{- end -}}
{{- end }}

{{/* Security of the containers that need nothing from the host. */}}
{{- define "concertina.restricted" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{/* Environment of every process: (dict "javaOptions" "..." "env" (dict)) */}}
{{- define "concertina.env" -}}
- name: JDK_JAVA_OPTIONS
  value: {{ .javaOptions | quote }}
- name: CONCERTINA_TOKEN_FILE
  value: /var/run/secrets/concertina/token
{{- range $name, $value := .env }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}

{{/* Where MoEDeployments may live: the release's namespace and those in workloadNamespaces; JSON list. */}}
{{- define "concertina.workloadNamespaces" -}}
{{ prepend .Values.workloadNamespaces .Release.Namespace | uniq | toJson }}
{{- end }}

{{/* Peers of a network policy: list of (dict "component" "gateway" "instance" "band" "namespaces" (list "apps")); workers have no instance. */}}
{{- define "concertina.peers" -}}
{{- range . }}
- namespaceSelector:
    matchExpressions:
      - {key: kubernetes.io/metadata.name, operator: In, values: {{ .namespaces | toJson }}}
  podSelector:
    matchLabels:
      app.kubernetes.io/part-of: concertina
      app.kubernetes.io/component: {{ .component }}
      {{- with .instance }}
      app.kubernetes.io/instance: {{ . }}
      {{- end }}
{{- end }}
{{- end }}

{{/* Egress to Kafka and to name servers, which its names need: (dict "root" $ "brokers" (peer)) */}}
{{- define "concertina.toKafka" -}}
{{- $policies := .root.Values.networkPolicies -}}
{{- if .root.Values.kafka.trial -}}
- to:
    {{- include "concertina.peers" (list .brokers) | nindent 4 }}
  ports:
    - {protocol: TCP, port: 9092}
{{- else -}}
# not ours: any address, or those given
- ports:
    {{- $ports := $policies.kafka.ports }}
    {{- if not $ports }}
    {{- range splitList "," .root.Values.kafka.bootstrapServers }}
    {{- $ports = append $ports (last (splitList ":" .) | int) }}
    {{- end }}
    {{- end }}
    {{- range uniq $ports }}
    - {protocol: TCP, port: {{ . }}}
    {{- end }}
  {{- with $policies.kafka.cidrs }}
  to:
    {{- range . }}
    - ipBlock: {cidr: {{ . }}}
    {{- end }}
  {{- end }}
{{- end }}
- to:
    - namespaceSelector: {}
  ports:
    - {protocol: UDP, port: 53}
    - {protocol: TCP, port: 53}
{{- end }}
