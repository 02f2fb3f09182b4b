/**
 * What a rank is once its memory is attached: the model's shape and dense weights, its KV pool, its engine, and the self-test that shows that
 * all of it computes the right bits under an epoch.
 */
@NullMarked
package dev.concertina.worker.serving;

import org.jspecify.annotations.NullMarked;
