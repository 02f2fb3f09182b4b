package dev.concertina.operator.rest.access;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The right that a method of the API asks for, on a kind of {@code concertina.dev}. Namespace and name come from the path; where the path has
 * no namespace, the query parameter {@code namespace} is asked for, or the whole cluster.
 */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
public @interface Needs {
    /** Verb, as RBAC names it. */
    String verb();

    /** Resources, plural, with their subresource: {@code moedeployments/scale}; the right is needed on each. */
    String[] on();

    /** True when what is answered belongs to all namespaces, whatever the query says. */
    boolean everywhere() default false;
}
