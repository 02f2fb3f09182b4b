package dev.concertina.operator.settings;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/** Settings of the operator, from environment variables named {@code CONCERTINA_...}. */
@ConfigMapping(prefix = "concertina")
public interface Settings {
    /** File with the control token. */
    Optional<String> tokenFile();

    /** Kafka bootstrap servers; without them there is no load and no decision. */
    Optional<String> kafka();

    /**
     * File with settings as Kafka's own clients take them ({@code security.protocol}, {@code sasl.*}, {@code ssl.*}), a Java properties file,
     * usually of a Secret.
     */
    Optional<String> kafkaConfig();

    /** Secret in a deployment's namespace with the key {@code client.properties}, which worker pods mount and use likewise. */
    Optional<String> kafkaSecret();

    /** Begins the names of consumer groups, transactions and clients: installations that share a Kafka must differ in it. */
    @WithDefault("concertina")
    String kafkaGroup();

    /** Topic with traffic events. */
    @WithDefault("concertina.traffic")
    String topic();

    /** Topic on which decisions and operations are published. */
    @WithDefault("concertina.events")
    String eventsTopic();

    /** Image of worker pods. */
    @WithDefault("concertina-worker:0.1.0-SNAPSHOT")
    String workerImage();

    /** Secret in the deployment's namespace that worker pods mount; key {@code token}. */
    @WithDefault("concertina-token")
    String tokenSecret();

    /** Claim in the deployment's namespace for the folder with the agent's socket. */
    @WithDefault("concertina-agent")
    String agentClaim();

    /** Name of the operator's pod, for the leader's Lease. */
    Optional<String> pod();

    /** Namespace of the Lease; otherwise the client's own. */
    Optional<String> namespace();

    /** How long a Lease holds without being renewed. */
    @WithDefault("8s")
    Duration leaseDuration();

    /** How long a rank may hold its accelerator without answering before its pod is replaced. */
    @WithDefault("20s")
    Duration silentDeadline();

    /** Longest time that the phases of an operation may take, each. */
    @WithDefault("60s")
    Duration phaseDeadline();

    /** Longest time until a new pod has joined its accelerator. */
    @WithDefault("180s")
    Duration provisioningDeadline();
}
