package dev.concertina.operator.observe;

import dev.concertina.operator.decision.Decisions;
import dev.concertina.operator.fleet.Fleet;
import dev.concertina.operator.ingest.Loads;
import dev.concertina.operator.ingest.TrafficTopics;
import dev.concertina.operator.lease.LeaseTerm;
import java.util.function.BooleanSupplier;

/**
 * Where metrics are read that no custom resource holds.
 *
 * @param ready whether a decision could be taken
 */
public record Sources(
        Loads loads, TrafficTopics topics, Decisions decisions, LeaseTerm lease, Fleet fleet, BooleanSupplier ready) {}
