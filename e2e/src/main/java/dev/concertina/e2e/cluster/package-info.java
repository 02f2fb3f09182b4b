/**
 * The main job on a real cluster: {@code ./concertina e2e} installs the chart with helm, applies the sample with kubectl, loads it through the
 * gateway's Service, scales it up and down under that load, writes the same summary as the demo and removes what it installed. Everything a user
 * would do is done with the user's tools; only reading is done through the API.
 */
@NullMarked
package dev.concertina.e2e.cluster;

import org.jspecify.annotations.NullMarked;
