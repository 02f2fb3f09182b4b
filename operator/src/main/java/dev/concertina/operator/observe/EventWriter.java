package dev.concertina.operator.observe;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.MicroTime;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.api.model.events.v1.EventBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.net.HttpURLConnection;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * Writes Kubernetes Events. The same thing said again of the same object is the same Event, whose series counts: its name is made of what it says. What
 * cannot be written is left out. One thread.
 */
final class EventWriter {
    private static final System.Logger LOG = System.getLogger(EventWriter.class.getName());
    private static final String CONTROLLER = "concertina.dev/operator";
    private static final int REMEMBERED = 1_000;
    private static final DateTimeFormatter MICROS =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

    private final KubernetesClient client;
    private final Clock clock;
    private final String instance;
    private final Consumer<Notice> written;
    private final Map<String, Integer> counts = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Integer> eldest) {
            return size() > REMEMBERED;
        }
    };

    /**
     * @param instance this operator's name in Events
     * @param written told of each that was written
     */
    EventWriter(KubernetesClient client, Clock clock, String instance, Consumer<Notice> written) {
        this.client = client;
        this.clock = clock;
        this.instance = instance;
        this.written = written;
    }

    /** Says it of an object. */
    void write(HasMetadata about, Notice notice) {
        String name = name(about, notice);
        int count = counts.merge(name, 1, Integer::sum);
        try {
            if (count == 1) {
                create(about, notice, name);
            } else {
                again(about, name, count);
            }
            written.accept(notice);
        } catch (KubernetesClientException e) {
            if (count == 1 && e.getCode() == HttpURLConnection.HTTP_CONFLICT) {
                write(about, notice); // an operator before this one said it
            } else if (count > 1 && e.getCode() == HttpURLConnection.HTTP_NOT_FOUND) {
                counts.remove(name); // Events live for an hour
                write(about, notice);
            } else {
                counts.remove(name);
                LOG.log(
                        System.Logger.Level.INFO,
                        "event not written reason={0} because=\"{1}\"",
                        notice.reason(),
                        e.getMessage());
            }
        }
    }

    private static String name(HasMetadata about, Notice notice) {
        String said = about.getMetadata().getUid() + notice.reason() + notice.note();
        return about.getMetadata().getName() + "."
                + UUID.nameUUIDFromBytes(said.getBytes(StandardCharsets.UTF_8))
                        .toString()
                        .substring(0, 18);
    }

    private void create(HasMetadata about, Notice notice, String name) {
        ObjectReference regarding = new ObjectReferenceBuilder()
                .withApiVersion(about.getApiVersion())
                .withKind(about.getKind())
                .withNamespace(about.getMetadata().getNamespace())
                .withName(about.getMetadata().getName())
                .withUid(about.getMetadata().getUid())
                .build();
        client.resource(new EventBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .withNamespace(about.getMetadata().getNamespace())
                        .endMetadata()
                        .withRegarding(regarding)
                        .withType(notice.warning() ? "Warning" : "Normal")
                        .withReason(notice.reason())
                        .withAction("Reconcile")
                        .withNote(notice.note())
                        .withEventTime(new MicroTime(MICROS.format(clock.instant())))
                        .withReportingController(CONTROLLER)
                        .withReportingInstance(instance)
                        .build())
                .create();
    }

    /** By an object of that name: asked by name alone, the client would read it first, which the operator has no right to. */
    private void again(HasMetadata about, String name, int count) {
        client.resource(new EventBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .withNamespace(about.getMetadata().getNamespace())
                        .endMetadata()
                        .build())
                .patch(
                        PatchContext.of(PatchType.JSON_MERGE),
                        "{\"series\":{\"count\":" + count + ",\"lastObservedTime\":\"" + MICROS.format(clock.instant())
                                + "\"}}");
    }
}
