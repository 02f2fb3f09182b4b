/**
 * One run of load against a deployment, wherever it lives: sends, watches the API objects meanwhile, shows progress, checks the tokens, and
 * writes the report. The demo and the end-to-end run on a real cluster are both made of it.
 */
@NullMarked
package dev.concertina.e2e.session;

import org.jspecify.annotations.NullMarked;
