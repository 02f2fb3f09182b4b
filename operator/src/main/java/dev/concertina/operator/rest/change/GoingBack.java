package dev.concertina.operator.rest.change;

import dev.concertina.crds.ExpertPlacement;
import dev.concertina.crds.MoEDeployment;
import dev.concertina.crds.MoEDeploymentSpec.Mode;
import dev.concertina.crds.ScaleOperation;
import dev.concertina.crds.ScaleOperationStatus.Phase;
import dev.concertina.operator.operation.Operations;
import dev.concertina.operator.placement.Placements;
import dev.concertina.operator.rest.problem.ProblemException;
import io.fabric8.kubernetes.client.KubernetesClient;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The way back: the custom resource asks for what was, and an operation brings it. */
@ApplicationScoped
public class GoingBack {
    private final KubernetesClient client;
    private final Changes changes;

    GoingBack(KubernetesClient client, Changes changes) {
        this.client = client;
        this.changes = changes;
    }

    /**
     * Asks for the width before the last change that succeeded.
     *
     * @throws ProblemException 409 when no change is kept, or that width is wanted already
     */
    public MoEDeployment toWidth(String namespace, String name, @Nullable String ifMatch) {
        return changes.change(namespace, name, ifMatch, deployment -> {
            ScaleOperation last = new Operations(client)
                    .list(namespace, name).reversed().stream()
                            .filter(GoingBack::changedTheWidth)
                            .findFirst()
                            .orElseThrow(() -> ProblemException.conflict("no change of width of " + namespace + "/"
                                    + name + " is kept: nothing to go back to"));
            int width = last.getSpec().fromWidth();
            if (Objects.equals(deployment.getSpec().width(), width)) {
                throw ProblemException.conflict(
                        "width " + width + ", as before " + last.getMetadata().getName() + ", is wanted already");
            }
            return Changes.spec(spec -> {
                spec.put("width", width);
                if (deployment.getSpec().placement() != null
                        && deployment.getSpec().placement().pinned() != null) {
                    // a pinned placement has one width: it would forbid the one that is gone back to
                    spec.putObject("placement").putNull("pinned");
                }
            });
        });
    }

    private static boolean changedTheWidth(ScaleOperation operation) {
        return operation.getStatus() != null
                && operation.getStatus().phase() == Phase.Succeeded
                && operation.getSpec().fromWidth() > 0
                && operation.getSpec().fromWidth() != operation.getSpec().toWidth();
    }

    /**
     * Pins an earlier placement, and asks for its width.
     *
     * @param placement its name; null for the one applied before the one that serves
     * @throws ProblemException 404 when there is none of that name, 409 when nothing was applied before or the mode is Auto
     */
    public MoEDeployment toPlacement(
            String namespace, String name, @Nullable String ifMatch, @Nullable String placement) {
        return changes.change(namespace, name, ifMatch, deployment -> {
            if (deployment.getSpec().scaling() != null
                    && deployment.getSpec().scaling().mode() == Mode.Auto) {
                throw ProblemException.conflict("a pinned placement has one width, and mode Auto chooses widths:"
                        + " set scaling.mode to Manual or Advisory first");
            }
            ExpertPlacement target =
                    placement == null ? previous(namespace, name) : changes.placement(namespace, name, placement);
            return Changes.spec(spec -> {
                spec.put("width", target.getSpec().ranks());
                spec.putObject("placement").put("pinned", target.getMetadata().getName());
            });
        });
    }

    private ExpertPlacement previous(String namespace, String name) {
        List<ExpertPlacement> applied = new Placements(client)
                .list(namespace, name).stream()
                        .filter(one ->
                                one.getStatus() != null && one.getStatus().appliedEpoch() != null)
                        .toList();
        if (applied.size() < 2) {
            throw ProblemException.conflict("no placement before the one that serves is kept: nothing to go back to");
        }
        ExpertPlacement serving = applied.getLast();
        return applied.reversed().stream()
                .skip(1)
                .filter(one -> one.getSpec().ranks() != serving.getSpec().ranks()
                        || !one.getSpec().table().equals(serving.getSpec().table()))
                .findFirst()
                .orElseThrow(() -> ProblemException.conflict("every placement kept is the one that serves"));
    }
}
