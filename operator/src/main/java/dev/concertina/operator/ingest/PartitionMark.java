package dev.concertina.operator.ingest;

/**
 * How far a partition of a traffic topic has been read and counted; written every second, also when nothing comes.
 *
 * @param owner the replica that reads it
 * @param next offset of the next event to count
 * @param lag events that are there and not counted
 * @param lagMillis age of the oldest of them, in milliseconds, 0 without any
 * @param millis when this was so, since 1970
 * @param malformed events that could not be read at all, since the mark before
 */
public record PartitionMark(
        int partition, String owner, long next, long lag, long lagMillis, long millis, long malformed) {}
