/** The control API that the operator uses: routes in, state out, fenced by Lease term and epoch. */
@NullMarked
package dev.concertina.gateway.control;

import org.jspecify.annotations.NullMarked;
