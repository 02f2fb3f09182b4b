package dev.concertina.e2e.kubelet;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.HTTPGetAction;
import io.fabric8.kubernetes.api.model.Probe;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Asks one container whether it is ready, without waiting for the answer. A container without a probe is ready when it runs. */
final class ReadinessProbe {
    private static final Duration WHILE_STARTING = Duration.ofMillis(400);
    private final HttpClient http;
    private final @Nullable URI target;
    private final Duration period;
    private volatile boolean ready;
    private volatile boolean asking;
    private Instant next = Instant.EPOCH;

    ReadinessProbe(HttpClient http, Container container, String podIp) {
        this.http = http;
        Probe probe = container.getReadinessProbe();
        this.target = probe == null || probe.getHttpGet() == null ? null : uri(probe.getHttpGet(), container, podIp);
        int seconds = probe == null || probe.getPeriodSeconds() == null ? 5 : probe.getPeriodSeconds();
        this.period = Duration.ofSeconds(Math.max(1, seconds));
        this.ready = target == null;
    }

    static URI uri(HTTPGetAction get, Container container, String podIp) {
        Integer number = get.getPort().getIntVal();
        if (number == null) {
            List<ContainerPort> ports = container.getPorts();
            number = (ports == null ? List.<ContainerPort>of() : ports)
                    .stream()
                            .filter(port -> get.getPort().getStrVal().equals(port.getName()))
                            .map(ContainerPort::getContainerPort)
                            .findFirst()
                            .orElse(80);
        }
        return URI.create("http://" + podIp + ":" + number + (get.getPath() == null ? "/" : get.getPath()));
    }

    /** What the last answer said; asks again when it is time. */
    boolean ready(Instant now) {
        if (target != null && !asking && !now.isBefore(next)) {
            asking = true;
            next = now.plus(ready ? period : WHILE_STARTING);
            HttpRequest request = HttpRequest.newBuilder(target)
                    .timeout(Duration.ofSeconds(2))
                    .build();
            http.sendAsync(request, HttpResponse.BodyHandlers.discarding()).whenComplete((response, failure) -> {
                ready = failure == null && response.statusCode() / 100 == 2;
                asking = false;
            });
        }
        return ready;
    }
}
