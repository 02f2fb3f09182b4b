package dev.concertina.e2e.admin;

import picocli.CommandLine;

/** All verbs that talk to an operator. */
public final class AdminCommands {
    private AdminCommands() {}

    /** Adds them to a command line. */
    public static CommandLine addTo(CommandLine line) {
        return line.addSubcommand(new GetCommand())
                .addSubcommand(new DecisionsCommand())
                .addSubcommand(new Changing.Scale())
                .addSubcommand(new Changing.Pause())
                .addSubcommand(new Changing.Resume())
                .addSubcommand(new Changing.Approve())
                .addSubcommand(new Changing.Cancel())
                .addSubcommand(new Changing.Rollback())
                .addSubcommand(new WhatIfCommand())
                .addSubcommand(new ReplayCommand())
                .addSubcommand(new WatchCommand())
                .addSubcommand(new CompletionCommand());
    }
}
