package dev.concertina.crds;

/** Reasons of conditions; the constant's name is the condition's {@code reason}. */
public enum ConditionReason {
    Valid(ConditionType.Accepted, "the spec and the model are valid"),
    InvalidSpec(ConditionType.Accepted, "the message names the field and the fix"),
    ModelNotFound(ConditionType.Accepted, "no node has the model's folder"),
    ModelInvalid(ConditionType.Accepted, "the folder is not a model that the engine can serve"),
    ModelNameTaken(ConditionType.Accepted, "an older MoEDeployment serves under the same model name"),
    NoAgent(ConditionType.Accepted, "no agent answers, so nobody could look at the model"),
    Serving(ConditionType.Available, "all ranks serve"),
    NotStarted(ConditionType.Available, "no rank serves yet"),
    RanksMissing(ConditionType.Available, "some ranks do not serve"),
    Operating(ConditionType.Scaling, "the width changes"),
    Repairing(ConditionType.Scaling, "ranks that were lost are brought back"),
    Moving(ConditionType.Scaling, "ranks leave a node that is being drained"),
    Starting(ConditionType.Scaling, "an operation is about to begin"),
    BackingOff(ConditionType.Scaling, "the last operation failed; the message says when the next one starts"),
    InsufficientAccelerators(
            ConditionType.Scaling, "the message says how many are missing; it goes on by itself when they come"),
    Paused(ConditionType.Scaling, "spec.paused is true"),
    AtWidth(ConditionType.Scaling, "the width is what is wanted"),
    Met(ConditionType.SloMet, "the objective is met"),
    Missed(ConditionType.SloMet, "the objective is missed"),
    NoTraffic(ConditionType.SloMet, "there were no requests lately"),
    NoData(ConditionType.SloMet, "no events arrive, so nobody knows"),
    Healthy(ConditionType.Degraded, "all is well"),
    RanksLost(ConditionType.Degraded, "ranks do not serve; a repair follows"),
    RanksSilent(ConditionType.Degraded, "ranks live and do not answer; their pods are about to be replaced"),
    OperationFailed(ConditionType.Degraded, "the last operation failed; it serves as before");

    private final ConditionType type;
    private final String meaning;

    ConditionReason(ConditionType type, String meaning) {
        this.type = type;
        this.meaning = meaning;
    }

    /** The condition that it is a reason of; {@link ConditionType#Available} repeats those of {@code Accepted}, and {@code Degraded} a shortage. */
    public ConditionType type() {
        return type;
    }

    /** In words. */
    public String meaning() {
        return meaning;
    }
}
