/**
 * Tests on a real kube-apiserver and etcd: what the custom resources admit, and the whole operator with the permissions that the chart gives it.
 */
package dev.concertina.operator.apiserver;
