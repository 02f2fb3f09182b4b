package dev.concertina.crds;

import java.util.List;

/** Names that users and tools meet: group, labels, annotations, resources. */
public final class Api {
    public static final String GROUP = "concertina.dev";
    public static final String VERSION = "v1alpha1";

    /** Name of the MoEDeployment that a pod or object belongs to. */
    public static final String LABEL_DEPLOYMENT = "concertina.dev/deployment";
    /** Data-parallel rank of a worker pod. */
    public static final String LABEL_RANK = "concertina.dev/rank";
    /** {@code agent}, {@code keeper}, {@code gateway}, {@code worker}, {@code operator} or {@code kafka}. */
    public static final String LABEL_COMPONENT = "app.kubernetes.io/component";
    /** Always {@code concertina}. */
    public static final String LABEL_PART_OF = "app.kubernetes.io/part-of";

    public static final String PART_OF = "concertina";
    public static final String COMPONENT_AGENT = "agent";
    public static final String COMPONENT_KEEPER = "keeper";
    public static final String COMPONENT_GATEWAY = "gateway";
    public static final String COMPONENT_WORKER = "worker";

    /** Name of the container port of agents and gateways that takes control calls. */
    public static final String PORT_CONTROL = "control";
    /** Extended resource that stands for one accelerator, unless a deployment names another. */
    public static final String RESOURCE_ACCELERATOR = "concertina.dev/accelerator";

    /** On a ScaleOperation: who wants it rolled back; heeded until its commit. */
    public static final String ANNOTATION_CANCEL = "concertina.dev/cancel";

    public static final String FINALIZER = "concertina.dev/release";

    /** Class path resources with the CRDs, generated from the types of this package and checked against them in the build. */
    public static final List<String> CRD_RESOURCES = List.of(
            "META-INF/concertina/moedeployments.concertina.dev.yaml",
            "META-INF/concertina/scaleoperations.concertina.dev.yaml",
            "META-INF/concertina/expertplacements.concertina.dev.yaml");

    private Api() {}
}
