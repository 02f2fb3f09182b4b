/**
 * Expert exchange between ranks: one frame per peer and layer, answered by the peer on threads of its own whether it has sequences or not. The
 * asking side blocks on its own connections, so a step needs no hand-over between threads.
 */
@NullMarked
package dev.concertina.worker.exchange;

import org.jspecify.annotations.NullMarked;
