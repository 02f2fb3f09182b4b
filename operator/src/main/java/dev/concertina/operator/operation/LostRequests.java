package dev.concertina.operator.operation;

import dev.concertina.crds.Api;
import dev.concertina.crds.ScaleOperation;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Requests that gateways lost during one operation: their counters less what they were at its start, which an annotation keeps. A gateway that
 * was not there or did not answer then counts from when it was first seen.
 */
final class LostRequests {
    private static final System.Logger LOG = System.getLogger(LostRequests.class.getName());
    private static final String ANNOTATION = Api.GROUP + "/failed-before";

    private final Services services;
    private final Map<String, Long> firstSeen = new HashMap<>();

    LostRequests(Services services) {
        this.services = services;
    }

    /** Notes the counters on the operation unless they are noted already. */
    void remember(ScaleOperation operation) {
        Map<String, String> annotations = operation.getMetadata().getAnnotations();
        if (annotations != null && annotations.containsKey(ANNOTATION)) {
            return;
        }
        String counters = services.fleet().failedRequests(deployment(operation)).entrySet().stream()
                .map(entry -> entry.getKey() + "=" + entry.getValue())
                .collect(Collectors.joining(","));
        Map<String, String> next = annotations == null ? new LinkedHashMap<>() : new LinkedHashMap<>(annotations);
        next.put(ANNOTATION, counters);
        operation.getMetadata().setAnnotations(next);
        try {
            services.client().resource(operation).update();
        } catch (KubernetesClientException e) {
            LOG.log(System.Logger.Level.WARNING, "counters not noted reason={0}", e.getMessage());
        }
    }

    /** Requests lost since then; a gateway whose counter went back was started anew and counts from zero. */
    long since(ScaleOperation operation) {
        Map<String, Long> before = new HashMap<>();
        Map<String, String> annotations = operation.getMetadata().getAnnotations();
        String counters = annotations == null ? "" : annotations.getOrDefault(ANNOTATION, "");
        for (String entry : counters.split(",", -1)) {
            int equals = entry.indexOf('=');
            if (equals > 0) {
                before.put(entry.substring(0, equals), Long.parseLong(entry.substring(equals + 1)));
            }
        }
        long lost = 0;
        for (Map.Entry<String, Long> now :
                services.fleet().failedRequests(deployment(operation)).entrySet()) {
            Long noted = before.get(now.getKey());
            long start = noted != null ? noted : firstSeen.computeIfAbsent(now.getKey(), uid -> now.getValue());
            lost += now.getValue() >= start ? now.getValue() - start : now.getValue();
        }
        return lost;
    }

    private static String deployment(ScaleOperation operation) {
        return operation.getMetadata().getNamespace() + "/"
                + operation.getSpec().deployment();
    }
}
