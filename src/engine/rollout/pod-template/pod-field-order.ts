/** The fields of a pod template in the order in which Kubernetes 1.34 declares them; `go-json.ts` says how to read the words. */
import type { StructWords } from './go-json.ts';
import { volumeFieldOrder } from './volume-field-order.ts';

export const podFieldOrder = {
  ...volumeFieldOrder,
  PodTemplateSpec: 'metadata:ObjectMeta= spec:PodSpec=',
  ObjectMeta: `
    name generateName namespace selfLink uid resourceVersion generation creationTimestamp deletionTimestamp*
    deletionGracePeriodSeconds* labels{} annotations{} ownerReferences:OwnerReference[] finalizers[]`,
  OwnerReference: 'apiVersion="" kind="" name="" uid="" controller* blockOwnerDeletion*',
  PodSpec: `
    volumes:Volume[] initContainers:Container[] containers:Container[]=null ephemeralContainers:EphemeralContainer[]
    restartPolicy terminationGracePeriodSeconds* activeDeadlineSeconds* dnsPolicy nodeSelector{} serviceAccountName
    serviceAccount automountServiceAccountToken* nodeName hostNetwork hostPID hostIPC shareProcessNamespace*
    securityContext:PodSecurityContext imagePullSecrets:LocalObjectReference[] hostname subdomain affinity:Affinity
    schedulerName tolerations:Toleration[] hostAliases:HostAlias[] priorityClassName priority*
    dnsConfig:PodDNSConfig readinessGates:PodReadinessGate[] runtimeClassName* enableServiceLinks* preemptionPolicy*
    overhead:Quantity{} topologySpreadConstraints:TopologySpreadConstraint[] setHostnameAsFQDN* os:PodOS hostUsers*
    schedulingGates:PodSchedulingGate[] resourceClaims:PodResourceClaim[] resources:ResourceRequirements
    hostnameOverride*`,
  Container: `
    name="" image command[] args[] workingDir ports:ContainerPort[] envFrom:EnvFromSource[] env:EnvVar[]
    resources:ResourceRequirements= resizePolicy:ContainerResizePolicy[] restartPolicy*
    restartPolicyRules:ContainerRestartRule[] volumeMounts:VolumeMount[] volumeDevices:VolumeDevice[]
    livenessProbe:Probe readinessProbe:Probe startupProbe:Probe lifecycle:Lifecycle terminationMessagePath
    terminationMessagePolicy imagePullPolicy securityContext:SecurityContext stdin stdinOnce tty`,
  ContainerPort: 'name hostPort containerPort=0 protocol hostIP',
  EnvFromSource: 'prefix configMapRef:ConfigMapEnvSource secretRef:SecretEnvSource',
  ConfigMapEnvSource: 'name optional*',
  SecretEnvSource: 'name optional*',
  EnvVar: 'name="" value valueFrom:EnvVarSource',
  EnvVarSource: `
    fieldRef:ObjectFieldSelector resourceFieldRef:ResourceFieldSelector configMapKeyRef:ConfigMapKeySelector
    secretKeyRef:SecretKeySelector fileKeyRef:FileKeySelector`,
  ObjectFieldSelector: 'apiVersion fieldPath=""',
  ResourceFieldSelector: 'containerName resource="" divisor:Quantity="0"',
  ConfigMapKeySelector: 'name key="" optional*',
  SecretKeySelector: 'name key="" optional*',
  FileKeySelector: 'volumeName="" path="" key="" optional*',
  ResourceRequirements: 'limits:Quantity{} requests:Quantity{} claims:ResourceClaim[]',
  ResourceClaim: 'name="" request',
  ContainerResizePolicy: 'resourceName="" restartPolicy=""',
  ContainerRestartRule: 'action exitCodes:ContainerRestartRuleOnExitCodes',
  ContainerRestartRuleOnExitCodes: 'operator values[]',
  VolumeMount: 'name="" readOnly recursiveReadOnly* mountPath="" subPath mountPropagation* subPathExpr',
  VolumeDevice: 'name="" devicePath=""',
  Probe: `
    exec:ExecAction httpGet:HTTPGetAction tcpSocket:TCPSocketAction grpc:GRPCAction initialDelaySeconds
    timeoutSeconds periodSeconds successThreshold failureThreshold terminationGracePeriodSeconds*`,
  ExecAction: 'command[]',
  HTTPGetAction: 'path port=0 host scheme httpHeaders:HTTPHeader[]',
  HTTPHeader: 'name="" value=""',
  TCPSocketAction: 'port=0 host',
  GRPCAction: 'port=0 service=null',
  Lifecycle: 'postStart:LifecycleHandler preStop:LifecycleHandler stopSignal*',
  LifecycleHandler: 'exec:ExecAction httpGet:HTTPGetAction tcpSocket:TCPSocketAction sleep:SleepAction',
  SleepAction: 'seconds=0',
  SecurityContext: `
    capabilities:Capabilities privileged* seLinuxOptions:SELinuxOptions windowsOptions:WindowsSecurityContextOptions
    runAsUser* runAsGroup* runAsNonRoot* readOnlyRootFilesystem* allowPrivilegeEscalation* procMount*
    seccompProfile:SeccompProfile appArmorProfile:AppArmorProfile`,
  Capabilities: 'add[] drop[]',
  SELinuxOptions: 'user role type level',
  WindowsSecurityContextOptions: 'gmsaCredentialSpecName* gmsaCredentialSpec* runAsUserName* hostProcess*',
  SeccompProfile: 'type="" localhostProfile*',
  AppArmorProfile: 'type="" localhostProfile*',
  EphemeralContainer: `
    name="" image command[] args[] workingDir ports:ContainerPort[] envFrom:EnvFromSource[] env:EnvVar[]
    resources:ResourceRequirements= resizePolicy:ContainerResizePolicy[] restartPolicy*
    restartPolicyRules:ContainerRestartRule[] volumeMounts:VolumeMount[] volumeDevices:VolumeDevice[]
    livenessProbe:Probe readinessProbe:Probe startupProbe:Probe lifecycle:Lifecycle terminationMessagePath
    terminationMessagePolicy imagePullPolicy securityContext:SecurityContext stdin stdinOnce tty targetContainerName`,
  PodSecurityContext: `
    seLinuxOptions:SELinuxOptions windowsOptions:WindowsSecurityContextOptions runAsUser* runAsGroup* runAsNonRoot*
    supplementalGroups[] supplementalGroupsPolicy* fsGroup* sysctls:Sysctl[] fsGroupChangePolicy*
    seccompProfile:SeccompProfile appArmorProfile:AppArmorProfile seLinuxChangePolicy*`,
  Sysctl: 'name="" value=""',
  LocalObjectReference: 'name',
  Affinity: 'nodeAffinity:NodeAffinity podAffinity:PodAffinity podAntiAffinity:PodAntiAffinity',
  NodeAffinity: `
    requiredDuringSchedulingIgnoredDuringExecution:NodeSelector
    preferredDuringSchedulingIgnoredDuringExecution:PreferredSchedulingTerm[]`,
  NodeSelector: 'nodeSelectorTerms:NodeSelectorTerm[]=null',
  NodeSelectorTerm: 'matchExpressions:NodeSelectorRequirement[] matchFields:NodeSelectorRequirement[]',
  NodeSelectorRequirement: 'key="" operator="" values[]',
  PreferredSchedulingTerm: 'weight=0 preference:NodeSelectorTerm=',
  PodAffinity: `
    requiredDuringSchedulingIgnoredDuringExecution:PodAffinityTerm[]
    preferredDuringSchedulingIgnoredDuringExecution:WeightedPodAffinityTerm[]`,
  PodAffinityTerm: `
    labelSelector:LabelSelector namespaces[] topologyKey="" namespaceSelector:LabelSelector matchLabelKeys[]
    mismatchLabelKeys[]`,
  LabelSelector: 'matchLabels{} matchExpressions:LabelSelectorRequirement[]',
  LabelSelectorRequirement: 'key="" operator="" values[]',
  WeightedPodAffinityTerm: 'weight=0 podAffinityTerm:PodAffinityTerm=',
  PodAntiAffinity: `
    requiredDuringSchedulingIgnoredDuringExecution:PodAffinityTerm[]
    preferredDuringSchedulingIgnoredDuringExecution:WeightedPodAffinityTerm[]`,
  Toleration: 'key operator value effect tolerationSeconds*',
  HostAlias: 'ip="" hostnames[]',
  PodDNSConfig: 'nameservers[] searches[] options:PodDNSConfigOption[]',
  PodDNSConfigOption: 'name value*',
  PodReadinessGate: 'conditionType=""',
  TopologySpreadConstraint: `
    maxSkew=0 topologyKey="" whenUnsatisfiable="" labelSelector:LabelSelector minDomains* nodeAffinityPolicy*
    nodeTaintsPolicy* matchLabelKeys[]`,
  PodOS: 'name=""',
  PodSchedulingGate: 'name=""',
  PodResourceClaim: 'name="" resourceClaimName* resourceClaimTemplateName*',
} as const satisfies StructWords;
