/**
 * What every process shows of itself: metrics by Micrometer for Prometheus, whose names all stand in {@link dev.concertina.observe.Metric}, and
 * traces by OpenTelemetry. {@code docs/metrics.md} is made from here. Knows no feature and no framework.
 */
@NullMarked
package dev.concertina.observe;

import org.jspecify.annotations.NullMarked;
