/**
 * What a run of load showed: the summary with its stable names, what each operation did to the streams that ran through it, and one HTML
 * page that shows load, latency, width and operations over time without needing anything else.
 */
@NullMarked
package dev.concertina.e2e.report;

import org.jspecify.annotations.NullMarked;
