/** What a rank tells the world beside its answers: how many tokens its sequences sent to each expert, every second, on the traffic topic. */
@NullMarked
package dev.concertina.worker.events;

import org.jspecify.annotations.NullMarked;
