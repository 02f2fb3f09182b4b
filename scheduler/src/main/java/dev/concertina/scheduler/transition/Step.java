package dev.concertina.scheduler.transition;

/** One step of a plan. */
public sealed interface Step {
    /** What it is about. */
    ObjectRef object();

    /** The object is on that rank already and stays. */
    record Keep(ObjectRef object, int rank) implements Step {}

    /** Copy it from a rank that serves it now. */
    record Copy(ObjectRef object, int fromRank, int toRank) implements Step {}

    /** Read it from the model's files; a node reads an object at most once and hands it to each of its ranks that load it. */
    record Load(ObjectRef object, int rank) implements Step {}

    /** Free it; comes after the commit point, when no rank uses the placement before. */
    record Free(ObjectRef object, int rank) implements Step {}
}
