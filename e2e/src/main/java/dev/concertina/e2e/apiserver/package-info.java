/**
 * The API server of the demo: Fabric8's CRUD server inside the launcher's process, on a loopback port. It keeps objects, resource versions,
 * generations, finalizers and watches as a real server does; it has no admission, no authentication and no garbage collection. What kubectl
 * needs on top (discovery, tables, the scale subresource) is added here.
 */
@NullMarked
package dev.concertina.e2e.apiserver;

import org.jspecify.annotations.NullMarked;
