/** The gateway's metrics: requests' lives as counters and histograms, with the trace of each as its exemplar. */
@NullMarked
package dev.concertina.gateway.metrics;

import org.jspecify.annotations.NullMarked;
