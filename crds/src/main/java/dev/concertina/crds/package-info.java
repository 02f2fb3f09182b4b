/**
 * Concertina's Kubernetes API, group {@code concertina.dev}, version {@code v1alpha1}: the types from which the CRD YAML is generated.
 * {@code spec} is what users write, and nobody writes defaults into it; {@code status} is what the operator reports. No logic lives here.
 */
@NullMarked
package dev.concertina.crds;

import org.jspecify.annotations.NullMarked;
