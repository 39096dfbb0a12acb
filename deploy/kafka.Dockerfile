# Kafka as its authors ship it, with the agent that tells Prometheus of it: one jar, known by its hash. What the agent
# tells stands in src/tradewind/monitoring/kafka_jmx.yml, which deploy/compose.yaml mounts.
FROM apache/kafka:4.1.0
ADD --checksum=sha256:7d61f737fd661610ccc14aea79764faa1ea94a340cbc8f0029b3d2edea3d80c1 --chmod=0444 \
    https://repo1.maven.org/maven2/io/prometheus/jmx/jmx_prometheus_javaagent/1.0.1/jmx_prometheus_javaagent-1.0.1.jar \
    /opt/jmx/agent.jar
USER 1000:1000
