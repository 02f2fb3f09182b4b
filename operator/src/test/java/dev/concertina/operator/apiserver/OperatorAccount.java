package dev.concertina.operator.apiserver;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The chart's service account of the operator with the chart's roles, rendered without Helm: two names and no labels. */
final class OperatorAccount {
    static final String RELEASE = "band";
    static final String NAMESPACE = "concertina-system";
    static final String NAME = RELEASE + "-operator";
    static final String USER = "system:serviceaccount:" + NAMESPACE + ":" + NAME;
    private static final Path TEMPLATE = Path.of("../deploy/charts/concertina/templates/rbac.yaml");

    private OperatorAccount() {}

    /** The objects of the chart's {@code rbac.yaml}. */
    static List<HasMetadata> objects() throws IOException {
        return objects(TEMPLATE);
    }

    /** The objects of one of the chart's templates that has labels and names to fill in, and nothing else. */
    static List<HasMetadata> objects(Path template) throws IOException {
        String yaml = Files.readString(template)
                .replaceAll("(?m)^\\s*\\{\\{- include [^\\n]*\\n", "")
                .replaceAll("(?m)^\\s*labels:\\n(?=\\S)", "")
                .replace("{{ .Release.Name }}", RELEASE)
                .replace("{{ .Release.Namespace }}", NAMESPACE);
        List<HasMetadata> objects = new ArrayList<>();
        for (String document : yaml.split("(?m)^---$", -1)) {
            objects.add(Serialization.unmarshal(document));
        }
        return objects;
    }

    static void create(RealApiServer server) throws IOException {
        server.namespace(NAMESPACE);
        for (HasMetadata object : objects()) {
            server.admin().resource(object).forceConflicts().serverSideApply();
        }
    }
}
