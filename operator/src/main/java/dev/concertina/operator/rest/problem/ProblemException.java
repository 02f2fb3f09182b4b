package dev.concertina.operator.rest.problem;

import java.util.List;

/** A refusal on its way to the client. */
public final class ProblemException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final transient Problem problem;

    private ProblemException(Problem problem) {
        super(problem.detail(), null, false, false);
        this.problem = problem;
    }

    public Problem problem() {
        return problem;
    }

    public static ProblemException badRequest(String field, String detail) {
        return new ProblemException(
                Problem.of(400, field + ": " + detail, List.of(new Problem.FieldError(field, detail))));
    }

    public static ProblemException unauthorized(String detail) {
        return new ProblemException(Problem.of(401, detail));
    }

    public static ProblemException forbidden(String detail) {
        return new ProblemException(Problem.of(403, detail));
    }

    public static ProblemException notFound(String detail) {
        return new ProblemException(Problem.of(404, detail));
    }

    /** The state does not allow it now. */
    public static ProblemException conflict(String detail) {
        return new ProblemException(Problem.of(409, detail));
    }

    /** {@code If-Match} names another version. */
    public static ProblemException changed(String detail) {
        return new ProblemException(Problem.of(412, detail));
    }

    /** Well formed, and yet it cannot be done. */
    public static ProblemException unprocessable(String field, String detail) {
        return new ProblemException(Problem.of(
                Problem.UNPROCESSABLE, field + ": " + detail, List.of(new Problem.FieldError(field, detail))));
    }

    static ProblemException unprocessable(String detail, List<Problem.FieldError> errors) {
        return new ProblemException(Problem.of(Problem.UNPROCESSABLE, detail, errors));
    }

    public static ProblemException tooMany(String detail) {
        return new ProblemException(Problem.of(Problem.TOO_MANY_REQUESTS, detail));
    }

    /** Another party does not answer; the same call may work a second later. */
    public static ProblemException unavailable(String detail) {
        return new ProblemException(Problem.of(503, detail));
    }
}
