/**
 * Traffic events from Kafka into the scheduler's load trackers, one per deployment. All replicas share the counting: each counts the partitions
 * that the consumer group gives it ({@link dev.concertina.operator.ingest.PartitionReader}) and commits digests and offsets in one transaction;
 * the leader adds the digests up ({@link dev.concertina.operator.ingest.DigestReader}). A plain consumer and a transactional producer do it: Kafka
 * Streams would keep the same state in a local store and a changelog, with more threads, a rebalance protocol of its own and RocksDB, while here
 * the state is a quarter of a second of counts, and ids that are read again from the topic itself. Silence and lag are missing data, never zero
 * traffic.
 */
@NullMarked
package dev.concertina.operator.ingest;

import org.jspecify.annotations.NullMarked;
