"""What watches from outside: rules of Prometheus, where alerts go, what Kafka's exporter tells.

These are files for other programs; `stack` starts those with them, and `deploy/compose.yaml` mounts them.
"""

from pathlib import Path

HERE = Path(__file__).resolve().parent
RULES = HERE / "rules"
KAFKA_JMX = HERE / "kafka_jmx.yml"
