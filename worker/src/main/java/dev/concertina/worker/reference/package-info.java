/**
 * The whole model in one process, without ranks, epochs or streams: what every placement and every width must reproduce bit for bit. Tests
 * and the demo check tokens against it.
 */
@NullMarked
package dev.concertina.worker.reference;

import org.jspecify.annotations.NullMarked;
