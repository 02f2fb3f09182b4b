package dev.concertina.crds;

/** Conditions of a {@link MoEDeployment}; the constant's name is the condition's {@code type}. */
public enum ConditionType {
    Accepted("the spec is valid and agents can read the model"),
    Available("every rank of the epoch serves"),
    Scaling("an operation is under way or about to start"),
    SloMet("the share of requests within the objective is what slo.attainment asks for"),
    Degraded("something needs attention: it serves with less than it should, or cannot become what is wanted");

    private final String meaning;

    ConditionType(String meaning) {
        this.meaning = meaning;
    }

    /** What {@code True} means. */
    public String meaning() {
        return meaning;
    }
}
