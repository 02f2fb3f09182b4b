package dev.concertina.crds;

import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;

/** Which ranks hold which expert in one epoch. */
@Group(Api.GROUP)
@Version(Api.VERSION)
@Kind("ExpertPlacement")
@Plural("expertplacements")
@Singular("expertplacement")
@ShortNames("exp")
public class ExpertPlacement extends CustomResource<ExpertPlacementSpec, ExpertPlacementStatus> implements Namespaced {
    private static final long serialVersionUID = 1L;
}
