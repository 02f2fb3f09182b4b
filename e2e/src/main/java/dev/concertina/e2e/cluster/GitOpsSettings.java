package dev.concertina.e2e.cluster;

/**
 * What the user chose of the run through commits.
 *
 * @param push where commits are pushed to: a URL or a folder that git understands; its branch main is overwritten
 * @param read where Argo CD reads the same repository
 * @param destination the cluster's name as Argo CD knows it
 */
record GitOpsSettings(String push, String read, String destination) {}
