package dev.concertina.e2e.cli;

import dev.concertina.e2e.local.LocalCluster;
import dev.concertina.e2e.session.Terminal;

/** Where the console and the admin API are, and how to ask them. */
final class AdminHint {
    private AdminHint() {}

    static void say(Terminal terminal, LocalCluster cluster) {
        String url = cluster.adminUrl();
        if (url.isEmpty()) {
            return;
        }
        terminal.say("Console: " + url + "/console/ in a browser; it asks for a token: cat " + cluster.adminToken());
        terminal.say("  or, to look only: cat " + cluster.viewToken());
        terminal.say("Admin API: " + url + "/api/v1, token in " + cluster.adminToken() + "; in another terminal:");
        terminal.say("  export CONCERTINA_ADMIN_URL=" + url + " CONCERTINA_ADMIN_TOKEN_FILE=" + cluster.adminToken()
                + " KUBECONFIG=" + cluster.kubeconfig());
        terminal.say("  ./concertina get");
        terminal.say("  ./concertina decisions " + DemoDeployment.NAME);
        terminal.say(
                "  ./concertina what-if " + DemoDeployment.NAME + " --width 3 --rate 5 --prompt 60 --generated 60");
        terminal.say("  ./concertina watch");
    }
}
