/**
 * Who may do what: bearer tokens are reviewed by the API server (TokenReview), and each call by a SubjectAccessReview on our kinds, so
 * Kubernetes RBAC is the one place to look. Answers are kept for seconds. Nothing is answered without.
 */
@NullMarked
package dev.concertina.operator.rest.access;

import org.jspecify.annotations.NullMarked;
