package dev.concertina.operator.rest;

import dev.concertina.operator.app.Control;
import dev.concertina.operator.app.OperatorApplication;
import dev.concertina.operator.rest.problem.ProblemException;
import jakarta.enterprise.context.ApplicationScoped;

/** What only the leading operator knows. */
@ApplicationScoped
public class Leader {
    private final OperatorApplication application;

    Leader(OperatorApplication application) {
        this.application = application;
    }

    /**
     * This process's control.
     *
     * @throws ProblemException 503 while another leads
     */
    Control control() {
        return application
                .control()
                .orElseThrow(
                        () -> ProblemException.unavailable("this operator does not lead yet; ask again in a moment"));
    }
}
