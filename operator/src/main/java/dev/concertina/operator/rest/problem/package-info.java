/**
 * Errors as problem details (RFC 9457): one sentence that names cause, field and fix, whatever went wrong, the framework's own refusals
 * included.
 */
@NullMarked
package dev.concertina.operator.rest.problem;

import org.jspecify.annotations.NullMarked;
