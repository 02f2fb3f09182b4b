/**
 * What accelerators can do: the time of an engine step at a width, batch, lengths and imbalance. {@link
 * dev.concertina.scheduler.capacity.CapacityModel} is the port that {@code width} and the simulator ask; priors implement it, and a {@link
 * dev.concertina.scheduler.capacity.Correction} learnt from observations corrects any of them. {@code Roofline} is the prior of a real accelerator and model, {@code
 * PacedCapacity} that of a simulated one; {@code LearntCapacity} corrects any {@code FactoredModel} online, part by part and by batch, and says
 * how sure it is. {@code predict(traffic, width, slo)} turns any of them into throughput, latencies and attainment:
 * {@snippet :
 * LearntCapacity model = LearntCapacity.of(new Roofline(ModelShape.named("qwen3-30b-a3b"), Accelerator.named("h200")));
 * model = model.observe(Observation.ofWindow(width, inFlight, promptTokensPerSecond, context, imbalance, tpotSeconds, settled));
 * Prediction next = model.predict(new Traffic(5.5, 1155, 211), width + 1, slo);
 * }
 */
@NullMarked
package dev.concertina.scheduler.capacity;

import org.jspecify.annotations.NullMarked;
