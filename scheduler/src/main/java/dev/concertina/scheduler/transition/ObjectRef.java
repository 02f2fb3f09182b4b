package dev.concertina.scheduler.transition;

/** One independently movable object of a model. */
public sealed interface ObjectRef {
    /** All tensors that are not routed experts. */
    record Dense() implements ObjectRef {}

    /** One expert of one MoE layer. */
    record Expert(int layer, int expert) implements ObjectRef {}
}
